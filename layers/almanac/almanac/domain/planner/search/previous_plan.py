"""The previous plan as the start of the next, which leaves it only for a gain worth the change."""

from dataclasses import replace

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.instance import PreviousBlock
from almanac.domain.planner.model.previous_blocks import blocks_by_item, joined
from almanac.domain.planner.model.problem import Movable, Occurrence, Problem, Task, block_minutes
from almanac.domain.planner.model.slot_mask import Placement, Span, between, covered
from almanac.domain.planner.search.greedy import insert_missing
from almanac.domain.planner.search.placing.insertion import best_place
from almanac.domain.planner.search.solution import Snapshot, Solution, earliest_allowed

WORTH_FIXED, WORTH_SHARE = 10_000, 0.01
"""A gain below ten points plus one percent of the plan's cost moves nothing: the rule of docs/planning.md."""


def worth_it(old: int, new: int) -> bool:
    """Return whether the gain from one cost to another justifies changing a plan that people have seen."""
    return old - new > WORTH_FIXED + WORTH_SHARE * old


def kept_plan(problem: Problem) -> Snapshot:
    """Return the previous plan as far as it is still valid, the rest inserted where it fits, nothing else moved."""
    solution = Solution(problem)
    blocks = blocks_by_item(problem)
    for index in in_order(problem, range(len(problem.tasks))):
        task = problem.tasks[index]
        solution.move(index, still_possible(solution, task, blocks.get(task.id, [])))
    for occurrence in problem.occurrences:
        solution.move(occurrence.index, occurrence_kept(solution, occurrence, blocks.get(occurrence.id, [])))
    for event in problem.movables:
        place = best_place(solution, event.index)
        if not place:
            clear_for_event(solution, event)
            place = ((event.home, event.slots),)
        solution.move(event.index, place)
    insert_missing(solution)
    return solution.snapshot()


def still_possible(solution: Solution, task: Task, spans: list[Span]) -> Placement:
    """Return the task's previous blocks that keep every hard rule."""
    first_allowed = earliest_allowed(solution, task)
    if first_allowed is None:
        return ()
    free = task.eligible & ~solution.occupied_for(task) & ~between(0, first_allowed)
    kept: list[Span] = []
    rest = task.slots
    for first, length in joined(spans):
        bits = between(first, first + length)
        fits = task.min_chunk <= length <= min(rest, task.max_chunk) and bits & free == bits
        if fits:
            kept.append((first, length))
            rest -= length
    return tuple(kept)


def occurrence_kept(solution: Solution, item: Occurrence, spans: list[Span]) -> Placement:
    """Return the occurrence's previous block when it is still one of its candidates and free, else ()."""
    possible = {(c.first, c.length) for c in item.candidates}
    for first, length in spans:
        if (first, length) in possible and not solution.occupied_for(item) & between(first, first + length):
            return ((first, length),)
    return ()


def clear_for_event(solution: Solution, event: Movable) -> None:
    """Remove what is in the way of an event that fits nowhere but at home, and the tasks whose order that breaks."""
    span, people = between(event.home, event.home + event.slots), set(event.people)
    for index, place in enumerate(solution.places):
        if covered(place) & span and not people.isdisjoint(solution.items[index].people):
            solution.move(index, ())
    for index in in_order(solution.problem, range(len(solution.problem.tasks))):
        task = solution.problem.tasks[index]
        allowed = earliest_allowed(solution, task)
        if solution.places[index] and (allowed is None or allowed > solution.places[index][0][0]):
            solution.move(index, ())


def as_previous(problem: Problem, snapshot: Snapshot) -> Problem:
    """Return the problem that planning again would solve: the same, with this plan as the previous one."""
    blocks = tuple(
        PreviousBlock(item.id, problem.minute(first), problem.minute(first) + block_minutes(item, place, position))
        for item, place in zip(problem.items, snapshot.places, strict=True)
        if isinstance(item, Task | Occurrence)
        for position, (first, _) in enumerate(place)
    )
    return problem_of(replace(problem.instance, previous=blocks))
