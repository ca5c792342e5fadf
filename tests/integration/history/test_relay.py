"""The relay: everything onto the bus once or more, in order, whatever is refused; and lanes woken by the clock."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.history.publish import PostgresPublishing
from almanac.adapters.postgres.history.store import PostgresHistory
from almanac.errors import BadSettings, CursorExpired, QueueUnavailable
from almanac.jobs import CalendarSync
from almanac.services.events_out import relay
from almanac.services.events_out.nudge import Nudge, nudging
from almanac.services.events_out.ports import Lane
from almanac.services.events_out.relay import CHANGES_AT_ONCE, WORKSPACES_AT_ONCE, Relay
from almanac.services.history.read import History
from tests.integration import rows
from tests.integration.history.changing import Changing
from tests.integration.rows import NOON

pytestmark = pytest.mark.integration

PENDING = (
    "INSERT INTO webhook_deliveries"
    " (id, endpoint_id, ws_id, from_version, to_version, more, replayed, next_attempt_at)"
    " VALUES (gen_random_uuid(), :id, :ws, 1, 1, false, false, now() {} interval '1 hour')"
)


class Bus:
    """EventBus that takes all but what it is told to refuse, by CloudEvents id."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.refused: set[str] = set()

    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        taken = [event["id"] not in self.refused for event in events]
        self.events += [event for event, ok in zip(events, taken, strict=True) if ok]
        return taken

    def versions(self, ws_id: UUID) -> list[int]:
        return [event["data"]["version"] for event in self.events if event["data"].get("ws_id") == str(ws_id)]


class Queue:
    """LaneQueue that keeps what it was asked to wake."""

    def __init__(self) -> None:
        self.woken: list[Lane] = []

    def send(self, lanes: Sequence[Lane], delay_seconds: int = 0) -> None:
        self.woken += lanes


class Publishing(Changing):
    def __init__(self, database: Database) -> None:
        self.database = database
        self.bus, self.queue = Bus(), Queue()
        self.store = PostgresPublishing(database)
        self.ws_id = rows.workspace(database)

    def relay(self, *, bus: bool = True) -> Any:
        relay = Relay(self.store, self.store, self.bus if bus else None, self.queue, "almanac", lambda: NOON)
        return relay(lambda: 300.0)

    def published(self, ws_id: UUID | None = None) -> int:
        sql = "SELECT published FROM workspace_history_heads WHERE ws_id = :ws AND claimed_until IS NULL"
        return int(self.database.run(sql, ws=ws_id or self.ws_id)[0][0])

    def later(self) -> None:
        """As if a minute had passed."""
        self.database.run("UPDATE workspace_history_heads SET claimed_until = NULL WHERE claimed_until IS NOT NULL")

    def endpoint(self, ws_id: UUID | None, **columns: Any) -> UUID:
        found = {"status": "active", "disabled_reason": None, **columns}
        endpoint: UUID = self.database.run(
            "INSERT INTO webhook_endpoints (ws_id, url, secret, status, disabled_reason, answered_at)"
            " VALUES (:ws, 'https://example.com/', 'gAAAA', :status, :disabled_reason, now()) RETURNING id",
            ws=ws_id,
            **found,
        )[0][0]
        return endpoint


@pytest.fixture
def publishing(database: Database) -> Publishing:
    return Publishing(database)


