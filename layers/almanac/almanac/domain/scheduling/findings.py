"""What a person should know: work late, cut short or without a place, habits missed, deadlines at risk.

Each finding names what stood in the way and the smallest thing that would help, tried out on the finished plan.
"""

from almanac.domain.scheduling.draft import Draft
from almanac.domain.scheduling.occupants import Occupants
from almanac.domain.scheduling.order import earliest_allowed
from almanac.domain.scheduling.plan import Finding, State
from almanac.domain.scheduling.problem import Occurrence, Task
from almanac.domain.scheduling.ruin import weight_of
from almanac.domain.scheduling.timeline import SLOT_MINUTES, between, in_runs_of, runs
from almanac.domain.scheduling.words import clock_time, duration, names

MOST_NAMED = 3
"""How many others an obstacle names."""

MOST_TRIED = 40
"""How many lighter items are tried as the one that should go."""


def findings_of(who: Occupants) -> tuple[Finding, ...]:
    """Every finding, tasks first, in the order of the instance."""
    draft = who.draft
    found = [finding_of_task(who, task) for task in draft.problem.tasks]
    found += [missed(who, item) for item in draft.problem.occurrences if not draft.places[item.index]]
    return tuple(finding for finding in found if finding)


def finding_of_task(who: Occupants, task: Task) -> Finding | None:
    """What is wrong with a task's place, if anything."""
    draft = who.draft
    place = draft.places[task.index]
    missing = task.minutes - task.minutes_placed(place)
    late = 0
    if not missing and task.deadline is not None:
        late = max(0, SLOT_MINUTES * (place[-1][0] + place[-1][1]) - task.late_offset)
    if missing:
        state: State = "partial" if place else "unplaced"
    elif late:
        state = "late"
    elif at_risk(draft, task):
        return Finding(task.id, "at_risk", None, 0, 0, *risk(draft, task))
    else:
        return None
    obstacle, help_text = diagnosis(who, task, missing, late)
    return Finding(task.id, state, None, missing, late, obstacle, help_text)


def at_risk(draft: Draft, task: Task) -> bool:
    """On time, but what is still free before the deadline could not take the task again."""
    return task.deadline is not None and spare_minutes(draft, task) < task.minutes


def spare_minutes(draft: Draft, task: Task) -> int:
    """Free minutes in the task's hours between its end and its deadline."""
    place = draft.places[task.index]
    end = place[-1][0] + place[-1][1]
    free = task.eligible & ~draft.occupied & between(end, due_slot(draft, task))
    return SLOT_MINUTES * free.bit_count()


def due_slot(draft: Draft, task: Task) -> int:
    """The last slot at which the task may end on time, at most the window's end."""
    window = draft.problem.window
    return window if task.deadline is None else min(window, max(0, task.late_offset // SLOT_MINUTES))


def risk(draft: Draft, task: Task) -> tuple[str, str]:
    """(obstacle, help) of a deadline that is met with little to spare."""
    spare = spare_minutes(draft, task)
    left = f"only {duration(spare)} of" if spare else "no"
    return (
        f"{left} free {task.category} time is left between its end and its deadline",
        "start it early, or lock its blocks",
    )


def diagnosis(who: Occupants, task: Task, missing: int, late: int) -> tuple[str, str]:
    """(obstacle, help) of a late, partial or unplaced task: the first cause that explains it alone."""
    draft, problem = who.draft, who.draft.problem
    first = earliest_allowed(draft, task)
    if first is None:
        waiting = [i for i in task.predecessors if not problem.tasks[i].complete(draft.places[i])]
        first_ones = names([problem.tasks[index].id for index in waiting])
        return f"waits for {first_ones}, which has no complete place", f"make room for {first_ones}"
    due = due_slot(draft, task)
    when = "before its deadline" if task.deadline is not None else "in the window"
    open_time = task.open_slots & between(first, due)
    closed = short_of_time(draft, task, open_time, when, late)
    if closed:
        return closed
    obstacle = f"its time {when} is taken by {holders(who, task, open_time)}"
    return obstacle, helper(who, task, open_time, missing, late)


def short_of_time(draft: Draft, task: Task, open_time: int, when: str, late: int) -> tuple[str, str] | None:
    """(obstacle, help) when even an empty plan could not take the task in time."""
    minutes = SLOT_MINUTES * open_time.bit_count()
    later = later_deadline(draft, task, late)
    if minutes < task.minutes:
        lack = duration(task.minutes - minutes)
        if task.deadline is not None and task.deadline <= draft.problem.origin:
            return "its deadline had passed before it could begin", later or f"{lack} of open {task.category} hours"
        return (
            f"only {duration(minutes)} of {task.category} hours are open {when}, it needs {duration(task.minutes)}",
            later or f"{lack} more of open {task.category} hours",
        )
    if not in_runs_of(open_time, task.min_chunk):
        longest = duration(SLOT_MINUTES * max(length for _, length in runs(open_time)))
        needed = duration(SLOT_MINUTES * task.min_chunk)
        return f"no open stretch {when} is {needed} long, the longest is {longest}", f"allow chunks of {longest}"
    return None


def holders(who: Occupants, task: Task, bits: int) -> str:
    """Who sits in the task's time, most minutes first."""
    held = sorted((-slots.bit_count(), item.id) for item, slots in who.inside(bits, task.index))
    found = [f"{name} ({duration(-SLOT_MINUTES * slots)})" for slots, name in held[:MOST_NAMED]]
    found += [name for _, name in held[MOST_NAMED:]]
    return names(found, MOST_NAMED) or "pieces too short for it"


def helper(who: Occupants, task: Task, open_time: int, missing: int, late: int) -> str:
    """The smallest thing that helps: one lighter item elsewhere, a later deadline, or more hours."""
    lighter = lightest_in_the_way(who, task, open_time)
    if lighter:
        return f"move or drop {lighter}"
    later = later_deadline(who.draft, task, late)
    return later or f"{duration(missing)} more of open {task.category} hours, or less work"


def lightest_in_the_way(who: Occupants, task: Task, open_time: int) -> str | None:
    """The item of least weight, then length, that would make enough room by going alone; the lightest few are tried."""
    free = open_time & (~who.draft.occupied | who.slots[task.index])
    lighter = [pair for pair in who.inside(open_time, task.index) if weight_of(pair[0]) <= task.weight]
    lighter.sort(key=lambda pair: (weight_of(pair[0]), pair[1].bit_count(), pair[0].index))
    for item, slots in lighter[:MOST_TRIED]:
        if in_runs_of(free | slots, task.min_chunk).bit_count() >= task.slots:
            return item.id
    return None


def later_deadline(draft: Draft, task: Task, late: int) -> str | None:
    """The deadline that the plan does meet."""
    if not late or task.deadline is None:
        return None
    end = clock_time(task.deadline + late, draft.problem.zone)
    return f"a deadline {duration(late)} later, {end}"


def missed(who: Occupants, item: Occurrence) -> Finding:
    """A wanted date of a habit that got no block."""
    if not item.candidates:
        obstacle = f"no stretch of {duration(item.min_minutes)} is open in its hours on that day"
        help_text = "a wider window, a shorter minimum, or other hours"
    else:
        rivals = [rival for rival, _ in who.inside(item.eligible, item.index)]
        lightest = min(rivals, key=lambda o: (weight_of(o), o.index), default=None)
        obstacle = f"its time is taken by {names([o.id for o in rivals])}" if rivals else "its time is too costly"
        help_text = f"move or drop {lightest.id}" if lightest else "a wider ideal window"
    return Finding(item.id, "missed", item.date, item.min_minutes, 0, obstacle, help_text)
