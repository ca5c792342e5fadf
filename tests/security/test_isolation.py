"""Two workspaces with the same accounts, calendars and events: no job of the one reaches a row of the other."""

import inspect
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from almanac.adapters.postgres.connection import Database, statements
from almanac.adapters.postgres.leases import PostgresLeases
from almanac.adapters.postgres.plan.store import PostgresPlanStore
from almanac.adapters.postgres.runs import PostgresLedger
from almanac.domain.explanation import Explanation
from almanac.domain.sync.passes import Checkpoint
from almanac.domain.sync.report import ConnectionReport, SyncReport
from almanac.domain.sync.window import Window
from almanac.domain.workspace_plan.changes import Changes, MovedBlock, NewBlock
from almanac.domain.workspace_plan.report import PlanReport
from almanac.domain.workspace_plan.snapshot import LoadWindow
from almanac.errors import AlmanacError, RemovedMeanwhile, StorageFailed
from almanac.jobs import CalendarSchedule, CalendarSync
from almanac.services.accounts.ports import Account, AccountTokens
from almanac.services.plan.admission import plan_admission
from almanac.services.plan.ports import PlanStore
from almanac.services.sync.ports import CalendarPages, Connection, Lease, Progress, SyncRuns
from almanac.services.sync.provider import CalendarEntry
from tests.integration import rows
from tests.integration.planned import Planned
from tests.integration.rows import NOON, event, page
from tests.integration.stores import SyncStores
from tests.integration.team import Team
from tests.security.snapshot import OF_NOBODY, owned_tables, snapshot, tables

pytestmark = pytest.mark.integration

WINDOW = Window(NOON - timedelta(days=30), NOON + timedelta(days=60))
CHECKPOINT = Checkpoint("full", "page-2", "f", WINDOW, datetime(2030, 1, 1, tzinfo=UTC))
PROGRESS = Progress("f", WINDOW, sync_token="stolen")
FIELDS = {"calendar_id": "ada@example.test", "user_id": "ada", "request_id": "r-1"}


def open_run(store: SyncStores, ws_id: UUID) -> Lease:
    lease = store.runs.begin_run(CalendarSync(ws_id=ws_id, source="schedule"), uuid4(), None)
    assert isinstance(lease, Lease)
    return lease


