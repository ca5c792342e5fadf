"""Whose turn it is: the order of a run's calendars, and the pauses that hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from almanac.domain.sync.passes import Checkpoint, SyncState
from almanac.domain.sync.window import Window
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import Connection
from almanac.services.sync.turns import order, reason_to_skip

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEGUN = SyncState(checkpoint=Checkpoint("full", "2", "f", Window(NOW - HOUR, NOW + HOUR), NOW))
ONE = Connection(
    id=UUID(int=3),
    account_id=UUID(int=2),
    provider="google",
    calendar_id="ada@example.test",
    time_zone=None,
    delete_enabled=True,
    failures=0,
    retry_at=None,
    last_synced_at=NOW,
    full_synced_at=NOW,
    state=SyncState(),
)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(replace(ONE, last_synced_at=NOW - HOUR), ONE, id="the longest waiting"),
        pytest.param(replace(ONE, last_synced_at=None), replace(ONE, last_synced_at=NOW - HOUR), id="the new"),
        pytest.param(replace(ONE, state=BEGUN), replace(ONE, last_synced_at=None), id="the unfinished"),
        pytest.param(ONE, replace(ONE, state=BEGUN, failures=1), id="what fails comes later"),
        pytest.param(replace(ONE, failures=9), replace(ONE, attempts=1, state=BEGUN), id="what kills comes last"),
        pytest.param(replace(ONE, attempts=1), replace(ONE, attempts=2), id="and what kills again"),
    ],
)
def test_who_is_read_first(first: Connection, then: Connection) -> None:
    assert sorted([then, first], key=order) == [first, then]


PAUSED = replace(ONE, retry_at=NOW + HOUR, failed_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("source", "asked", "of", "skipped"),
    [
        ("schedule", None, PAUSED, "backing_off"),
        ("schedule", None, replace(PAUSED, retry_at=NOW), None),
        ("manual", None, PAUSED, None),
        ("push", None, PAUSED, None),
        ("batch", None, PAUSED, None),
        ("continuation", NOW - 2 * HOUR, PAUSED, "backing_off"),
        ("continuation", NOW - HOUR / 2, replace(PAUSED, last_synced_at=None), None),
        ("continuation", NOW - HOUR, ONE, "already_read"),
        ("continuation", NOW - HOUR, replace(ONE, state=BEGUN), None),
        ("continuation", NOW + HOUR, ONE, None),
    ],
)
def test_whose_turn_it_is_not(source: str, asked: datetime | None, of: Connection, skipped: str | None) -> None:
    job = CalendarSync(ws_id=UUID(int=1), source=source, requested_at=asked)  # type: ignore[arg-type]

    assert reason_to_skip(of, job, NOW, {}) == skipped


@pytest.mark.parametrize(
    ("source", "waits"), [("schedule", False), ("manual", False), ("batch", False), ("push", True), ("plan", True)]
)
def test_a_provider_that_refuses_our_project_is_tried_by_schedules_and_people(source: str, waits: bool) -> None:
    job = CalendarSync(ws_id=UUID(int=1), source=source)  # type: ignore[arg-type]

    assert (reason_to_skip(ONE, job, NOW, {"google": NOW + HOUR}) == "backing_off") == waits
    assert reason_to_skip(ONE, job, NOW, {"google": NOW, "other": NOW + HOUR}) is None


def test_a_continuation_of_a_full_pass_asks_for_full_passes() -> None:
    job = CalendarSync(ws_id=UUID(int=1), source="continuation", mode="full", requested_at=NOW)

    assert reason_to_skip(replace(ONE, full_synced_at=NOW - HOUR), job, NOW, {}) is None
    assert reason_to_skip(ONE, job, NOW, {}) == "already_read"
