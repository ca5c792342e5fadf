from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from almanac.domain.sync.report import SyncReport
from almanac.errors import BadJob, NoProgress
from almanac.jobs import MAX_HOPS, CalendarSync, message_body, parse_sync
from almanac.services.sync.continuation import continuation_of

WS = UUID("7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01")
SINCE = datetime(2026, 1, 1, 10, tzinfo=UTC)


def report(pages: int) -> SyncReport:
    found = SyncReport(WS, uuid4(), "auto", outcome="continued")
    found.tally.pages = pages
    return found


def test_a_continuation_asks_for_the_same_and_counts_its_hops() -> None:
    job = CalendarSync(ws_id=WS, mode="full", request_id="r-1", user_id="ada")

    first = continuation_of(job, SINCE, report(3)).job
    second = continuation_of(parse_sync(message_body(first)), SINCE, report(3)).job

    assert first == job.model_copy(update={"source": "continuation", "requested_at": SINCE, "hops": 1})
    assert second == first.model_copy(update={"hops": 2})


def test_a_continuation_that_has_read_nothing_is_followed_by_none() -> None:
    job = CalendarSync(ws_id=WS, source="continuation", requested_at=SINCE, hops=4)

    with pytest.raises(NoProgress, match="the next tick goes on"):
        continuation_of(job, SINCE, report(0))


def test_a_first_run_may_have_read_nothing_for_it_may_have_begun_late() -> None:
    assert continuation_of(CalendarSync(ws_id=WS), SINCE, report(0)).job.hops == 1


def test_a_chain_that_does_not_end_is_refused() -> None:
    job = CalendarSync(ws_id=WS, source="continuation", requested_at=SINCE, hops=MAX_HOPS - 1)

    last = continuation_of(job, SINCE, report(1))
    assert parse_sync(message_body(last.job)).hops == MAX_HOPS
    with pytest.raises(BadJob, match=r"^hops: "):
        parse_sync(message_body(continuation_of(parse_sync(message_body(last.job)), SINCE, report(1)).job))
