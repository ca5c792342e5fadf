"""What stood in the way of a task: closed hours, hours that are too short or too few, or what holds them."""

from almanac.domain.explanation import Explanation
from almanac.domain.planner.explain.notice import of_work
from almanac.domain.planner.explain.occupancy import Occupancy, holders, taken_away
from almanac.domain.planner.explain.what_if import WhatIf
from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, in_runs_of, longest_run, lowest


def cause_of(what_if: WhatIf) -> Explanation:
    """Return the first cause that holds for a task that finds no room before `what_if.due`."""
    occupancy, task = what_if.occupancy, what_if.task
    problem = occupancy.problem
    when = Explanation("until_then") if what_if.stop < what_if.due else until(occupancy, task, what_if.due)
    hours = occupancy.hours[task.category] & what_if.reach & between(0, what_if.due)
    away = taken_away(what_if.refused)
    if task.deadline is not None and task.deadline <= problem.minute(what_if.first):
        return Explanation("deadline_past", instants=(task.deadline,), parts=too_soon(what_if, task.deadline))
    latest = problem.minute(min(what_if.due, what_if.stop))
    if not hours and not away:
        return Explanation("hours_closed", category=task.category, parts=(when, *too_soon(what_if, latest)))
    opened = hours & ~occupancy.locked
    minutes = SLOT_MINUTES * opened.bit_count()
    if minutes < task.minutes:
        parts = (when, *events_in_the_way(occupancy, hours), *away, *too_soon(what_if, latest))
        return Explanation("hours_too_few", minutes=(minutes, task.minutes), category=task.category, parts=parts)
    if not in_runs_of(opened, task.min_chunk):
        lengths = (SLOT_MINUTES * task.min_chunk, SLOT_MINUTES * longest_run(opened))
        parts = (when, *events_in_the_way(occupancy, hours), *away)
        return Explanation("stretches_too_short", minutes=lengths, category=task.category, parts=parts)
    return in_the_way(what_if, hours, (when, *away))


def too_soon(what_if: WhatIf, until: int) -> tuple[Explanation, ...]:
    """Return how much its notice leaves out, unless it has to wait for other work anyhow."""
    return of_work(what_if.occupancy, what_if.task, until) if what_if.first == what_if.task.release else ()


def events_in_the_way(occupancy: Occupancy, hours: int) -> tuple[Explanation, ...]:
    """Return which events of the calendar make the hours so few, in at most one part."""
    held = occupancy.event_minutes_by_id(hours)
    return (holders(held, "events_in_the_way"),) if held else ()


def until(occupancy: Occupancy, task: Task, due: int) -> Explanation:
    """Return the end of the time that counts: the deadline, or the end of the window."""
    problem = occupancy.problem
    if task.deadline is not None and due < problem.window:
        return Explanation("until_deadline", instants=(task.deadline,))
    return Explanation("until_window_end", instants=(problem.minute(problem.window),))


def in_the_way(what_if: WhatIf, hours: int, beside: tuple[Explanation, ...]) -> Explanation:
    """Return what holds the hours of a task, and what it leaves; `beside` is said of the hours."""
    occupancy, task = what_if.occupancy, what_if.task
    problem, room = occupancy.problem, what_if.in_time
    if what_if.holds(room):
        start = problem.minute(lowest(in_runs_of(room, task.min_chunk)))
        return Explanation("free_time_outweighed", instants=(start,))
    opened = SLOT_MINUTES * hours.bit_count()
    held = occupancy.minutes_by_id(hours, task.index)
    if not held:
        lengths = (opened, SLOT_MINUTES * task.max_chunk)
        return Explanation("hours_leave_no_gaps", minutes=lengths, category=task.category, parts=beside)
    lengths = (opened, SLOT_MINUTES * longest_run(room))
    return Explanation("hours_taken", minutes=lengths, category=task.category, parts=(*beside, holders(held)))
