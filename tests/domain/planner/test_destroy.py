"""Every destroy operator leaves a solution that keeps the hard rules, and names what is to be inserted again."""

from dataclasses import replace
from math import inf
from random import Random

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.model.slot_mask import between, lowest
from almanac.domain.planner.search.components import components_of
from almanac.domain.planner.search.destroying.chains import pull_chain
from almanac.domain.planner.search.destroying.destroy import OPERATORS, Destroy
from almanac.domain.planner.search.destroying.ends import end_as_late
from almanac.domain.planner.search.destroying.pushing import Push, ranks_by_deadline, ranks_by_weight
from almanac.domain.planner.search.destroying.removal import Removal
from almanac.domain.planner.search.destroying.victims import better_end, drop_victims
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.domain.planner.search.params import DEFAULT
from almanac.domain.planner.search.placing.insertion import free_place
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.repair import Repair, least_cost
from almanac.domain.planner.search.solution import Solution, earliest_allowed
from tests.domain.planner.instances import at, busy, habit, instance, task, week


def crowded(tasks: int = 14) -> Problem:
    work = [
        task(f"t{k}", 60 + 30 * (k % 4), split=(30, 60) if k % 3 == 0 else None, deadline=at(f"{6 + k % 3:02d} 17:00"))
        for k in range(tasks)
    ]
    for k in range(5, tasks, 4):
        work[k]["depends_on"] = [f"t{k - 1}"]
    walk = habit("walk", 30, "12:00-13:00", hours="work", min_min=15)
    return problem_of(read_instance(instance(tasks=work, habits=[walk])).instance)


def first_solution(problem: Problem) -> Solution:
    solution = Solution(problem)
    solution.restore(next(greedy_plans(problem, lambda: True)))
    return solution


def assert_sound(solution: Solution) -> None:
    again = Solution(solution.problem)
    for index, place in enumerate(solution.places):
        again.move(index, place)
    assert again.cost == solution.cost
    for line in solution.lines:
        mine = (
            place
            for place, item in zip(solution.places, solution.items, strict=True)
            if line.person.index in item.people
        )
        assert line.occupied.bit_count() == sum(length for place in mine for _, length in place)
    for one in solution.problem.tasks:
        if place := solution.places[one.index]:
            allowed = earliest_allowed(solution, one)
            assert allowed is not None
            assert allowed <= place[0][0]


def test_the_shares_of_the_operators_make_up_the_whole() -> None:
    assert sum(share for share, _ in OPERATORS) == pytest.approx(1.0)


@pytest.mark.parametrize("operator", [operator for _, operator in OPERATORS], ids=lambda each: each.__name__)
def test_an_operator_leaves_a_sound_solution_and_its_order_names_what_it_removed(operator: object) -> None:
    assert callable(operator)
    problem = crowded()
    for seed in range(40):
        solution, random = first_solution(problem), Random(seed)
        before = list(solution.places)
        (component,) = components_of(problem)
        removal = Removal(solution, random, component.slots, DEFAULT.destroy)
        order = operator(Destroy(solution, random, component, DEFAULT.destroy), removal)
        assert_sound(solution)
        changed = {index for index, place in enumerate(before) if place != solution.places[index]}
        assert changed <= set(removal.removed if order is None else order)


@pytest.mark.parametrize("operator", [operator for _, operator in OPERATORS], ids=lambda each: each.__name__)
def test_what_waits_stays_only_as_long_as_the_repair_finds_time_before_it(operator: object) -> None:
    """Between the two something may wait for a task without a place; after them nothing does."""
    assert callable(operator)
    problem, stayed = crowded(), 0
    for seed in range(40):
        solution, random = first_solution(problem), Random(seed)
        (component,) = components_of(problem)
        removal = Removal(solution, random, component.slots, DEFAULT.destroy, waiting_stays=True)
        order = operator(Destroy(solution, random, component, DEFAULT.destroy), removal)
        queue = list(removal.removed) if order is None else order
        lacking = {task.index for task in problem.tasks if not task.complete(solution.places[task.index])}
        assert lacking <= set(queue)
        stayed += any(solution.places[each] for index in lacking for each in problem.tasks[index].successors)
        Repair(solution, Randomization(seed, problem.window, [])).insert(queue, inf, ordered=order is not None)
        assert_sound(solution)
    assert stayed


