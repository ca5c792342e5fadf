"""Webhooks from a change to a subscriber's own server: ranges, signatures, repetitions, giving up, replay."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.history.store import PostgresHistory
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.domain.delivery.signature import signature
from almanac.errors import BadInput, CursorExpired, UnknownWorkspace
from almanac.services.events_out.deliver import DeliverLane, DeliverReport
from almanac.services.events_out.ports import Answer, Lane, WebhookSender
from almanac.wiring.deliver import DeliverWiring
from tests.cli.shell import Shell
from tests.integration import rows
from tests.integration.history.changing import Changing, wait_for_a_waiting_session
from tests.integration.history.endpoint import Subscriber, listening

pytestmark = pytest.mark.integration


class Queue:
    """LaneQueue that keeps what it was asked to wake."""

    def __init__(self) -> None:
        self.woken: list[tuple[Lane, int]] = []

    def send(self, lanes: Any, delay_seconds: int = 0) -> None:
        self.woken += [(lane, delay_seconds) for lane in lanes]


class Told(Changing):
    """A workspace, a subscriber of it, and the real use cases between them."""

    def __init__(self, database_url: str, subscriber: Subscriber) -> None:
        self.environment = {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_WEBHOOK_KEYS": Fernet.generate_key().decode(),
            "ALMANAC_WEBHOOK_ALLOW_LOCAL": "true",
        }
        self.wiring = DeliverWiring(self.environment)
        self.database = self.wiring.database
        self.subscriber = subscriber
        self.ws_id = rows.workspace(self.database)
        self.event()  # before anybody listens
        self.id, self.secret = self.wiring.webhooks.add(f"{subscriber.url}/hook", self.ws_id)
        self.queue = Queue()
        self.now = datetime.now(UTC)

    def deliver(
        self, ws_id: UUID | None = None, endpoint_id: UUID | None = None, sender: WebhookSender | None = None
    ) -> DeliverReport:
        lane = self.wiring.deliver_lane
        use_case: DeliverLane = replace(
            lane, queue=self.queue, chance=lambda: 0.5, sender=sender or lane.sender, clock=lambda: self.now
        )
        return use_case(Lane(endpoint_id or self.id, ws_id or self.ws_id), lambda: 300.0)

    def later(self, seconds: float) -> None:
        """As if time had passed: for the use case and in the rows."""
        self.now += timedelta(seconds=seconds)
        for table, column in (
            *(("webhook_endpoints", each) for each in ("retry_at", "failing_since", "answered_at")),
            *(("webhook_deliveries", "next_attempt_at"), ("webhook_cursors", "claimed_until")),
        ):
            sql = f"UPDATE {table} SET {column} = {column} - :seconds * interval '1 second'"
            self.database.run(sql, seconds=seconds)

    def repeat(self) -> DeliverReport:
        """As if the time of the repetition had come."""
        self.database.run("UPDATE webhook_deliveries SET next_attempt_at = now()")
        self.database.run("UPDATE webhook_endpoints SET retry_at = NULL")
        return self.deliver()

    def cursor(self) -> int:
        return int(self.database.run("SELECT version FROM webhook_cursors WHERE endpoint_id = :id", id=self.id)[0][0])

    def status(self) -> tuple[str, str | None]:
        found = self.wiring.webhooks.one(self.id)
        return found.status, found.disabled_reason

    def deliveries(self) -> list[Any]:
        columns = "from_version, to_version, status, attempts"
        sql = f"SELECT {columns} FROM webhook_deliveries ORDER BY created_at, from_version"
        return [tuple(row) for row in self.database.run(sql)]


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with listening() as subscriber:
        yield subscriber


@pytest.fixture
def told(database_url: str, subscriber: Subscriber) -> Iterator[Told]:
    told = Told(database_url, subscriber)
    yield told
    told.wiring.close()


class TestDelivery:
    def test_a_new_endpoint_hears_what_happens_from_now_on(self, told: Told) -> None:
        told.event(2)

        report = told.deliver()

        (request,) = told.subscriber.received
        assert (report.delivered, report.failed) == (1, 0)
        assert request.json["type"] == "workspace.changed"
        data = request.json["data"]
        assert (data["ws_id"], data["from"], data["to"], data["more"]) == (str(told.ws_id), 2, 3, False)
        assert [(each["version"], each["kind"]) for each in data["changes"]] == [
            (2, "event.created"),
            (3, "event.created"),
        ]
        assert "replayed" not in data
        assert b"Secret title" not in request.body
        assert told.deliver().delivered == 0

    def test_it_is_signed(self, told: Told) -> None:
        told.event()
        told.deliver()

        (request,) = told.subscriber.received
        delivery_id, timestamp = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        assert request.headers["webhook-signature"] == signature(told.secret, delivery_id, timestamp, request.body)
        assert abs(datetime.now(UTC).timestamp() - timestamp) < 60

    def test_both_secrets_are_good_while_one_rotates(self, told: Told) -> None:
        new = told.wiring.webhooks.rotate(told.id)
        told.event()
        told.deliver()
        told.database.run("UPDATE webhook_endpoints SET old_until = now()")
        told.event()
        told.deliver()

        first, second = told.subscriber.received
        signed = [
            signature(secret, first.headers["webhook-id"], int(first.headers["webhook-timestamp"]), first.body)
            for secret in (new, told.secret)
        ]
        assert first.headers["webhook-signature"].split() == signed
        assert len(second.headers["webhook-signature"].split()) == 1

    def test_many_changes_are_ranges_in_order_without_a_gap(self, told: Told) -> None:
        told.event(250)

        report = told.deliver()

        spans = [(each.json["data"]["from"], each.json["data"]["to"]) for each in told.subscriber.received]
        assert told.subscriber.versions == list(range(2, 252))
        assert spans[0][0] == 2
        assert all(before[1] + 1 == after[0] for before, after in pairwise(spans))
        assert [each.json["data"]["more"] for each in told.subscriber.received] == [True] * (len(spans) - 1) + [False]
        assert all(len(each.body) <= 20_000 for each in told.subscriber.received)
        assert report.delivered == len(spans)

    def test_events_of_a_first_reading_are_told_as_one(self, told: Told) -> None:
        told.first_reading(500)

        told.deliver()

        (request,) = told.subscriber.received
        (change,) = request.json["data"]["changes"]
        assert (change["kind"], change["count"], change["version"]) == ("calendar.imported", 500, 502)
        listed = PostgresHistory(told.database).changes(told.ws_id, 1, 1000)
        assert [each.kind for each in listed] == ["event.created"] * 500 + ["calendar.imported"]

    def test_kinds_that_nobody_asked_for_are_passed_by(self, told: Told) -> None:
        picky, _ = told.wiring.webhooks.add(f"{told.subscriber.url}/picky", told.ws_id, ["event.deleted"])
        told.event(3)

        assert told.deliver(endpoint_id=picky).delivered == 0
        told.database.run("DELETE FROM workspace_calendar_events")
        told.deliver(endpoint_id=picky)

        (request,) = told.subscriber.received
        assert {each["kind"] for each in request.json["data"]["changes"]} == {"event.deleted"}
        assert request.json["data"]["from"] == 5

    def test_an_endpoint_of_all_workspaces_hears_of_new_ones_from_the_start(self, told: Told) -> None:
        everything, _ = told.wiring.webhooks.add(f"{told.subscriber.url}/all", None)
        new = rows.workspace(told.database)
        told.event(2, new)

        told.deliver(new, everything)

        assert told.subscriber.versions == [1, 2]


class TestFailing:
    def test_a_repetition_has_the_same_id_and_content_and_the_next_range_waits(self, told: Told) -> None:
        told.subscriber.status = 500
        told.event()
        failed = told.deliver()
        told.event()
        waiting = told.deliver()
        told.subscriber.status = 200
        told.repeat()

        first, again, following = told.subscriber.received
        assert (failed.failed, failed.error_type, waiting.failed) == (1, "refused", 0)
        assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
        assert [each.json["data"]["from"] for each in (again, following)] == [2, 3]
        assert told.queue.woken[0] == (Lane(told.id, told.ws_id), 6)
        assert told.deliveries() == [(2, 2, "delivered", 2), (3, 3, "delivered", 1)]
        attempts = told.database.run("SELECT n, status_code, error_type FROM webhook_attempts ORDER BY at")
        assert [list(each) for each in attempts] == [[1, 500, "refused"], [2, 200, None], [1, 200, None]]

    def test_another_workspaces_lane_goes_on(self, told: Told) -> None:
        everything, _ = told.wiring.webhooks.add(f"{told.subscriber.url}/all", None)
        other = rows.workspace(told.database)
        told.event()
        told.event(1, other)
        told.subscriber.status = 500
        told.deliver(told.ws_id, everything)
        told.subscriber.status = 200

        assert told.deliver(other, everything).delivered == 1

    @pytest.mark.parametrize("status", [429, 502, 504])
    def test_an_endpoint_that_asks_to_slow_down_is_left_alone_in_all_lanes(self, told: Told, status: int) -> None:
        everything, _ = told.wiring.webhooks.add(f"{told.subscriber.url}/all", None)
        other = rows.workspace(told.database)
        told.event()
        told.event(1, other)
        told.subscriber.status = status
        told.subscriber.headers = {"retry-after": "120"}

        told.deliver(told.ws_id, everything)

        assert told.deliver(other, everything) == DeliverReport(everything, other)
        assert len(told.subscriber.received) == 1
        assert told.queue.woken == [(Lane(everything, told.ws_id), 121)]

    def test_one_that_is_gone_is_disabled_at_once_and_goes_on_when_enabled(self, told: Told) -> None:
        told.subscriber.status = 410
        told.event()
        report = told.deliver()
        told.event()

        assert report.disabled == "gone"
        assert told.status() == ("disabled", "gone")
        assert told.deliveries() == [(2, 2, "given_up", 1)]
        assert told.deliver().delivered == 0
        told.subscriber.status = 200
        told.wiring.webhooks.set_status(told.id, "active")
        told.deliver()
        assert told.subscriber.versions == [2, 2, 3]

    def test_one_that_takes_nothing_for_three_days_is_disabled(self, told: Told) -> None:
        told.subscriber.status = 503
        told.event()
        for _ in range(9):
            told.repeat()
        assert told.status() == ("active", None)
        told.database.run("UPDATE webhook_endpoints SET failing_since = now() - interval '73 hours'")

        told.repeat()

        assert told.status() == ("disabled", "failing")

    def test_a_success_forgets_earlier_failures(self, told: Told) -> None:
        told.subscriber.status = 500
        told.event()
        told.deliver()
        told.subscriber.status = 200
        told.repeat()

        found = told.wiring.webhooks.one(told.id)
        assert (found.failures, found.failing_since) == (0, None)

    def test_a_pause_sends_nothing(self, told: Told) -> None:
        told.event()
        told.wiring.webhooks.set_status(told.id, "paused")

        assert told.deliver().delivered == 0
        told.wiring.webhooks.set_status(told.id, "active")
        assert told.deliver().delivered == 1

    def test_two_workers_do_not_share_a_lane(self, told: Told) -> None:
        told.event()
        held = told.wiring.deliver_lane.store.claim(Lane(told.id, told.ws_id), 60)

        assert held is not None
        assert told.deliver().delivered == 0
        told.database.run("UPDATE webhook_cursors SET claimed_until = now()")
        assert told.deliver().delivered == 1


class Silent(WebhookSender):
    """WebhookSender to an endpoint that does not answer; `meanwhile` happens while an attempt waits for it."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.calls, self.meanwhile = 0, meanwhile

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.calls += 1
        self.meanwhile()
        return Answer(None, "timeout", 15_000)


