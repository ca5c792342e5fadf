"""A finished plan in minutes: a reason for every block, findings, and counts."""

from collections.abc import Iterator
from dataclasses import replace

from almanac.domain.planner.explain.findings import findings_of
from almanac.domain.planner.explain.occupancy import Occupancies
from almanac.domain.planner.explain.reasons import absences, move_reason, reason
from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock, Summary
from almanac.domain.planner.model.previous_blocks import blocks_by_item, joined
from almanac.domain.planner.model.problem import Attendance, Occurrence, Problem, Task, block_minutes, names_of
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Placement, covered
from almanac.domain.planner.search.solution import Snapshot, Solution


def explained(problem: Problem, snapshot: Snapshot) -> Plan:
    """Return the plan in minutes, with a reason for every block, findings and counts."""
    solution = Solution(problem)
    solution.restore(snapshot)
    occupancies = Occupancies(solution)
    moved = [
        PlannedBlock(
            event.id,
            start := problem.minute(place[0][0]),
            start + SLOT_MINUTES * event.slots,
            move_reason(occupancies.of(event), event),
            names_of(problem, event),
        )
        for event in problem.movables
        if (place := solution.places[event.index]) != ((event.home, event.slots),)
    ]
    findings = findings_of(occupancies)
    return Plan(
        instance=problem.id,
        blocks=tuple(sorted(blocks_of(occupancies), key=lambda block: (block.start, block.item))),
        moved=tuple(moved),
        findings=findings,
        summary=summary(solution, findings, len(moved)),
        objective=(solution.cost + problem.pinned_cost) / 1000,
    )


def blocks_of(occupancies: Occupancies) -> Iterator[PlannedBlock]:
    """Yield the blocks of tasks, meetings and occurrences, each with its reason."""
    solution = occupancies.solution
    problem, places, items = solution.problem, solution.places, solution.items
    placed: list[Task | Occurrence] = [*problem.tasks, *problem.occurrences]
    for item in placed:
        for k, (first, _) in enumerate(places[item.index]):
            start = problem.minute(first)
            present = item.attendances if isinstance(item, Task) else ()
            optional = tuple(items[index].id for index in present if places[index])
            why = reason(occupancies.of(item), item, k)
            if isinstance(item, Task):
                why = replace(why, parts=(*why.parts, *absences(occupancies, item)))
            end = start + block_minutes(item, places[item.index], k)
            yield PlannedBlock(item.id, start, end, why, (*names_of(problem, item), *optional), optional)


def summary(solution: Solution, findings: tuple[Finding, ...], moved_events: int) -> Summary:
    """Return the counts of a plan."""
    problem = solution.problem
    states = [finding.state for finding in findings]
    placed = sum(1 for occurrence in problem.occurrences if solution.places[occurrence.index])
    return Summary(
        scheduled=sum(1 for task in problem.tasks if task.complete(solution.places[task.index])),
        late=sum(1 for task in problem.tasks if task.late_flag and is_late(task, solution.places[task.index])),
        partial=states.count("partial"),
        unscheduled=states.count("unplaced"),
        habits_placed=placed,
        habits_missed=len(problem.occurrences) - placed,
        moved=moved_events + left_places(solution),
        at_risk=states.count("at_risk"),
    )


def is_late(task: Task, place: Placement) -> bool:
    """Return whether a wholly placed task ends after its deadline."""
    return task.complete(place) and task.late_cost(place[-1][0] + place[-1][1]) > 0


def left_places(solution: Solution) -> int:
    """Return how many items have left a block of the previous plan."""
    now: dict[str, int] = {}
    for item, place in zip(solution.items, solution.places, strict=True):
        if not isinstance(item, Attendance):
            now[item.id] = now.get(item.id, 0) | covered(place)
    old = blocks_by_item(solution.problem)
    return sum(1 for item, spans in old.items() if covered(tuple(joined(spans))) & ~now.get(item, -1))
