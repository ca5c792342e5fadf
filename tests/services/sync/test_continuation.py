from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from almanac.domain.sync.report import ConnectionReport, SyncReport
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

    first = continuation_of(job, SINCE, report(3), "m-1").job
    second = continuation_of(parse_sync(message_body(first)), SINCE, report(3), "m-1").job

    assert first == job.model_copy(update={"source": "continuation", "requested_at": SINCE, "hops": 1})
    assert second == first.model_copy(update={"hops": 2})


def test_a_continuation_that_has_read_nothing_is_followed_by_none() -> None:
    job = CalendarSync(ws_id=WS, source="continuation", requested_at=SINCE, hops=4)

    with pytest.raises(NoProgress, match="the next tick goes on"):
        continuation_of(job, SINCE, report(0), "m-1")


def test_a_calendar_that_was_given_up_is_progress_for_the_next_run_leaves_it_alone() -> None:
    job = CalendarSync(ws_id=WS, source="continuation", requested_at=SINCE, hops=4)
    hung = report(0)
    hung.connections.append(ConnectionReport(uuid4(), status="failed", error_type="google_unavailable"))

    assert continuation_of(job, SINCE, hung, "m-1").job.hops == 5


def test_a_message_has_one_continuation_however_often_it_is_received() -> None:
    reasons = {continuation_of(CalendarSync(ws_id=WS), SINCE, report(1), "m-1").reason for _receive in range(3)}

    assert reasons == {"continuation of m-1"}


def test_a_first_run_may_have_read_nothing_for_it_may_have_begun_late() -> None:
    assert continuation_of(CalendarSync(ws_id=WS), SINCE, report(0), "m-1").job.hops == 1


def test_a_chain_that_does_not_end_is_refused() -> None:
    job = CalendarSync(ws_id=WS, source="continuation", requested_at=SINCE, hops=MAX_HOPS - 1)

    last = continuation_of(job, SINCE, report(1), "m-1")
    assert parse_sync(message_body(last.job)).hops == MAX_HOPS
    with pytest.raises(BadJob, match=r"^hops: "):
        parse_sync(message_body(continuation_of(parse_sync(message_body(last.job)), SINCE, report(1), "m-1").job))
