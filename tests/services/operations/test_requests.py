"""What operators ask for, with a queue in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest

from almanac.errors import QueueUnavailable, UnknownCalendar, UnknownWorkspace
from almanac.jobs import CalendarSchedule, CalendarSync
from almanac.services.operations.requests import RequestPlan, RequestSync, SentBulkRequest
from almanac.services.queues.dispatch import Dispatch
from almanac.services.queues.ports import ChannelStates, DueWorkspace, SyncHealth
from tests.services.operations.fakes import NOON, OTHER, WS, Queue, Workspaces, calendar


class DueStore:
    """DueStore of which a bulk request only asks who is known."""

    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        raise NotImplementedError

    due_for_schedule = due_for_sync

    def known(self, ws_ids: Sequence[UUID]) -> Sequence[DueWorkspace]:
        return [DueWorkspace(ws_id) for ws_id in ws_ids]

    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        raise NotImplementedError

    def channel_states(self) -> ChannelStates | None:
        return None

    def sync_health(self, now: datetime) -> SyncHealth:
        raise NotImplementedError


def request_sync(workspaces: Workspaces, queue: Queue) -> RequestSync:
    return RequestSync(workspaces, workspaces, queue, Dispatch(DueStore(), queue, lambda: NOON), lambda: NOON)


class TestSync:
    def test_the_job_bears_the_id_of_the_request(self) -> None:
        queue = Queue()

        sent = request_sync(Workspaces(), queue)(WS, "full", None, force=True)

        (outgoing,) = queue.sent
        assert isinstance(outgoing.job, CalendarSync)
        assert (outgoing.job.ws_id, outgoing.job.mode, outgoing.job.force) == (WS, "full", True)
        assert (outgoing.job.request_id, outgoing.job.requested_at) == (sent.request_id, NOON)
        assert (sent.ws_id, outgoing.reason) == (WS, f"request {sent.request_id}")

    @pytest.mark.parametrize("calendar_id", ["ada@example.test", "primary"])
    def test_a_calendar_is_named_by_its_id_or_as_the_primary_one(self, calendar_id: str) -> None:
        queue = Queue()

        request_sync(Workspaces(calendars=[calendar(primary=True)]), queue)(WS, "auto", calendar_id, force=False)

        assert len(queue.sent) == 1

    def test_a_calendar_that_no_sync_reads_sends_nothing(self) -> None:
        queue = Queue()
        ask = request_sync(Workspaces(calendars=[calendar(is_read=False), calendar("other")]), queue)

        for calendar_id in ("ada@example.test", "primary", "nobody"):
            with pytest.raises(UnknownCalendar, match="calendar_id: the workspace has no enabled calendar"):
                ask(WS, "auto", calendar_id, force=False)
        assert queue.sent == []

    def test_an_unknown_workspace_sends_nothing(self) -> None:
        queue = Queue()

        with pytest.raises(UnknownWorkspace):
            request_sync(Workspaces(), queue)(OTHER, "auto", None, force=False)
        assert queue.sent == []

    def test_a_queue_that_does_not_take_it_is_told(self) -> None:
        with pytest.raises(QueueUnavailable, match=r"the job could not be sent \(InternalError\)"):
            request_sync(Workspaces(), Queue(refuse=True))(WS, "auto", None, force=False)

    def test_all_are_one_request(self) -> None:
        queue = Queue()

        sent = request_sync(Workspaces(live=[WS, OTHER]), queue).of_all("incremental")

        assert sent == SentBulkRequest(sent.request_id, enqueued=2, failed=0, ws_ids=(WS, OTHER))
        assert [(each.job.ws_id, each.job.request_id) for each in queue.sent] == [
            (WS, sent.request_id),
            (OTHER, sent.request_id),
        ]

    def test_all_of_none_sends_nothing(self) -> None:
        queue = Queue()

        assert request_sync(Workspaces(), queue).of_all("auto").enqueued == 0
        assert queue.sent == []


class TestPlan:
    def test_the_job_says_what_was_asked_for(self) -> None:
        queue = Queue()

        sent = RequestPlan(Workspaces(), queue, lambda: NOON)(WS, 14, "safe", force_reschedule=True)

        (outgoing,) = queue.sent
        assert outgoing.job == CalendarSchedule(
            ws_id=WS,
            window_days=14,
            apply="safe",
            force_reschedule=True,
            request_id=sent.request_id,
            requested_at=NOON,
        )

    def test_an_unknown_workspace_and_a_queue_that_does_not_take_it_are_told(self) -> None:
        with pytest.raises(UnknownWorkspace):
            RequestPlan(Workspaces(), Queue(), lambda: NOON)(OTHER, 14, "full", force_reschedule=False)
        with pytest.raises(QueueUnavailable):
            RequestPlan(Workspaces(), Queue(refuse=True), lambda: NOON)(WS, 14, "full", force_reschedule=False)