class TestOneThatAllWorkspacesShare:
    """What does not answer holds one worker at a time, however many workspaces have something to say to it."""

    @pytest.fixture
    def shared(self, told: Told) -> UUID:
        return told.wiring.webhooks.add(f"{told.subscriber.url}/all", None)[0]

    @pytest.fixture
    def others(self, told: Told, shared: UUID) -> list[UUID]:
        """Workspaces that have something to say, as the first one has."""
        found = [rows.workspace(told.database) for _ in range(4)]
        for ws_id in (told.ws_id, *found):
            told.event(1, ws_id)
        return found

    def test_while_it_is_tried_every_other_worker_is_sent_away(
        self, told: Told, shared: UUID, others: list[UUID]
    ) -> None:
        away: list[DeliverReport] = []
        silent = Silent(lambda: away.extend(told.deliver(each, shared, silent) for each in others))

        report = told.deliver(told.ws_id, shared, silent)

        assert (report.failed, silent.calls) == (1, 1)
        assert away == [DeliverReport(shared, each) for each in others]

    def test_after_each_pause_one_lane_tries_it_and_the_pauses_grow_with_its_failures(
        self, told: Told, shared: UUID, others: list[UUID]
    ) -> None:
        silent = Silent()
        tried = []
        for pause in (0, 6, 301, 301):
            told.later(pause)
            silent.calls = 0
            for each in (told.ws_id, *others):
                told.deliver(each, shared, silent)
            tried.append(silent.calls)
            told.later(4)
            assert not any(told.deliver(each, shared, silent).failed for each in others)

        assert tried == [1, 1, 1, 1]
        assert told.wiring.webhooks.one(shared).failures == 4

    def test_once_it_answers_its_lanes_are_woken_and_open(self, told: Told, shared: UUID, others: list[UUID]) -> None:
        told.deliver(told.ws_id, shared, Silent())
        told.later(6)

        told.queue.woken.clear()
        assert told.deliver(others[0], shared).delivered == 1
        assert {lane.ws_id for lane, _ in told.queue.woken} == {told.ws_id, *others[1:]}
        assert [told.deliver(each, shared).delivered for each in others[1:]] == [1, 1, 1]

    def test_one_that_refuses_has_answered(self, told: Told, shared: UUID, others: list[UUID]) -> None:
        told.subscriber.status = 500

        assert [told.deliver(each, shared).failed for each in others] == [1, 1, 1, 1]

    def test_one_that_answers_all_the_time_stays_open(self, told: Told, shared: UUID, others: list[UUID]) -> None:
        for each in others:
            told.deliver(each, shared)
            told.later(3)
        told.event(1, others[0])
        told.event(1, others[1])
        away: list[DeliverReport] = []
        silent = Silent(lambda: away.append(told.deliver(others[1], shared)))

        told.deliver(others[0], shared, silent)

        assert [each.delivered for each in away] == [1]

    def test_one_that_was_silent_for_long_is_tried_by_one_worker_again(
        self, told: Told, shared: UUID, others: list[UUID]
    ) -> None:
        told.deliver(others[0], shared)
        told.later(6)
        silent = Silent(lambda: told.deliver(others[2], shared, silent))

        told.deliver(others[1], shared, silent)

        assert silent.calls == 1

    def test_a_worker_that_finds_nothing_to_say_lets_the_next_one_try(
        self, told: Told, shared: UUID, others: list[UUID]
    ) -> None:
        quiet = rows.workspace(told.database)

        assert told.deliver(quiet, shared).delivered == 0
        assert told.deliver(others[0], shared).delivered == 1

    def test_two_messages_of_one_lane_do_not_close_it(self, told: Told, shared: UUID, others: list[UUID]) -> None:
        told.deliver(others[0], shared)
        store = told.wiring.deliver_lane.store
        assert store.claim(Lane(shared, others[1]), 60) is not None
        told.later(6)

        assert told.deliver(others[1], shared).delivered == 0  # it is claimed, and was not answered for long
        assert told.deliver(others[2], shared).delivered == 1


