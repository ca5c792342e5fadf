"""A search that has much work for each item starts several times, and goes on from the best of its starts."""

from dataclasses import replace
from typing import Any

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import plan
from almanac.domain.planner.search.component_search import legs_of, search_components
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule
from almanac.domain.planner.search.params import DEFAULT, SearchParams
from almanac.domain.planner.search.randomness import Randomization
from tests.domain.planner.test_clock import crowded, cutting

ENOUGH = DEFAULT.annealing.work_for_starts


def starting(**annealing: Any) -> SearchParams:
    return replace(DEFAULT, annealing=replace(DEFAULT.annealing, work_for_starts=0.0, **annealing))


@pytest.mark.parametrize("starts", [1, 2, 3])
@pytest.mark.parametrize("work_per_item", [0.0, ENOUGH - 1, ENOUGH, 10 * ENOUGH])
def test_the_parts_of_a_search_are_all_of_its_work_and_the_last_goes_on(starts: int, work_per_item: float) -> None:
    legs = legs_of(starts, work_per_item, DEFAULT.annealing)
    assert sum(leg.share for leg in legs) == pytest.approx(1.0)
    assert [leg.goes_on for leg in legs] == [False] * (len(legs) - 1) + [True]
    assert len(legs) == (1 if starts == 1 or work_per_item < ENOUGH else starts + 1)


def test_each_start_begins_anew_and_the_best_is_what_is_gone_on_from() -> None:
    problem = problem_of(read_instance(crowded()).instance)
    base = next(greedy_plans(problem, lambda: True))
    params = starting(start_share=0.5, start_cold=1.0)  # nothing is left to go on with
    alone, together = (Randomization(7, problem.window, [], params) for _ in range(2))
    each = [search_components(problem, base, alone, AnnealingSchedule(3_000.0, 40_000.0, 1_000.0))[0] for _ in range(2)]
    both, _ = search_components(problem, base, together, AnnealingSchedule(6_000.0, 40_000.0, 1_000.0), starts=2)
    assert each[0].cost != each[1].cost
    assert both.places == min(each, key=lambda snapshot: snapshot.cost).places


def test_each_start_has_its_own_share_of_the_time() -> None:
    problem = problem_of(read_instance(crowded()).instance)
    cut = [plan(problem, 0.1, cutting(reading), starting()).search_cut_percent for reading in (1_000_000, 60, 25, 1)]
    assert cut[0] == 0
    assert 0 < cut[1] < cut[2] < cut[3] == 100
