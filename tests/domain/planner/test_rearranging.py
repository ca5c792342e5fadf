"""A late task gets a better end, and nobody else a worse one."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.heirs import latest_begin
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.model.slot_mask import between, lowest
from almanac.domain.planner.search.components import Component
from almanac.domain.planner.search.destroying.destroy import Destroy
from almanac.domain.planner.search.destroying.ends import better_ends, end_as_late
from almanac.domain.planner.search.destroying.rearranging import Rearrangement, is_late
from almanac.domain.planner.search.params import DEFAULT
from almanac.domain.planner.search.solution import Solution
from tests.domain.planner.instances import at, busy, habit, instance, task, week
from tests.domain.planner.test_destroy import assert_sound, crowded, first_solution

PARAMS = DEFAULT.destroy.rearrange


def rearranged(solution: Solution, goal: int, stop: int, relaxed: Sequence[int] = (), seed: int = 1) -> list[int]:
    attempt = Rearrangement(solution, Random(seed), PARAMS, [], [0] * len(solution.items), PARAMS.links)
    return attempt.run(solution.problem.tasks[goal], stop, relaxed)


def test_nobody_is_later_after_a_rearrangement_but_who_may_be() -> None:
    problem, succeeded = crowded(24), 0
    late = [index for index in range(24) if is_late(first_solution(problem), index)]
    assert late
    for seed in range(60):
        solution, random = first_solution(problem), Random(seed)
        before, cost = list(solution.places), list(solution.costs)
        goal, relaxed = problem.tasks[random.choice(late)], random.randrange(24)
        stop = random.choice(better_ends(solution, goal))
        dearer = rearranged(solution, goal.index, stop, [relaxed], seed)
        assert_sound(solution)
        assert all(solution.costs[index] > cost[index] for index in dearer)
        if solution.places == before:
            continue
        succeeded += 1
        assert goal.complete(solution.places[goal.index])
        assert sum(solution.places[goal.index][-1]) <= stop
        for one in problem.tasks:
            place, old = solution.places[one.index], before[one.index]
            if one is not goal and place != old:
                assert sum(length for _, length in place) == sum(length for _, length in old)
                assert one.index == relaxed or sum(place[-1]) <= end_as_late(one, old)
    assert succeeded


def two_mornings() -> tuple[Problem, Solution]:
    """Two hours on each of two days, and half an hour free at both ends of what stands in the middle of the second."""
    due = at("06 11:00")
    works = [task("first", 60, deadline=due), task("short", 30, deadline=due), task("middle", 60, deadline=due)]
    works += [task("lacks", 60, deadline=due), task("huge", 120, deadline=due)]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-11:00")})).instance)
    solution = Solution(problem)
    morning = lowest(problem.tasks[0].eligible)
    for index, place in enumerate(((morning, 4), (morning + 5, 2), (morning + 98, 4))):
        solution.move(index, (place,))
    solution.begin()
    return problem, solution


def test_what_stands_in_the_middle_moves_aside() -> None:
    problem, solution = two_mornings()
    stop = problem.tasks[2].late_offset // 15
    rearranged(solution, 3, stop)
    assert_sound(solution)
    assert [index for index, place in enumerate(solution.places) if not place] == [4]
    assert not any(is_late(solution, index) for index in range(4))


@pytest.mark.parametrize(("slots", "preferred"), [(4, 60), (2, 45)], ids=["shorter", "longer"])
def test_a_habit_in_the_way_moves_to_a_place_of_another_length(slots: int, preferred: int) -> None:
    """Two hours, and three quarters of one of them free: the late hour needs the other one, where the habit stands."""
    one = habit("run", preferred, "09:00-11:00", min_min=30, hours="work", days=["MO"])
    works = [task("late", 60, deadline=at("05 11:00"))]
    event = busy("call", "05 10:00", "05 10:15")
    small = instance(tasks=works, habits=[one], busy=[event], hours={"work": week("09:00-11:00")})
    problem = problem_of(read_instance(small).instance)
    nine = lowest(problem.tasks[0].eligible)
    solution = Solution(problem)
    solution.move(1, ((nine, slots),))
    solution.begin()
    rearranged(solution, 0, problem.tasks[0].late_offset // 15)
    ((late,), (run,)) = solution.places
    assert (late, run) == ((nine, 4), (nine + 5, 3))


def test_what_cannot_be_done_changes_nothing() -> None:
    problem, solution = two_mornings()
    before = list(solution.places)
    assert rearranged(solution, 4, problem.tasks[4].late_offset // 15) == []
    assert solution.places == before
    assert_sound(solution)


@pytest.mark.parametrize(("days", "ends"), [(None, ["window", 2, 1, 0]), (2, [1, 0]), (1, [0]), (0, [])])
def test_a_late_task_could_end_on_each_day_before_its_own(days: int | None, ends: list[int | str]) -> None:
    """Days late, and how many days after the deadline it could end; unfinished work is late to the window's end."""
    small = instance(tasks=[task("t", 60, deadline=at("06 17:00"))], window_end=at("09 00:00"), window_days=3)
    problem = problem_of(read_instance(small).instance)
    (work,) = problem.tasks
    due = work.late_offset // 15
    solution = Solution(problem)
    if days is not None:
        solution.move(0, ((due + 96 * days - 8, 4),))
    found = [problem.window if end == "window" else due + 96 * int(end) for end in ends]
    assert better_ends(solution, work) == found
    assert is_late(solution, 0) == bool(found)


