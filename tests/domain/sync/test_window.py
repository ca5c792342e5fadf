from datetime import UTC, datetime, timedelta, tzinfo

from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.window import Window

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAST, FUTURE = timedelta(days=90), timedelta(days=180)
WANTED = Window.around(NOW, PAST, FUTURE)


@given(st.timedeltas(timedelta(days=-9_000), timedelta(days=9_000)), st.timezones())
def test_it_is_whole_seconds_of_utc_around_the_instant(offset: timedelta, zone: tzinfo) -> None:
    now = (NOW + offset).astimezone(zone)
    window = Window.around(now, PAST, FUTURE)

    assert window.start.tzinfo == window.end.tzinfo == UTC
    assert window.start.microsecond == window.end.microsecond == 0
    assert timedelta(0) <= now.astimezone(UTC) - (window.start + PAST) < timedelta(seconds=1)
    assert window.end - window.start == PAST + FUTURE


@given(st.timedeltas(timedelta(-900), timedelta(900)), st.timedeltas(timedelta(-900), timedelta(900)))
def test_distance_is_the_further_edge_and_symmetric(start: timedelta, end: timedelta) -> None:
    other = Window(WANTED.start + start, WANTED.end + end)

    assert WANTED.distance(other) == other.distance(WANTED) == max(abs(start), abs(end))