class TestBus:
    def test_a_change_is_an_envelope_of_ids(self, publishing: Publishing) -> None:
        publishing.event()
        publishing.database.run("UPDATE workspace_calendar_events SET title = 'Other', locked = true")

        report = publishing.relay()

        created, updated = publishing.bus.events
        assert report.as_dict() == {"job": "calendar.relay", "published": 2, "refused": 0, "lanes": 0}
        subject = str(publishing.database.run("SELECT id FROM workspace_calendar_events")[0][0])
        assert (created["id"], created["type"], created["subject"]) == (
            f"{publishing.ws_id}/1",
            "event.created",
            subject,
        )
        assert updated["data"] == {
            "ws_id": str(publishing.ws_id),
            "version": 2,
            "origin": "app",
            "changed": ["locked", "title"],
        }
        assert "Secret" not in str(publishing.bus.events)
        assert publishing.published() == 2
        assert publishing.relay().published == 0

    def test_many_workspaces_and_many_changes_in_order(self, publishing: Publishing) -> None:
        others = [rows.workspace(publishing.database) for _ in range(3)]
        for ws_id in others:
            publishing.event(5, ws_id)
        publishing.event(2 * CHANGES_AT_ONCE + 7)

        publishing.relay()

        assert publishing.bus.versions(publishing.ws_id) == list(range(1, 2 * CHANGES_AT_ONCE + 8))
        assert [publishing.bus.versions(each) for each in others] == [[1, 2, 3, 4, 5]] * 3

    def test_what_is_refused_comes_again_with_what_followed_it(self, publishing: Publishing) -> None:
        other = rows.workspace(publishing.database)
        publishing.event(5)
        publishing.event(2, other)
        publishing.bus.refused = {f"{publishing.ws_id}/3"}

        report = publishing.relay()
        publishing.later()
        stands = publishing.published(), publishing.published(other)
        publishing.bus.refused = set()
        publishing.relay()

        assert (report.published, report.refused) == (6, 1)
        assert stands == (2, 2)
        assert publishing.bus.versions(publishing.ws_id) == [1, 2, 4, 5, 3, 4, 5]
        assert publishing.bus.versions(other) == [1, 2]

    def test_one_workspaces_refusals_hold_up_no_other_and_a_bus_that_is_down_is_left_alone(
        self, publishing: Publishing
    ) -> None:
        others = [rows.workspace(publishing.database) for _ in range(2 * WORKSPACES_AT_ONCE)]
        for ws_id in (publishing.ws_id, *others):
            publishing.event(1, ws_id)
        publishing.bus.refused = {f"{publishing.ws_id}/1"}
        report = publishing.relay()
        publishing.later()
        publishing.bus.refused = {f"{ws_id}/2" for ws_id in others} | {f"{publishing.ws_id}/1"}
        for ws_id in others:
            publishing.event(1, ws_id)
        down = publishing.relay()

        assert (report.published, report.refused) == (len(others), 1)
        assert (down.published, down.refused) == (0, WORKSPACES_AT_ONCE)

    def test_a_relay_that_dies_before_its_note_publishes_again_under_equal_ids(self, publishing: Publishing) -> None:
        publishing.event(2)
        claimed = publishing.store.claim(10, 10, 120)
        publishing.bus.put([{"id": f"{publishing.ws_id}/{c.version}", "data": {}} for c in claimed[0].changes])
        assert publishing.relay().published == 0  # it is still claimed

        publishing.database.run("UPDATE workspace_history_heads SET claimed_until = now()")
        publishing.relay()

        ids = [event["id"] for event in publishing.bus.events]
        assert ids == [f"{publishing.ws_id}/{version}" for version in (1, 2, 1, 2)]

    def test_a_first_reading_is_told_as_one(self, publishing: Publishing) -> None:
        publishing.first_reading(300)

        assert publishing.relay().published == 1
        assert publishing.bus.events[0]["data"]["count"] == 300
        assert publishing.published() == 301

    def test_without_a_bus_everything_counts_as_published(self, publishing: Publishing) -> None:
        publishing.event(3)

        assert publishing.relay(bus=False).published == 0
        assert publishing.published() == 3

    def test_a_disabled_endpoint_is_told_until_it_is_taken(self, publishing: Publishing) -> None:
        endpoint = publishing.endpoint(None, status="disabled", disabled_reason="gone")
        publishing.bus.refused = {f"{endpoint}/disabled/{int(NOON.timestamp())}"}
        publishing.relay()
        publishing.bus.refused = set()
        publishing.relay()
        publishing.relay()

        (event,) = publishing.bus.events
        assert (event["type"], event["data"]) == ("webhook.disabled", {"endpoint_id": str(endpoint), "reason": "gone"})


