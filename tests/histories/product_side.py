"""What the product does to its own tables, and what it must find again: the fields and links it has given to events."""

from collections.abc import Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import Database, Rows
from almanac.errors import AlmanacError
from tests.histories.google_side import ACCOUNTS, GoogleSide
from tests.histories.processes import Process

_PATIENCE = 10.0
_ZONES = (
    "Asia/Tokyo",
    "America/Los_Angeles",
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Africa/Cairo",
)
_UNIQUE = (
    " AND NOT EXISTS (SELECT 1 FROM workspace_calendar_events o WHERE o.ws_id = e.ws_id"
    " AND o.external_event_id = e.external_event_id AND o.id <> e.id)"
)
_NAMED = (
    "WITH based AS (SELECT id, external_event_id,"
    " regexp_replace(external_event_id, '_R?[0-9]{8}(T[0-9]{6}Z?)?', '', 'g') AS base"
    " FROM workspace_calendar_events WHERE ws_id = :ws_id),"
    " named AS (SELECT id, base || '#' || row_number() OVER (PARTITION BY base ORDER BY external_event_id, id) AS name"
    " FROM based) "
)
"""Rows by names that are the same whenever a history is played: an occurrence's id has its time in it."""
_OWN = (
    _NAMED + "UPDATE workspace_calendar_events e SET task_id = md5(e.external_event_id)::uuid, locked = true,"
    " color_override = 'PINK' FROM named n WHERE n.id = e.id AND e.ws_id = :ws_id AND e.task_id IS NULL"
    " AND e.external_event_id <> ALL (:known::text[])"
    " AND hashtext(n.name || :salt) % 2 = 0" + _UNIQUE + " RETURNING e.external_event_id, e.id"
)
_LINK = (
    _NAMED + "INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes)"
    " SELECT e.id, e.ws_id, :task, 30 FROM workspace_calendar_events e JOIN named n ON n.id = e.id"
    " WHERE e.ws_id = :ws_id"
    " AND e.external_event_id <> ALL (:known::text[])"
    " AND NOT EXISTS (SELECT 1 FROM task_calendar_events l WHERE l.event_id = e.id)" + _UNIQUE + " ORDER BY"
    " md5(n.name || :salt) LIMIT 1 RETURNING"
    " (SELECT o.external_event_id FROM workspace_calendar_events o WHERE o.id = event_id)"
)


class ProductSide:
    """One workspace as the product sees it. Its writes are on disk when they are done, unlike what Almanac writes."""

    def __init__(self, database: Database, process: Process, google: GoogleSide) -> None:
        self._db = database
        self._process = process
        self._google = google
        self.ws_id = uuid4()
        self.owned: dict[str, UUID] = {}
        """Row id, when it got its fields, by event id."""
        self.linked: dict[str, UUID] = {}
        """Task by event id."""
        values = "(:ws_id, 'Team', 'Europe/Berlin')"
        self.run(f"INSERT INTO workspaces (id, name, timezone) VALUES {values} ON CONFLICT DO NOTHING")
        for email in ACCOUNTS:
            self._connect(email)

    def run(self, sql: str, **values: Any) -> Rows:
        """A statement about the workspace; one that may be done twice."""
        return self._db.run(sql, ws_id=self.ws_id, **values)

    def own(self, _pick: int, value: int) -> None:
        """The app sets fields of its own on about half of the events that have none."""
        values = {"known": [*self._google.copied, *self.owned], "salt": str(value)}
        self.owned |= {row[0]: row[1] for row in self.run(_OWN, **values)}
        self._google.touched |= dict.fromkeys(self.owned)

    def link(self, _pick: int, value: int) -> None:
        """The app says that an event is work on a task."""
        task = uuid4()
        self.run(
            "INSERT INTO tasks (id, ws_id, title) VALUES (:task, :ws_id, 'Work') ON CONFLICT DO NOTHING", task=task
        )
        known = [*self._google.copied, *self.linked]
        self.linked |= {row[0]: task for row in self.run(_LINK, task=task, salt=str(value), known=known)}
        self._google.touched |= dict.fromkeys(self.linked)

    def zone(self, _pick: int, value: int) -> None:
        self.run("UPDATE workspaces SET timezone = :zone WHERE id = :ws_id", zone=_ZONES[value % len(_ZONES)])

    def switch(self, pick: int, value: int) -> None:
        """A calendar is switched off, or on again."""
        sql = "UPDATE calendar_connections SET is_enabled = :on WHERE id = :id AND ws_id = :ws_id"
        for connection_id in self._connection(pick):
            self.run(sql, id=connection_id, on=value % 2 == 1)

    def deletes(self, pick: int, value: int) -> None:
        """Deletes are switched off for a calendar, or on again."""
        sql = "UPDATE calendar_connections SET sync_delete_enabled = :on WHERE id = :id AND ws_id = :ws_id"
        for connection_id in self._connection(pick):
            self.run(sql, id=connection_id, on=value % 2 == 1)

    def remove_connection(self, pick: int, _value: int) -> None:
        for connection_id in self._connection(pick):
            self.run("DELETE FROM calendar_connections WHERE id = :id AND ws_id = :ws_id", id=connection_id)

    def disconnect(self, pick: int, _value: int) -> None:
        sql = "UPDATE calendar_auth_tokens SET status = 'disconnected' WHERE ws_id = :ws_id AND account_email = :email"
        self.run(sql, email=ACCOUNTS[pick % len(ACCOUNTS)])

    def connect(self, pick: int, _value: int) -> None:
        """A person connects an account, or connects it again; when that fails they will come back later."""
        with suppress(AlmanacError):
            self._connect(ACCOUNTS[pick % len(ACCOUNTS)])

    def _connect(self, email: str) -> None:
        token = self._google.simulator.world.account(email).refresh_token
        self._process.wiring.connect_account(self.ws_id, "somebody", email, token)

    def heal(self) -> None:
        """Whoever is told to connect an account again does so, and deletes are on."""
        self.run("UPDATE calendar_connections SET sync_delete_enabled = true WHERE ws_id = :ws_id")
        cipher = self._process.wiring.cipher
        rows = self.run("SELECT account_email, status, refresh_token FROM calendar_auth_tokens WHERE ws_id = :ws_id")
        stored = {row[0]: row[1:] for row in rows}
        for email in ACCOUNTS:
            account = self._google.simulator.world.account(email)
            if account.revoked:
                self._google.commands.reconnect_account(email)
            status, token = stored.get(email, ("missing", ""))
            if status != "active" or cipher.decrypt(token) != account.refresh_token:
                self._connect(email)

    def let_time_pass(self) -> None:
        """A lease that nobody prolongs runs out; a dead process's last statement has come to its end."""
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state <> 'idle' AND application_name = 'almanac' AND CAST(:ws_id AS uuid) IS NOT NULL"
        )
        ends_at = monotonic() + _PATIENCE
        while self.run(busy)[0][0]:
            if monotonic() > ends_at:
                raise TimeoutError("a session of the database does not come to its end")
            sleep(0.001)
        sql = "UPDATE workspace_sync_leases SET expires_at = now() WHERE ws_id = :ws_id AND owner IS NOT NULL"
        self.run(sql)

    def leave(self) -> None:
        """The workspace goes, and everything of it."""
        self.run("DELETE FROM workspaces WHERE id = :ws_id")

    def _connection(self, pick: int) -> Sequence[UUID]:
        """One of them, if there are any."""
        rows = self.run(
            "SELECT c.id FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
            " WHERE c.ws_id = :ws_id ORDER BY c.calendar_id, a.account_email"
        )
        return [rows[pick % len(rows)][0]] if rows else []
