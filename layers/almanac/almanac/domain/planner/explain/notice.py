"""The open time that a notice leaves out: nothing is placed so soon."""

from functools import reduce
from operator import and_

from almanac.domain.explanation import Explanation
from almanac.domain.planner.explain.occupancy import Occupancy
from almanac.domain.planner.model.grid import Grid, hours_in_slots
from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, ceil_to_slot


def inside_notice(occupancy: Occupancy, category: str, since: int, until: int) -> tuple[Explanation, ...]:
    """Return how much between two instants the longest notice of some people leaves out, in at most one part.

    Counted are the hours that all of them have, without what events take.
    """
    instance = occupancy.problem.instance
    specs = [instance.people[person] for person in occupancy.people]
    origin = ceil_to_slot(instance.now)
    ends = ceil_to_slot(instance.now + max(spec.notice_minutes for spec in specs))
    grid = Grid(origin, (ends - origin) // SLOT_MINUTES)
    hours = reduce(and_, (hours_in_slots(spec, grid).get(category, 0) for spec in specs)) & grid.inside(since, until)
    for event in occupancy.plan.locked if hours else ():  # without a notice, or past it, there is nothing to take off
        if any(instance.takes(event, spec) for spec in specs):
            hours &= ~grid.touched(event.start - event.buffer_before, event.end + event.buffer_after)
    if not hours:
        return ()
    minutes = (SLOT_MINUTES * hours.bit_count(),)
    return (Explanation("inside_notice", minutes=minutes, instants=(ends,), category=category),)


def of_work(occupancy: Occupancy, task: Task, until: int) -> tuple[Explanation, ...]:
    """Return the same of the time that a task or meeting had up to an instant, were there no notice."""
    spec = occupancy.problem.instance.works[task.index]
    return inside_notice(occupancy, task.category, spec.earliest or occupancy.problem.instance.now, until)