class Nudged:
    """NudgeQueue that keeps what it was sent, or cannot be reached."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.sent: list[UUID] = []

    def send(self, ws_id: UUID) -> None:
        if self.down:
            raise QueueUnavailable("the relay could not be woken")
        self.sent.append(ws_id)


class TestNudges:
    def test_a_run_that_changed_something_wakes_the_relay_and_one_that_did_not_does_not(
        self, publishing: Publishing
    ) -> None:
        queue, job = Nudged(), CalendarSync(ws_id=publishing.ws_id)
        writes = nudging(lambda _job: publishing.event(3), Nudge(publishing.store, lambda: queue))
        writes_nothing = nudging(lambda _job: "report", Nudge(publishing.store, lambda: queue))

        assert writes_nothing(job) == "report"
        writes(job)
        writes_nothing(job)

        assert queue.sent == [publishing.ws_id]

    def test_a_nudge_that_fails_fails_no_run_and_the_minute_brings_it(
        self, publishing: Publishing, caplog: pytest.LogCaptureFixture
    ) -> None:
        def nowhere() -> Nudged:
            raise BadSettings("AWS_DEFAULT_REGION", "missing")

        publishing.event()
        Nudge(publishing.store, lambda: Nudged(down=True))(publishing.ws_id)
        publishing.event()
        Nudge(publishing.store, nowhere)(publishing.ws_id)

        assert caplog.text.count("the relay was not woken") == 2
        assert publishing.relay().published == 2

    def test_a_relay_that_is_nudged_looks_at_that_workspace_alone(self, publishing: Publishing) -> None:
        other = rows.workspace(publishing.database)
        publishing.event(2)
        publishing.event(1, other)
        mine = publishing.endpoint(publishing.ws_id)
        publishing.endpoint(other)
        relay = Relay(publishing.store, publishing.store, publishing.bus, publishing.queue, "almanac", lambda: NOON)

        report = relay.nudged([publishing.ws_id], lambda: 300.0)

        assert (report.published, report.lanes) == (2, 1)
        assert publishing.queue.woken == [Lane(mine, publishing.ws_id)]
        assert publishing.published(other) == 0

    def test_a_queue_that_is_away_keeps_nothing_from_the_bus(self, publishing: Publishing) -> None:
        def away(_lanes: Sequence[Lane], _delay: int = 0) -> None:
            raise QueueUnavailable("a lane could not be woken")

        publishing.queue.send = away  # type: ignore[method-assign]
        publishing.endpoint(publishing.ws_id)
        publishing.event(2)

        with pytest.raises(QueueUnavailable):
            publishing.relay()
        assert publishing.bus.versions(publishing.ws_id) == [1, 2]


class TestEpochs:
    def test_a_dump_in_another_server_begins_an_epoch_and_whoever_follows_is_told(self, publishing: Publishing) -> None:
        """Its feed holds transactions that this server has yet to begin."""
        publishing.event(2)
        publishing.relay()
        publishing.database.run("UPDATE workspace_history_feed SET tx = '9000000000'")
        publishing.relay()
        publishing.event()
        publishing.relay()

        told = [(event["id"], event["type"], event["data"].get("epoch")) for event in publishing.bus.events[2:]]
        assert told == [
            (f"{publishing.ws_id}/3/1", "workspace.restored", 1),
            (f"{publishing.ws_id}/4/1", "event.created", 1),
        ]
        assert publishing.store.notice_restore() is None  # it is told once

    def test_a_fleet_cursor_of_an_earlier_epoch_is_refused(self, publishing: Publishing) -> None:
        publishing.event(2)
        history = History(PostgresHistory(publishing.database))
        before = history.fleet(None, None)
        publishing.database.run("SELECT almanac_begin_epoch()")

        with pytest.raises(CursorExpired):
            history.fleet(before.next, None, epoch=before.epoch)

        after = history.fleet(None, None)
        assert (before.epoch, after.epoch) == (0, 1)
        assert [change.kind for _, change in after.items] == ["event.created", "event.created", "workspace.restored"]


class TestLanes:
    def test_lanes_with_something_new_are_woken(self, publishing: Publishing) -> None:
        other = rows.workspace(publishing.database)
        publishing.event()
        publishing.event(1, other)
        one, everything = publishing.endpoint(publishing.ws_id), publishing.endpoint(None)
        publishing.endpoint(None, status="paused")

        publishing.relay(bus=False)

        woken = {(lane.endpoint_id, lane.ws_id) for lane in publishing.queue.woken}
        assert woken == {(one, publishing.ws_id), (everything, publishing.ws_id), (everything, other)}

    @pytest.mark.parametrize(
        "now", ["answered_at = NULL", "retry_at = now()", "answered_at = now() - interval '1 hour'"]
    )
    def test_of_an_endpoint_that_one_worker_has_to_try_first_one_lane_is_woken(
        self, publishing: Publishing, now: str
    ) -> None:
        publishing.event()
        publishing.event(1, rows.workspace(publishing.database))
        publishing.endpoint(None)
        publishing.database.run(f"UPDATE webhook_endpoints SET {now}")

        assert publishing.relay(bus=False).lanes == 1

    def test_waking_ends_before_the_time_does_and_the_next_minute_goes_on(
        self, publishing: Publishing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay, "LANES_A_STEP", 2)
        publishing.event()
        for _ in range(5):
            publishing.endpoint(publishing.ws_id)
        left = iter((300.0, 300.0, 0.0, 0.0))

        report = Relay(publishing.store, publishing.store, None, publishing.queue, "almanac", lambda: NOON)(
            lambda: next(left)
        )

        assert report.lanes == len(publishing.queue.woken) == 4

    @pytest.mark.parametrize(
        ("statement", "woken"),
        [
            ("INSERT INTO webhook_cursors VALUES (:id, :ws, 1)", False),
            ("INSERT INTO webhook_cursors VALUES (:id, :ws, 0, 0, now() + interval '1 minute')", False),
            ("INSERT INTO webhook_cursors VALUES (:id, :ws, 0, 0, now() - interval '1 second')", True),
            (
                "UPDATE webhook_endpoints SET retry_at = now() + interval '1 minute' WHERE (id, ws_id) = (:id, :ws)",
                False,
            ),
            (PENDING.format("+"), False),
            (PENDING.format("-"), True),
        ],
    )
    def test_a_lane_waits_for_its_time(self, publishing: Publishing, statement: str, woken: bool) -> None:
        publishing.event()
        endpoint = publishing.endpoint(publishing.ws_id)
        publishing.database.run(statement, id=endpoint, ws=publishing.ws_id)

        publishing.relay(bus=False)

        assert bool(publishing.queue.woken) is woken
