"""A finished plan in minutes: a reason for every block, findings, and counts."""

from almanac.domain.planner.explain.findings import findings_of
from almanac.domain.planner.explain.occupancy import Occupancy
from almanac.domain.planner.explain.reasons import move_reason, reason
from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock, Summary
from almanac.domain.planner.model.previous_blocks import blocks_by_item, joined
from almanac.domain.planner.model.problem import Movable, Placement, Problem, Task, block_minutes
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, covered
from almanac.domain.planner.search.solution import Snapshot, Solution


def explained(problem: Problem, snapshot: Snapshot) -> Plan:
    """Return the plan in minutes, with a reason for every block, findings and counts."""
    solution = Solution(problem)
    solution.restore(snapshot)
    occupancy = Occupancy(solution)
    blocks = [
        PlannedBlock(
            item.id, start := problem.minute(span[0]), start + block_minutes(item, place, k), reason(occupancy, item, k)
        )
        for item, place in zip(problem.items, solution.places, strict=True)
        if not isinstance(item, Movable)
        for k, span in enumerate(place)
    ]
    moved = [
        PlannedBlock(
            event.id,
            start := problem.minute(place[0][0]),
            start + SLOT_MINUTES * event.slots,
            move_reason(occupancy, event),
        )
        for event in problem.movables
        if (place := solution.places[event.index]) != ((event.home, event.slots),)
    ]
    findings = findings_of(occupancy)
    return Plan(
        instance=problem.id,
        blocks=tuple(sorted(blocks, key=lambda block: (block.start, block.item))),
        moved=tuple(moved),
        findings=findings,
        summary=summary(solution, findings, len(moved)),
        objective=solution.cost / 1000,
    )


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
        now[item.id] = now.get(item.id, 0) | covered(place)
    old = blocks_by_item(solution.problem)
    return sum(1 for item, spans in old.items() if covered(tuple(joined(spans))) & ~now.get(item, -1))
