"""When a local date begins and ends: with two midnights, with none, and where a zone leaves a date out."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.wall_clock import date_instants, date_span, minutes_of

ODD_ZONES = (
    *("America/Havana", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut", "America/Asuncion", "America/Sao_Paulo"),
    *("America/Nuuk", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe", "America/Toronto", "Asia/Gaza"),
)


@pytest.mark.parametrize(
    ("zone", "day", "first", "end"),
    [
        ("America/Havana", date(2026, 11, 1), "2026-11-01 04:00", "2026-11-02 05:00"),  # 00:00 comes twice
        ("Atlantic/Azores", date(2026, 10, 25), "2026-10-25 00:00", "2026-10-26 01:00"),
        ("America/Havana", date(2027, 3, 14), "2027-03-14 05:00", "2027-03-15 04:00"),  # no 00:00
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23 22:00", "2026-04-24 21:00"),
        ("America/Toronto", date(1919, 3, 31), "1919-03-31 04:30", "1919-04-01 04:00"),  # 23:30 -> 00:30
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-29 10:00", "2011-12-30 10:00"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30 10:00", "2011-12-30 10:00"),  # left out
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30 10:00", "2011-12-31 10:00"),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28 23:00", "2026-03-29 22:00"),
        ("UTC", date(2026, 3, 2), "2026-03-02 00:00", "2026-03-03 00:00"),
    ],
)
def test_a_date_lasts_from_the_first_instant_that_shows_it(zone: str, day: date, first: str, end: str) -> None:
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in date_instants(day, ZoneInfo(zone))] == [first, end]


@given(st.sampled_from(ODD_ZONES), st.dates(date(1900, 1, 2), date(2100, 12, 31)))
def test_no_earlier_instant_shows_a_date_and_dates_follow_without_a_gap(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    first, end = date_instants(day, zone)
    second = timedelta(seconds=1)
    assert (first - second).astimezone(zone).date() < day
    assert first == end or first.astimezone(zone).date() == day
    assert end == date_instants(day + timedelta(days=1), zone)[0]
    assert (first.tzinfo, date_span(day, zone)) == (UTC, (minutes_of(first), minutes_of(end)))


def test_a_fixed_offset_is_a_zone_too() -> None:
    assert date_instants(date(2026, 3, 2), UTC)[0] == datetime(2026, 3, 2, tzinfo=UTC)
