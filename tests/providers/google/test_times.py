from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.calendar.events import CalendarZones
from almanac.providers.google.times import EventTimes, Unreadable, iana_zone, instant, original_start, span

ZONES = CalendarZones(calendar="Europe/Madrid", workspace="America/New_York")


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


def timed(start: str, end: str, zone: str | None = None) -> EventTimes:
    both = {} if zone is None else {"timeZone": zone}
    return span({"dateTime": start, **both}, {"dateTime": end, **both}, ZONES, [])


def day_of(workspace: str, day: str) -> tuple[datetime, datetime]:
    zones = CalendarZones(calendar="Europe/Madrid", workspace=workspace)
    when = span({"date": day}, {"date": day}, zones, [])
    return when.start_at, when.end_at


@pytest.mark.parametrize(
    ("text", "zone", "expected", "stored_zone"),
    [
        ("2026-10-06T10:00:00+02:00", "Europe/Madrid", at(2026, 10, 6, 8), "Europe/Madrid"),
        ("2026-10-06T10:00:00Z", "Europe/Madrid", at(2026, 10, 6, 10), "Europe/Madrid"),
        ("2026-10-06T10:00:00.250-05:30", None, at(2026, 10, 6, 15, 30, 0, 250_000), None),
        ("2026-10-06T10:00:00", "Asia/Tokyo", at(2026, 10, 6, 1), "Asia/Tokyo"),
        ("2026-10-06T10:00:00", None, at(2026, 10, 6, 8), None),
        ("2026-10-06T10:00:00+02:00", "GMT+02:00", at(2026, 10, 6, 8), None),
        ("2026-10-06T10:00:00+02:00", "Romance Standard Time", at(2026, 10, 6, 8), None),
        ("2026-10-06T10:00:00+02:00", "Europe", at(2026, 10, 6, 8), None),
        ("2026-10-06T10:00:00+02:00", "", at(2026, 10, 6, 8), None),
    ],
)
def test_traps_43_46_the_offset_counts_then_the_ends_zone_then_the_calendars(
    text: str, zone: str | None, expected: datetime, stored_zone: str | None
) -> None:
    when = timed(text, text, zone)
    assert (when.start_at, when.time_zone) == (expected, stored_zone)
    assert when.start_at.tzinfo is UTC


def test_trap_46_a_floating_time_in_an_unknown_zone_is_the_calendars_and_is_reported() -> None:
    repairs: list[str] = []
    end = {"dateTime": "2026-10-06T10:00:00", "timeZone": "Romance Standard Time"}
    assert span(end, end, ZONES, repairs).start_at == at(2026, 10, 6, 8)
    assert set(repairs) == {"unknown time zone"}


def test_the_two_ends_may_be_in_different_zones() -> None:
    start = {"dateTime": "2026-10-06T10:00:00", "timeZone": "Europe/Madrid"}
    end = {"dateTime": "2026-10-06T10:00:00", "timeZone": "America/New_York"}
    when = span(start, end, ZONES, [])
    assert (when.start_at, when.end_at, when.time_zone) == (at(2026, 10, 6, 8), at(2026, 10, 6, 14), "Europe/Madrid")


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2026-03-29T02:30:00", "Europe/Madrid", at(2026, 3, 29, 1, 30)),
        ("2026-10-25T02:30:00", "Europe/Madrid", at(2026, 10, 25, 0, 30)),
    ],
    ids=["skipped hour: one hour later", "doubled hour: the first"],
)
def test_floating_times_at_a_clock_change_have_one_reading(local: str, zone: str, expected: datetime) -> None:
    assert timed(local, local, zone).start_at == expected


@pytest.mark.parametrize(
    ("start", "end", "dates"),
    [
        ("2026-10-07", "2026-10-08", (date(2026, 10, 7), date(2026, 10, 8))),
        ("2026-10-07", "2026-10-10", (date(2026, 10, 7), date(2026, 10, 10))),
        ("2026-10-07", "2026-10-07", (date(2026, 10, 7), date(2026, 10, 8))),
        ("2026-12-31", "2026-12-31", (date(2026, 12, 31), date(2027, 1, 1))),
    ],
)
def test_trap_43_all_day_ends_are_exclusive_and_an_empty_one_is_one_day(
    start: str, end: str, dates: tuple[date, date]
) -> None:
    repairs: list[str] = []
    when = span({"date": start}, {"date": end}, ZONES, repairs)
    assert (when.all_day, when.start_date, when.end_date, when.time_zone) == (True, *dates, None)
    assert repairs == []


@pytest.mark.parametrize(
    ("workspace", "day", "start_at", "end_at"),
    [
        ("America/New_York", "2026-10-07", at(2026, 10, 7, 4), at(2026, 10, 8, 4)),
        ("Asia/Ho_Chi_Minh", "2026-10-07", at(2026, 10, 6, 17), at(2026, 10, 7, 17)),
        ("Europe/Madrid", "2026-10-25", at(2026, 10, 24, 22), at(2026, 10, 25, 23)),
        ("Africa/Cairo", "2026-04-24", at(2026, 4, 23, 22), at(2026, 4, 24, 21)),
        ("America/Havana", "2026-11-01", at(2026, 11, 1, 4), at(2026, 11, 2, 5)),
        ("Pacific/Apia", "2011-12-30", at(2011, 12, 30, 10), at(2011, 12, 30, 10)),
        ("Mars/Olympus", "2026-10-07", at(2026, 10, 7), at(2026, 10, 8)),
        ("", "2026-10-07", at(2026, 10, 7), at(2026, 10, 8)),
    ],
    ids=["west", "east", "25-hour day", "midnight skipped", "two midnights", "day skipped", "unknown zone", "no zone"],
)
def test_trap_44_an_all_day_event_lasts_from_midnight_to_midnight_of_the_workspace(
    workspace: str, day: str, start_at: datetime, end_at: datetime
) -> None:
    assert day_of(workspace, day) == (start_at, end_at)


