"""Whatever is written, by whom and in whichever statement: folding back shows what was there, following what is."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.history.store import PostgresHistory
from almanac.domain.history.fold import State, fold_ids
from almanac.jobs import CalendarSync
from almanac.services.history.read import History
from almanac.services.sync.ports import Lease
from tests.integration import rows
from tests.integration.rows import NOON, event, page
from tests.integration.stores import SyncStores

pytestmark = pytest.mark.integration

IDS = st.sampled_from(["e1", "e2", "e3", "e4"])
TEXTS = st.sampled_from(["", "Review", 'A "quoted" \\ title', "Grüße, {a: 1}"])
STEPS = st.one_of(
    st.tuples(
        st.just("page"), st.lists(st.tuples(IDS, TEXTS, st.integers(0, 3)), max_size=3), st.sets(IDS, max_size=2)
    ),
    st.tuples(st.just("app"), IDS, st.sampled_from(["lock", "title", "same", "nothing", "null", "colour"]), TEXTS),
    st.tuples(st.just("local"), st.integers(1, 3), TEXTS),
    st.tuples(st.sampled_from(["delete", "renamed", "moved away", "all", "rolled back"]), IDS),
)
APP = {
    "lock": "locked = NOT locked",
    "title": "title = :text",
    "same": "title = title, updated_at = now(), etag = etag",
    "nothing": "last_synced_at = clock_timestamp()",
    "null": "time_zone = NULL, attendees = NULL, html_link = NULL",
    "colour": "color_override = 'RED', attendees = '[{\"name\": null}]', html_link = :text",
}


@dataclass
class Team:
    """Two workspaces; what each has been at each version, as read from the table."""

    database: Database
    ws_id: UUID
    other: UUID
    stores: SyncStores
    lease: Lease
    seen: dict[int, dict[UUID, State]] = field(default_factory=dict)
    etags: int = 0

    def rows(self) -> dict[UUID, State]:
        sql = "SELECT id, almanac_event_state(e) FROM workspace_calendar_events e WHERE ws_id = :ws"
        return {row[0]: row[1] for row in self.database.run(sql, ws=self.ws_id)}

    def version(self) -> int:
        found = self.database.run("SELECT version FROM workspace_history_heads WHERE ws_id = :ws", ws=self.ws_id)
        return int(found[0][0])

    def do(self, step: Any) -> None:
        what, *rest = step
        named = {"page": self.sync_page, "app": self.edit, "local": self.insert}
        if what in named:
            named[what](*rest)
        else:
            self.other_statement(what, rest[0])
        self.seen[self.version()] = self.rows()

    def sync_page(self, listed: list[tuple[str, str, int]], tombstones: set[str]) -> None:
        self.etags += 1
        events = {
            name: event(name, etag=f'"{hours}"', title=title, start=NOON + timedelta(hours=hours), location=title)
            for name, title, hours in listed
        }
        gone = tuple(sorted(tombstones - events.keys()))
        (connection,) = self.stores.pages.load_calendars(self.lease, None).connections
        self.stores.pages.apply_page(self.lease, connection, page(*events.values(), tombstones=gone), "full", None)

    def edit(self, name: str, what: str, text: str) -> None:
        self.database.run(
            f"UPDATE workspace_calendar_events SET {APP[what]} WHERE {_NAMED}", **self.of(name, text=text)
        )

    def insert(self, many: int, text: str) -> None:
        self.database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at)"
            " SELECT :ws, :text, :at::timestamptz, :at::timestamptz FROM generate_series(1, :many)",
            ws=self.ws_id,
            text=text,
            at=NOON,
            many=many,
        )

    def other_statement(self, what: str, name: str) -> None:
        if what == "delete":
            self.database.run(f"DELETE FROM workspace_calendar_events WHERE {_NAMED}", **self.of(name))
        elif what == "renamed":
            sql = f"UPDATE workspace_calendar_events SET id = gen_random_uuid(), locked = true WHERE {_NAMED}"
            self.database.run(sql, **self.of(name))
        elif what == "moved away":
            sql = f"UPDATE workspace_calendar_events SET ws_id = :other, external_event_id = :new WHERE {_NAMED}"
            self.database.run(sql, **self.of(name, other=self.other, new=str(uuid4())))
        elif what == "all":
            self.database.run("UPDATE workspace_calendar_events SET title = title || '!' WHERE length(title) < 20")
        else:
            self.database.run("BEGIN")
            self.database.run("DELETE FROM workspace_calendar_events")
            self.database.run("ROLLBACK")

    def of(self, name: str, **more: object) -> dict[str, object]:
        return {"ws": self.ws_id, "name": name, **more}


_NAMED = "ws_id = :ws AND (external_event_id = :name OR title = :name)"


def begin(database: Database) -> Team:
    ws_id, other = rows.workspace(database), rows.workspace(database)
    rows.connection(database, ws_id, rows.account(database, ws_id))
    stores = SyncStores.of(database, lease_seconds=60, cooldown_seconds=0)
    lease = stores.runs.begin_run(CalendarSync(ws_id=ws_id), uuid4(), None)
    assert isinstance(lease, Lease)
    return Team(database, ws_id, other, stores, lease)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=12))
def test_folds_agree_with_the_table(database: Database, steps: list[Any]) -> None:
    team = begin(database)
    for step in steps:
        team.do(step)

    history = History(PostgresHistory(database))
    found = [*history.store.changes(team.ws_id, 0, 10_000)]
    assert [change.version for change in found] == list(range(1, team.version() + 1))
    assert [change.at for change in found] == sorted(change.at for change in found)
    assert history.calendar(team.ws_id, 0).events == {}
    for version, was in team.seen.items():
        assert history.calendar(team.ws_id, version).events == was
        assert fold_ids(set(), [change for change in found if change.version <= version]) == was.keys()
