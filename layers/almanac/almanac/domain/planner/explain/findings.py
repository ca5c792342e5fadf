"""What a person should know: work late, cut short or without a place, habits missed, deadlines at risk.

Each finding names what stood in the way (which hours, events and items) and the smallest thing that would help, tried
out on the finished plan.
"""

from almanac.domain.planner.explain.causes import obstacle_of
from almanac.domain.planner.explain.habit_findings import missed
from almanac.domain.planner.explain.occupancy import Occupancy
from almanac.domain.planner.explain.suggestions import LaterDeadline, words_of
from almanac.domain.planner.explain.what_if import WhatIf
from almanac.domain.planner.explain.wording import amount, clock_time, names
from almanac.domain.planner.model.plan import Finding, State
from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, each_slot, slots_for
from almanac.domain.planner.search.solution import Solution, earliest_allowed

MOST_HELPS = 2
"""How many remedies a finding tells, the smallest first."""


def findings_of(occupancy: Occupancy) -> tuple[Finding, ...]:
    """Every finding, tasks first, in the order of the instance."""
    problem, places = occupancy.problem, occupancy.solution.places
    found = [finding_of_task(occupancy, task) for task in problem.tasks]
    found += [missed(occupancy, item) for item in problem.occurrences if not places[item.index]]
    return tuple(finding for finding in found if finding)


def finding_of_task(occupancy: Occupancy, task: Task) -> Finding | None:
    """What is wrong with a task's place, if anything."""
    solution = occupancy.solution
    place = solution.places[task.index]
    missing = task.minutes - task.minutes_placed(place)
    late = late_minutes(solution, task)
    if missing:
        state: State = "partial" if place else "unplaced"
    elif late:
        state = "late"
    elif task.deadline is not None and spare_minutes(solution, task) < task.minutes:
        return Finding(task.id, "at_risk", None, 0, 0, *risk(occupancy, task))
    else:
        return None
    obstacle, help_text = diagnosis(occupancy, task, missing, late)
    return Finding(task.id, state, None, missing, late, obstacle, help_text)


def late_minutes(solution: Solution, task: Task) -> int:
    """Minutes from the deadline to the end of a whole place, 0 when it is on time or not whole."""
    place = solution.places[task.index]
    if task.deadline is None or not task.complete(place):
        return 0
    return max(0, SLOT_MINUTES * (place[-1][0] + place[-1][1]) - task.late_offset)


def spare_minutes(solution: Solution, task: Task) -> int:
    """Free minutes in the task's hours between its end and its deadline."""
    return SLOT_MINUTES * (free_after(solution, task) & between(0, due_slot(solution, task))).bit_count()


def free_after(solution: Solution, task: Task) -> int:
    """The free slots after its end that the task might have used."""
    place = solution.places[task.index]
    return task.eligible & ~solution.occupied & ~between(0, place[-1][0] + place[-1][1])


def due_slot(solution: Solution, task: Task) -> int:
    """The last slot at which the task may end on time, at most the window's end."""
    window = solution.problem.window
    return window if task.deadline is None else min(window, max(0, task.late_offset // SLOT_MINUTES))


def risk(occupancy: Occupancy, task: Task) -> tuple[str, str]:
    """(obstacle, help) of a deadline that is met with too little to spare to do the task again."""
    spare = spare_minutes(occupancy.solution, task)
    left = f"only {amount(spare)} of" if spare else "no"
    obstacle = f"{left} free {task.category} time is left between its end and its deadline"
    more = f"{amount(task.minutes - spare)} of {task.category} hours kept free before its deadline"
    later = second_chance(occupancy.solution, task)
    return obstacle, f"{more}, or {words_of(later, occupancy.problem.zone)}" if later else more


def second_chance(solution: Solution, task: Task) -> LaterDeadline | None:
    """The earliest deadline before which a task at risk could be done again, if it is inside the window."""
    again = list(each_slot(free_after(solution, task)))[: slots_for(task.minutes)]
    if task.deadline is None or SLOT_MINUTES * len(again) < task.minutes:
        return None
    at = solution.problem.minute(again[-1] + 1)
    return LaterDeadline(at, at - task.deadline)


def diagnosis(occupancy: Occupancy, task: Task, missing: int, late: int) -> tuple[str, str]:
    """(obstacle, help) of a late, partial or unplaced task."""
    solution, problem = occupancy.solution, occupancy.problem
    first = earliest_allowed(solution, task)
    if first is None:
        waiting = [i for i in task.predecessors if not problem.tasks[i].complete(solution.places[i])]
        first_ones = names([problem.tasks[index].id for index in waiting])
        return f"waits for {first_ones}, which has no complete place", f"make room for {first_ones}"
    what_if = what_if_of(occupancy, task, late=late > 0)
    obstacle = obstacle_of(what_if)
    if first > task.release:
        last = max(task.predecessors, key=lambda i: solution.places[i][-1])
        ends = clock_time(problem.minute(first), problem.zone)
        obstacle = f"it waits for {problem.tasks[last].id}, which ends {ends}; {obstacle}"
    helps = [words_of(remedy, problem.zone) for remedy in what_if.remedies(late)[:MOST_HELPS]]
    return obstacle, ", or ".join(helps) or large_help(task, missing or late)


def what_if_of(occupancy: Occupancy, task: Task, *, late: bool) -> WhatIf:
    """What to try: a late task should be on time; any place helps one without, unless its deadline is hard."""
    strict = late or occupancy.problem.instance.tasks[task.index].hard_deadline
    return WhatIf(occupancy, task, due_slot(occupancy.solution, task) if strict else occupancy.problem.window)


def large_help(task: Task, lack: int) -> str:
    """What is true when nothing small helps."""
    return f"nothing small: {amount(lack)} more of {task.category} hours, several other things elsewhere, or less work"