def chain_of(*deadlines: str | None) -> tuple[Problem, int]:
    """Return a chain of hours that may be open from nine to eleven, each waiting for the one before, and slot nine."""
    works = [
        task(f"t{k}", 60, deadline=at(due) if due else None, depends_on=[f"t{k - 1}"] if k else [])
        for k, due in enumerate(deadlines)
    ]
    works.append(task("any", 60))
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-11:00")})).instance)
    return problem, lowest(problem.tasks[0].eligible)


def test_what_the_late_task_waits_for_ends_earlier_too() -> None:
    """The two of a chain are an hour late each, as what nobody waits for has the first hour: all move on by one."""
    problem, nine = chain_of(None, "05 11:00")
    solution = Solution(problem)
    for index, first in enumerate((nine + 4, nine + 96, nine)):
        solution.move(index, ((first, 4),))
    solution.begin()
    rearranged(solution, 1, problem.tasks[1].late_offset // 15)
    assert_sound(solution)
    assert solution.places == [((nine, 4),), ((nine + 4, 4),), ((nine + 96, 4),)]


def test_what_waits_makes_room_for_what_it_waits_for() -> None:
    """The late one takes the first hour; its owner follows into the second, and what waits for that into a later."""
    due = at("05 10:00")
    works = [task("before", 60), task("after", 60, depends_on=["before"]), task("late", 60, deadline=due)]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-11:00")})).instance)
    nine = lowest(problem.tasks[0].eligible)
    solution = Solution(problem)
    for index, first in enumerate((nine, nine + 4, nine + 96)):
        solution.move(index, ((first, 4),))
    solution.begin()
    rearranged(solution, 2, problem.tasks[2].late_offset // 15)
    assert_sound(solution)
    first, after, late = solution.places
    assert late == ((nine, 4),)
    assert first[0][0] + 4 <= after[0][0]


@pytest.mark.parametrize(("relaxed", "succeeds"), [((), False), ((1,), False), ((0, 1), True)])
def test_only_a_chain_as_a_whole_can_be_late_instead(relaxed: tuple[int, ...], succeeds: bool) -> None:
    """Two hours in a row are on time where two in one piece could be; the first is no later without the second."""
    due = at("05 11:00")
    works = [
        task("before", 60),
        task("after", 60, deadline=due, depends_on=["before"]),
        task("late", 120, deadline=due),
    ]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-11:00")})).instance)
    nine = lowest(problem.tasks[0].eligible)
    solution = Solution(problem)
    for index, place in enumerate(((nine, 4), (nine + 4, 4), (nine + 96, 8))):
        solution.move(index, (place,))
    solution.begin()
    rearranged(solution, 2, problem.tasks[2].late_offset // 15, relaxed)
    assert_sound(solution)
    assert (solution.places[2] == ((nine, 8),)) == succeeds
    assert all(solution.places)


def test_what_gives_most_time_for_what_it_costs_is_late_instead() -> None:
    """Of tasks alike the longest chain in the way; never one with the goal in it, or with nothing before the slot."""
    sizes = {"late": 60, "short": 30, "long": 120, "after": 60, "far": 240}
    works = [task(name, minutes, deadline=at("05 12:00")) for name, minutes in sizes.items()]
    works[3]["depends_on"] = ["long"]
    problem = problem_of(read_instance(instance(tasks=works)).instance)
    nine = lowest(problem.tasks[0].eligible)
    solution = Solution(problem)
    for index, place in enumerate(((nine + 96, 4), (nine, 2), (nine + 2, 8), (nine + 10, 4), (nine + 192, 16))):
        solution.move(index, (place,))
    every = Component(tuple(range(5)), {0: problem.tasks[0].eligible})
    drawn = replace(DEFAULT.destroy.rearrange, relax_drawn=40, relax_chain_rate=1.0)
    params = replace(DEFAULT.destroy, rearrange=drawn, by_cost_noise=(1.0, 0.0))
    destroy = Destroy(solution, Random(1), every, params)
    assert destroy.cheapest_to_delay(problem.tasks[0], nine + 14) == (2, 3)
    assert destroy.cheapest_to_delay(problem.tasks[2], nine + 2) == (1,)


@pytest.mark.parametrize(("end", "begin"), [(8, 4), (7, 3), (4, 0), (3, None), (None, None)])
def test_the_latest_begin_is_counted_back_through_open_time(end: int | None, begin: int | None) -> None:
    """Slots after nine o'clock by which an hour has to end, and the latest at which it can begin; -1 for none."""
    problem, nine = chain_of(None)
    assert latest_begin(problem.tasks[0], 0 if end is None else nine + end) == (-1 if begin is None else nine + begin)
    pieces = task("t", 60, split=(30, 30), deadline=at("06 17:00"))
    (cut,) = problem_of(read_instance(instance(tasks=[pieces], hours={"work": week("09:00-11:00")})).instance).tasks
    assert latest_begin(cut, nine + 98) == nine + 6
    assert latest_begin(cut, nine + 1) == -1


def test_a_task_whose_predecessor_lacks_a_part_gets_no_place() -> None:
    """Nor if a part that the predecessor has must go elsewhere for it: it would still not be whole."""
    works = [
        task("before", 120, split=(60, 60)),
        task("after", 60, deadline=at("05 11:00"), depends_on=["before"]),
    ]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-12:00")})).instance)
    nine = lowest(problem.tasks[0].eligible)
    solution = Solution(problem)
    solution.move(0, ((nine + 8, 4),))
    solution.begin()
    for seed in range(20):
        rearranged(solution, 1, problem.window, seed=seed)
        assert_sound(solution)
        assert solution.places == [((nine + 8, 4),), ()]


def test_a_task_whose_predecessor_has_no_place_gets_none() -> None:
    works = [task("before", 60), task("after", 60, deadline=at("05 11:00"), depends_on=["before"])]
    problem = problem_of(read_instance(instance(tasks=works)).instance)
    solution = Solution(problem)
    assert rearranged(solution, 1, problem.window) == []
    assert not any(solution.places)
    solution.move(0, ((first := lowest(problem.tasks[0].eligible), 4),))
    rearranged(solution, 1, problem.tasks[1].late_offset // 15)
    assert solution.places[1] == ((first + 4, 4),)
    assert between(*map(sum, (solution.places[0][0], solution.places[1][0]))).bit_count() == 4