def test_what_comes_while_a_lane_is_claimed_wakes_it_again(told: Told) -> None:
    """Whoever is woken for it finds the lane claimed, and goes away."""
    told.event()
    store = told.wiring.deliver_lane.store
    real = store.release

    def release(lane: Lane) -> bool:
        told.event()
        assert told.deliver() == DeliverReport(told.id, told.ws_id)
        return real(lane)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "release", release)
        told.deliver()

    assert told.queue.woken == [(Lane(told.id, told.ws_id), 0)]


def test_old_deliveries_go_and_what_is_under_way_stays(told: Told) -> None:
    told.event()
    told.deliver()
    told.subscriber.status = 500
    told.event()
    told.deliver()
    told.database.run("UPDATE webhook_deliveries SET created_at = now() - interval '100 days'")

    [*PostgresUpkeepStore(told.database).delete_old_history(datetime.now(UTC) - timedelta(days=90))]

    assert told.deliveries() == [(3, 3, "pending", 1)]
    assert told.database.run("SELECT count(*) FROM webhook_attempts") == [[1]]


class TestReplay:
    def test_only_that_endpoint_hears_again_and_then_goes_on(self, told: Told) -> None:
        told.event(2)
        told.deliver()

        assert told.wiring.webhooks.replay(told.id, told.ws_id, from_version=1) == 1
        told.deliver()
        told.event()
        told.deliver()

        assert told.subscriber.versions == [2, 3, 1, 2, 3, 4]
        marks = [each.json["data"].get("replayed", False) for each in told.subscriber.received]
        assert marks == [False, True, False]

    def test_from_an_instant(self, told: Told) -> None:
        told.event(2)
        told.deliver()
        moment = told.database.run("SELECT at FROM workspace_history WHERE version = 2")[0][0]

        assert told.wiring.webhooks.replay(told.id, told.ws_id, from_time=moment) == 2
        assert told.wiring.webhooks.replay(told.id, told.ws_id, from_time=moment + timedelta(days=1)) == 4

    def test_from_an_instant_up_to_the_head_and_on_and_nobody_else_hears(self, told: Told) -> None:
        other, _ = told.wiring.webhooks.add(f"{told.subscriber.url}/other", told.ws_id)
        told.event(3)
        told.deliver()
        told.deliver(endpoint_id=other)
        told.subscriber.received.clear()
        moment = told.database.run("SELECT at FROM workspace_history WHERE version = 2")[0][0]

        told.wiring.webhooks.replay(told.id, told.ws_id, from_time=moment)
        told.event()
        told.deliver()
        told.event()
        told.deliver()
        told.deliver(endpoint_id=other)

        heard = [(each.path, each.json["data"]["from"], each.json["data"]["to"]) for each in told.subscriber.received]
        assert heard == [("/hook", 2, 5), ("/hook", 6, 6), ("/other", 5, 6)]

    def test_what_is_under_way_is_cancelled(self, told: Told) -> None:
        told.subscriber.status = 500
        told.event()
        told.deliver()

        told.wiring.webhooks.replay(told.id, told.ws_id, from_version=1)

        assert told.deliveries() == [(2, 2, "cancelled", 1)]

    def test_a_range_that_is_being_cut_does_not_move_the_cursor_on(self, told: Told, database: Database) -> None:
        told.event(2)
        lane = {"endpoint_id": told.id, "ws_id": told.ws_id}
        cutting = database.statements("history/deliveries.sql")
        with ThreadPoolExecutor(1) as pool:
            with database.transaction():
                cutting("cursor", **lane)
                cutting("cut", **lane, id=uuid4(), first=2, last=3, more=False, replayed=False)
                replayed = pool.submit(told.wiring.webhooks.replay, told.id, told.ws_id, 1)
                wait_for_a_waiting_session(database)
            assert replayed.result() == 1

        told.later(61)  # the claim of who was cutting
        told.deliver()
        assert told.subscriber.versions == [1, 2, 3]

    def test_what_cannot_be_replayed_is_refused(self, told: Told) -> None:
        replay = told.wiring.webhooks.replay
        with pytest.raises(BadInput, match="hears of workspace"):
            replay(told.id, rows.workspace(told.database), from_version=1)
        with pytest.raises(BadInput, match="at most 1"):
            replay(told.id, told.ws_id, from_version=9)
        told.database.run("UPDATE workspace_history_heads SET oldest = 2 WHERE ws_id = :ws", ws=told.ws_id)
        with pytest.raises(CursorExpired):
            replay(told.id, told.ws_id, from_version=1)


