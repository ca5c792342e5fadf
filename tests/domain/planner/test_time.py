"""Zones, clock changes and hours over midnight, as slots."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.slot_mask import between, in_runs_of, runs, starts_of_runs
from almanac.domain.wall_clock import local_time, wall_instant
from tests.domain.planner.instances import at, blocks, habit, instance, planned, task


@pytest.mark.parametrize(
    ("zone", "day", "wall", "utc"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29 01:30"),  # skipped: the offset before
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25 00:30"),  # twice: the first
        ("Europe/Berlin", date(2026, 3, 29), 1440, "2026-03-29 22:00"),  # the day's end
        ("Asia/Kathmandu", date(2026, 1, 5), 540, "2026-01-05 03:15"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, "2026-10-03 15:45"),  # a change of half an hour
        ("America/New_York", date(2026, 3, 8), 150, "2026-03-08 07:30"),
    ],
)
def test_wall_times_follow_fold_zero(zone: str, day: date, wall: int, utc: str) -> None:
    minute = wall_instant(day, wall, ZoneInfo(zone))
    assert local_time(minute, ZoneInfo("UTC")).strftime("%Y-%m-%d %H:%M") == utc


@pytest.mark.parametrize(
    "night", [{"MO": [["22:00", "24:00"]], "TU": [["00:00", "02:00"]]}, {"MO": [["22:00", "02:00"]]}]
)
def test_hours_over_midnight_are_one_span(night: dict[str, list[list[str]]]) -> None:
    result = planned(instance(hours={"work": night}, tasks=[task("t", 240)]))
    assert blocks(result, "t") == [("05 22:00", "06 02:00")]


@pytest.mark.parametrize("zone", ["America/New_York", "America/Sao_Paulo", "Asia/Tokyo", "Pacific/Auckland"])
def test_a_daily_habit_gets_every_local_day_wherever_its_owner_lives(zone: str) -> None:
    result = planned(instance(timezone=zone, habits=[habit("h", 30, "12:00-12:30")]))
    starts = [local_time(block.start, ZoneInfo(zone)) for block in result.blocks]
    assert {start.strftime("%H:%M") for start in starts} == {"12:00"}
    assert len({start.date() for start in starts}) == len(starts) == len(wanted_days(zone))


def wanted_days(zone: str) -> list[str]:
    document = instance(timezone=zone, habits=[habit("h", 30, "12:00-12:30")])
    return [occurrence.date for occurrence in problem_of(read_instance(document).instance).occurrences]


def test_the_notice_keeps_the_next_minutes_free() -> None:
    prefs = {"break_min": 0, "min_notice_min": 50, "daily_cap_min": {}}
    result = planned(instance(now=at("05 09:01"), prefs=prefs, tasks=[task("t", 30)]))
    assert blocks(result, "t") == [("05 10:00", "05 10:30")]


@given(st.integers(0, 1 << 80), st.integers(1, 20))
def test_runs_of_free_slots_are_found_as_by_counting(bits: int, length: int) -> None:
    found = list(runs(bits))
    assert sum(between(first, first + size) for first, size in found) == bits
    starts = sum(between(first, first + size - length + 1) for first, size in found if size >= length)
    assert starts_of_runs(bits, length) == starts
    assert in_runs_of(bits, length) == sum(between(f, f + size) for f, size in found if size >= length)
