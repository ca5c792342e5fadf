"""What is not simply in its place: work late, cut short or without a place, habits missed, deadlines at risk.

Each finding has its cause (which hours, events and items) and the smallest changes that would help, tried out on the
finished plan.
"""

from dataclasses import replace

from almanac.domain.explanation import Explanation
from almanac.domain.planner.explain.causes import cause_of, until
from almanac.domain.planner.explain.habit_findings import missed_date
from almanac.domain.planner.explain.meeting_findings import MeetingTimes
from almanac.domain.planner.explain.occupancy import Occupancies, Occupancy, taken_away
from almanac.domain.planner.explain.reasons import is_held_back, unheld
from almanac.domain.planner.explain.suggestions import LaterDeadline, explanation_of, shortlist
from almanac.domain.planner.explain.what_if import WhatIf
from almanac.domain.planner.model.instance import Follower
from almanac.domain.planner.model.plan import Finding, State
from almanac.domain.planner.model.problem import Occurrence, Task, names_of
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, each_slot, slots_for
from almanac.domain.planner.search.solution import Solution, earliest_allowed


def findings_of(occupancies: Occupancies) -> tuple[Finding, ...]:
    """Return every finding, tasks and meetings first, in the order of the instance."""
    problem, places = occupancies.solution.problem, occupancies.solution.places
    found: list[tuple[Task | Occurrence, Finding | None]] = [
        (task, about_people(occupancies, task, finding_of_task(occupancies.of(task), task))) for task in problem.tasks
    ]
    missed = [item for item in problem.occurrences if not places[item.index]]
    found += [(item, missed_date(occupancies.of(item), item)) for item in missed]
    return tuple(replace(finding, people=names_of(problem, item)) for item, finding in found if finding)


def about_people(occupancies: Occupancies, task: Task, finding: Finding | None) -> Finding | None:
    """Return the finding about a meeting without a time, or a late one, with whose time it is and what nearly did."""
    waits = earliest_allowed(occupancies.solution, task) is None
    if finding is None or not task.is_meeting or finding.state == "at_risk" or waits:
        return finding
    strict = finding.state == "late" or task.hard
    window = occupancies.solution.problem.window
    due = due_slot(occupancies.solution, task) if strict else window
    stop = occupancies.grid.down(task.follower.begin) if task.follower else due
    times = MeetingTimes(occupancies, task, min(due, stop))
    when = Explanation("until_then") if stop < due else until(occupancies.of(task), task, due)
    inner, near = times.cause(when), times.near_misses()
    cause = with_inner(finding.cause, inner) if inner else finding.cause
    return replace(finding, cause=cause, suggestions=tuple(near) or finding.suggestions)


def with_inner(cause: Explanation, inner: Explanation) -> Explanation:
    """Return a cause with another one as what stood in the way itself, beside what had to come first or later."""
    if cause.code in ("waits_for_item", "begins_after_it"):
        return replace(cause, parts=(with_inner(cause.parts[0], inner),))
    return inner


def finding_of_task(occupancy: Occupancy, task: Task) -> Finding | None:
    """Return what is wrong with a task's place, None for nothing."""
    solution = occupancy.solution
    place = solution.places[task.index]
    missing = task.minutes - task.minutes_placed(place)
    late = late_minutes(solution, task)
    if missing:
        state: State = "partial" if place else "unplaced"
    elif late:
        state = "late"
    elif task.deadline is not None and spare_minutes(occupancy, task) < task.minutes:
        return Finding(task.id, "at_risk", None, 0, 0, *risk(occupancy, task))
    else:
        return None
    return Finding(task.id, state, None, missing, late, *diagnosis(occupancy, task, missing, late))


def late_minutes(solution: Solution, task: Task) -> int:
    """Return the minutes from the deadline to the end of a whole place, 0 when it is on time or not whole."""
    place = solution.places[task.index]
    if task.deadline is None or not task.complete(place):
        return 0
    return max(0, SLOT_MINUTES * (place[-1][0] + place[-1][1]) - task.late_offset)


