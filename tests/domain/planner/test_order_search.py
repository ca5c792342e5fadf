"""A search of orders: which plan comes of an order, and that only an order that may be is looked at."""

from dataclasses import replace
from random import Random

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.component_search import search_components, unlimited
from almanac.domain.planner.search.components import Component, components_of
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule, SearchClock
from almanac.domain.planner.search.order_search import OrderSearch
from almanac.domain.planner.search.ordered_plan import Change
from almanac.domain.planner.search.params import DEFAULT
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Snapshot, Solution
from tests.domain.planner.instances import at, instance, moment, task, week
from tests.domain.planner.team_instances import meeting, person, team
from tests.domain.planner.test_destroy import assert_sound, crowded, first_solution

PARAMS = DEFAULT.orders


def searching(problem: Problem, base: Snapshot | None = None, seed: int = 1) -> OrderSearch:
    (component,) = components_of(problem)
    return OrderSearch(problem, component, base or first_solution(problem).snapshot(), Random(seed), PARAMS)


def found(search: OrderSearch, work: float, clock: SearchClock = unlimited) -> Snapshot:
    return search.run(AnnealingSchedule(work, 40_000.0, 1_000.0), clock)


def restored(problem: Problem, snapshot: Snapshot) -> Solution:
    solution = Solution(problem)
    solution.restore(snapshot)
    return solution


def overdue_week() -> Problem:
    """Three hours a day; a chain of light and then urgent work, due when its three pieces have just had room.

    By weight the long task comes first, by deadline the light ones due at once: either way the chain is late.
    """
    due = at("07 12:00")
    works = [task("long", 180, priority="high"), task("light", 120, priority="low", deadline=at("05 12:00"))]
    works += [task("draft", 180, priority="low"), task("review", 180, priority="low", depends_on=["draft"])]
    works += [task("send", 180, priority="critical", depends_on=["review"], deadline=due)]
    return problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-12:00")})).instance)


def test_a_chain_is_on_time_in_an_order_in_which_everything_else_waits() -> None:
    problem = overdue_week()
    empty = Snapshot(tuple(() for _ in problem.items), Solution(problem).cost)
    plan = found(searching(problem, empty), 1_500.0)
    begins = {task.id: moment(problem.minute(plan.places[task.index][0][0])) for task in problem.tasks}
    assert begins == {
        "draft": "05 09:00",
        "review": "06 09:00",
        "send": "07 09:00",
        "long": "08 09:00",
        "light": "09 09:00",
    }


@pytest.mark.parametrize(
    ("rate", "order"),
    [(0.0, ["light", "due", "heavy"]), (1.0, ["due", "heavy", "light"])],
    ids=["alone", "losers first"],
)
def test_what_loses_most_by_a_change_goes_before_it(rate: float, order: list[str]) -> None:
    """Alone "heavy" in front makes "due" late; with "due" before it only "light" waits for another day."""
    due = task("due", 120, deadline=at("05 12:00"))
    works = [task("light", 60, priority="low"), due, task("heavy", 60, priority="high")]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-12:00")})).instance)
    empty = Snapshot(tuple(() for _ in problem.items), Solution(problem).cost)
    (component,) = components_of(problem)
    search = OrderSearch(problem, component, empty, Random(1), replace(PARAMS, losers_rate=rate))
    search.plan.accepts(Change([0, 1, 2], 0, 3), float("inf"))
    assert search.accepts(Change([2, 0, 1], 0, 3, {2}), search.plan.cost) == bool(rate)
    assert [problem.tasks[index].id for index in search.plan.order] == order


def test_what_comes_of_an_order_keeps_the_hard_rules_and_costs_what_it_says() -> None:
    problem = crowded(24)
    for seed in range(8):
        plan = found(searching(problem, seed=seed), 400.0)
        solution = restored(problem, plan)
        assert_sound(solution)
        assert solution.cost == plan.cost


def test_more_work_is_not_dearer_and_the_same_work_is_the_same_plan() -> None:
    problem = crowded(24)
    searches = [searching(problem) for _ in range(3)]
    plans = [found(search, work) for search, work in zip(searches, (50.0, 3_000.0, 3_000.0), strict=True)]
    assert plans[1] == plans[2]
    assert item_cost(problem, plans[1]) < item_cost(problem, plans[0])
    for search, work in zip(searches, (50.0, 3_000.0, 3_000.0), strict=True):
        assert work <= search.work <= work + PARAMS.step_effort + PARAMS.placing_effort * len(problem.items)


