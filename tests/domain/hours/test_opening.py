"""Which weeks of opening hours may be stored, and that a plan reads them as they were meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.adapters.postgres.plan.settings import read_week
from almanac.domain.hours.opening import DEFAULT_WEEK, NEVER, stored_week, week_of
from almanac.domain.wall_clock import DAY_MINUTES, Interval
from almanac.errors import BadInput

MORNING, AFTERNOON = (540, 750), (810, 1020)
BLOCK = st.tuples(st.integers(0, DAY_MINUTES), st.integers(0, DAY_MINUTES))


def test_days_that_are_not_named_are_closed_or_as_they_were() -> None:
    friday = {4: (AFTERNOON, MORNING)}
    assert week_of(friday) == (*NEVER[:4], (MORNING, AFTERNOON), *NEVER[5:])
    assert week_of(friday, DEFAULT_WEEK) == (*DEFAULT_WEEK[:4], (MORNING, AFTERNOON), *DEFAULT_WEEK[5:])
    assert week_of({4: ()}, DEFAULT_WEEK)[4] == ()


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        ((0, DAY_MINUTES),),
        ((1320, 120),),  # a night
        ((60, 180), (1320, 360)),  # what is left of one, and the next
        ((540, 600), (600, 660)),
        ((1320, 0),),  # up to midnight
    ],
)
def test_what_a_day_may_hold(blocks: tuple[Interval, ...]) -> None:
    assert week_of({6: blocks})[6] == blocks


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (((540, 540),), "09:00-09:00 ends as it begins"),
        (((DAY_MINUTES, 60),), "24:00-01:00 begins at the end of the day"),
        ((AFTERNOON, MORNING, (700, 720)), "11:40-12:00 overlaps 09:00-12:30"),
        (((1320, 120), (1380, 1440)), "23:00-24:00 overlaps 22:00-02:00"),
        ((MORNING, MORNING), "09:00-12:30 overlaps 09:00-12:30"),
        (tuple((n, n + 1) for n in range(25)), "at most 24"),
    ],
)
def test_what_no_day_may_hold_names_the_weekday(blocks: tuple[Interval, ...], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        week_of({0: (MORNING,), 2: blocks})
    assert refused.value.field == "wednesday"
    assert said in refused.value.complaint


@given(st.dictionaries(st.integers(0, 6), st.lists(BLOCK, max_size=3).map(tuple)))
def test_whatever_may_be_stored_is_read_as_it_was_meant(days: dict[int, tuple[Interval, ...]]) -> None:
    try:
        week = week_of(days)
    except BadInput:
        return
    assert read_week(stored_week(week)) == (week, "")
