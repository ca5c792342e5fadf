from datetime import UTC, date, datetime

import pytest

from almanac.domain.readable_years import FIRST, LAST, day, instant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-02T09:00:00+00:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02 09:00:00+00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("-infinity", FIRST),
        ("0044-03-15T00:00:00+00:00 BC", FIRST),
        ("0001-01-01T00:00:00+00:00", FIRST),
        ("9999-12-31T23:59:00+00:00", LAST),
        ("20260-01-01T00:00:00+00:00", LAST),
        ("infinity", LAST),
    ],
)
def test_an_instant_beyond_all_years_is_the_first_or_last_one(text: str, meant: datetime) -> None:
    assert instant(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("-infinity", FIRST.date()),
        ("0044-03-15 BC", FIRST.date()),
        ("20260-01-01", LAST.date()),
        ("infinity", LAST.date()),
    ],
)
def test_so_is_a_date(text: str, meant: date) -> None:
    assert day(text) == meant