def test_what_waits_gives_up_its_place_where_there_is_no_time_before_it() -> None:
    """The first hour is gone, so that the chain moves on by one; with the first hour free its second part stays."""
    works = [task("before", 60), task("after", 60, depends_on=["before"]), task("other", 60)]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-12:00")})).instance)
    before, after, other = problem.tasks
    morning = lowest(before.eligible)
    for taken, places in (((), (0, 4)), (((morning, 4),), (4, 8))):
        solution = Solution(problem)
        solution.move(other.index, taken)
        solution.move(after.index, ((morning + 4, 4),))
        solution.begin()
        Repair(solution, Randomization(1, problem.window, [])).insert([before.index], inf, ordered=True)
        assert_sound(solution)
        assert [place[0][0] - morning for place in solution.places[:2]] == list(places)


def test_only_what_begins_too_early_goes_where_what_waits_stays() -> None:
    works = [task("before", 60), *(task(name, 30, depends_on=["before"]) for name in ("soon", "later"))]
    problem = problem_of(read_instance(instance(tasks=works)).instance)
    first = lowest(problem.tasks[0].eligible)
    for stays, gone in ((True, [1, 0]), (False, [1, 2, 0])):
        solution = Solution(problem)
        for index, place in enumerate(((first, 4), (first + 4, 2), (first + 20, 2))):
            solution.move(index, (place,))
        removal = Removal(solution, Random(1), {}, DEFAULT.destroy, waiting_stays=stays)
        removal.eject(0, ((first + 8, 4),))
        assert list(removal.removed) == gone
        assert solution.places[0] == ((first + 8, 4),)


def test_a_chain_is_pulled_into_a_sound_solution_and_all_that_gave_way_is_named() -> None:
    problem = crowded()
    waiting = [each.index for each in problem.tasks if each.predecessors]
    everything = [item.index for item in problem.items]
    for seed in range(40):
        solution, random = first_solution(problem), Random(seed)
        before = list(solution.places)
        (component,) = components_of(problem)
        removal, last = (Removal(solution, random, component.slots, DEFAULT.destroy) for _ in range(2))
        order = pull_chain(removal, last, random.choice(waiting), everything)
        assert_sound(solution)
        lost = {index for index, place in enumerate(before) if place and not solution.places[index]}
        assert lost <= set(order)
        assert len(order) == len(set(order))


def test_a_push_leaves_a_sound_solution_and_what_lacks_a_place_is_named() -> None:
    problem = crowded()
    for seed in range(40):
        solution, random = first_solution(problem), Random(seed)
        (component,) = components_of(problem)
        destroy = Destroy(solution, random, component, DEFAULT.destroy)
        order = destroy.push(Removal(solution, random, component.slots, DEFAULT.destroy))
        assert_sound(solution)
        missing = {task.index for task in problem.tasks if not task.complete(solution.places[task.index])}
        assert missing <= set(order)
        assert len(order) == len(set(order))
        assert not missing & {index for index in destroy.placed if index not in order}


