"""Planning until the lengths that owners gave their habits' blocks are those that the plan gives them.

A block on the calendar is all that says how long its owner wants it. When the plan has less room, the next run would
read a shorter one, divide the day otherwise and change what this one has just placed. So this run does it at once.
"""

from collections.abc import Callable

from almanac.domain.workspace_plan.from_plan import WorkspacePlan
from almanac.domain.workspace_plan.habit_requests import UNLIMITED, MinuteLimits, OccurrenceKey
from almanac.domain.workspace_plan.team.request import PlanningRequest


def solve_to_fixpoint(
    to_instance: Callable[[MinuteLimits], PlanningRequest], planner: Callable[[PlanningRequest], WorkspacePlan]
) -> tuple[PlanningRequest, WorkspacePlan]:
    """Return the request and its plan, planned again with the room found while it shortens what owners made long.

    Mostly one plan, and three at most: the third makes no block longer than preferred.
    """
    request = to_instance(UNLIMITED)
    planned = planner(request)
    limits = shortened(request, planned)
    if limits:
        request = to_instance(limits)
        planned = planner(request)
        if shortened(request, planned):
            request = to_instance(limits | dict.fromkeys(request.lengthened, 0))
            planned = planner(request)
    return request, planned


def shortened(request: PlanningRequest, planned: WorkspacePlan) -> dict[OccurrenceKey, int]:
    """Return the minutes, maybe none, that a plan gives to occurrences that their owners made longer."""
    given: dict[OccurrenceKey, int] = {}
    for place in planned.blocks:
        item = request.items[place.item]
        given[item.owner, item.instance, request.day(place.item, place.start)] = place.minutes
    wanted = {
        (request.items[spec].owner, request.items[spec].instance, day)
        for spec, days in request.wanted.items()
        for day in days
    }
    return {
        key: given.get(key, 0)
        for key, minutes in request.lengthened.items()
        if (key[0], key[1], str(key[2])) in wanted and given.get(key, 0) < minutes
    }
