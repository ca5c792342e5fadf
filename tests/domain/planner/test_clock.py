"""The clock may cut a plan short anywhere: what comes out is valid, and planning again leaves it alone."""

from itertools import chain, count, repeat
from typing import Any

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.document.write_schedule import schedule_document
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan
from almanac.domain.planner.planner import MonotonicClock, plan, standing_still
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.presentation.wording import words
from tests.domain.planner.instances import at, busy, habit, instance, moment, task
from tests.domain.planner.referee import violations

BUDGET = 0.1


def crowded() -> dict[str, Any]:
    """More work than fits, so that the search finds something to improve to its end."""
    sizes = [(120, (30, 60)), (90, None), (180, (45, 90)), (60, None), (150, (60, 120)), (45, None)]
    tasks = [
        task(
            f"t{k}",
            sizes[k % 6][0],
            split=sizes[k % 6][1],
            priority=("critical", "high", "normal", "low")[k % 4],
            deadline=at(f"{5 + k % 5:02d} 17:00"),
        )
        for k in range(24)
    ]
    meetings = [busy(f"m{day}", f"{day:02d} 11:00", f"{day:02d} 12:00") for day in range(5, 12)]
    return instance(tasks=tasks, busy=meetings, habits=[habit("walk", 30, "12:00-13:00", hours="work", min_min=15)])


def cutting(reading: int) -> MonotonicClock:
    """A clock that stands still, and is far beyond every budget from its Nth reading on."""
    ticks = chain(repeat(0.0, reading), repeat(1_000.0))
    return lambda: next(ticks)


def again(document: dict[str, Any], result: Plan) -> dict[str, Any]:
    stamp = [{"item": b.item, "start": at(moment(b.start)), "end": at(moment(b.end))} for b in result.blocks]
    return document | {"previous": stamp}


def places(result: Plan) -> list[tuple[str, int, int]]:
    return [(block.item, block.start, block.end) for block in result.blocks]


@pytest.mark.parametrize("reading", [1, 2, 3, 5, 8, 11, 14, 20, 40, 80])
def test_a_plan_cut_short_is_valid_and_stays_when_planned_again(reading: int) -> None:
    document = crowded()
    problem = problem_of(read_instance(document).instance)
    first = plan(problem, BUDGET, cutting(reading))
    assert violations(document, schedule_document(first, problem.zones, words)) == []
    standing = problem_of(read_instance(again(document, first)).instance)
    for clock in (cutting(reading), cutting(1), standing_still):
        assert places(plan(standing, BUDGET, clock)) == places(first)


def test_the_search_ends_when_its_time_is_up() -> None:
    ticks = count()
    read = plan(problem_of(read_instance(crowded()).instance), BUDGET, lambda: next(ticks) * BUDGET / 40)
    assert next(ticks) < 60
    assert read.summary.scheduled > 0


def test_a_slow_clock_never_leaves_a_worse_plan_than_the_first() -> None:
    problem = problem_of(read_instance(crowded()).instance)
    first = next(greedy_plans(problem, lambda: True)).cost / 1000
    for clock in (standing_still, cutting(20), cutting(1)):
        assert plan(problem, BUDGET, clock).objective < first


def test_a_plan_says_how_much_of_its_search_the_clock_cut_off() -> None:
    problem = problem_of(read_instance(crowded()).instance)
    cut = [
        plan(problem, BUDGET, clock).search_cut_percent
        for clock in (standing_still, cutting(30), cutting(15), cutting(1))
    ]
    assert cut[0] == 0
    assert 0 < cut[1] < cut[2] < cut[3] == 100
