"""What is left to do after a listing, and from when on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from almanac.domain.sync.passes import (
    CLOCK_MARGIN,
    Checkpoint,
    Due,
    delta_before_recheck,
    recheck_after,
    recheck_from,
)
from almanac.domain.sync.resume import resumable
from almanac.domain.sync.window import EDGE, Window

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WINDOW = Window.around(NOW, timedelta(days=90), timedelta(days=180))
LAST_PAGE = Checkpoint("full", "page 3", "f", WINDOW, NOW, listed=20, pages=2, changed_since=NOW, rechecks=1)
DAY = timedelta(days=1)


def test_a_listing_of_one_page_needs_no_recheck() -> None:
    assert recheck_after(replace(LAST_PAGE, changed_since=None), NOW) is None


def test_one_of_several_is_rechecked_from_its_beginning() -> None:
    later = NOW + timedelta(hours=5)

    left = recheck_after(LAST_PAGE, later)

    assert left == Checkpoint("incremental", None, "f", WINDOW, later, changed_since=NOW, recheck=True, rechecks=1)


def test_the_delta_after_a_recheck_leads_to_the_next_one() -> None:
    left = recheck_after(LAST_PAGE, NOW)
    assert left is not None

    delta = delta_before_recheck(replace(left, page_token="x", found=True, pages=4))

    again = recheck_after(delta, NOW)
    assert again is not None
    assert (delta.recheck, delta.page_token, again.recheck, again.found, again.rechecks) == (
        False,
        None,
        True,
        False,
        2,
    )


@pytest.mark.parametrize(("clocks", "earliest"), [((NOW, NOW + DAY), NOW), ((NOW, None, NOW - DAY), NOW - DAY)])
def test_the_earliest_clock_counts(clocks: tuple[datetime | None, ...], earliest: datetime) -> None:
    assert recheck_from(*clocks) == earliest - CLOCK_MARGIN


@pytest.mark.parametrize("due", [Due("full", "full"), Due("incremental", "incremental")])
def test_a_recheck_goes_on_whatever_pass_is_due(due: Due) -> None:
    left = recheck_after(LAST_PAGE, NOW)

    assert resumable(left, due, WINDOW, "f", NOW, NOW) == left
    assert resumable(left, due, WINDOW, "another", NOW, NOW) is None


@pytest.mark.parametrize(
    ("start", "far"),
    [
        (WINDOW.start, False),
        (WINDOW.end, False),
        (WINDOW.end + EDGE, False),
        (WINDOW.end + EDGE + DAY, True),
        (WINDOW.start - EDGE - DAY, True),
    ],
)
def test_an_event_near_an_edge_is_not_far(start: datetime, far: bool) -> None:
    assert WINDOW.is_far_from(start, start + timedelta(hours=1)) is far
