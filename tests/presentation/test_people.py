import pytest

from almanac.domain.wall_clock import Week
from almanac.presentation.items.hours import hours_text

NINE, HALF = ((540, 1020),), ((540, 750), (795, 1050))


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ((NINE,) * 7, "every day 09:00-17:00"),
        (((),) * 7, "never"),
        ((NINE,) * 5 + ((), ()), "Mon to Fri 09:00-17:00"),
        ((HALF, (), NINE, NINE, (), (), NINE), "Mon 09:00-12:30, 13:15-17:30; Wed to Thu 09:00-17:00; Sun 09:00-17:00"),
        ((((1320, 1440),),) * 7, "every day 22:00-24:00"),
    ],
)
def test_hours_are_said_by_days_that_are_alike(week: Week, said: str) -> None:
    assert hours_text({"work": week}) == [("work", said)]


def test_categories_that_are_open_alike_stand_together() -> None:
    week: Week = (NINE,) * 7
    found = hours_text({"work": week, "night": None, "meeting": week})
    assert found == [("meeting, work", "every day 09:00-17:00"), ("night", "cannot be read as they are stored")]
