from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.providers.http import parse_retry_after

NOW = datetime(2026, 10, 6, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Tue, 06 Oct 2026 12:00:30 GMT", 30.0),
        ("Tue, 06 Oct 2026 14:00:30 +0200", 30.0),
        ("Tue, 06 Oct 2026 12:00:30 -0000", 30.0),
        ("Tue, 06 Oct 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("9" * 400, None),
        ("Tue, 99 Oct 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_header_gives_a_wait_or_nothing(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0
