"""When a rule ticks next, as EventBridge reads its expression."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.cadence import next_tick, period

NOW = datetime(2026, 11, 29, 14, 7, 30, tzinfo=UTC)
"""A Sunday."""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0/15 * * * ? *)", "2026-11-29T14:15"),
        ("cron(0/1 * * * ? *)", "2026-11-29T14:08"),
        ("cron(0 0/6 * * ? *)", "2026-11-29T18:00"),
        ("cron(20 3 * * ? *)", "2026-11-30T03:20"),
        ("cron(7 14 * * ? *)", "2026-11-30T14:07"),
        ("cron(0 9 ? * MON-FRI *)", "2026-11-30T09:00"),
        ("cron(0 9 ? * 1 *)", "2026-12-06T09:00"),
        ("cron(0,30 8-9 1 JAN,jul ? *)", "2027-01-01T08:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00:00"),
        ("cron(0 0 1 1 ? 2031)", None),
        ("cron(0 0 1 1 ? 2020)", None),
        ("cron(0 0 30 2 ? *)", None),
        ("cron(0 9 L * ? *)", None),
        ("cron(61 * * * ? *)", None),
        ("cron(5-1 * * * ? *)", None),
        ("cron(0/0 * * * ? *)", None),
        ("cron(* * *)", None),
        ("rate(1 minute)", None),
        ("", None),
    ],
)
def test_the_next_tick_of_a_cron_expression(expression: str, expected: str | None) -> None:
    found = next_tick(expression, NOW)
    assert (found and f"{found:%Y-%m-%dT%H:%M}") == expected


@pytest.mark.parametrize(
    ("expression", "last", "expected"),
    [
        ("rate(15 minutes)", "2026-11-29T14:00:02", "2026-11-29T14:15:02"),
        ("rate(15 minutes)", "2026-11-29T13:30:02", "2026-11-29T14:15:02"),
        ("rate(15 minutes)", "2026-11-29T13:52:30", "2026-11-29T14:22:30"),
        ("rate(15 minutes)", "2026-11-29T14:08:00", "2026-11-29T14:23:00"),
        ("rate(15 minutes)", None, None),
        ("rate(0 minutes)", "2026-11-29T14:00:02", None),
        ("cron(0/15 * * * ? *)", "2026-11-29T14:00:02", "2026-11-29T14:15:00"),
    ],
)
def test_a_rate_goes_on_from_a_tick_that_is_known(expression: str, last: str | None, expected: str | None) -> None:
    known = None if last is None else datetime.fromisoformat(last).replace(tzinfo=UTC)
    found = next_tick(expression, NOW, known)
    assert (found and f"{found:%Y-%m-%dT%H:%M:%S}") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(30 minutes)", timedelta(minutes=30)),
        ("rate(6 hours)", timedelta(hours=6)),
        ("rate(1 day)", timedelta(days=1)),
        ("rate(1 week)", None),
        ("cron(0 3 * * ? *)", None),
        ("", None),
    ],
)
def test_the_period_of_a_rate(expression: str, expected: timedelta | None) -> None:
    assert period(expression) == expected


@given(
    st.integers(0, 10**6).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.integers(0, 59),
    st.integers(1, 59),
)
def test_a_tick_comes_after_and_none_is_left_out(after: datetime, first: int, step: int) -> None:
    found = next_tick(f"cron({first}/{step} * * * ? *)", after)
    assert found is not None
    assert timedelta(0) < found - after <= timedelta(hours=1)
    assert (found.minute - first) % step == 0
    between = next_tick(f"cron({first}/{step} * * * ? *)", found - timedelta(seconds=1))
    assert between == found


@given(st.text(max_size=40))
def test_what_is_no_expression_has_no_tick(text: str) -> None:
    assert next_tick(f"cron({text})", NOW) is None or len(text.split()) == 6
    assert next_tick(text, NOW) is None or text.strip().startswith("cron(")