class Twins:
    """Ours and theirs: the same names everywhere, each in the middle of a full pass with a stored event."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = SyncStores.of(database, lease_seconds=60, cooldown_seconds=30)
        self.ours, self.our_connection, self.our_account = self._workspace()
        self.theirs, self.their_connection, self.their_account = self._workspace()

    def _workspace(self) -> tuple[Lease, Connection, Account]:
        ws_id = rows.workspace(self.database)
        rows.connection(self.database, ws_id, rows.account(self.database, ws_id))
        lease = open_run(self.store, ws_id)
        found = self.store.pages.load_calendars(lease, None)
        (connection,), (account,) = found.connections, found.accounts.values()
        progress = Progress("f", WINDOW, checkpoint=CHECKPOINT)
        self.store.pages.apply_page(lease, connection, page(event("e1", title="Secret")), "full", progress)
        self.store.pages.apply_page(lease, connection, page(event("e1", title="Secret")), "full", None)
        return lease, connection, account

    def theirs_now(self) -> dict[str, list[str]]:
        return snapshot(self.database, self.theirs.ws_id)


@pytest.fixture
def twins(database: Database) -> Twins:
    return Twins(database)


def report(twins: Twins) -> SyncReport:
    return SyncReport(twins.ours.ws_id, twins.theirs.run_id, "auto", status="completed", outcome="full")


def forged(twins: Twins) -> Lease:
    """Our workspace and fence with their run."""
    return replace(twins.ours, run_id=twins.theirs.run_id)


# What each method does with our lease and everything else of theirs: a result, or the error that it ends in.
CALLS: dict[str, Callable[[Twins], object]] = {
    "begin_run": lambda t: t.store.runs.begin_run(CalendarSync(ws_id=t.ours.ws_id, **FIELDS), uuid4(), NOON, "m-1"),
    "load_calendars": lambda t: t.store.pages.load_calendars(t.ours, t.their_connection.calendar_id),
    "store_tokens": lambda t: t.store.tokens.store_tokens(
        replace(t.their_account, ws_id=t.ours.ws_id), "gAAAAx", NOON, "gAAAAx"
    ),
    "require_reconnect": lambda t: t.store.tokens.require_reconnect(
        replace(t.their_account, ws_id=t.ours.ws_id), "why"
    ),
    "open_full_pass": lambda t: t.store.pages.open_full_pass(t.ours, t.their_connection),
    "apply_page": lambda t: t.store.pages.apply_page(
        t.ours, t.their_connection, page(event("e1"), tombstones=("e1", "e2")), "full", PROGRESS
    ),
    "missing_rows": lambda t: t.store.pages.missing_rows(t.ours, t.their_connection, CHECKPOINT),
    "complete_full_pass": lambda t: t.store.pages.complete_full_pass(t.ours, t.their_connection, CHECKPOINT, "stolen"),
    "known_events": lambda t: t.store.pages.known_events(t.ours, t.their_connection, ["e1"]),
    "note_calendars": lambda t: t.store.pages.note_calendars(
        t.ours, t.their_account.id, [CalendarEntry("new", "New", None, "owner", None, primary=False)]
    ),
    "forget_view": lambda t: t.store.pages.forget_view(t.ours, t.their_connection),
    "limit_page": lambda t: t.store.pages.limit_page(t.ours, t.their_connection, 7),
    "begin_reading": lambda t: t.store.runs.begin_reading(t.ours, [t.their_connection.id]),
    "pause_provider": lambda t: t.store.runs.pause_provider("google", "google_project_refused", "why"),
    "resume_provider": lambda t: t.store.runs.resume_provider("google"),
    "plan_to_ask_for": lambda t: t.store.runs.plan_to_ask_for(t.ours, inserted=True),
    "is_gone": lambda t: t.store.runs.is_gone(t.ours.ws_id),
    "forget_token": lambda t: t.store.pages.forget_token(t.ours, t.their_connection),
    "record_connection": lambda t: t.store.runs.record_connection(
        t.ours,
        ConnectionReport(t.their_connection.id, status="failed", outcome="failed", error_type="access_denied"),
        NOON,
    ),
    "finish_run": lambda t: t.store.runs.finish_run(forged(t), report(t)),
}


def methods(port: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(port, inspect.isfunction) if not name.startswith("_")}


def test_every_method_of_the_stores_is_tried() -> None:
    assert set(CALLS) == methods(SyncRuns) | methods(CalendarPages) | methods(AccountTokens)


@pytest.mark.parametrize("method", sorted(CALLS))
def test_a_lease_of_ours_writes_nothing_of_theirs(twins: Twins, method: str) -> None:
    before = twins.theirs_now()

    with suppress(AlmanacError):
        CALLS[method](twins)

    assert twins.theirs_now() == before


@pytest.mark.parametrize("method", ["store_tokens", "require_reconnect"])
def test_an_account_of_theirs_is_nobodys_here(twins: Twins, method: str) -> None:
    with pytest.raises(RemovedMeanwhile):
        CALLS[method](twins)


@pytest.mark.parametrize("method", ["apply_page", "complete_full_pass"])
def test_a_token_of_ours_cannot_be_put_on_a_connection_of_theirs(twins: Twins, method: str) -> None:
    with pytest.raises(RemovedMeanwhile):
        CALLS[method](twins)


def test_a_lease_of_ours_loads_nothing_of_theirs(twins: Twins) -> None:
    found = twins.store.pages.load_calendars(twins.ours, twins.their_connection.calendar_id)

    assert [connection.id for connection in found.connections] == [twins.our_connection.id]
    assert set(found.accounts) == {twins.our_account.id}


def test_what_is_missing_is_counted_among_our_rows(twins: Twins) -> None:
    assert twins.store.pages.missing_rows(twins.ours, twins.their_connection, CHECKPOINT).stored == 1


def test_a_snapshot_sees_every_table(database: Database) -> None:
    assert set(owned_tables(database)) | OF_NOBODY == tables(database)


def test_connecting_an_account_changes_no_connection_of_another_workspace(twins: Twins) -> None:
    """The foreign key would say no to a new row; a known one is only ever updated, which it would not notice."""
    before = twins.theirs_now()
    columns = {"names": "{n}", "colors": "{c}", "access_roles": "{owner}", "time_zones": "{UTC}"}
    switches = {"provider": "google", "primaries": "{f}", "readable": "{t}", "calendar_ids": "{ada@example.test}"}

    put = statements("accounts.sql")["put_connections"]
    twins.database.run(put, ws_id=twins.ours.ws_id, account_id=twins.their_account.id, **columns, **switches)

    assert twins.theirs_now() == before


# --- planning ---------------------------------------------------------------------------------------------------------

REACH = LoadWindow(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 3, 20, tzinfo=UTC))
LATER = datetime(2026, 3, 5, 10, tzinfo=UTC)


class Planners:
    """Two workspaces with a task, a habit and their blocks each."""

    def __init__(self, database_url: str) -> None:
        self.us, self.them = Planned(database_url), Planned(database_url)
        for each in (self.us, self.them):
            each.task("Secret plan" if each is self.them else "Report")
            each.habit("Secret habit" if each is self.them else "Lunch")
            each.plan()
        self.store = PostgresPlanStore(
            self.us.database, PostgresLedger(self.us.database, PostgresLeases(self.us.database, 60)), plan_admission
        )
        self.task, self.block = self._of_theirs("tasks"), self.them.blocks("Secret plan")[0].id

    def _of_theirs(self, table: str) -> UUID:
        found: UUID = self.us.database.run(f"SELECT id FROM {table} WHERE ws_id = :ws", ws=self.them.ws_id)[0][0]
        return found

    def apply(self, changes: Changes) -> bool:
        job = CalendarSchedule(ws_id=self.us.ws_id, window_days=7)
        lease = self.store.begin_run(job, uuid4(), None)
        assert isinstance(lease, Lease)
        loaded = self.store.load(self.us.ws_id, REACH)
        done = PlanReport(self.us.ws_id, lease.run_id, status="completed", outcome="planned")
        return self.store.apply(lease, REACH, loaded, changes, done)

    def close(self) -> None:
        for each in (self.us, self.them):
            each.wiring.close()


@pytest.fixture
def planners(database_url: str) -> Any:
    made = Planners(database_url)
    yield made
    made.close()


def moved(block: UUID, task: UUID) -> Changes:
    to = MovedBlock(block, "task", "Taken", LATER, LATER + timedelta(hours=1), 60, "because", WHY)
    return Changes(inserted=(), moved=(to,), deleted=(), unchanged=0)


WHY = Explanation("earliest")


def deleted(block: UUID, task: UUID) -> Changes:
    return Changes(inserted=(), moved=(), deleted=(block,), unchanged=0)


def inserted(block: UUID, task: UUID) -> Changes:
    new = NewBlock("task", task, "Taken", "BLUE", LATER, LATER + timedelta(hours=1), 60, "because", WHY, None, 1)
    return Changes(inserted=(new,), moved=(), deleted=(), unchanged=0)


def test_every_statement_that_writes_blocks_is_tried() -> None:
    assert methods(PlanStore) == {"begin_run", "prolong", "load", "apply", "finish_run", "is_gone"}


@pytest.mark.parametrize("changes", [moved, deleted, inserted])
def test_a_plan_of_ours_writes_no_block_of_theirs(planners: Planners, changes: Callable[[UUID, UUID], Changes]) -> None:
    before = snapshot(planners.us.database, planners.them.ws_id)
    written = False

    with suppress(StorageFailed):  # a block of ours for a task of theirs is refused by a foreign key
        written = planners.apply(changes(planners.block, planners.task))

    assert not written
    assert snapshot(planners.us.database, planners.them.ws_id) == before


def test_a_plan_of_ours_is_made_of_nothing_of_theirs(planners: Planners) -> None:
    assert "Secret" not in str(planners.store.load(planners.us.ws_id, REACH))
    assert "Secret" in str(planners.store.load(planners.them.ws_id, REACH))


def test_a_whole_run_touches_its_own_workspace_only(make_team: Callable[..., Team]) -> None:
    ours, theirs = make_team(), make_team()
    (calendar,) = ours.connect()
    theirs_of_ours = rows.account(theirs.database, theirs.ws_id, calendar)
    theirs.give_token(theirs_of_ours, ours.simulator.world.account(calendar).refresh_token)
    rows.connection(theirs.database, theirs.ws_id, theirs_of_ours, calendar)
    ours.add(calendar, "The same event for both")
    for team in (ours, theirs):
        assert team.sync().tally.inserted == 1
    before = snapshot(theirs.database, theirs.ws_id)

    ours.add(calendar, "Another one")
    assert ours.sync(mode="full").outcome == "full"
    assert ours.sync(calendar_id=calendar, source="manual").status == "completed"

    assert snapshot(theirs.database, theirs.ws_id) == before


# --- the statements ---------------------------------------------------------------------------------------------------

OF_ALL_WORKSPACES = {
    "sync.sql": {
        *("due_for_sync", "due_for_outbound", "due_for_schedule", "due_for_replan"),
        "now",
    },
    "outbound/outbound.sql": {"name_installation"},
    "outbound/operating.sql": {"renew_installation", "forget_all_links", "is_connected_elsewhere"},
    "plan/plan.sql": set(),
    "items/meetings.sql": set(),
    "items/tasks.sql": set(),
    "items/habits.sql": set(),
    "items/blocks.sql": set(),
    "plan/hours.sql": set(),
    "plan/members.sql": set(),
    "plan/people.sql": set(),
    "plan/preview_turns.sql": {"take_turn", "oldest_turn", "give_back_turn"},
    "push/channels.sql": {"installation", "channel_states", "next_start"},
    "history/history.sql": {"one_moment", "feed_reaches", "epoch", "begin_epoch"},
    "history/undo.sql": {"run", "speak"},
    "history/trace.sql": set(),
    "operations/late.sql": set(),
    "exports/feeds.sql": {"find", "note_use"},
    "exports/exports.sql": {
        "mornings",
        "open_digests",
        "report_zones",
        "open_reports",
        "unsent",
        "mark_sent",
        "give_up",
    },
    "exports/week.sql": set(),
    "exports/people.sql": set(),
    "history/publish.sql": {
        *("claim", "skip_all", "disabled_endpoints", "told_disabled", "due_lanes"),
        *("workspaces", "notice_restore", "feed_held"),
    },
    "history/deliveries.sql": {"settle", "give_back", "disable", "claim_test", "settle_test"},
    "history/webhooks.sql": {
        *(
            "load",
            "set_status",
            "repeat_now",
            "remove",
            "rotate",
            "ask_test",
            "last_test",
            "behind",
        ),
        *("skip_to_heads", "cancel_all_pending"),
    },
    "history/browse.sql": set(),
    "runs.sql": {"pause_provider", "resume_provider"},
    "access/access.sql": {
        "keys",
        "revoke_key",
        "usable_key",
        "note_use",
        "count_call",
        "use_login",
        "claim_request",
        "claimed_request",
        "answer_request",
        "release_request",
        "bind_consent",
        "use_consent",
    },
    "operations/ledger.sql": set(),
    "operations/directory.sql": set(),
    "operations/overview.sql": {
        "hold_rollup",
        "next_quarter",
        "late_quarters",
        "count_quarter",
        "rolled_span",
        "rolled_counts",
        "rolled_times",
        "rolled_calls",
    },
    "deployment/app_role.sql": {"describe_app_role", "make_app_role"},
    "accounts.sql": {"live_workspaces", "list_workspaces", "workspaces_named"},
    "run_history.sql": {"run_connections", "plan_notes", "remarks"},
    "run_summary.sql": {"sync_health"},
    "maintenance.sql": {
        *("free_expired_leases", "close_stale_runs", "kinds_of_runs", "step_of_runs", "delete_old_runs"),
        "workspaces_with_past",
        *("step_of_jobs", "delete_old_jobs", "orphaned_calendars", "delete_keepsakes", "marked_without_pass"),
        *(
            "delete_marks",
            "workspaces_with_past",
            "accounts",
            "webhook_secrets",
            "reencrypt_webhook",
            "progress",
            "remember_progress",
            "forget_progress",
            "long_in_error",
            "forecast",
        ),
        *("aged_history", "delete_old_deliveries", "delete_spent", "expired_exports", "delete_exports"),
    },
    "sql/workspaces.sql": {"readable", "prepare", "zones"},
    "sql/accounts.sql": {"revive_account", "note_accounts"},
    "sql/tasks.sql": set(),
    "sql/habits.sql": set(),
    "sql/events.sql": {"learn_events"},
}
"""Statements that know no workspace: who is due, what an operator looks at, what upkeep takes away, secrets."""


@pytest.mark.parametrize("file", sorted(OF_ALL_WORKSPACES))
def test_every_other_statement_names_its_workspace(file: str) -> None:
    folder = "adoption" if file.startswith("sql/") else "almanac.adapters.postgres"
    unscoped = {name for name, sql in statements(file, folder).items() if not re.search(r":ws_ids?\b", sql)}

    assert unscoped == OF_ALL_WORKSPACES[file]


def test_no_file_of_statements_is_forgotten() -> None:
    folder = Path(str(files("almanac.adapters.postgres")))
    ours = {path.relative_to(folder).as_posix() for path in folder.rglob("*.sql")}
    adopting = {f"sql/{path.name}" for path in (files("adoption") / "sql").iterdir()}
    assert ours | adopting == set(OF_ALL_WORKSPACES)
