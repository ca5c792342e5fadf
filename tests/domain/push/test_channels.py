"""Which channels there should be, by state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from almanac.domain.push.channels import (
    LONGEST_BACKOFF,
    RENEW_BEFORE,
    Channel,
    is_explained,
    is_missed,
    may_wait,
    pause_after,
    reconcile,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HERE, ELSEWHERE = "here", "elsewhere"
CALENDAR, OTHER = UUID(int=1), UUID(int=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEALTHY = Channel(
    id=UUID(int=10),
    account_id=UUID(int=20),
    connection_id=CALENDAR,
    resource_id="resource",
    address_fingerprint=HERE,
    status="active",
    created_at=NOW - DAY,
    verified_at=NOW - DAY,
    expires_at=NOW + 6 * DAY,
    last_message_at=NOW - HOUR,
    changed_at=None,
    missed_pushes=0,
    failures=0,
    retry_at=None,
)
FAILED = replace(HEALTHY, status="failed", resource_id=None, expires_at=None, verified_at=None, failures=1)


def wait(status: str, hours: int) -> Channel:
    return replace(FAILED, status=status, retry_at=NOW + hours * HOUR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channels", "starts", "stops"),
    [
        pytest.param([], True, [], id="none yet"),
        pytest.param([HEALTHY], False, [], id="a healthy one"),
        pytest.param([replace(HEALTHY, expires_at=NOW + RENEW_BEFORE)], False, [], id="36 hours are enough"),
        pytest.param([replace(HEALTHY, expires_at=NOW + RENEW_BEFORE - HOUR)], True, [], id="renewed, not stopped yet"),
        pytest.param([replace(HEALTHY, address_fingerprint=ELSEWHERE)], True, [], id="the address has moved"),
        pytest.param([replace(HEALTHY, missed_pushes=1)], False, [], id="one missed push is no proof"),
        pytest.param([replace(HEALTHY, missed_pushes=2)], True, [], id="two are"),
        pytest.param([replace(HEALTHY, verified_at=None)], False, [], id="its first message was lost"),
        pytest.param([replace(HEALTHY, status="pending")], True, [], id="nobody knows what became of it"),
        pytest.param([replace(HEALTHY, status="stopping")], True, [0], id="to be stopped"),
        pytest.param(
            [HEALTHY, replace(HEALTHY, id=UUID(int=11), status="stopping")], False, [1], id="renewed, then died"
        ),
        pytest.param([wait("unsupported", 100)], False, [], id="no push there"),
        pytest.param([wait("unsupported", -1)], True, [], id="a week later"),
        pytest.param([wait("failed", 1)], False, [], id="backing off"),
        pytest.param([wait("failed", -1)], True, [], id="backed off"),
        pytest.param([FAILED], True, [], id="failed without a pause: reconnected"),
        pytest.param([replace(HEALTHY, connection_id=OTHER)], True, [0], id="of a calendar that is not read"),
        pytest.param([replace(HEALTHY, connection_id=None)], True, [0], id="of one that was removed"),
    ],
)
def test_reconciliation_of_one_calendar(channels: list[Channel], starts: bool, stops: list[int]) -> None:
    todo = reconcile({CALENDAR}, channels, HERE, NOW)
    assert list(todo.start) == ([CALENDAR] if starts else [])
    assert list(todo.stop) == [channels[place] for place in stops]


def test_reconciling_what_is_reconciled_does_nothing() -> None:
    todo = reconcile({CALENDAR, OTHER}, [HEALTHY, replace(HEALTHY, connection_id=OTHER)], HERE, NOW)
    assert (list(todo.start), list(todo.stop)) == ([], [])


@pytest.mark.parametrize(
    ("channel", "changed", "missed"),
    [
        pytest.param(HEALTHY, -30, True, id="half an hour old, the last ring an hour"),
        pytest.param(HEALTHY, -5, False, id="its ring may still be under way"),
        pytest.param(replace(HEALTHY, last_message_at=NOW - timedelta(minutes=20)), -30, False, id="it rang since"),
        pytest.param(replace(HEALTHY, last_message_at=None), -30, True, id="it never rang for a change"),
        pytest.param(replace(HEALTHY, created_at=NOW - timedelta(minutes=20)), -30, False, id="older than the channel"),
        pytest.param(replace(HEALTHY, verified_at=None), -30, False, id="not known to work yet"),
        pytest.param(FAILED, -30, False, id="there was no channel"),
    ],
)
def test_a_missed_push(channel: Channel, changed: int, missed: bool) -> None:
    assert is_missed(channel, NOW + timedelta(minutes=changed), NOW) is missed


def test_a_ring_whose_change_was_brought_meanwhile_is_explained() -> None:
    brought = replace(HEALTHY, changed_at=NOW)
    assert is_explained(brought, NOW - timedelta(seconds=3))
    assert is_explained(brought, NOW + timedelta(seconds=3)), "read before its ring came"
    assert not is_explained(brought, NOW + timedelta(minutes=5))
    assert not is_explained(HEALTHY, NOW)
    assert not is_explained(None, NOW)


def test_pauses_after_failures() -> None:
    pauses = [pause_after(failures, None) for failures in (1, 2, 3, 50)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_BACKOFF
    assert pause_after(1, 86_400) == timedelta(days=1), "the other side's wish is a minimum"


def test_only_a_healthy_channel_lets_a_calendar_wait() -> None:
    pauses = {CALENDAR: HOUR}
    assert may_wait(pauses, CALENDAR, NOW - HOUR / 2, NOW)
    assert not may_wait(pauses, CALENDAR, NOW - 2 * HOUR, NOW)
    assert not may_wait(pauses, CALENDAR, None, NOW)
    assert not may_wait(pauses, OTHER, NOW, NOW)