def test_a_task_pushes_another_which_pushes_a_lighter_one() -> None:
    """Two hours a day: the critical task takes the first, whose owner takes the second from the light one."""
    works = [
        task("critical", 60, priority="critical", deadline=at("05 10:00")),
        task("high", 60, priority="high", deadline=at("05 11:00")),
        task("light", 60, priority="low"),
    ]
    problem = problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-11:00")})).instance)
    critical, high, light = problem.tasks
    solution = Solution(problem)
    first = lowest(high.eligible)
    solution.move(high.index, ((first, 4),))
    solution.move(light.index, ((first + 4, 4),))
    solution.move(critical.index, ((first + 96, 4),))
    solution.begin()
    never_skips = replace(DEFAULT.destroy, push_skip=0.0)
    push = Push(
        Removal(solution, Random(1), {}, never_skips), {0: [0, 1, 2]}, ranks_by_weight(problem, 1.0), free_place
    )
    assert push.run(critical.index, push.forced_place(critical, first + 4, None)) == []
    assert solution.places == [((first, 4),), ((first + 4, 4),), ((first + 96, 4),)]


def test_a_habit_that_is_missed_pushes_work_out_of_its_time() -> None:
    """Two hours on Monday, both taken: the habit takes the first, whose owner is as early as it may be on Tuesday."""
    light = task("light", 60, priority="low")
    run = habit("run", 60, "09:00-10:00", hours="work", days=["MO"], hard_from="09:00", hard_to="10:00")
    event = busy("call", "05 10:00", "05 11:00", locked=False, hours="work", move_cost=5)
    event |= {"move_from": at("05 09:00"), "move_until": at("05 11:00")}
    small = instance(tasks=[light], habits=[run], busy=[event], hours={"work": week("09:00-11:00")})
    problem = problem_of(read_instance(small).instance)
    (wanted,) = problem.occurrences
    first = lowest(problem.tasks[0].eligible)
    solution = Solution(problem)
    solution.move(0, ((first, 4),))
    solution.move(2, ((first + 4, 4),))
    solution.begin()
    push = Push(
        Removal(solution, Random(1), {}, DEFAULT.destroy), {0: [0, 1, 2]}, ranks_by_weight(problem, 1.0), free_place
    )
    place = push.cheaper_place(wanted)
    assert push.run(wanted.index, place) == []
    assert solution.places == [((first + 96, 4),), ((first, 4),), ((first + 4, 4),)]
    assert push.cheaper_place(wanted) == (), "it has its best place"

    solution.move(wanted.index, ())
    solution.move(0, ())
    solution.move(2, ((first, 4),))
    assert push.cheaper_place(wanted) == (), "a movable event gives way to nobody"


def waiting_problem() -> Problem:
    """A light task that a critical one with a deadline waits for, a high one due before it, a high one never due."""
    works = [
        task("first", 60, priority="low"),
        task("second", 60, priority="critical", deadline=at("06 11:00"), depends_on=["first"]),
        task("due", 60, priority="high", deadline=at("05 11:00")),
        task("any", 60, priority="high"),
    ]
    return problem_of(read_instance(instance(tasks=works, hours={"work": week("09:00-11:00")})).instance)


def test_a_task_gives_way_to_nobody_to_whom_what_waits_for_it_does_not() -> None:
    problem = waiting_problem()
    assert ranks_by_weight(problem, 0.25) == [8.0, 8.0, 4.0, 1.0]
    first, second, due, undue = ranks_by_deadline(problem)
    assert due > first == second > undue > 0


def test_a_task_may_end_as_late_as_makes_nothing_later_that_waits_for_it() -> None:
    first, second, due, undue = (problem := waiting_problem()).tasks
    morning = lowest(second.eligible)
    next_morning = lowest(second.eligible & ~between(0, morning + 8))
    assert end_as_late(first, ((morning, 4),)) == next_morning + 4
    assert end_as_late(due, ((morning, 4),)) == morning + 8
    assert end_as_late(undue, ((morning, 4),)) == problem.window
    assert end_as_late(due, ()) == problem.window


