"""A calendar as iCalendar with its series: a rule each, without what was cancelled, beside it what was changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from almanac.domain.export.series import rule_of
from almanac.domain.history.fold import State
from almanac.domain.wall_clock import zone_of
from almanac.presentation.history.calendar_file import HEAD, content, event_lines, folded, utc_text

_LEAST = 2
_YEAR = timedelta(days=366)


class _Series(NamedTuple):
    """Whose occurrences belong together; `zone` is empty where they last whole days."""

    provider: str
    calendar: str
    event: str
    zone: str

    def value(self, walls: Iterable[datetime]) -> str:
        """The parameters and the value of a property of times."""
        if not self.zone:
            return f";VALUE=DATE:{','.join(f'{wall:%Y%m%d}' for wall in walls)}"
        return f";TZID={self.zone}:{','.join(f'{wall:%Y%m%dT%H%M%S}' for wall in walls)}"


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """An event, and where its series has it: at a wall time of its zone, midnight of a date."""

    event_id: UUID
    state: State
    wall: datetime
    start: datetime
    end: datetime

    @property
    def said(self) -> tuple[object, ...]:
        """What it has in common with others that nobody has changed: how long it is, and what it says."""
        return (self.end - self.start, *content(self.state))


def series_text(events: Mapping[UUID, State], now: datetime) -> str:
    """Return the events as one VCALENDAR in which a series is one event with its rule, RFC 5545 section 3.8.5.

    What its occurrences have in common stands in it; each that differs follows with its RECURRENCE-ID. Times are those
    of its zone. What is alone, or at a wall time that its zone has twice or not at all, is an event of its own.
    """
    series, alone = _grouped(events)
    lines, spans = list[str](), defaultdict[str, list[datetime]](list)
    for key, found in series.items():
        spans[key.zone] += [found[0].wall, found[-1].wall]
        lines += _series(key, found, now)
    for event_id in sorted(alone, key=lambda each: (events[each]["start_at"], str(each))):
        lines += event_lines(str(event_id), events[event_id], now)
    zones = [line for zone, walls in spans.items() if zone for line in _timezone(zone, min(walls), max(walls))]
    return "".join(f"{part}\r\n" for line in (*HEAD, *zones, *lines, "END:VCALENDAR") for part in folded(line))


def _grouped(events: Mapping[UUID, State]) -> tuple[Mapping[_Series, Sequence[_Occurrence]], set[UUID]]:
    """The occurrences of each series in their order, and the events that are of none."""
    of_series, alone = defaultdict[_Series, list[_Occurrence]](list), set(events)
    for event_id, state in sorted(events.items(), key=lambda item: str(item[0])):
        key = _series_of(state)
        found = None if key is None else _occurrence(event_id, state, key.zone)
        if key is not None and found is not None:
            of_series[key].append(found)
    series = {}
    for key, found_ones in of_series.items():
        usual = Counter(each.wall.time() for each in found_ones if each.wall == each.start).most_common(1)
        kept = {each.wall: each for each in found_ones if usual and each.wall.time() == usual[0][0]}
        if len(kept) >= _LEAST:
            series[key] = [kept[wall] for wall in sorted(kept)]
            alone -= {each.event_id for each in kept.values()}
    return series, alone


def _series_of(state: State) -> _Series | None:
    if not state.get("recurring_event_id"):
        return None
    zone = zone_of(state.get("time_zone"))
    return _Series(
        str(state.get("provider")),
        str(state.get("external_calendar_id")),
        str(state["recurring_event_id"]),
        "" if state.get("all_day") else "UTC" if zone is None else zone.key,
    )


def _occurrence(event_id: UUID, state: State, zone: str) -> _Occurrence | None:
    """None when it does not say where its series has it, or no wall time says it."""
    if not zone:
        days = [state.get(name) for name in ("original_start_date", "start_date", "end_date")]
        return _Occurrence(event_id, state, *map(datetime.fromisoformat, map(str, days))) if all(days) else None
    instants = [state.get(name) for name in ("original_start_at", "start_at", "end_at")]
    if not all(instants):
        return None
    moments = [datetime.fromisoformat(str(each)) for each in instants]
    walls = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for moment in moments]
    same = all(_instant(wall, zone) == moment for wall, moment in zip(walls, moments, strict=True))
    return _Occurrence(event_id, state, *walls) if same and walls[2] - walls[1] == moments[2] - moments[1] else None


def _series(key: _Series, found: Sequence[_Occurrence], now: datetime) -> Iterator[str]:
    uid, first, last = str(uuid5(NAMESPACE_URL, "/".join(key))), found[0].wall, found[-1].wall
    usual = Counter(each.said for each in found if each.wall == each.start).most_common(1)[0][0]
    like_it = next(each for each in found if each.said == usual)
    rule = rule_of([each.wall.date() for each in found])
    yield from ("BEGIN:VEVENT", f"UID:{uid}@almanac", f"DTSTAMP:{utc_text(now)}", f"DTSTART{key.value([first])}")
    if like_it.end > like_it.start:
        yield f"DTEND{key.value([first + (like_it.end - like_it.start)])}"
    if rule.text is None:
        yield f"RDATE{key.value(each.wall for each in found[1:])}"
    else:
        yield f"RRULE:{rule.text};UNTIL={utc_text(_instant(last, key.zone)) if key.zone else f'{last:%Y%m%d}'}"
        if rule.missing:
            yield f"EXDATE{key.value(datetime.combine(day, first.time()) for day in rule.missing)}"
    yield from (*content(like_it.state), "END:VEVENT")
    for each in found:
        if each.said != usual or each.start != each.wall:
            yield from event_lines(uid, each.state, now, f"RECURRENCE-ID{key.value([each.wall])}")


def _instant(wall: datetime, zone: str) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _timezone(name: str, first: datetime, last: datetime) -> Iterator[str]:
    """A VTIMEZONE of what its clocks do from a year before on, RFC 5545 section 3.6.5: each change by its date."""
    zone, at = ZoneInfo(name), (first - _YEAR).replace(tzinfo=UTC)
    yield from ("BEGIN:VTIMEZONE", f"TZID:{name}")
    yield from _observance(zone, at, at)
    for number in range((last - first + 2 * _YEAR).days):
        day = at + timedelta(days=number)
        if _offset(zone, day) != _offset(zone, day + timedelta(days=1)):
            change = next(m for m in _minutes(day) if _offset(zone, m) != _offset(zone, day))
            yield from _observance(zone, day, change)
    yield "END:VTIMEZONE"


def _minutes(day: datetime) -> Iterator[datetime]:
    return (day + timedelta(minutes=minute) for minute in range(1, 24 * 60 + 1))


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _observance(zone: ZoneInfo, before: datetime, at: datetime) -> Iterator[str]:
    old, new = before.astimezone(zone), at.astimezone(zone)
    kind = "DAYLIGHT" if new.dst() else "STANDARD"
    wall = at + _offset(zone, before)
    yield from (f"BEGIN:{kind}", f"DTSTART:{wall:%Y%m%dT%H%M%S}", f"TZOFFSETFROM:{old:%z}", f"TZOFFSETTO:{new:%z}")
    yield from (f"TZNAME:{new:%Z}", f"END:{kind}")
