import gc
import logging
import tracemalloc
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from almanac.errors import DatabaseUnavailable
from almanac.jobs import BulkTarget, CalendarSchedule, CalendarSync, Tick, deduplication_id
from almanac.services.queues.dispatch import FAILURES_NAMED, Dispatch, DispatchFailed
from almanac.services.queues.dispatch import WORKSPACES_A_PAGE as PAGE
from almanac.services.queues.ports import ChannelStates, DueWorkspace, FailedSend, OutgoingJob, SyncHealth

NOW = datetime(2026, 3, 2, 12, 15, 7, tzinfo=UTC)
SYNC = Tick(job="calendar.sync")


def workspaces(count: int, first: int = 1) -> list[UUID]:
    return [UUID(int=number) for number in range(first, first + count)]


@dataclass
class Store:
    """DueStore over numbers: workspaces 1 to `due` are due, those and `others` are known."""

    due: int = 0
    clock: datetime = NOW
    others: Set[UUID] = frozenset()
    large: Set[UUID] = frozenset()
    asked: list[tuple[UUID | None, int]] = field(default_factory=list)
    marked: list[Sequence[UUID]] = field(default_factory=list)
    marked_since: set[datetime] = field(default_factory=set)
    scheduled: bool = False
    outbound: bool = False
    asked_for_health: list[datetime] = field(default_factory=list)
    told_late: list[datetime] = field(default_factory=list)

    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        self.asked.append((after, limit))
        first = after.int + 1 if after is not None else 1
        return self._due(workspaces(min(limit, self.due - first + 1), first))

    def _due(self, ws_ids: Sequence[UUID]) -> list[DueWorkspace]:
        return [DueWorkspace(ws_id, "large" if ws_id in self.large else "standard") for ws_id in ws_ids]

    def due_for_schedule(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        self.scheduled = True
        return self.due_for_sync(after, limit)

    def due_for_outbound(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        self.outbound = True
        return self.due_for_sync(after, limit)

    def due_for_replan(self, after: UUID | None, limit: int) -> Sequence[tuple[DueWorkspace, str]]:
        return [(due, f"plan {due.ws_id.int}") for due in self.due_for_sync(after, limit)]

    def now(self) -> datetime:
        return self.clock

    def known(self, ws_ids: Sequence[UUID]) -> Sequence[DueWorkspace]:
        assert len(ws_ids) <= PAGE
        return self._due([ws_id for ws_id in ws_ids if ws_id.int <= self.due or ws_id in self.others])

    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        self.marked.append(ws_ids)
        self.marked_since.add(since)

    def roll_up_runs(self) -> int:
        return 0

    def tell_late(self, now: datetime) -> int:
        self.told_late.append(now)
        return 0

    def channel_states(self) -> ChannelStates | None:
        return None

    def sync_health(self, now: datetime) -> SyncHealth:
        self.asked_for_health.append(now)
        return SyncHealth(workspaces_behind=3, connections_in_error=5, budgets_half_used=0)


@dataclass
class Queue:
    """JobQueue that keeps what it takes, page by page; it refuses the workspaces in `refused`."""

    refused: Set[UUID] = frozenset()
    pages: list[list[OutgoingJob]] = field(default_factory=list)

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        self.pages.append([entry for entry in envelopes if entry.job.ws_id not in self.refused])
        lost = [entry.job.ws_id for entry in envelopes if entry.job.ws_id in self.refused]
        return [FailedSend(ws_id, "InternalError") for ws_id in lost]

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        raise AssertionError("an orchestrator has received nothing")

    @property
    def sent(self) -> list[OutgoingJob]:
        return [entry for page in self.pages for entry in page]


def dispatch(store: Store, queue: Queue, clock: Callable[[], datetime] = lambda: NOW) -> Dispatch:
    return Dispatch(store, queue, clock)


def listed(*ws_ids: UUID, request_id: str | None = "r-1") -> Tick:
    return Tick(
        job="calendar.sync",
        request_id=request_id,
        workspaces=tuple(BulkTarget(ws_id=ws_id, user_id="ada") for ws_id in ws_ids),
    )


class TestTick:
    @pytest.mark.parametrize(
        "tick",
        [
            SYNC,
            Tick(job="calendar.sync", direction="outbound"),
            Tick(job="calendar.schedule"),
            Tick(job="calendar.schedule", due="changed"),
            listed(*workspaces(3)),
        ],
    )
    def test_who_is_known_to_be_large_goes_to_the_larger_function_at_once(self, tick: Tick) -> None:
        queue = Queue()

        dispatch(Store(3, large={UUID(int=2)}), queue)(tick)

        assert [entry.job.machine for entry in queue.sent] == ["standard", "large", "standard"]

    def test_it_is_the_databases_clock_that_tells_what_has_begun_since(self) -> None:
        """One ahead of it would mark a workspace as waiting whose run has begun and ended already."""
        store = Store(1, clock=NOW - timedelta(seconds=3))

        dispatch(store, Queue())(SYNC)

        assert store.marked_since == {NOW - timedelta(seconds=3)}

    @pytest.mark.parametrize(
        "tick", [Tick(job="calendar.sync", request_id="r"), Tick(job="calendar.schedule", request_id="r")]
    )
    def test_an_invocation_that_is_tried_again_sends_the_same_messages(self, tick: Tick) -> None:
        queue, times = Queue(), iter([NOW, NOW + timedelta(minutes=1)])
        for _ in range(2):
            dispatch(Store(3), queue, lambda: next(times))(tick)

        assert len({deduplication_id(entry.job, entry.reason) for entry in queue.sent}) == 3

    def test_what_has_changed_is_asked_for_once_until_it_is_planned(self) -> None:
        queue, changed = Queue(), Tick(job="calendar.schedule", due="changed")
        for _ in range(2):
            dispatch(Store(2), queue)(changed)

        assert {entry.job.source for entry in queue.sent} == {"sync"}
        assert len({deduplication_id(entry.job, entry.reason) for entry in queue.sent}) == 2

    @pytest.mark.parametrize(
        "due",
        [
            0,
            1,
            PAGE - 1,
            PAGE,
            PAGE + 1,
            2 * PAGE,
            2 * PAGE + 7,
        ],
    )
    def test_every_due_workspace_gets_one_job_whatever_the_pages(self, due: int) -> None:
        store, queue = Store(due), Queue()

        report = dispatch(store, queue)(SYNC)

        assert [entry.job.ws_id for entry in queue.sent] == workspaces(due)
        assert (report.enqueued, report.failed, report.results) == (due, 0, [])

    def test_pages_follow_the_key_of_the_page_before(self) -> None:
        store = Store(2 * PAGE + 7)

        dispatch(store, Queue())(SYNC)

        assert store.asked == [
            (None, PAGE),
            (UUID(int=PAGE), PAGE),
            (UUID(int=2 * PAGE), PAGE),
        ]

    def test_a_job_says_that_a_schedule_asked_and_when(self) -> None:
        queue = Queue()

        dispatch(Store(1), queue)(Tick(job="calendar.sync", mode="incremental"))

        job = queue.sent[0].job
        assert job == CalendarSync(
            ws_id=UUID(int=1),
            mode="incremental",
            source="schedule",
            direction="both",
            requested_at=NOW,
            request_id=job.request_id,
        )

    @pytest.mark.parametrize("kind", ["calendar.sync", "calendar.schedule"])
    def test_every_job_has_a_request_id_of_its_own(self, kind: str) -> None:
        queue = Queue()
        for now in (NOW, NOW.replace(microsecond=1)):
            dispatch(Store(3), queue, lambda now=now: now)(Tick(job=kind))
            asked = tuple(BulkTarget(ws_id=ws_id) for ws_id in workspaces(3))
            dispatch(Store(3), queue, lambda now=now: now)(Tick(job=kind, workspaces=asked))

        ids = [str(UUID(entry.job.request_id)) for entry in queue.sent]
        assert len(set(ids)) == len(ids) == 12

    def test_planning_has_its_own_due_list_and_no_queue_marks(self) -> None:
        store, queue = Store(2), Queue()

        report = dispatch(store, queue)(Tick(job="calendar.schedule"))

        assert store.scheduled
        assert {type(entry.job) for entry in queue.sent} == {CalendarSchedule}
        assert {entry.job.source for entry in queue.sent} == {"schedule"}
        assert (report.job, store.marked) == ("calendar.schedule", [])

    def test_every_tick_has_messages_of_its_own(self) -> None:
        """Else the queue would drop the second tick's message as known, and its workspace stay marked as queued."""
        queue = Queue()
        for now in (NOW, NOW.replace(microsecond=1)):
            dispatch(Store(1), queue, lambda now=now: now)(SYNC)

        first, second = (deduplication_id(entry.job, entry.reason) for entry in queue.sent)
        assert first != second

    def test_only_what_was_sent_is_marked_and_since_the_tick_began(self) -> None:
        refused = {UUID(int=3), UUID(int=PAGE + 2)}
        store, queue = Store(PAGE + 5), Queue(refused)
        moments = iter([NOW, NOW.replace(hour=13)])

        with pytest.raises(DispatchFailed):
            dispatch(store, queue, lambda: next(moments))(SYNC)

        assert [len(page) for page in store.marked] == [PAGE - 1, 4]
        assert {ws_id for page in store.marked for ws_id in page} == set(workspaces(PAGE + 5)) - refused
        assert store.marked_since == {NOW}

    def test_failures_are_named_and_raised_only_after_all_pages(self) -> None:
        store, queue = Store(2 * PAGE), Queue({UUID(int=3)})

        with pytest.raises(DispatchFailed, match=f"^1 of {2 * PAGE} jobs could not be sent$") as raised:
            dispatch(store, queue)(SYNC)

        assert raised.value.report.as_dict() == {
            "job": "calendar.sync",
            "enqueued": 2 * PAGE - 1,
            "unknown": 0,
            "failed": 1,
            "results": [{"ws_id": str(UUID(int=3)), "status": "failed", "error": "InternalError"}],
        }
        assert len(queue.sent) == 2 * PAGE - 1

    def test_an_outage_of_the_queue_names_some_and_counts_all(self) -> None:
        with pytest.raises(DispatchFailed) as raised:
            dispatch(Store(3 * PAGE), Queue(set(workspaces(3 * PAGE))))(SYNC)

        assert raised.value.report.failed == 3 * PAGE
        assert len(raised.value.report.results) == FAILURES_NAMED

    def test_a_database_that_goes_away_keeps_what_was_sent_marked(self) -> None:
        class Failing(Store):
            def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
                if after is not None:
                    raise DatabaseUnavailable("the database connection broke")
                return super().due_for_sync(after, limit)

        store = Failing(2 * PAGE)

        with pytest.raises(DatabaseUnavailable):
            dispatch(store, Queue())(SYNC)

        assert store.marked == [workspaces(PAGE)]

    def test_nothing_is_kept_per_workspace(self) -> None:
        held: list[int] = []

        class Forgetful(Queue):
            def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
                return []

        class Unmarked(Store):
            def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
                return

        gc.freeze()  # what the suite's other tests hold need not be looked through after each send
        tracemalloc.start()
        try:
            report = dispatch(Unmarked(12 * PAGE), Forgetful())(SYNC)
        finally:
            tracemalloc.stop()
            gc.unfreeze()

        assert report.enqueued == 12 * PAGE
        assert held[-1] - held[1] < 10 * PAGE * 8, "not even a pointer a workspace"


class TestHealth:
    def test_a_tick_of_syncs_tells_who_is_behind_even_if_jobs_could_not_be_sent(self) -> None:
        store = Store(2)

        with pytest.raises(DispatchFailed) as raised:
            dispatch(store, Queue({UUID(int=1)}))(SYNC)

        assert raised.value.report.health == SyncHealth(3, 5, 0)
        assert store.asked_for_health == [NOW]

    @pytest.mark.parametrize(
        "tick",
        [Tick(job="calendar.schedule"), Tick(job="calendar.sync", direction="outbound"), listed(UUID(int=1))],
    )
    def test_others_do_not_ask(self, tick: Tick) -> None:
        store = Store(1)

        assert dispatch(store, Queue())(tick).health is None
        assert store.asked_for_health == []


class TestExplicitList:
    def test_each_is_reported_in_order_and_asked_for_in_its_users_name(self) -> None:
        store, queue = Store(due=3), Queue()

        report = dispatch(store, queue)(listed(UUID(int=3), UUID(int=1)))

        assert report.results == [
            {"ws_id": str(UUID(int=3)), "status": "enqueued"},
            {"ws_id": str(UUID(int=1)), "status": "enqueued"},
        ]
        assert queue.sent[0].job == CalendarSync(
            ws_id=UUID(int=3), source="batch", user_id="ada", request_id="r-1", requested_at=NOW
        )

    def test_unknown_workspaces_are_reported_and_the_others_sent(self) -> None:
        store, queue = Store(due=2), Queue({UUID(int=2)})

        with pytest.raises(DispatchFailed) as raised:
            dispatch(store, queue)(listed(UUID(int=1), UUID(int=2), UUID(int=99)))

        report = raised.value.report
        assert [(row["status"], row.get("error")) for row in report.results] == [
            ("enqueued", None),
            ("failed", "InternalError"),
            ("failed", "unknown workspace"),
        ]
        assert (report.enqueued, report.failed, report.unknown) == (1, 1, 1)
        assert [entry.job.ws_id for entry in queue.sent] == [UUID(int=1)]

    def test_every_failure_of_a_long_list_is_named(self) -> None:
        asked = workspaces(2 * PAGE + 1)

        report = dispatch(Store(due=0), Queue())(listed(*asked))

        assert [row["ws_id"] for row in report.results] == [str(ws_id) for ws_id in asked]
        assert (report.failed, report.unknown) == (0, len(asked)), "a wrong list is no failure of ours"

    def test_a_workspace_named_twice_gets_one_job(self) -> None:
        queue = Queue()

        report = dispatch(Store(due=2), queue)(listed(UUID(int=1), UUID(int=2), UUID(int=1)))

        assert len(queue.sent) == report.enqueued == len(report.results) == 2

    def test_a_workspace_named_on_two_pages_is_one_message_for_the_queue(self) -> None:
        queue = Queue()

        dispatch(Store(due=PAGE), queue)(listed(*workspaces(PAGE), UUID(int=1)))

        twice = [entry for entry in queue.sent if entry.job.ws_id == UUID(int=1)]
        assert len({deduplication_id(entry.job, entry.reason) for entry in twice}) == 1

    def test_a_request_sent_again_is_one_message_and_two_requests_are_two(self) -> None:
        queue = Queue()
        for request_id in ("r-1", "r-1", "r-2"):
            dispatch(Store(due=1), queue)(listed(UUID(int=1), request_id=request_id))

        ids = [deduplication_id(entry.job, entry.reason) for entry in queue.sent]
        assert ids[0] == ids[1] != ids[2]

    def test_a_bulk_request_leaves_no_mark_of_a_schedule(self) -> None:
        store = Store(due=1)

        dispatch(store, Queue())(listed(UUID(int=1)))

        assert store.marked == []


def test_the_log_counts_and_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    dispatch(Store(due=3), Queue())(SYNC)

    (line,) = caplog.records
    assert (line.__dict__["enqueued"], line.__dict__["failed"]) == (3, 0)
    assert "00000000-0000" not in repr(line.__dict__)
