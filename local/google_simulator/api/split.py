"""Splitting a series: the change "this and following events" of Google's own calendar."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local.google_simulator.api.resource import merged
from local.google_simulator.api.writes import delete, find, insert, patch
from local.google_simulator.world.event import Json, Version
from local.google_simulator.world.recurrence import Series, dates, parts, series_of, wall_start
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.times import utc_suffix
from local.google_simulator.world.views import LATEST, belongs, exceptions

_END = re.compile(r";?(?:COUNT|UNTIL)=[^;]*")
_COUNT = re.compile(r"COUNT=(\d+)")
_NOT_COPIED = ("id", "iCalUID", "htmlLink", "etag", "created", "updated", "sequence")


def split(world: World, calendar: Calendar, instance_id: str, changes: Json) -> Version:
    """Change an instance and all that follow: the old master ends before it, a new one `<id>_R<UTC>` begins there.

    Live exceptions of the later part are cancelled. At the first instance it is a change of the whole series. Returns
    the master that now has the instance; 404 when there is no such instance.
    """
    first = find(calendar, instance_id)
    master = find(calendar, first.series or "")
    series = series_of(master.body, calendar.zone)
    original = first.body["originalStartTime"]
    start = wall_start(original, series)
    if start <= series.first:
        return patch(world, calendar, master.id, changes, as_organizer=True)
    tail = _tail(master.body, series, start) | {"start": original, "end": _end(first, original, series, start)}
    patch(world, calendar, master.id, {"recurrence": _head(master.body, series, start)}, as_organizer=True)
    _drop_later_exceptions(world, calendar, master.id)
    suffix = f"{start:%Y%m%d}" if series.place is None else utc_suffix(_utc(series, start))[:-1]
    return insert(world, calendar, calendar.owner, merged(tail, changes), f"{master.id}_R{suffix}")


def _utc(series: Series, start: datetime) -> datetime:
    return start.replace(tzinfo=series.place or UTC).astimezone(UTC)


def _end(first: Version, original: Json, series: Series, start: datetime) -> Json:
    if series.place is None:
        return {"date": (start + series.length).date().isoformat()}
    end: Json = first.body["end"] | {"dateTime": (_utc(series, start) + series.length).isoformat()}
    return end | ({"timeZone": original["timeZone"]} if "timeZone" in original else {})


def _head(body: Json, series: Series, start: datetime) -> list[str]:
    """The rules up to just before `start`: UNTIL in UTC (RFC 5545, 3.3.10), never together with COUNT."""
    last = f"{start - timedelta(days=1):%Y%m%d}" if series.place is None else ""
    until = last or utc_suffix(_utc(series, start) - timedelta(seconds=1))
    return _rewritten(body, series, lambda rule: f"{_END.sub('', rule)};UNTIL={until}", lambda day: day < start)


def _tail(body: Json, series: Series, start: datetime) -> Json:
    """The master from `start` on; COUNT goes on counting what the first part has used."""
    rules = tuple(line for line in series.lines if line.startswith("RRULE"))
    bare = Series(series.first, series.place, series.length, rules)
    used = sum(1 for _ in bare.starts(series.first, start - timedelta(seconds=1)))
    rest = {key: value for key, value in body.items() if key not in _NOT_COPIED}
    return rest | {"recurrence": _rewritten(body, series, lambda rule: _recount(rule, used), lambda day: day >= start)}


def _recount(rule: str, used: int) -> str:
    return _COUNT.sub(lambda match: f"COUNT={max(1, int(match[1]) - used)}", rule)


def _rewritten(body: Json, series: Series, rule: Callable[[str], str], keep: Callable[[datetime], bool]) -> list[str]:
    lines = []
    for line in body["recurrence"]:
        kind, parameters, value = parts(line)
        if kind in ("RRULE", "EXRULE"):
            lines.append(f"{kind}:{rule(value)}")
            continue
        kept = [day for day in dates(value, parameters, series.place) if keep(day)]
        if kept and series.place is None:
            lines.append(f"{kind};VALUE=DATE:" + ",".join(f"{day:%Y%m%d}" for day in kept))
        elif kept:
            lines.append(f"{kind}:" + ",".join(utc_suffix(_utc(series, day)) for day in kept))
    return lines


def _drop_later_exceptions(world: World, calendar: Calendar, series_id: str) -> None:
    series = series_of(find(calendar, series_id).body, calendar.zone)
    for exception in list(exceptions(calendar, series_id, LATEST)):
        if exception.live and not belongs(exception, series):
            delete(world, calendar, exception.id)