@pytest.mark.parametrize("end", [None, {}, {"timeZone": "Europe/Madrid"}, {"dateTime": None, "date": None}])
def test_a_missing_end_is_repaired_and_reported(end: dict[str, Any] | None) -> None:
    repairs: list[str] = []
    moment = span({"dateTime": "2026-10-06T10:00:00Z"}, end, ZONES, repairs)
    day = span({"date": "2026-10-06"}, end, ZONES, repairs)
    assert moment.start_at == moment.end_at == at(2026, 10, 6, 10)
    assert day.end_date == date(2026, 10, 7)
    assert repairs == ["no end", "no end"]


def test_trap_48_the_nulled_field_of_a_patch_is_no_second_kind() -> None:
    assert span({"date": None, "dateTime": "2026-10-06T10:00:00Z"}, None, ZONES, []).all_day is False
    assert span({"date": "2026-10-06", "dateTime": None}, None, ZONES, []).all_day is True


TIME, DAY = {"dateTime": "2026-10-06T10:00:00Z"}, {"date": "2026-10-06"}


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (None, TIME, "no start"),
        ({}, TIME, "no start"),
        ({"timeZone": "Europe/Madrid"}, TIME, "no start"),
        (TIME, DAY, "start with a time, end without"),
        (DAY, TIME, "end with a time, start without"),
        (TIME, {"dateTime": "2026-10-06T09:59:59Z"}, "end before start"),
        (DAY, {"date": "2026-10-05"}, "end before start"),
        ({"dateTime": "next tuesday"}, TIME, "unreadable time"),
        ({"dateTime": ""}, TIME, "unreadable time"),
        ({"dateTime": "2026-02-30T10:00:00Z"}, TIME, "unreadable time"),
        ({"dateTime": "0000-01-01T10:00:00Z"}, TIME, "unreadable time"),
        ({"dateTime": "0001-01-01T00:00:00+14:00"}, TIME, "year out of range"),
        ({"dateTime": "1899-12-31T23:00:00Z"}, TIME, "year out of range"),
        (TIME, {"dateTime": "9999-12-31T23:59:59-12:00"}, "year out of range"),
        ({"date": "2026-02-30"}, DAY, "unreadable date"),
        ({"date": "2026-10-06T10:00:00Z"}, DAY, "unreadable date"),
        (DAY, {"date": "2201-01-01"}, "year out of range"),
        ({"date": "1899-12-31"}, DAY, "year out of range"),
    ],
)
def test_traps_43_49_a_time_that_means_nothing_is_unreadable(
    start: dict[str, Any] | None, end: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unreadable) as raised:
        span(start, end, ZONES, [])
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (None, None)),
        ({}, (None, None)),
        ({"dateTime": "2026-10-12T09:00:00+02:00"}, (at(2026, 10, 12, 7), None)),
        ({"dateTime": "2026-10-12T09:00:00", "timeZone": "Asia/Tokyo"}, (at(2026, 10, 12), None)),
        ({"date": "2026-10-20"}, (None, date(2026, 10, 20))),
    ],
)
def test_trap_32_an_occurrence_is_named_by_an_instant_or_a_date(
    value: dict[str, Any] | None, expected: tuple[datetime | None, date | None]
) -> None:
    assert original_start(value, ZONES) == expected


def test_trap_32_a_named_occurrence_without_a_time_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        original_start({"timeZone": "Europe/Madrid"}, ZONES)


@pytest.mark.parametrize("name", ["Europe/Madrid", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "EST5EDT"])
def test_iana_names_are_zones(name: str) -> None:
    zone = iana_zone(name)
    assert zone is not None
    assert zone.key == name


@pytest.mark.parametrize(
    "name",
    ["", "GMT+02:00", "Romance Standard Time", "Europe", "localtime", "../etc/passwd", "/UTC", "A" * 5_000, "Ü\0"],
)
def test_trap_46_other_names_are_no_zones(name: str) -> None:
    assert iana_zone(name) is None


@given(st.integers(-2_000_000_000, 7_000_000_000), st.timezones())
def test_an_instant_survives_its_text(seconds: int, zone: ZoneInfo) -> None:
    moment = datetime.fromtimestamp(seconds, tz=zone)
    assert instant(moment.isoformat()) == moment


@given(st.dates(date(1900, 1, 1), date(2200, 12, 30)), st.timezone_keys())
def test_days_of_one_workspace_neither_overlap_nor_leave_a_gap(day: date, workspace: str) -> None:
    start_at, end_at = day_of(workspace, day.isoformat())
    after = date.fromordinal(day.toordinal() + 1)
    assert start_at <= end_at == day_of(workspace, after.isoformat())[0]
