"""Which plan comes of an order, and that a change of it costs what the whole order would, placed anew."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.problem import Occurrence, Problem
from almanac.domain.planner.search.components import components_of
from almanac.domain.planner.search.order_search import OrderSearch
from almanac.domain.planner.search.ordered_plan import Change, OrderedPlan, Shape
from almanac.domain.planner.search.params import DEFAULT
from almanac.domain.planner.search.solution import Snapshot
from tests.domain.planner.instances import at, habit, instance, moment, task, week
from tests.domain.planner.team_instances import person, team
from tests.domain.planner.test_destroy import crowded, first_solution

EVERYTHING = float("inf")


def morning(tasks: Sequence[dict[str, object]], habits: Sequence[dict[str, object]] = ()) -> Problem:
    """Work from nine to twelve, from Monday the fifth on."""
    hours = {"work": week("09:00-12:00")}
    return problem_of(read_instance(instance(tasks=list(tasks), habits=list(habits), hours=hours)).instance)


def empty(problem: Problem) -> Snapshot:
    return Snapshot(tuple(() for _ in problem.items), 0)


def ordered(problem: Problem, order: Sequence[int]) -> OrderedPlan:
    return OrderedPlan(problem, order, empty(problem), DEFAULT.orders)


def begins(problem: Problem, plan: OrderedPlan, index: int) -> list[str]:
    return [moment(problem.minute(first)) for first, _ in plan.places[index]]


def test_each_takes_the_earliest_time_that_those_before_it_leave() -> None:
    problem = morning([task("long", 150), task("short", 60), task("last", 30)])
    assert [begins(problem, ordered(problem, [0, 1, 2]), each) for each in range(3)] == [
        ["05 09:00"],
        ["06 09:00"],
        ["05 11:30"],
    ]
    plan = ordered(problem, [1, 0, 2])
    assert [begins(problem, plan, each) for each in range(3)] == [["06 09:00"], ["05 09:00"], ["05 10:00"]]
    assert plan.cost == sum(problem.items[index].cost(plan.places[index]) for index in range(3))


def test_what_waits_begins_behind_what_it_waits_for_and_has_no_place_without_it() -> None:
    problem = morning(
        [task("draft", 180, deadline=at("05 12:00"), deadline_type="hard"), task("send", 30, depends_on=["draft"])]
    )
    assert begins(problem, ordered(problem, [0, 1]), 1) == ["06 09:00"]
    draft = task("draft", 180, deadline=at("05 12:00"), deadline_type="hard")
    problem = morning([task("first", 30), draft, task("send", 30, depends_on=["draft"])])
    plan = ordered(problem, [0, 1, 2])
    assert (begins(problem, plan, 1), begins(problem, plan, 2)) == ([], [])


def walk_at(problem: Problem, start: str, minutes: int) -> Shape:
    first = problem.items[-1]
    assert isinstance(first, Occurrence)
    return next(
        each for each in first.candidates if moment(problem.minute(each.first)) == start and 15 * each.length == minutes
    )


def test_a_habit_takes_the_place_that_is_wanted_if_it_is_free() -> None:
    walk = habit("walk", 60, "09:00-10:00", hours="work", min_min=15, days=["MO"])
    problem = morning([task("write", 150)], [walk])
    plan = ordered(problem, [1, 0])
    assert (begins(problem, plan, 1), begins(problem, plan, 0)) == (["05 09:00"], ["06 09:00"])
    brief = Change(plan.order, 0, 1, reshaped=1, shape=walk_at(problem, "05 09:00", 15))
    assert not plan.accepts(brief, 0.0)
    assert begins(problem, plan, 0) == ["06 09:00"]
    assert plan.accepts(brief, EVERYTHING)
    assert (begins(problem, plan, 1), begins(problem, plan, 0)) == (["05 09:00"], ["05 09:15"])
    taken = ordered(problem, [0, 1])
    assert taken.accepts(Change(taken.order, 1, 2, reshaped=1, shape=walk_at(problem, "05 09:00", 15)), EVERYTHING)
    assert begins(problem, taken, 1) == ["05 11:30"]


def test_a_task_comes_in_chunks_no_longer_than_its_shape() -> None:
    problem = morning([task("write", 120, split=(30, 120)), task("call", 30)])
    plan = ordered(problem, [0, 1])
    assert [length for _, length in plan.places[0]] == [8]
    assert plan.accepts(Change(plan.order, 0, 1, reshaped=0, shape=4), EVERYTHING)
    assert [length for _, length in plan.places[0]] == [4, 4]
    assert plan.accepts(Change(plan.order, 0, 1, reshaped=0), EVERYTHING)
    assert [length for _, length in plan.places[0]] == [8]


def many_people(tasks: int) -> Problem:
    """Three people's tasks, which wait for each other across them."""
    people = [person(name) for name in ("ada", "ben", "cy")]
    works = [
        task(
            f"t{k}",
            60 + 30 * (k % 3),
            person=people[k % 3]["id"],
            split=(30, 60) if k % 4 == 0 else None,
            depends_on=[f"t{k - 2}"] if k > 2 and k % 5 else [],
        )
        for k in range(tasks)
    ]
    return problem_of(read_instance(team(people, tasks=works)).instance)