def spare_minutes(occupancy: Occupancy, task: Task) -> int:
    """Return the free minutes in the task's hours between its end and its deadline."""
    return SLOT_MINUTES * (free_after(occupancy, task) & between(0, due_slot(occupancy.solution, task))).bit_count()


def free_after(occupancy: Occupancy, task: Task) -> int:
    """Return the free slots after its end that the task might have used."""
    place = occupancy.solution.places[task.index]
    return task.eligible & ~occupancy.occupied & ~between(0, place[-1][0] + place[-1][1])


def due_slot(solution: Solution, task: Task) -> int:
    """Return the last slot at which the task may end on time, at most the window's end."""
    window = solution.problem.window
    return window if task.deadline is None else min(window, max(0, task.late_offset // SLOT_MINUTES))


def risk(occupancy: Occupancy, task: Task) -> tuple[Explanation, tuple[Explanation, ...]]:
    """Return (cause, suggestions) of a deadline that is met with too little to spare to do the task again."""
    spare, place = spare_minutes(occupancy, task), occupancy.solution.places[task.index]
    passed = unheld(occupancy, task) & between(sum(place[-1]), due_slot(occupancy.solution, task))
    parts = taken_away(passed)
    cause = Explanation("little_time_to_spare", minutes=(spare,), category=task.category, parts=parts)
    kept_free = Explanation("hours_kept_free", minutes=(task.minutes - spare,), category=task.category)
    later = second_chance(occupancy, task)
    return cause, (kept_free, explanation_of(later)) if later else (kept_free,)


def second_chance(occupancy: Occupancy, task: Task) -> LaterDeadline | None:
    """Return the earliest deadline before which a task at risk could be done again, if it is inside the window."""
    again = list(each_slot(free_after(occupancy, task)))[: slots_for(task.minutes)]
    if task.deadline is None or SLOT_MINUTES * len(again) < task.minutes:
        return None
    at = occupancy.problem.minute(again[-1] + 1)
    return LaterDeadline(at, at - task.deadline)


def diagnosis(occupancy: Occupancy, task: Task, missing: int, late: int) -> tuple[Explanation, tuple[Explanation, ...]]:
    """Return (cause, suggestions) of a late, partial or unplaced task."""
    solution, problem = occupancy.solution, occupancy.problem
    first = earliest_allowed(solution, task)
    if first is None:
        waiting = [i for i in task.predecessors if not problem.tasks[i].complete(solution.places[i])]
        ids = tuple(problem.tasks[index].id for index in waiting)
        return Explanation("waits_for_unplaced", items=ids), (Explanation("room_for_items", items=ids),)
    what_if = what_if_of(occupancy, task, late=late > 0)
    cause = cause_of(what_if)
    if first > task.release:
        last = max(task.predecessors, key=lambda i: solution.places[i][-1])
        ends = problem.minute(first)
        cause = Explanation("waits_for_item", items=(problem.tasks[last].id,), instants=(ends,), parts=(cause,))
    elif task.leaders and is_held_back(solution, task):
        ends = problem.minute(task.release)
        cause = Explanation("waits_for_item", items=task.leaders[:1], instants=(ends,), parts=(cause,))
    found = tuple(map(explanation_of, shortlist(what_if.suggestions(late))))
    if task.follower and what_if.stop < what_if.due:
        cause, everybody = about_follower(task.follower, cause)
        found += everybody
    nothing = Explanation("nothing_small", minutes=(missing or late,), category=task.category)
    return cause, found or (nothing,)


def about_follower(follower: Follower, cause: Explanation) -> tuple[Explanation, tuple[Explanation, ...]]:
    """Return the cause with what waits and stays where it is; what helps is a plan that may move that."""
    everybody = (Explanation("plan_everybody"),) if follower.movable else ()
    return Explanation("begins_after_it", items=follower.items, instants=(follower.begin,), parts=(cause,)), everybody


def what_if_of(occupancy: Occupancy, task: Task, *, late: bool) -> WhatIf:
    """Return the case to try: on time for a late task or a hard deadline, any place for another one without."""
    strict = late or task.hard
    return WhatIf(occupancy, task, due_slot(occupancy.solution, task) if strict else occupancy.problem.window)