class TestManaging:
    def test_no_secret_is_stored_or_listed(self, told: Told, almanac: Shell) -> None:
        stored = str(told.database.run("SELECT e::text FROM webhook_endpoints e"))
        listed = almanac("webhook", "list", "--json")

        assert told.secret.removeprefix("whsec_") not in stored + listed.out
        assert listed.json["webhooks"][0]["status"] == "active"

    def test_the_list_names_workspaces(self, told: Told, almanac: Shell) -> None:
        (name,) = told.database.run("SELECT name FROM workspaces WHERE id = :ws", ws=told.ws_id)[0]

        assert f"active  {name}" in almanac("webhook", "list").out

    def test_a_list_of_no_workspace_is_refused(self, told: Told, almanac: Shell) -> None:
        assert almanac("webhook", "list", "--workspace", rows.workspace(told.database)).out == "no webhook endpoint\n"
        assert almanac("webhook", "list", "--workspace", uuid4()).complaint.startswith("almanac: --workspace: no work")
        assert almanac("webhook", "remove", uuid4()).complaint.startswith("almanac: ENDPOINT: no webhook endpoint")

    @pytest.mark.parametrize(
        ("url", "kinds", "field"),
        [("ftp://example.com", [], "url"), ("http://127.0.0.1/", ["event.exploded"], "kinds")],
    )
    def test_unusable_input_is_named(self, told: Told, url: str, kinds: list[str], field: str) -> None:
        with pytest.raises(BadInput) as refused:
            told.wiring.webhooks.add(url, told.ws_id, kinds)
        assert refused.value.field == field
        assert "exploded" not in str(refused.value)

    def test_an_unknown_workspace_or_endpoint_is_refused(self, told: Told) -> None:
        with pytest.raises(UnknownWorkspace):
            told.wiring.webhooks.add(told.subscriber.url, uuid4())
        for call in (told.wiring.webhooks.rotate, told.wiring.webhooks.test, told.wiring.webhooks.remove):
            with pytest.raises(BadInput, match="no webhook endpoint"):
                call(uuid4())

    @pytest.fixture
    def almanac(self, told: Told, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
        shell = Shell(monkeypatch, capsys)
        shell.set(**{name.removeprefix("ALMANAC_"): value for name, value in told.environment.items()})
        return shell

    def test_the_commands(self, told: Told, almanac: Shell) -> None:
        added = almanac("webhook", "add", f"{told.subscriber.url}/x", "--workspace", str(told.ws_id), "--json")
        endpoint = added.json["id"]
        tested = almanac("webhook", "test", endpoint, "--json")
        paused = almanac("webhook", "pause", endpoint)
        enabled = almanac("webhook", "enable", endpoint)
        replayed = almanac("webhook", "replay", endpoint, "--workspace", str(told.ws_id), "--from", "1")
        told.subscriber.status = 404
        failed = almanac("webhook", "test", endpoint)
        removed = almanac("webhook", "remove", endpoint)

        assert added.json["secret"].startswith("whsec_")
        assert tested.json["status_code"] == 200
        assert told.subscriber.received[0].json["type"] == "webhook.test"
        assert [each.code for each in (paused, enabled, replayed, failed, removed)] == [0, 0, 0, 1, 0]
        assert "answered 404" in failed.out
