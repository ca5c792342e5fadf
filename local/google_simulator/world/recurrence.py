"""Recurring series: RRULE, RDATE, EXDATE and EXRULE lines expanded in the series' own wall-clock time.

09:00 in Berlin stays 09:00 across a clock change (RFC 5545, 3.8.5.3). A skipped wall-clock hour is read with the
offset before the gap, a doubled one as its first occurrence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo

from dateutil.rrule import rrule, rruleset, rrulestr

from local.google_simulator.world.event import Json
from local.google_simulator.world.times import utc_suffix, wall_text, zone

_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[^:]*)?):(.*)\Z")
_UNTIL = re.compile(r"UNTIL=(\d{8})(?:T(\d{6})(Z?))?")
_LONGEST = timedelta(days=3653)
_SUB_DAILY = re.compile(r"FREQ=(SECONDLY|MINUTELY|HOURLY)")
_STEP = re.compile(r"FREQ=(DAILY|WEEKLY)")
_INTERVAL = re.compile(r"INTERVAL=(\d+)")
_COUNT = re.compile(r";?COUNT=[^;]*")


@dataclass(frozen=True, slots=True)
class Series:
    """A readable series. `first` is naive wall-clock time in `place`; `length` is elapsed time.

    An all-day series has `place` None and whole days.
    """

    first: datetime
    place: tzinfo | None
    length: timedelta
    lines: tuple[str, ...]

    def starts(self, after: datetime, before: datetime) -> Iterator[datetime]:
        """Wall-clock starts in [after, before], in order; both are naive and in the series' zone."""
        yield from self._rules(after, before).between(after, before, inc=True)

    def includes(self, start: datetime) -> bool:
        """Whether the series has an occurrence at this wall-clock start."""
        return any(self.starts(start, start))

    def names_no_date(self, line: str) -> bool:
        """Whether an RRULE line has no occurrence, not even the first; looked for over a century."""
        last = self.first.replace(month=1, day=1, year=min(self.first.year + 100, MAXYEAR))
        rule = _rule(_COUNT.sub("", parts(line)[2]), self.first, self.place, self.first, last)
        return rule.after(self.first, inc=True) is None

    def _rules(self, after: datetime, before: datetime) -> rruleset:
        rules = rruleset()
        rules.rdate(self.first)  # the master's own start is an occurrence even when the rule would miss it
        for line in self.lines:
            kind, parameters, value = parts(line)
            if kind in ("RRULE", "EXRULE"):
                rule = _rule(value, self.first, self.place, after, before)
                rules.rrule(rule) if kind == "RRULE" else rules.exrule(rule)
                continue
            for moment in dates(value, parameters, self.place):
                rules.rdate(moment) if kind == "RDATE" else rules.exdate(moment)
        return rules


def series_of(body: Json, calendar_zone: tzinfo) -> Series:
    """The series a master describes. Raises ValueError when a line cannot be read."""
    start, end, lines = body["start"], body["end"], tuple(body["recurrence"])
    if "date" in start:
        first = datetime.combine(date.fromisoformat(start["date"]), time())
        days = date.fromisoformat(end["date"]) - first.date()
        series = Series(first, None, max(days, timedelta(days=1)), lines)
    else:
        place = zone(start["timeZone"]) if start.get("timeZone") else calendar_zone
        begin, finish = (datetime.fromisoformat(point["dateTime"]) for point in (start, end))
        first = begin.astimezone(place).replace(tzinfo=None)
        series = Series(first, place, finish - begin, lines)
    if series.length > _LONGEST:
        raise ValueError("an occurrence lasts longer than a decade")
    next(series.starts(series.first, series.first), None)  # reads every line
    return series


def instance_body(master: Json, series: Series, start: datetime, calendar_zone: tzinfo) -> Json:
    """The resource of the occurrence at the wall-clock `start`, as singleEvents=true shows it."""
    body = {key: value for key, value in master.items() if key != "recurrence"}
    if series.place is None:
        body["start"] = {"date": start.date().isoformat()}
        body["end"] = {"date": (start + series.length).date().isoformat()}
        suffix = start.strftime("%Y%m%d")
    else:
        begin = start.replace(tzinfo=series.place).astimezone(UTC)
        body["start"] = master["start"] | {"dateTime": wall_text(begin, calendar_zone)}
        body["end"] = master["end"] | {"dateTime": wall_text(begin + series.length, calendar_zone)}
        suffix = utc_suffix(begin)
    body["id"] = f"{master['id']}_{suffix}"
    body["recurringEventId"] = master["id"]
    body["originalStartTime"] = dict(body["start"])
    return body


