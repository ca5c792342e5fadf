"""What a calendar shows at a moment of its history: live events, with series whole or as their instances."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.google_simulator.world.event import Record, Version, version_of
from local.google_simulator.world.recurrence import Series, instance_body, series_of, wall_start
from local.google_simulator.world.state import Calendar

_INSTANCE_ID = re.compile(r"(.+)_(\d{8})(?:T(\d{6})Z)?\Z")
_EXPANSIONS_KEPT = 20_000
_DAY = 86_400.0
LATEST = 1 << 62
"""A sequence number after every other: the calendar as it stands."""


@dataclass(frozen=True, slots=True)
class Window:
    """Epoch seconds, both exclusive: `start` bounds an event's end, `end` bounds its start. None is open.

    `horizon` ends the expansion of endless series in a window without end.
    """

    start: float | None
    end: float | None
    horizon: float

    def holds(self, version: Version) -> bool:
        """Whether the event overlaps the window."""
        return (self.start is None or version.end > self.start) and (self.end is None or version.start < self.end)


def instances(calendar: Calendar, master: Version, window: Window) -> dict[str, Version]:
    """The occurrences a rule generates in the window by id, exceptions not considered."""
    key = (master.id, master.content_etag, window)
    known = calendar.expansions.get(key)
    if known is None:
        known = calendar.expansions[key] = _expand(calendar, master, window)
        if len(calendar.expansions) > _EXPANSIONS_KEPT:
            calendar.expansions.popitem(last=False)
    return known


def _expand(calendar: Calendar, master: Version, window: Window) -> dict[str, Version]:
    body = master.body | {"etag": master.content_etag}
    series = series_of(body, calendar.zone)
    first = series.first
    if window.start is not None and window.start > master.start + series.length.total_seconds() + _DAY:
        first = _wall(series, window.start) - series.length - timedelta(days=1)
    last = _wall(series, window.horizon if window.end is None else window.end) + timedelta(days=1)
    found = {}
    for start in series.starts(max(first, series.first), last):
        version = version_of(instance_body(body, series, start, calendar.zone), calendar.zone)
        if window.holds(version):
            found[version.id] = version
    return found


def _wall(series: Series, moment: float) -> datetime:
    return datetime.fromtimestamp(moment, series.place or UTC).replace(tzinfo=None)


def instance(calendar: Calendar, instance_id: str) -> Version | None:
    """The generated occurrence with this id, or None when no live series generates it."""
    match = _INSTANCE_ID.match(instance_id)
    record = calendar.records.get(match[1]) if match else None
    if not match or record is None or not record.current.recurring or not record.current.live:
        return None
    middle = datetime.strptime(match[2] + (match[3] or "000000"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    window = Window(middle - _DAY, middle + _DAY, 0)
    return instances(calendar, record.current, window).get(instance_id)


def series_view(calendar: Calendar, series_id: str, window: Window, at: int) -> dict[str, Version]:
    """The live instances of a series in the window by id, as at sequence number `at`.

    An exception counts while the series is live and its rule still has the occurrence it replaces: one that
    lingers after a shortened UNTIL is no longer shown.
    """
    record = calendar.records.get(series_id)
    master = record.at(at) if record else None
    if master is None or not master.live or not master.recurring:
        return {}
    shown = dict(instances(calendar, master, window))
    series: Series | None = None
    for exception in exceptions(calendar, series_id, at):
        shown.pop(exception.id, None)
        if exception.live and window.holds(exception):
            series = series or series_of(master.body, calendar.zone)
            if belongs(exception, series):
                shown[exception.id] = exception
    return shown


def belongs(exception: Version, series: Series) -> bool:
    """Whether the rule still has the occurrence this exception replaces."""
    original = exception.body["originalStartTime"]
    if ("date" in original) != (series.place is None):
        return False
    return series.includes(wall_start(original, series))


def exceptions(calendar: Calendar, series_id: str, at: int) -> Iterator[Version]:
    """The stored exceptions of a series, live and cancelled, as at sequence number `at`."""
    for exception_id in sorted(calendar.exceptions.get(series_id, ())):
        version = calendar.records[exception_id].at(at)
        if version is not None:
            yield version


def masters_live(calendar: Calendar, version: Version, at: int) -> bool:
    """Whether the series of an exception is live; True for an exception whose master is not on this calendar."""
    record = calendar.records.get(version.series or "")
    master = record.at(at) if record else None
    return master is None or master.live


def in_window(calendar: Calendar, version: Version, window: Window) -> bool:
    """Whether an event, or any occurrence of a series, overlaps the window."""
    if not version.recurring or not version.live:
        return window.holds(version)
    return bool(instances(calendar, version, window))


def shown(calendar: Calendar, window: Window, *, single: bool, at: int) -> Iterator[Version]:
    """Live events in the window as at sequence number `at`.

    With `single`, series appear as instances; without, as masters and stored exceptions, the cancelled ones too.
    """
    for record in calendar.records.values():
        version = record.at(at)
        if version is None or record.forgotten:
            continue
        if single and version.recurring:
            yield from series_view(calendar, record.id, window, at).values()
        elif single and version.series and version.series in calendar.records:
            continue  # told with its series
        elif _listed(calendar, record, version, at, single=single) and in_window(calendar, version, window):
            yield version


def _listed(calendar: Calendar, record: Record, version: Version, at: int, *, single: bool) -> bool:
    if version.series:
        return (version.live or not single) and masters_live(calendar, version, at)
    return version.live and not record.forgotten