def item_cost(problem: Problem, plan: Snapshot) -> int:
    """What an order is judged by: neither breaks nor daily limits."""
    return restored(problem, plan).item_cost


def test_nothing_goes_before_what_it_waits_for() -> None:
    problem = crowded(24)
    search = searching(problem)
    for _ in range(500):
        change = search.change()
        assert sorted(change.order) == sorted(search.plan.order)
        position = {index: at for at, index in enumerate(change.order)}
        for one in problem.tasks:
            assert all(position[before] < position[one.index] for before in one.predecessors)
        if change.first < change.stop:
            assert search.plan.accepts(change, float("inf"))


def test_a_change_says_between_which_positions_the_order_differs() -> None:
    search = searching(crowded(24))
    seen = set()
    for _ in range(500):
        order, (changed, first, stop, _, reshaped, _) = search.plan.order, search.change()
        differ = [at for at, (was, now) in enumerate(zip(order, changed, strict=True)) if was != now]
        if reshaped is not None:
            assert (differ, order[first], stop) == ([], reshaped, first + 1)
        elif differ:
            assert (first, stop) == (differ[0], differ[-1] + 1)
        else:
            assert first == stop
        seen.add((reshaped is not None, len({*order[first:stop]} - {*changed[first : first + 1]}) > 1))
    assert len(seen) > 2


def test_what_is_in_another_component_stays() -> None:
    works = [task("a", 60), task("b", 60, depends_on=["a"]), task("c", 120), task("run", 60, hours="personal")]
    hours = {"work": week("09:00-12:00"), "personal": week("18:00-19:00")}
    problem = problem_of(read_instance(instance(tasks=works, hours=hours)).instance)
    base = first_solution(problem)
    day_later = tuple((first + 96, length) for first, length in base.places[3])
    base.move(3, day_later)
    of_work, _ = components_of(problem)
    search = OrderSearch(problem, of_work, base.snapshot(), Random(1), PARAMS)
    assert found(search, 300.0).places[3] == day_later


def test_it_ends_when_time_is_up_and_says_what_was_cut() -> None:
    search = searching(crowded(24))
    readings = iter([0.0, 0.5, 1.0])
    found(search, 1e6, lambda: next(readings))
    assert 0.9 < search.cut < 1.0


@pytest.mark.parametrize("items", [(), (0,)])
def test_of_what_has_one_order_nothing_is_searched(items: tuple[int, ...]) -> None:
    problem = crowded()
    base = first_solution(problem).snapshot()
    search = OrderSearch(problem, Component(items, {0: -1}), base, Random(1), PARAMS)
    assert_sound(restored(problem, found(search, 1e9)))
    assert not search.cut


WORK = 4_000.0


def begun(problem: Problem, share: float, least_work: float = 0.0) -> Snapshot:
    """What a search finds that spends a share of its work on orders, where it looks at these at all."""
    params = replace(DEFAULT, orders=replace(PARAMS, share=share, waiting_share=share, least_work=least_work))
    base = first_solution(problem).snapshot()
    schedule = AnnealingSchedule(WORK, 40_000.0, 1_000.0)
    return search_components(problem, base, Randomization(1, problem.window, [], params), schedule, starts=2)[0]


def test_a_search_begins_with_the_best_of_a_few_orders() -> None:
    """No work is left to go on with, so that is what comes of it."""
    problem = crowded(24)
    base, random = first_solution(problem).snapshot(), Randomization(1, problem.window, [], DEFAULT).random
    hot, (component,) = PARAMS.hot_share * base.cost, components_of(problem)
    schedule = AnnealingSchedule(WORK / PARAMS.runs, hot, hot / PARAMS.cooling)
    each = [OrderSearch(problem, component, base, random, PARAMS).run(schedule, unlimited) for _ in range(PARAMS.runs)]
    assert len({plan.cost for plan in each}) > 1
    assert begun(problem, 1.0) == min(each, key=lambda plan: plan.cost)


def test_orders_are_not_looked_at_where_work_is_scarce_or_people_meet() -> None:
    problem = crowded(24)
    too_little = WORK / len(problem.items) + 1
    assert begun(problem, 1.0, too_little) == begun(problem, 0.5, too_little)
    people = [person("ada"), person("ben")]
    works = [task(f"t{k}", 60, person="ada", deadline=at("05 12:00")) for k in range(6)]
    met = problem_of(read_instance(team(people, tasks=works, meetings=[meeting("m", "ada", "ben")])).instance)
    assert begun(met, 1.0) == begun(met, 0.5)