def wall_start(point: Json, series: Series) -> datetime:
    """An originalStartTime as wall-clock time of the series."""
    if "date" in point:
        return datetime.combine(date.fromisoformat(point["date"]), time())
    return _local(datetime.fromisoformat(point["dateTime"]), series.place)


def _local(moment: datetime, place: tzinfo | None) -> datetime:
    return moment.astimezone(place or UTC).replace(tzinfo=None)


def parts(line: str) -> tuple[str, str, str]:
    """Kind, parameters and value of a recurrence line. Raises ValueError on any other line."""
    match = _LINE.match(line)
    if not match:
        raise ValueError(f"unreadable recurrence line {line[:60]!r}")
    return match[1], match[2], match[3]


def _rule(value: str, first: datetime, place: tzinfo | None, after: datetime, before: datetime) -> rrule:
    """The rule, walked no further than `before`: one that names no date would be walked to the year 9999."""
    if _SUB_DAILY.search(value):
        raise ValueError("a calendar series repeats daily or more slowly")
    counted = _COUNT.search(value) is not None
    if counted and "UNTIL=" in value:
        raise ValueError("a rule ends by UNTIL or by COUNT, not by both")
    text = _UNTIL.sub(lambda match: _until(match, place), value)
    if not counted and not ("UNTIL=" in text and text.partition("UNTIL=")[2][:15] <= _basic(before)):
        text = re.sub(r";?UNTIL=[^;]*\Z|UNTIL=[^;]*;", "", text) + f";UNTIL={_basic(before)}"
    rule = rrulestr(text, dtstart=_ahead(text, first, after))
    if not isinstance(rule, rrule):
        raise ValueError("more than one rule in a line")  # noqa: TRY004 - a bad value from outside, not a bad type
    return rule


def _until(match: re.Match[str], place: tzinfo | None) -> str:
    """UNTIL in the series' wall-clock time: dateutil compares it with a naive start."""
    day, clock, is_utc = match[1], match[2], match[3]
    if place is None:
        return f"UNTIL={day}T000000"
    if clock is None:
        return f"UNTIL={day}T235959"
    moment = datetime.strptime(day + clock, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    local = _local(moment, place) if is_utc else moment.replace(tzinfo=None)
    return f"UNTIL={local:%Y%m%dT%H%M%S}"


def _basic(moment: datetime) -> str:
    """`20260803T090000`, of a begun second its end."""
    whole = moment.replace(microsecond=0)
    return f"{whole + timedelta(seconds=1) if moment > whole else whole:%Y%m%dT%H%M%S}"


def until_moved(rule: str, place: tzinfo | None, shift: timedelta) -> str:
    """A rule's value with its UNTIL, if it has one, so much later on the wall clock."""

    def moved(match: re.Match[str]) -> str:
        if place is None:
            return f"UNTIL={datetime.strptime(match[1], '%Y%m%d') + shift:%Y%m%d}"  # noqa: DTZ007 - a date has no zone
        local = datetime.strptime(_until(match, place), "UNTIL=%Y%m%dT%H%M%S")  # noqa: DTZ007 - set in the next line
        return f"UNTIL={utc_suffix((local + shift).replace(tzinfo=place))}"

    return _UNTIL.sub(moved, rule)


def _ahead(rule: str, first: datetime, after: datetime) -> datetime:
    """A later start with the same phase, so that an old daily series is not walked from its beginning."""
    step = _STEP.search(rule)
    if not step or "COUNT=" in rule or after <= first:
        return first
    interval = _INTERVAL.search(rule)
    period = (7 if step[1] == "WEEKLY" else 1) * int(interval[1] if interval else 1)
    return first + timedelta(days=(after - first).days // period * period)


def dates(value: str, parameters: str, place: tzinfo | None) -> Iterator[datetime]:
    """The wall-clock times an RDATE or EXDATE names, in `place`; dates when `place` is None."""
    named = re.search(r";TZID=\"?([^;\"]+)", parameters)
    source = zone(named[1]) if named else place
    for text in value.split(","):
        day, _, clock = text.partition("/")[0].strip().partition("T")
        if not clock or place is None:
            yield datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007 - wall-clock time has no zone
            continue
        moment = datetime.strptime(day + clock.rstrip("Z"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - set in the next line
        moment = moment.replace(tzinfo=UTC if clock.endswith("Z") else source)
        yield _local(moment, place)
