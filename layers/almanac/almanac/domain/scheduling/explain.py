"""Why each block sits where it sits, and what kept the rest from a better place."""

from almanac.domain.scheduling.draft import Draft, Snapshot
from almanac.domain.scheduling.findings import findings_of
from almanac.domain.scheduling.occupants import Occupants
from almanac.domain.scheduling.order import earliest_allowed
from almanac.domain.scheduling.plan import Block, Finding, Plan, Summary
from almanac.domain.scheduling.problem import Movable, Occurrence, Placement, Problem, Task
from almanac.domain.scheduling.stability import block_minutes, blocks_by_item, joined
from almanac.domain.scheduling.timeline import SLOT_MINUTES, Span, between, covered, lowest, starts_of_runs
from almanac.domain.scheduling.words import clock_time, duration, names

MOST_NAMED = 3
"""How many other items a reason names at most."""


def explained(problem: Problem, snapshot: Snapshot) -> Plan:
    """The plan in minutes, with a reason for every block, findings and counts."""
    draft = Draft(problem)
    draft.restore(snapshot)
    who = Occupants(draft)
    blocks = [
        Block(item.id, start := problem.minute(span[0]), start + block_minutes(item, place, k), reason(who, item, k))
        for item, place in zip(problem.items, draft.places, strict=True)
        if not isinstance(item, Movable)
        for k, span in enumerate(place)
    ]
    moved = [
        Block(event.id, start := problem.minute(place[0][0]), start + SLOT_MINUTES * event.slots, move_reason(event))
        for event in problem.movables
        if (place := draft.places[event.index]) != ((event.home, event.slots),)
    ]
    findings = findings_of(who)
    return Plan(
        instance=problem.id,
        blocks=tuple(sorted(blocks, key=lambda block: (block.start, block.item))),
        moved=tuple(moved),
        findings=findings,
        summary=summary(draft, findings, len(moved)),
        objective=draft.cost / 1000,
    )


def move_reason(event: Movable) -> str:
    """Why an event of the calendar moves."""
    return f"makes room that is worth more than the {event.move_cost / 1000:g} points the move costs"


def reason(who: Occupants, item: Task | Occurrence, position: int) -> str:
    """Why one block of an item sits where it sits."""
    draft = who.draft
    span = draft.places[item.index][position]
    if item.kept and not covered((span,)) & ~(item.kept.near | item.kept.far):
        return "stays where the last plan put it"
    if isinstance(item, Occurrence):
        return reason_of_habit(draft, item, span)
    return reason_of_task(who, item, position)


def reason_of_task(who: Occupants, task: Task, position: int) -> str:
    """Earliest possible, or what holds the time before it."""
    draft = who.draft
    first, length = draft.places[task.index][position]
    begin = earliest_allowed(draft, task) or 0
    if position:
        begin = max(begin, sum(draft.places[task.index][position - 1]) + 1)
    open_time = task.eligible & ~between(0, begin)
    after = waits_for(draft, task) if not position else ""
    earliest = lowest(starts_of_runs(open_time, length))
    span = duration(SLOT_MINUTES * length)
    if first == earliest:
        return f"the earliest {span} of {task.category} hours{after}"
    free_then = open_time & ~draft.occupied | covered(((first, length),))
    earliest_free = lowest(starts_of_runs(free_then, length))
    if first == earliest_free:
        last_ones = who.before(open_time & between(earliest, first), task.index, MOST_NAMED)
        taken = names(last_ones) or "pieces that are too short"
        return f"the earliest free {span} of {task.category} hours{after}; the time before is taken by {taken}"
    return f"{why_later(draft, task, (first, length), earliest_free)}{after}"


def waits_for(draft: Draft, task: Task) -> str:
    """Whom a task follows."""
    return f" after {names([draft.items[index].id for index in task.predecessors])}" if task.predecessors else ""


def why_later(draft: Draft, task: Task, span: Span, earlier: int) -> str:
    """Why a block leaves an earlier free place alone."""
    problem, (first, length) = draft.problem, span
    when = clock_time(problem.minute(earlier), problem.zone)
    if problem.touch_cost and touching(draft, earlier, length) > touching(draft, first, length):
        return f"keeps a break that a start at {when} would not leave"
    row = task.cap_row
    if row >= 0:
        cap, day = problem.daily_caps[row + problem.day_of[earlier]], problem.day_of[earlier]
        if SLOT_MINUTES * (draft.load[row + day] + length) > cap and day != problem.day_of[first]:
            return f"keeps {when[:14]} within the daily limit of {duration(cap)} of {task.category} work"
    return f"free time from {when} is left, because the whole plan comes out better this way"


def touching(draft: Draft, first: int, length: int) -> int:
    """How many breaks a block at `first` would miss."""
    problem = draft.problem
    before, after = draft.ends | problem.touched_start, draft.starts | problem.touched_end
    return (before >> first & 1) + (after >> (first + length) & 1)


def reason_of_habit(draft: Draft, item: Occurrence, span: Span) -> str:
    """In its ideal time, or how far off and why."""
    start = draft.problem.minute(span[0])
    end = start + block_minutes(item, (span,), 0)
    early, late = max(0, item.ideal[0] - start), max(0, end - item.ideal[1])
    short = item.preferred_minutes - (end - start)
    text = "in its ideal time"
    if early or late:
        side = "earlier" if early else "later"
        text = f"{duration(early or late)} {side} than ideal, the nearest place that the rest of the plan leaves"
    return f"{text}, {duration(short)} shorter than preferred" if short > 0 else text


def summary(draft: Draft, findings: tuple[Finding, ...], moved_events: int) -> Summary:
    """The counts of a plan."""
    problem = draft.problem
    states = [finding.state for finding in findings]
    placed = sum(1 for occurrence in problem.occurrences if draft.places[occurrence.index])
    return Summary(
        scheduled=sum(1 for task in problem.tasks if task.complete(draft.places[task.index])),
        late=sum(1 for task in problem.tasks if task.late_flag and is_late(task, draft.places[task.index])),
        partial=states.count("partial"),
        unscheduled=states.count("unplaced"),
        habits_placed=placed,
        habits_missed=len(problem.occurrences) - placed,
        moved=moved_events + left_places(draft),
        at_risk=states.count("at_risk"),
    )


def is_late(task: Task, place: Placement) -> bool:
    """Whether a wholly placed task ends after its deadline."""
    return task.complete(place) and task.late_cost(place[-1][0] + place[-1][1]) > 0


def left_places(draft: Draft) -> int:
    """How many items have left a block of the previous plan."""
    now: dict[str, int] = {}
    for item, place in zip(draft.items, draft.places, strict=True):
        now[item.id] = now.get(item.id, 0) | covered(place)
    old = blocks_by_item(draft.problem)
    return sum(1 for item, spans in old.items() if covered(tuple(joined(spans))) & ~now.get(item, -1))
