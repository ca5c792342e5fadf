"""Placing a meeting or a waiting task together with all that it waits for: singly they stand in each other's way.

A task is inserted where it costs least by itself. What others wait for is then as late as its own priority has it, and
what waits for it later still, however urgent that is. Here the whole chain takes the time it needs, early.
"""

from collections.abc import Callable, Sequence, Set
from random import Random

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Problem, Task
from almanac.domain.planner.model.slot_mask import Placement, between, covered, lowest, starts_of_runs
from almanac.domain.planner.search.destroying.relocation import random_slot_in
from almanac.domain.planner.search.destroying.removal import Removal
from almanac.domain.planner.search.destroying.victims import better_end, drop_victims
from almanac.domain.planner.search.params import DestroyParams
from almanac.domain.planner.search.placing.chunks import first_fit
from almanac.domain.planner.search.solution import Solution, earliest_allowed


def pull_chain(removal: Removal, last: Removal, index: int, others: Sequence[int]) -> list[int]:
    """Place a task or meeting and all it waits for, ejecting what is in the way; return what is to be inserted again.

    What of the chain found no place comes first, then the ejected in a random order, then some of `others` that give
    way, removed by `last`: chains that cross each other's time cannot all be on time.
    """
    solution, random, params = removal.solution, removal.random, removal.params
    tasks = solution.problem.tasks
    chain = chain_to(solution.problem, index)
    drop_victims(last, others, better_end(solution, tasks[index], random, params), params)
    for each in chain:
        removal.drop(each)
    most = max(tasks[each].weight for each in chain) if random.random() < params.lighter_rate else None
    people = {person for each in chain for person in tasks[each].people}
    taken = {person: heavier(solution, person, most) if most is not None else 0 for person in people}
    for each in chain:
        place = early_place(solution, tasks[each], taken, random, params)
        if place:
            removal.eject(each, place)
        if not solution.places[each]:
            break
        for person in tasks[each].people:
            taken[person] |= covered(place)
    rest = [each for each in removal.removed if each not in chain and each not in last.removed]
    random.shuffle(rest)
    unplaced = [each for each in chain if not solution.places[each]]
    return unplaced + rest + [each for each in last.removed if each not in chain]


def heavier(solution: Solution, person: int, weight: float) -> int:
    """Return the slots that a person's tasks and meetings above a weight take: these are not ejected."""
    bits = 0
    for task in solution.problem.tasks:
        if task.weight > weight and person in task.people:
            bits |= covered(solution.places[task.index])
    return bits


def chain_to(problem: Problem, index: int) -> list[int]:
    """Return a task and all that it waits for, directly or not, in an order in which they can be placed."""
    return in_order(problem, sorted(reached(index, lambda each: problem.tasks[each].predecessors)))


def chain_around(problem: Problem, index: int) -> list[int]:
    """Return a task with all that it waits for and all that waits for it, directly or not, in order."""
    waiting = reached(index, lambda each: problem.tasks[each].successors)
    return in_order(problem, sorted({*chain_to(problem, index), *waiting}))


def reached(index: int, neighbours: Callable[[int], Sequence[int]]) -> Set[int]:
    """Return a task and what can be reached from it, step by step."""
    found, left = {index}, [index]
    while left:
        further = set(neighbours(left.pop())) - found
        found |= further
        left += further
    return found


def early_place(
    solution: Solution, task: Task, taken: dict[int, int], random: Random, params: DestroyParams
) -> Placement:
    """Return an early place for one of a chain: the earliest of all, the earliest free one, or one soon after."""
    allowed = earliest_allowed(solution, task)
    if allowed is None:
        return ()
    usable = task.eligible & ~between(0, allowed)
    for person in task.people:
        usable &= ~taken[person]
    free = usable & ~solution.occupied_for(task)
    draw, (earliest, earliest_free) = random.random(), params.early_rates
    if task.slots > task.max_chunk:
        return first_fit(task, usable if draw < earliest else free, task.slots, task.max_chunk)
    if earliest <= draw < earliest + earliest_free and (starts := starts_of_runs(free, task.slots)):
        return ((lowest(starts), task.slots),)
    starts = starts_of_runs(usable, task.slots)
    if not starts:
        return ()
    first = lowest(starts)
    if draw >= earliest:
        first = random_slot_in(starts & between(first, first + params.early_slots), random)
    return ((first, task.slots),)
