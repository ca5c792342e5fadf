"""Series in iCalendar, read by a program that expands them: what comes out is what is in the tables."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from almanac.domain.export.series import rule_of
from almanac.presentation.history.series_file import series_text

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
SPAN = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))


def occurrence(day: date, at: time, zone: str, **changed: Any) -> dict[str, Any]:
    """As a sync stores an occurrence of a series; `move` minutes later, `day` where the series has it."""
    start = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
    moved = start + timedelta(minutes=changed.pop("move", 0))
    said = {"provider": "google", "external_calendar_id": "c", "recurring_event_id": "s", "time_zone": zone}
    times = {"start_at": moved, "end_at": moved + timedelta(minutes=45), "original_start_at": start}
    return {"title": "Stand-up", **said, **{name: each.isoformat() for name, each in times.items()}, **changed}


def whole_day(day: date, **changed: Any) -> dict[str, Any]:
    found = occurrence(day, time(0), "UTC", all_day=True, original_start_date=day.isoformat())
    return {**found, "start_date": day.isoformat(), "end_date": (day + timedelta(days=1)).isoformat(), **changed}


def numbered(rows: list[dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    return {UUID(int=number): row for number, row in enumerate(rows, 1)}


def expanded(text: str) -> list[tuple[str, str, str]]:
    """What a reader sees: titles with their instants or dates."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*SPAN)
    return sorted((str(each["SUMMARY"]), _said(each["DTSTART"].dt), _said(each["DTEND"].dt)) for each in found)


def stored(events: Mapping[UUID, Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    ends = ("start_date", "end_date")
    return sorted(
        (each["title"], *(each[name] if each.get("all_day") else each[f"{name[:-4]}at"] for name in ends))
        for each in events.values()
    )


def _said(moment: date | datetime) -> str:
    return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else moment.isoformat()


@pytest.mark.parametrize(
    ("days", "rule", "missing"),
    [
        ([0, 7, 14, 28], "FREQ=WEEKLY;WKST=MO;BYDAY=MO", [21]),
        ([0, 2, 7, 9], "FREQ=WEEKLY;WKST=MO;BYDAY=MO,WE", []),
        ([0, 14, 28], "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=MO", []),
        ([0, 1, 2, 3, 4, 5, 6, 7], "FREQ=DAILY", []),
        ([0, 3, 6, 12], "FREQ=DAILY;INTERVAL=3", [9]),
        ([0, 31, 61, 92], "FREQ=MONTHLY;BYMONTHDAY=2", []),
        ([0, 35, 63, 91], "FREQ=MONTHLY;BYDAY=1MO", []),
        ([28, 56, 84, 119], "FREQ=MONTHLY;BYDAY=-1MO", []),
        ([0, 11, 100], None, []),
    ],
)
def test_the_plainest_rule_that_names_the_dates_is_found(days: list[int], rule: str | None, missing: list[int]) -> None:
    found = rule_of([MONDAY + timedelta(days=day) for day in days])
    assert (found.text, list(found.missing)) == (rule, [MONDAY + timedelta(days=day) for day in missing])


def test_a_series_is_one_event_with_what_was_cancelled_and_changed() -> None:
    days = [MONDAY + timedelta(weeks=week) for week in range(8) if week != 3]
    rows = [occurrence(day, time(9), "Europe/Berlin") for day in days]
    rows[1] |= {
        "title": "Stand-up, long",
        "end_at": (datetime.fromisoformat(rows[1]["end_at"]) + timedelta(hours=1)).isoformat(),
    }
    rows[4] = occurrence(days[4], time(9), "Europe/Berlin", move=60)
    events = numbered([*rows, {**rows[0], "recurring_event_id": None, "title": "Alone"}])
    text = series_text(events, NOW)

    master, *others = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert "RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=MO;UNTIL=20260420T070000Z" in text
    assert "EXDATE;TZID=Europe/Berlin:20260323T090000" in text
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin" in text
    assert [other.get("RECURRENCE-ID") is not None for other in others] == [True, True, False]
    assert {str(other["UID"]) for other in others[:2]} == {str(master["UID"])}
    assert expanded(text) == stored(events)


@settings(deadline=None, max_examples=40)
@given(
    days=st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True),
    every=st.sampled_from([1, 2, 7, 14]),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    changes=st.dictionaries(st.integers(0, 29), st.sampled_from([{"move": 30}, {"title": "Other"}, {"move": 2000}])),
    whole=st.booleans(),
)
def test_whatever_a_series_is_its_reader_sees_the_rows(
    days: list[int], every: int, zone: str, at: time, changes: dict[int, dict[str, Any]], whole: bool
) -> None:
    dates = [MONDAY + timedelta(days=day * every % 800) for day in sorted(days)]
    dates = sorted(set(dates))
    rows = [
        whole_day(day, **{name: value for name, value in changes.get(number, {}).items() if name != "move"})
        if whole
        else occurrence(day, at, zone, **changes.get(number, {}))
        for number, day in enumerate(dates)
    ]
    events = numbered(rows)
    assert expanded(series_text(events, NOW)) == stored(events)
