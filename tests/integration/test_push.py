"""Push as a whole: simulated Google, the receiver's real handler behind real HTTP, real use cases, real Postgres."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from almanac.adapters.crypto import new_key
from almanac.domain.push.channels import LONGEST_TURN, STARTS_A_SECOND
from almanac.domain.sync.report import SyncReport
from almanac.errors import StorageFailed
from almanac.jobs import CalendarSync
from almanac.presentation import connections
from almanac.providers.google.ring import ring_of
from almanac.services.push.receive import ReceiveRing
from local.google_simulator.push.deliveries import PushFault
from local.google_simulator.simulator import Simulator
from local.google_simulator.world.event import version_of
from tests.bell import Bell, Headers
from tests.integration import rows
from tests.integration.team import Team

pytestmark = pytest.mark.integration
HOLIDAYS = "de.german#holiday@group.v.calendar.google.com"


class Installation:
    """A team with push: rings go through the receiver's handler into the team's queue."""

    def __init__(self, simulator: Simulator, database_url: str, key: str, **settings: str) -> None:
        self.simulator = simulator
        self.bell = Bell(self._ring).__enter__()
        given = {"ALMANAC_PUBLIC_URL": self.bell.url, "ALMANAC_PUSH_KEYS": key, "ALMANAC_SYNC_COOLDOWN_SECONDS": "0"}
        self.team = Team(simulator, database_url, **{**given, **settings})
        self.handled = 0
        self.elapsed = 0.0

    def _ring(self, headers: Headers) -> int:
        receive = ReceiveRing(ring_of, self.team.wiring.push_keys, self.team.queue, lambda: datetime.now(UTC))
        handler = import_module("functions.push_receiver.handler")
        context = type(
            "Context",
            (),
            dict.fromkeys(("function_name", "memory_limit_in_mb", "invoked_function_arn", "aws_request_id"), "x"),
        )()
        return int(handler.lambda_handler({"headers": headers}, context, receive=receive)["statusCode"])

    def close(self) -> None:
        self.team.close()
        self.bell.__exit__(None, None, None)

    def deliver(self) -> None:
        self.simulator.push.deliver_messages()

    def work(self) -> list[SyncReport]:
        """Run the push jobs that have arrived since; what waits for its burst comes at once."""
        done, base = [], self.elapsed
        while self.handled < len(self.team.queue.sent):
            job = self.team.queue.sent[self.handled].job
            assert isinstance(job, CalendarSync)
            self.handled += 1
            done.append(self.run(job, base))
        return done

    def run(self, job: CalendarSync, base: float | None = None) -> SyncReport:
        """Run a job that was sent when so much time had passed (by default now); waiting makes time pass."""
        base = self.elapsed if base is None else base
        while True:
            sent_at = (job.requested_at or datetime.now(UTC)) - timedelta(seconds=self.elapsed - base)
            report = self.team.wiring.sync_workspace(job, sent_at, lambda: 300.0)
            if report.outcome != "too_soon":
                return report
            self.wait(report.retry_after or 0.0)

    def wait(self, seconds: float) -> None:
        self.elapsed += seconds
        sql = "UPDATE runs SET started_at = started_at - :seconds::float8 * interval '1 second'"
        self.team.database.run(sql, seconds=seconds)

    def channels(self) -> list[dict[str, Any]]:
        names = (
            "id",
            "status",
            "verified_at",
            "expires_at",
            "missed_pushes",
            "retry_at",
            "last_error_type",
            "resource_id",
        )
        found = self.team.database.run(f"SELECT {', '.join(names)} FROM calendar_push_channels ORDER BY created_at")
        return [dict(zip(names, row, strict=True)) for row in found]

    def states(self) -> list[str]:
        return [channel["status"] for channel in self.channels()]

    def change_channels(self, what: str, **values: object) -> None:
        self.team.database.run(f"UPDATE calendar_push_channels SET {what} WHERE status <> 'stopped'", **values)

    def is_due(self) -> bool:
        store = self.team.wiring.dispatch.store
        self.team.database.run("UPDATE workspace_sync_leases SET queued_at = NULL")
        return bool(store.due_for_sync(None, 10))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def install(simulator: Simulator, database_url: str) -> Iterator[Callable[..., Installation]]:
    made: list[Installation] = []
    key = new_key()

    def install(**settings: str) -> Installation:
        made.append(Installation(simulator, database_url, key, **settings))
        return made[-1]

    yield install
    for each in made:
        each.close()


@pytest.fixture
def here(install: Callable[..., Installation]) -> Installation:
    """Connected, read once, its channel verified."""
    installation = install()
    installation.team.connect()
    installation.team.sync()
    installation.work()
    return installation


def asked(simulator: Simulator, ending: str) -> list[dict[str, Any]]:
    return [request for request in simulator.observation.requests() if request["path"].endswith(ending)]


def test_35_a_ring_alone_brings_a_change_within_seconds(here: Installation) -> None:
    added = here.team.add("ada@example.test", "Lunch")
    here.deliver()
    (report,) = here.work()
    assert (report.status, report.outcome, report.tally.inserted) == ("completed", "incremental", 1)
    assert here.team.stored() == {added["id"]: "Lunch"}
    assert report.push_lag_ms is not None
    assert report.push_lag_ms < 20_000
    assert report.tally.api_calls == 1, "one listing, nothing else"


def test_36_a_burst_is_three_runs_at_most_and_brings_the_last_edit(here: Installation) -> None:
    event = here.team.add("ada@example.test", "draft")
    for n in range(60):
        here.team.google.patch_event("ada@example.test", event["id"], {"summary": f"edit {n}"})
    here.deliver()
    sent = len(here.team.queue.sent) - here.handled
    ran = [report for report in here.work() if report.status == "completed"]
    assert sent > 60
    assert len(ran) <= 3
    assert here.team.stored() == {event["id"]: "edit 59"}


def test_40_a_first_message_before_the_answer_verifies_the_channel(install: Callable[..., Installation]) -> None:
    here = install()
    here.team.connect()
    here.team.sync()
    assert here.bell.states() == ["sync"], "it came while the watch was still being answered"
    here.work()
    (channel,) = here.channels()
    assert channel["status"] == "active"
    assert channel["verified_at"] is not None
    assert len(here.team.listings()) == 1, "it tells of no change, and its calendar has been read since the watch"
    (live,) = here.simulator.push.channels()
    assert (live["id"], live["resource_id"]) == (str(channel["id"]), channel["resource_id"])


@pytest.mark.parametrize("life", [3600 * 24 * 7, 3600 * 24 * 2])
def test_the_stored_end_is_the_answers(install: Callable[..., Installation], life: int) -> None:
    here = install()
    here.simulator.commands.configure({"push_max_seconds": life, "push_expiration": "number"})
    here.team.connect()
    here.team.sync()
    (live,) = here.simulator.push.channels()
    assert here.channels()[0]["expires_at"] == datetime.fromisoformat(live["expires_at"])


def test_the_watch_comes_before_the_first_listing_and_only_once(here: Installation) -> None:
    here.team.sync(source="manual")
    operations = [
        r["path"].rpartition("/")[2] for r in here.simulator.observation.requests() if "/calendars/" in r["path"]
    ]
    assert operations[:2] == ["watch", "events"]
    assert operations.count("watch") == 1


def test_a_renewal_starts_the_new_channel_before_it_stops_the_old(here: Installation) -> None:
    (old,) = here.channels()
    here.change_channels("expires_at = now() + interval '35 hours'")
    here.team.sync(source="manual")
    assert here.states() == ["stopped", "active"]
    (live,) = here.simulator.push.channels()
    assert live["id"] == str(here.channels()[1]["id"]) != str(old["id"])
    ordered = [r["path"].rpartition("/")[2] for r in here.simulator.observation.requests()]
    assert ordered.index("stop") > max(place for place, name in enumerate(ordered) if name == "watch")


def test_42_when_renewal_fails_polling_is_back_before_the_channel_ends(here: Installation) -> None:
    here.team.inject("error", path="*/watch", status=503, times=None)
    assert not here.is_due(), "healthy and just read: it would ring"
    here.change_channels("expires_at = now() + interval '35 hours'")
    assert here.is_due(), "it is to be renewed"
    here.team.sync()
    assert here.states() == ["active", "failed"], "the old one stays as long as it lives"
    here.change_channels("expires_at = now() + interval '4 hours'")
    assert not here.is_due(), "the next attempt has its time"
    here.change_channels("expires_at = now() + interval '2 hours'")
    assert here.is_due()
    counted = here.team.wiring.dispatch.store.channel_states()
    assert counted is not None
    assert counted.overdue == 1, "what the alarm is about"


def test_43_pushes_that_silently_stop_are_noticed_by_polls(here: Installation) -> None:
    here.simulator.push.inject_push(PushFault(action="lose", times=None))
    for missed in (1, 2):
        here.team.add("ada@example.test", f"unheard {missed}")
        here.deliver()
        age_changes(here)
        here.team.sync(source="manual")
        states = [(channel["status"], channel["missed_pushes"]) for channel in here.channels()]
        if missed == 1:
            assert states == [("active", 1)]
            assert here.is_due(), "polls are back to every tick"
    assert here.states() == ["stopped", "active"]
    assert len(here.simulator.push.channels()) == 1


def age_changes(here: Installation) -> None:
    """As if what Google has just stored had been stored half an hour ago, with the channel older still."""
    calendar = here.simulator.world.calendars["ada@example.test"]
    here.change_channels("created_at = now() - interval '2 days', last_message_at = now() - interval '1 day'")
    past = (datetime.now(UTC) - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for record in calendar.records.values():
        sequence, version = record.history[-1]
        body = version.body | {"updated": past}
        record.history[-1] = (sequence, version_of(body, calendar.zone))


def test_a_ring_clears_what_was_missed(here: Installation) -> None:
    here.change_channels("missed_pushes = 1")
    assert here.is_due()
    here.team.add("ada@example.test")
    here.deliver()
    here.work()
    assert here.channels()[0]["missed_pushes"] == 0
    assert not here.is_due()


@pytest.mark.parametrize("status", [400, 403])
def test_44_a_holiday_calendar_is_read_without_push_and_asked_again_in_a_week(
    install: Callable[..., Installation], status: int
) -> None:
    here = install()
    here.team.connect()
    holidays = here.team.google.add_calendar("ada@example.test", "Holidays", calendar_id=HOLIDAYS)
    here.simulator.push.refuse_watching(holidays, status)
    account = here.team.database.run("SELECT id FROM calendar_auth_tokens")[0][0]
    rows.connection(here.team.database, here.team.ws_id, account, holidays)
    here.team.add(holidays, "Unity Day")

    for _ in range(3):
        assert here.team.sync(source="manual").status == "completed"
    assert list(here.team.stored(holidays).values()) == ["Unity Day"]
    assert len(asked(here.simulator, "/watch")) == 2, "one for each calendar"
    (refused,) = [channel for channel in here.channels() if channel["status"] == "unsupported"]
    assert refused["retry_at"] - datetime.now(UTC) > timedelta(days=6)
    here.change_channels("retry_at = now() - interval '1 second'")
    here.team.sync(source="manual")
    assert len(asked(here.simulator, "/watch")) == 3
    assert sorted(here.states()) == ["active", "unsupported"]


def test_45_when_the_public_url_changes_channels_move_and_none_is_lost(
    here: Installation, install: Callable[..., Installation]
) -> None:
    moved = install(ALMANAC_INSTALLATION=here.team.wiring.push_home.installation)  # type: ignore[union-attr]
    adopt(moved, here)
    assert moved.is_due(), "a channel at the old address is no reason to wait"
    moved.team.sync()
    moved.work()
    assert moved.states() == ["stopped", "active"]
    (live,) = here.simulator.push.channels()
    assert live["address"] == f"{moved.bell.url}/google/push"
    assert not moved.is_due()


def test_a_copy_of_production_neither_adopts_nor_stops_its_channels(
    here: Installation, install: Callable[..., Installation]
) -> None:
    copy = install(ALMANAC_INSTALLATION="staging")
    adopt(copy, here)
    assert copy.is_due(), "production's channels do not slow the copy's polls"
    copy.team.sync()
    addresses = sorted(live["address"] for live in here.simulator.push.channels())
    assert addresses == sorted(f"{each.bell.url}/google/push" for each in (here, copy))
    assert asked(here.simulator, "/stop") == []


def adopt(other: Installation, of: Installation) -> None:
    """The same database and token keys, under other settings."""
    other.team.ws_id = of.team.ws_id
    other.team.wiring.__dict__["cipher"] = of.team.wiring.cipher


def test_without_a_public_url_google_is_asked_the_same_as_ever(simulator: Simulator, database_url: str) -> None:
    """47, for push: byte for byte, no watch and no stop, whatever rows are left over."""
    team = Team(simulator, database_url, ALMANAC_PUSH_KEYS=new_key())
    team.connect()
    account = team.database.run("SELECT id FROM calendar_auth_tokens")[0][0]
    team.database.run(
        "INSERT INTO calendar_push_channels (id, ws_id, account_id, installation, address_fingerprint, status)"
        " VALUES (gen_random_uuid(), :ws_id, :account, 'x', 'y', 'stopping')",
        ws_id=team.ws_id,
        account=account,
    )
    team.sync()
    team.sync()
    team.wiring.accounts.disconnect(team.ws_id, "ada@example.test")
    team.close()
    assert [r["path"] for r in simulator.observation.requests()] == [
        "/token",
        "/calendar/v3/calendars/ada@example.test/events",
        "/calendar/v3/calendars/ada@example.test/events",
    ]


def test_a_calendar_switched_off_is_not_watched_any_more(here: Installation) -> None:
    here.team.wiring.accounts.switch(here.team.ws_id, "ada@example.test", on=False)
    assert here.is_due(), "there is a channel to stop"
    here.team.sync()
    assert here.states() == ["stopped"]
    assert here.simulator.push.channels() == []
    assert not here.is_due()


def test_disconnecting_stops_the_channels_while_the_grant_still_opens_the_account(here: Installation) -> None:
    here.team.wiring.accounts.disconnect(here.team.ws_id, "ada@example.test")
    assert here.simulator.push.channels() == []
    assert here.states() == ["stopped"]


def test_a_disconnected_account_whose_stop_failed_is_stopped_by_a_run(here: Installation) -> None:
    here.team.inject("error", path="*/channels/stop", status=503, times=8)
    here.team.wiring.accounts.disconnect(here.team.ws_id, "ada@example.test")
    assert here.states() == ["active"]
    here.simulator.commands.clear_faults()
    assert here.is_due()
    here.team.sync()
    assert here.simulator.push.channels() == []
    assert not here.is_due()


def test_rings_after_the_stop_are_no_error(here: Installation) -> None:
    here.simulator.commands.configure({"push_after_stop": 2})
    here.change_channels("expires_at = now() + interval '1 hour'")
    here.team.sync(source="manual")
    here.team.add("ada@example.test", "one change, two rings")
    here.deliver()
    outcomes = sorted(report.outcome for report in here.work())
    assert "failed" not in outcomes
    assert "channel_unknown" in outcomes
    assert len(here.team.stored()) == 1


def test_a_watch_whose_answer_is_lost_is_tried_again_under_a_new_id_and_the_first_one_stopped(
    install: Callable[..., Installation],
) -> None:
    here = install()
    here.team.connect()
    here.simulator.commands.configure({"push_sync": "after"})
    here.team.inject("cut_within", path="*/watch")
    here.team.sync()
    assert here.states() == ["failed"]
    assert here.team.stored() == here.team.truth("ada@example.test"), "no refusal touches reading"
    here.deliver()
    assert [report.outcome for report in here.work()] == ["channel_unknown"]
    assert here.states() == ["stopping"], "its first message named the resource"
    here.team.sync(source="manual")
    assert here.states() == ["stopped"], "the pause after a failure is kept"
    here.team.sync(source="manual")
    here.deliver()
    here.work()
    assert sorted(here.states()) == ["active", "stopped"]
    assert len(here.simulator.push.channels()) == 1


def test_a_process_that_dies_between_the_call_and_its_answer_leaves_no_second_channel_for_long(
    here: Installation,
) -> None:
    here.change_channels("status = 'pending', resource_id = NULL, expires_at = NULL, verified_at = NULL")
    here.team.sync(source="manual")
    here.team.add("ada@example.test")
    here.deliver()
    here.work()
    here.team.sync(source="manual")
    assert len(here.simulator.push.channels()) == 1
    assert here.states().count("active") == 1


def test_rows_that_were_lost_are_made_good(here: Installation) -> None:
    """A restored database: rings of channels that nobody knows still verify, and name what is needed to stop them."""
    here.team.database.run("DELETE FROM calendar_push_channels")
    here.team.sync(source="manual")
    assert len(here.simulator.push.channels()) == 2
    here.team.add("ada@example.test")
    here.deliver()
    here.work()
    here.team.sync(source="manual")
    assert len(here.simulator.push.channels()) == 1
    assert len(here.team.stored()) == 1


def test_a_ring_of_a_workspace_that_is_gone_is_no_dead_letter(here: Installation) -> None:
    here.team.add("ada@example.test")
    here.deliver()
    here.team.database.run("DELETE FROM workspaces WHERE id = :id", id=here.team.ws_id)
    assert [report.outcome for report in here.work()] == ["channel_unknown"]


def test_a_ring_that_overtakes_its_change_is_followed_by_one_more_look(here: Installation) -> None:
    (connection,) = here.team.database.run("SELECT id FROM calendar_connections")[0]
    ring = CalendarSync(ws_id=here.team.ws_id, connection_id=connection, source="push", requested_at=datetime.now(UTC))
    assert here.run(ring).tally.inserted == 0
    here.team.add("ada@example.test", "late in the delta")
    (again,) = here.work()
    assert again.tally.inserted == 1
    assert here.run(ring.model_copy(update={"look_again": False})).tally.inserted == 0
    assert here.work() == [], "one more look, not two"


def test_a_healthy_calendar_is_left_alone_by_ticks_and_read_when_somebody_asks(here: Installation) -> None:
    (report,) = here.team.sync().connections
    assert report.outcome == "push_healthy"
    assert here.team.sync(source="manual").connections[0].outcome == "incremental"
    here.team.database.run("UPDATE calendar_sync_states SET last_synced_at = now() - interval '80 minutes'")
    assert here.is_due()
    assert here.team.sync().connections[0].outcome == "incremental"


def test_a_workspace_whose_calendars_all_ring_is_not_behind(here: Installation) -> None:
    here.team.database.run("UPDATE calendar_sync_states SET last_synced_at = now() - interval '50 minutes'")
    health = here.team.wiring.dispatch.store.sync_health(datetime.now(UTC))
    assert health.workspaces_behind == 0
    here.change_channels("missed_pushes = 1")
    health = here.team.wiring.dispatch.store.sync_health(datetime.now(UTC))
    assert health.workspaces_behind == 1


def test_rows_of_channels_that_can_ring_no_more_are_not_kept(here: Installation) -> None:
    here.change_channels("expires_at = now() - interval '2 days'")
    here.team.sync(source="manual")
    assert here.states() == ["active"]
    assert len(here.simulator.push.channels()) == 2, "by the simulator's clock the first one lives"


def test_a_ring_reads_one_calendar(here: Installation) -> None:
    account = here.team.database.run("SELECT id FROM calendar_auth_tokens")[0][0]
    second = here.team.google.add_calendar("ada@example.test", "Second")
    rows.connection(here.team.database, here.team.ws_id, account, second)
    here.team.sync(source="manual")
    here.work()
    here.team.add(second, "there")
    here.deliver()
    (report,) = here.work()
    assert len(report.connections) == 1
    assert here.team.stored(second) != {}


def test_a_dead_account_keeps_ringing_and_that_is_no_error(here: Installation) -> None:
    here.simulator.commands.revoke_account("ada@example.test")
    here.simulator.commands.expire_access_tokens("ada@example.test")
    here.team.database.run("UPDATE calendar_auth_tokens SET access_token = NULL")
    here.team.add("ada@example.test")
    here.deliver()
    assert {report.outcome for report in here.work()} == {"reconnect_required"}


def test_the_list_of_channels(here: Installation) -> None:
    (listed,) = here.team.wiring.channels(here.team.ws_id)
    assert (listed.status, listed.healthy, listed.ours, listed.here) == ("active", True, True, True)
    assert here.team.wiring.channels.on
    shown = connections.channels_text([listed], on=True)
    assert "healthy" in shown
    assert str(listed.id) in shown
    (told,) = connections.channels_document([listed], on=True)["channels"]  # type: ignore[misc]
    assert told["calendar_id"] == "ada@example.test"
    assert "ALMANAC_PUBLIC_URL" in connections.channels_text([], on=False)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ({"action": "error", "status": 400, "reason": "push.webhookUrlNotHttps"}, 1),
        ({"action": "error", "status": 401, "reason": "push.webhookUrlUnauthorized"}, 2),
        ({"action": "error", "status": 403, "reason": "subscriptionRateLimitExceeded"}, 1),
        ({"action": "error", "status": 403, "reason": "rateLimitExceeded"}, 1),
        ({"action": "error", "status": 429, "reason": "rateLimitExceeded", "retry_after": 7200}, 1),
        ({"action": "error", "status": 404, "reason": "notFound"}, 1),
        ({"action": "error", "status": 503}, 1),
        ({"action": "text", "status": 200}, 1),
        ({"action": "cut_before"}, 1),
    ],
    ids=lambda value: str(value.get("reason", value["action"])) if isinstance(value, dict) else "",
)
def test_no_refusal_of_a_watch_touches_reading_and_none_is_repeated_at_once(
    install: Callable[..., Installation], fault: dict[str, Any], calls: int
) -> None:
    here = install()
    here.team.connect()
    event = here.team.add("ada@example.test", "Lunch")
    here.team.inject(path="*/watch", times=None, **fault)
    for _ in range(3):
        report = here.team.sync(source="manual")
        assert (report.status, report.error_type) == ("completed", None)
    assert here.team.stored() == {event["id"]: "Lunch"}
    assert len(asked(here.simulator, "/watch")) == calls, "the failure waits in its row, not in memory"
    (channel,) = here.channels()
    assert channel["status"] == "failed"
    assert channel["retry_at"] > datetime.now(UTC)
    here.simulator.commands.clear_faults()
    here.change_channels("retry_at = now()")
    here.team.sync(source="manual")
    assert here.states() == ["active"]


def test_channels_are_asked_for_in_turns_of_the_whole_installation(here: Installation) -> None:
    turns = "UPDATE starting_channels SET next_start_at = clock_timestamp() + :ahead::float8 * interval '1 second'"
    here.change_channels("missed_pushes = 2")
    here.team.database.run(turns, ahead=3600)
    here.team.sync(source="manual")
    assert here.states() == ["active"], "its next run has another look"
    here.team.database.run(turns, ahead=LONGEST_TURN.total_seconds())
    here.team.sync(source="manual")
    assert here.states() == ["stopped", "active"]
    assert 0 < sum(here.team.waited) <= LONGEST_TURN.total_seconds()

    here.team.database.run(turns, ahead=-60)
    (before,) = here.team.database.run("SELECT clock_timestamp()")[0]
    turns_taken = [here.team.wiring.channel_store.next_start("google") for _ in range(10)]
    (after,) = here.team.database.run("SELECT next_start_at FROM starting_channels")[0]
    assert turns_taken[0] == 0
    assert after - before >= timedelta(seconds=(10 + 1 - STARTS_A_SECOND) / STARTS_A_SECOND)


def test_a_calendar_has_one_active_channel_whoever_writes_the_table(here: Installation) -> None:
    again = (
        "INSERT INTO calendar_push_channels (id, ws_id, account_id, connection_id, installation, address_fingerprint,"
        " resource_id, status, expires_at) SELECT gen_random_uuid(), ws_id, account_id, connection_id, installation,"
        " address_fingerprint, resource_id, status, expires_at FROM calendar_push_channels"
    )
    with pytest.raises(StorageFailed, match="one_active"):
        here.team.database.run(again)


def test_disabled_rows_are_scoped_by_workspace(here: Installation) -> None:
    other = rows.workspace(here.team.database)
    assert list(here.team.wiring.channels(other)) == []
    assert here.team.wiring.channel_store.load(other, here.team.wiring.push_home).channels == []  # type: ignore[arg-type]
    job = CalendarSync(
        ws_id=other, source="push", connection_id=UUID(int=1), channel_id=here.channels()[0]["id"], resource_id="r"
    )
    before = here.channels()
    assert here.run(job).outcome == "channel_unknown"
    assert here.channels() == before
