"""Dates of recurring habits: a table of the rules, and a law against an oracle that asks every single day."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.adapters.recurrence import dates_between
from almanac.domain.workspace_plan.snapshot import Recurrence

START = date(2026, 1, 31)
"""A Saturday."""


def iso(rule: Recurrence, first: str, last: str) -> list[str]:
    return [day.isoformat() for day in sorted(dates_between(rule, date.fromisoformat(first), date.fromisoformat(last)))]


@pytest.mark.parametrize(
    ("rule", "window", "days"),
    [
        (Recurrence("daily", 3, START), ("2026-02-01", "2026-02-10"), ["2026-02-03", "2026-02-06", "2026-02-09"]),
        (Recurrence("weekly", 1, START), ("2026-02-01", "2026-02-15"), ["2026-02-07", "2026-02-14"]),
        (
            Recurrence("weekly", 2, START, weekdays=(0, 2)),
            ("2026-02-01", "2026-02-28"),
            ["2026-02-09", "2026-02-11", "2026-02-23", "2026-02-25"],
        ),
        (Recurrence("monthly", 1, START), ("2026-02-01", "2026-04-30"), ["2026-02-28", "2026-03-31", "2026-04-30"]),
        (Recurrence("monthly", 1, START, day_of_month=31), ("2028-02-01", "2028-02-29"), ["2028-02-29"]),
        (Recurrence("monthly", 2, START, day_of_month=15), ("2026-02-01", "2026-05-31"), ["2026-03-15", "2026-05-15"]),
        (
            Recurrence("monthly", 1, START, week_of_month=2, weekday_of_month=1),
            ("2026-02-01", "2026-03-31"),
            ["2026-02-10", "2026-03-10"],
        ),
        (
            Recurrence("monthly", 1, START, week_of_month=5, weekday_of_month=4),
            ("2026-02-01", "2026-03-31"),
            ["2026-02-27", "2026-03-27"],
        ),
        (Recurrence("yearly", 1, date(2024, 2, 29)), ("2025-01-01", "2028-12-31"), ["2028-02-29"]),
        (
            Recurrence("daily", 1, START, end=date(2026, 2, 2)),
            ("2026-01-01", "2026-03-01"),
            [
                "2026-01-31",
                "2026-02-01",
                "2026-02-02",
            ],
        ),
        (Recurrence("daily", 1, START), ("2026-01-01", "2026-01-30"), []),
    ],
)
def test_rules(rule: Recurrence, window: tuple[str, str], days: list[str]) -> None:
    assert iso(rule, *window) == days


def falls_on(rule: Recurrence, day: date) -> bool:
    """The rule, asked about one day."""
    if day < rule.start or (rule.end is not None and day > rule.end):
        return False
    if rule.frequency == "daily":
        return (day - rule.start).days % rule.interval == 0
    if rule.frequency == "weekly":
        weeks = ((day - timedelta(day.weekday())) - (rule.start - timedelta(rule.start.weekday()))).days // 7
        return weeks % rule.interval == 0 and day.weekday() in (rule.weekdays or (rule.start.weekday(),))
    if rule.frequency == "yearly":
        same = (day.month, day.day) == (rule.start.month, rule.start.day)
        return same and (day.year - rule.start.year) % rule.interval == 0
    months = (day.year - rule.start.year) * 12 + day.month - rule.start.month
    last = calendar.monthrange(day.year, day.month)[1]
    return months % rule.interval == 0 and day.day == min(rule.day_of_month or rule.start.day, last)


dates = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@given(
    st.builds(
        Recurrence,
        st.sampled_from(["daily", "weekly", "monthly", "yearly"]),
        st.integers(1, 5),
        dates,
        st.none() | dates,
        st.lists(st.integers(0, 6), max_size=4, unique=True).map(tuple),
        st.none() | st.integers(1, 31),
    ),
    dates,
    st.integers(0, 100),
)
def test_a_date_is_listed_exactly_when_the_rule_falls_on_it(rule: Recurrence, first: date, length: int) -> None:
    window = [first + timedelta(days=n) for n in range(length + 1)]
    assert dates_between(rule, window[0], window[-1]) == {day for day in window if falls_on(rule, day)}
