"""From a rearranged plan that is dearer the search goes on for a while, and comes back where that was in vain."""

from dataclasses import replace
from math import inf

import pytest

from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.search.components import components_of
from almanac.domain.planner.search.large_neighbourhood import Excursion, NeighbourhoodSearch
from almanac.domain.planner.search.params import DEFAULT, ExcursionParams
from almanac.domain.planner.search.randomness import Randomization
from tests.domain.planner.test_destroy import assert_sound, crowded, first_solution

COLD = 1.0


def searching(problem: Problem, excursion: ExcursionParams = DEFAULT.excursion) -> NeighbourhoodSearch:
    params = replace(DEFAULT, excursion=excursion)
    (component,) = components_of(problem)
    return NeighbourhoodSearch(first_solution(problem), Randomization(3, problem.window, [], params), component)


def test_an_excursion_in_vain_leads_home() -> None:
    """Whatever its steps have changed; the best plan until then stays the best."""
    problem = crowded(24)
    search = searching(problem)
    home = search.best
    search.excursion = Excursion(home, -inf, steps=20)
    for _ in range(19):
        search.step(1e9)
    assert search.solution.places != list(home.places)
    search.step(1e9)
    assert search.excursion is None
    assert (search.solution.snapshot(), search.cost) == (home, home.cost)
    assert_sound(search.solution)
    assert search.best.cost <= home.cost


def test_an_excursion_that_was_worth_it_ends_where_it_is() -> None:
    problem = crowded(24)
    search = searching(problem)
    search.excursion = Excursion(search.best, inf, steps=20)
    search.step(1e9)
    assert search.excursion is None
    assert search.cost == search.solution.cost


@pytest.mark.parametrize(("most_dearer", "sets_out"), [(10.0, True), (0.0, False)])
def test_only_a_rearrangement_that_is_not_too_dear_begins_one(most_dearer: float, sets_out: bool) -> None:
    problem = crowded(24)
    search = searching(problem, ExcursionParams(most_dearer, steps=4))
    begun = []
    for _ in range(400):
        before, was = search.solution.snapshot(), search.excursion
        search.step(COLD)
        assert search.cost == search.solution.cost
        assert search.best.cost <= search.cost
        if search.excursion is not None and search.excursion is not was:
            assert search.destroy.rearranged
            assert search.excursion.home == before
            assert before.cost < search.cost <= before.cost * (1 + most_dearer)
            begun.append(search.excursion)
    assert bool(begun) == sets_out
    assert_sound(search.solution)
