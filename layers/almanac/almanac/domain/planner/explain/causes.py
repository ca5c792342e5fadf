"""What stood in the way of a task: closed hours, hours that are too short or too few, or whoever has them."""

from almanac.domain.planner.explain.occupancy import Occupancy
from almanac.domain.planner.explain.what_if import WhatIf
from almanac.domain.planner.explain.wording import amount, clock_time
from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, in_runs_of, lowest, runs


def obstacle_of(what_if: WhatIf) -> str:
    """Why a task that has begun no later than allowed found no room before `trial.due`: the first cause that does."""
    occupancy, task = what_if.occupancy, what_if.task
    problem = occupancy.problem
    when = until(occupancy, task, what_if.due)
    hours = occupancy.hours[task.category] & what_if.reach & between(0, what_if.due)
    if task.deadline is not None and task.deadline <= problem.minute(task.release):
        return f"its deadline, {clock_time(task.deadline, problem.zone)}, had passed before it could begin"
    if not hours:
        return f"no {task.category} hours are open {when}"
    opened = hours & ~occupancy.locked
    minutes = SLOT_MINUTES * opened.bit_count()
    if minutes < task.minutes:
        left = f"only {amount(minutes)} of" if minutes else "no"
        return (
            f"{left} {task.category} hours are open {when}, it needs {amount(task.minutes)}{beside(occupancy, hours)}"
        )
    if not in_runs_of(opened, task.min_chunk):
        longest = max(length for _, length in runs(opened))
        needed, found = (amount(SLOT_MINUTES * slots) for slots in (task.min_chunk, longest))
        return f"no open stretch {when} is {needed} long, the longest is {found}{beside(occupancy, hours)}"
    return in_the_way(what_if, hours, when)


def beside(occupancy: Occupancy, hours: int) -> str:
    """Which events of the calendar make the hours so few."""
    events = occupancy.told_events(hours)
    return f"; {events} of the calendar are in the way" if events else ""


def until(occupancy: Occupancy, task: Task, due: int) -> str:
    """ "before its deadline (Fri 09 Jan 17:00)", or in the whole window."""
    problem = occupancy.problem
    if task.deadline is not None and due < problem.window:
        return f"before its deadline ({clock_time(task.deadline, problem.zone)})"
    return f"until the window ends ({clock_time(problem.minute(problem.window), problem.zone)})"


def in_the_way(what_if: WhatIf, hours: int, when: str) -> str:
    """Who has the hours of a task, and what they leave."""
    occupancy, task = what_if.occupancy, what_if.task
    problem, room = occupancy.problem, what_if.in_time()
    if what_if.holds(room):
        start = clock_time(problem.minute(lowest(in_runs_of(room, task.min_chunk))), problem.zone)
        return f"there is room from {start} on, but breaks, daily limits or what already stands outweigh it"
    holders = occupancy.told(hours, task.index)
    mine = f"its {amount(SLOT_MINUTES * hours.bit_count())} of {task.category} hours {when}"
    if not holders:
        largest = amount(SLOT_MINUTES * task.max_chunk)
        return f"{mine} are too few for parts of at most {largest} with a gap between them"
    longest = max((length for _, length in runs(room)), default=0)
    left = f"the longest free stretch is {amount(SLOT_MINUTES * longest)}" if longest else "nothing is free"
    return f"{mine} are taken by {holders}; {left}"
