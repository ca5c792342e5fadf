"""Planning until the lengths that owners gave their habits' blocks are those that the plan gives them.

A block on the calendar is all that says how long its owner wants it. When the plan has less room, the next run would
read a smaller wish, divide the day otherwise and change what this one has just placed. So this run does it at once.
"""

from collections.abc import Callable

from almanac.domain.workspace_plan.from_plan import Planned
from almanac.domain.workspace_plan.habit_requests import UNLIMITED, MinuteLimits, OccurrenceKey
from almanac.domain.workspace_plan.to_instance import PlanningRequest


def settled(
    to_instance: Callable[[MinuteLimits], PlanningRequest], planner: Callable[[PlanningRequest], Planned]
) -> tuple[PlanningRequest, Planned]:
    """The request and its plan; while the plan shortens what owners made long, tried again with the room it found.

    Mostly one plan, and three at most: the third makes no block longer than preferred.
    """
    prepared = to_instance(UNLIMITED)
    planned = planner(prepared)
    room = shortened(prepared, planned)
    if room:
        prepared = to_instance(room)
        planned = planner(prepared)
        if shortened(prepared, planned):
            prepared = to_instance(room | dict.fromkeys(prepared.stretched, 0))
            planned = planner(prepared)
    return prepared, planned


def shortened(prepared: PlanningRequest, planned: Planned) -> dict[OccurrenceKey, int]:
    """The minutes, maybe none, that a plan gives to occurrences that their owners made longer."""
    given: dict[OccurrenceKey, int] = {}
    for place in planned.blocks:
        item = prepared.items[place.item]
        given[item.owner, item.instance, prepared.window.day(place.start)] = place.minutes
    wanted = {
        (prepared.items[spec].owner, prepared.items[spec].instance, day)
        for spec, days in prepared.wanted.items()
        for day in days
    }
    return {
        key: given.get(key, 0)
        for key, minutes in prepared.stretched.items()
        if (key[0], key[1], str(key[2])) in wanted and given.get(key, 0) < minutes
    }
