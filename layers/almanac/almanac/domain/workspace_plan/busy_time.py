"""Which calendar events take time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from almanac.domain.planner.model.instance import LockedEvent
from almanac.domain.wall_clock import Interval, minutes_of
from almanac.domain.workspace_plan.snapshot import CalendarEvent, Preferences, ceil_minutes


def busy_events(events: Iterable[CalendarEvent]) -> list[CalendarEvent]:
    """Return the events that take time, a meeting that is on several calendars once.

    Copies of one meeting share iCalUID and times (iCalUID alone is shared by a whole series). A copy that carries an
    answer speaks for those that carry none: a meeting declined in one's own calendar is not busy because a shared
    calendar shows it too; one that any account accepted is.
    """
    copies: dict[object, list[CalendarEvent]] = defaultdict(list)
    for event in events:
        if event.start < event.end:
            copies[(event.ical_uid, event.start, event.end) if event.ical_uid else event.id].append(event)
    chosen = (_busy_copy(same) for same in copies.values())
    return sorted((event for event in chosen if event is not None), key=lambda event: (event.start, event.id))


def takes_time(event: CalendarEvent) -> bool:
    """Return whether the event takes its time; all-day ones follow the same rule and must be marked busy.

    Declined, transparent, birthdays and working locations do not; out-of-office always does. Almanac's own blocks that
    came back from the provider take none: they are what is planned.
    """
    if event.own_block or event.event_type in ("workingLocation", "birthday"):
        return False
    return event.event_type == "outOfOffice" or (event.transparency == "opaque" and event.response != "declined")


def as_locked(event: CalendarEvent, preferences: Preferences) -> LockedEvent:
    """Return time that is taken, for the planner; the planner rounds outwards to its grid.

    The buffers of the preferences are around it, unless it lasts all day.
    """
    buffers = (0, 0) if event.all_day else (preferences.buffer_before, preferences.buffer_after)
    return LockedEvent(str(event.id), minutes_of(event.start), ceil_minutes(event.end), *buffers)


def with_buffers(event: LockedEvent) -> Interval:
    """Return the whole time in which nothing can be placed."""
    return event.start - event.buffer_before, event.end + event.buffer_after


def _busy_copy(copies: Sequence[CalendarEvent]) -> CalendarEvent | None:
    speaking = [event for event in copies if event.response is not None] or copies
    return next((event for event in sorted(speaking, key=lambda event: event.id) if takes_time(event)), None)