PROBLEMS = (crowded(24), many_people(18))


@given(st.sampled_from(PROBLEMS), st.integers(0, 2**32), st.integers(0, 60_000))
def test_changes_cost_what_the_whole_order_costs_placed_anew(problem: Problem, seed: int, dearer: int) -> None:
    """What stands before a change, and behind it where the same time is left, is not placed again."""
    base = first_solution(problem).snapshot()
    component = max(components_of(problem), key=lambda each: len(each.items))
    search = OrderSearch(problem, component, base, Random(seed), DEFAULT.orders)
    plan = search.plan
    for _ in range(40):
        change, before = search.change(), plan.state()
        worst = plan.cost + dearer
        if search.accepts(change, worst):
            assert plan.cost <= worst
        else:
            assert plan.state()._replace(shapes={}) == before._replace(shapes={})
    anew = OrderedPlan(problem, plan.order, base, DEFAULT.orders)
    for index, shape in plan.shapes.items():
        anew.accepts(
            Change(plan.order, plan.order.index(index), len(plan.order), reshaped=index, shape=shape), EVERYTHING
        )
    assert (anew.places, anew.sums, anew.free) == (plan.places, plan.sums, plan.free)


def test_what_is_behind_a_change_is_not_placed_again_once_the_same_time_is_left() -> None:
    problem = morning([task(f"t{k}", 30) for k in range(6)])
    plan = ordered(problem, range(6))
    before = plan.work
    assert plan.accepts(Change([1, 0, 2, 3, 4, 5], 0, 2), EVERYTHING)
    assert plan.work - before == pytest.approx(2 * DEFAULT.orders.placing_effort)


def test_what_waits_is_placed_again_though_the_same_time_is_left() -> None:
    works = [task("long", 90), task("draft", 60), task("other", 60), task("send", 30, depends_on=["draft"])]
    problem = morning(works)
    plan = ordered(problem, [0, 1, 2, 3])
    assert begins(problem, plan, 3) == ["05 11:30"]
    left = plan.free[3]
    assert plan.accepts(Change([0, 2, 1, 3], 1, 3), EVERYTHING)
    assert plan.free[3] == left
    assert begins(problem, plan, 3) == ["06 10:00"]


def test_nothing_begins_before_what_it_waits_for_ends() -> None:
    problem = many_people(18)
    order = in_order(problem, range(len(problem.tasks)))
    plan = ordered(problem, order)
    assert all(plan.places)
    for one in problem.tasks:
        for each in one.predecessors:
            assert sum(plan.places[each][-1]) <= plan.places[one.index][0][0]