def test_a_pushed_task_comes_back_before_the_one_that_waits_for_it() -> None:
    """The task that is due takes the first hour; the chain follows it in its order, and stays on time."""
    problem = waiting_problem()
    first, second, due, _ = problem.tasks
    solution = Solution(problem)
    morning = lowest(second.eligible)
    next_morning = lowest(second.eligible & ~between(0, morning + 8))
    solution.move(first.index, ((morning, 4),))
    solution.move(second.index, ((morning + 4, 4),))
    solution.begin()
    never_skips = replace(DEFAULT.destroy, push_skip=0.0)
    push = Push(Removal(solution, Random(1), {}, never_skips), {0: [0, 1, 2]}, ranks_by_deadline(problem), free_place)
    assert push.run(due.index, push.forced_place(due, morning + 4, None)) == []
    assert solution.places[:3] == [((morning + 4, 4),), ((next_morning, 4),), ((morning, 4),)]


def test_no_place_costs_less_than_the_least_an_item_can_cost() -> None:
    """By this a repair that cannot succeed any more is given up."""
    problem = crowded()
    for snapshot in greedy_plans(problem, lambda: False):
        for item, place in zip(problem.items, snapshot.places, strict=True):
            assert least_cost(item) <= item.cost(place)


def test_a_repair_ends_as_soon_as_it_must_cost_too_much() -> None:
    problem = crowded()
    randomization = Randomization(1, problem.window, [])
    everything = [item.index for item in problem.items]
    whole, hopeless = (
        Repair(Solution(problem), randomization).insert(everything, worst, ordered=True) for worst in (inf, 0.0)
    )
    assert hopeless < whole


def test_a_chain_may_be_longer_than_the_stack_is_deep() -> None:
    """Each waits for the one named after it: a thousand of them, named last first, once ended a run."""
    long = 1100
    works = [task(f"t{k}", 15, depends_on=[f"t{k + 1}"] if k + 1 < long else []) for k in range(long)]
    problem = problem_of(read_instance(instance(tasks=works)).instance)
    solution = first_solution(problem)
    removal = Removal(solution, Random(1), {}, DEFAULT.destroy)
    removal.drop(long - 1)
    assert list(removal.removed) == list(range(long - 1, -1, -1))
    assert not any(solution.places)


def test_a_victim_is_light_begins_in_time_and_takes_what_waits_for_it_along() -> None:
    works = [
        task("heavy", 60, priority="critical"),
        task("light", 60, priority="low"),
        task("waits", 30, depends_on=["light"]),
    ]
    problem = problem_of(read_instance(instance(tasks=works)).instance)
    always = replace(DEFAULT.destroy, victim_rate=1.0, victims=(1, 2), tournament=20)
    for stop, gone in ((problem.window, [1, 2]), (0, [])):
        solution = first_solution(problem)
        last = Removal(solution, Random(1), {}, always)
        drop_victims(last, [0, 1], stop, always)
        assert list(last.removed) == gone


@pytest.mark.parametrize(("days", "ends"), [(None, None), (2, {0, 1}), (1, {0})])
def test_a_late_task_aims_at_its_deadline_or_at_a_day_less(days: int | None, ends: set[int] | None) -> None:
    """Days late, and how many days after the deadline it may aim at; one on time aims before its own end."""
    problem = problem_of(read_instance(instance(tasks=[task("t", 60, deadline=at("06 17:00"))])).instance)
    (work,) = problem.tasks
    due = work.late_offset // 15
    first = due + 96 * days - 8 if days else due - 8
    solution = Solution(problem)
    solution.move(work.index, ((first, 4),))
    found = {better_end(solution, work, Random(seed), DEFAULT.destroy) for seed in range(40)}
    assert found == ({due + 96 * day for day in ends} if ends else {first + 4})


def test_without_tasks_a_strategic_removal_clears_a_window() -> None:
    problem = crowded(0)
    solution = first_solution(problem)
    (component, *_) = components_of(problem)
    for seed in range(20):
        removed, _ = Destroy(solution, Random(seed), component, DEFAULT.destroy).remove_some()
        assert set(removed) <= set(component.items)
        assert_sound(solution)
