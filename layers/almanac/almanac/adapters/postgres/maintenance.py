"""What grows and what was left behind, in Postgres: the UpkeepStore and AccountDirectory of the services.

A round never holds a lock for longer than one batch, so it may run while everything else does.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Rows
from almanac.domain.operations.maintenance import SILENCE, Batch, Limits, LongInError
from almanac.services.accounts.ports import Account
from almanac.services.maintenance.ports import AccountDirectory, FileBin, SecretDirectory, StoredSecrets, UpkeepStore

ROWS_A_BATCH = 5000
"""Rows a transaction sees to: tens of milliseconds."""
_PAGE = 500
"""Calendars looked up at a time."""
_TOKENS = "tokens"
_FORECAST = (
    "run_rows_deleted",
    "stale_runs_closed",
    "orphans_deleted",
    "keepsakes_deleted",
    "marks_deleted",
    "spent_deleted",
    "past_events_deleted",
    "history_rows_deleted",
    "exports_deleted",
)
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


class PostgresUpkeepStore(UpkeepStore, AccountDirectory, SecretDirectory):
    """UpkeepStore and AccountDirectory over one Database; `batch` is how many rows a transaction sees to."""

    def __init__(self, database: Database, batch: int = ROWS_A_BATCH) -> None:
        self._db = database
        self._run = database.statements("maintenance.sql")
        self._batch = batch

    @override
    def close_stale_runs(self) -> Iterator[Batch]:
        """Leases first: who owns one may still be alive, who owns none is not."""
        for _ in self._repeat("free_expired_leases", silence_seconds=SILENCE.total_seconds()):
            yield Batch(0)
        yield from self._repeat("close_stale_runs", silence_seconds=SILENCE.total_seconds())

    @override
    def delete_old_runs(self, before: datetime) -> Iterator[Batch]:
        """Jobs go after their runs; a batch of them counts no rows, for the report counts runs."""
        for (kind,) in self._run.alone("kinds_of_runs"):
            yield from self._delete_old("step_of_runs", "delete_old_runs", before, kind=kind)
        for _ in self._delete_old("step_of_jobs", "delete_old_jobs", before):
            yield Batch(0)

    @override
    def delete_old_history(self, before: datetime) -> Iterator[Batch]:
        """With deliveries of webhooks, which the report does not count; one that is under way stays."""
        after = UUID(int=0)
        while page := self._run.alone("aged_history", before=before, after=after, limit=_PAGE):
            for (after,) in page:
                yield from self._repeat("prune_history", ws_id=after, before=before)
        for _ in self._repeat("delete_old_deliveries", before=before):
            yield Batch(0)

    @override
    def delete_orphans(self, before: datetime) -> Iterator[Batch]:
        after: Sequence[Any] = (UUID(int=0), "", "")
        while page := self._orphaned(before, after):
            for calendar in page:
                yield from self._empty(dict(zip(("ws_id", "provider", "calendar_id"), calendar, strict=True)), before)
            after = page[-1]

    @override
    def delete_past_events(self, before: datetime) -> Iterator[Batch]:
        after = None
        while page := self._run.alone("workspaces_with_past", after=after, before=before, limit=_PAGE):
            for (ws_id,) in page:
                yield from self._repeat("delete_past_events", ws_id=ws_id, before=before)
            after = page[-1][0]

    @override
    def delete_keepsakes(self, before: datetime) -> Iterator[Batch]:
        yield from self._repeat("delete_keepsakes", before=before)

    @override
    def delete_marks(self) -> Iterator[Batch]:
        after = None
        while page := self._run.alone("marked_without_pass", after=after, limit=_PAGE):
            for ws_id, connection_id in page:
                yield from self._forget_marks(ws_id, connection_id)
            after = page[-1][1]

    @override
    def delete_spent(self, before: datetime) -> Iterator[Batch]:
        yield Batch(self._run.alone("delete_spent", before=before)[0][0])

    @override
    def delete_exports(self, files: FileBin | None) -> Iterator[Batch]:
        while found := self._run.alone("expired_exports", limit=_PAGE):
            keys = [key for _, key in found if key is not None]
            if keys and files is not None:
                files.delete(keys)
            ids = arrays.texts(str(row[0]) for row in found)
            yield Batch(self._run.alone("delete_exports", ids=ids)[0][0])

    @override
    def long_in_error(self, before: datetime, limit: int) -> tuple[int, Sequence[LongInError]]:
        rows = self._run.alone("long_in_error", before=before, limit=limit)
        return (rows[0][4] if rows else 0), [LongInError(*row[:4]) for row in rows]

    @override
    def forecast(self, limits: Limits) -> Mapping[str, int]:
        found = self._run.alone(
            "forecast",
            runs_before=limits.runs,
            left_before=limits.left_behind,
            past_before=limits.past,
            silence_seconds=SILENCE.total_seconds(),
        )
        return dict(zip(_FORECAST, found[0], strict=True))

    @override
    def accounts(self, after: UUID | None, limit: int) -> Sequence[tuple[datetime, Account]]:
        return [(row[0], Account(*row[1:])) for row in self._run.alone("accounts", after=after, limit=limit)]

    @override
    def reencrypt(self, account: Account, access: str | None, refresh: str) -> bool:
        key = {"ws_id": account.ws_id, "id": account.id, "version": account.version}
        return bool(self._run.alone("reencrypt", access_token=access, refresh_token=refresh, **key))

    @override
    def progress(self) -> UUID | None:
        found = self._run.alone("progress", step=_TOKENS)
        return found[0][0] if found else None

    @override
    def remember(self, after: UUID | None) -> None:
        if after is None:
            self._run.alone("forget_progress", step=_TOKENS)
        else:
            self._run.alone("remember_progress", step=_TOKENS, after=after)

    @override
    def secrets(self, after: UUID | None, limit: int) -> Sequence[StoredSecrets]:
        return [StoredSecrets(*row) for row in self._run.alone("webhook_secrets", after=after, limit=limit)]

    @override
    def reencrypt_secrets(self, stored: StoredSecrets, secret: str, old_secret: str | None) -> bool:
        were = {"was": stored.secret, "old_was": stored.old_secret}
        key = {"id": stored.endpoint_id, **were}
        return bool(self._run.alone("reencrypt_webhook", secret=secret, old_secret=old_secret, **key))

    def _delete_old(self, step: str, delete: str, before: datetime, **of: str) -> Iterator[Batch]:
        """From the oldest on, a step of the index at a time: rows that stay are passed by once."""
        after = _EARLIEST
        while after < before:
            with self._db.transaction():
                end = self._run(step, after=after, before=before, limit=self._batch, **of)
                until = end[0][0] if end else before
                rows = self._run(delete, after=after, until=until, before=before, **of)[0][0]
            yield Batch(rows)
            after = until

    def _orphaned(self, before: datetime, after: Sequence[Any]) -> Rows:
        ws_id, provider, calendar_id = after
        key = {"after_ws_id": ws_id, "after_provider": provider, "after_calendar_id": calendar_id}
        return self._run.alone("orphaned_calendars", before=before, limit=_PAGE, **key)

    def _empty(self, calendar: Mapping[str, Any], before: datetime) -> Iterator[Batch]:
        """Take an orphaned calendar's events away, a batch at a time."""
        while True:
            with self._db.transaction():
                batch = self._empty_by_a_batch(calendar, before)
            yield batch
            if batch.rows < self._batch:
                return

    def _empty_by_a_batch(self, calendar: Mapping[str, Any], before: datetime) -> Batch:
        """No run may be at work meanwhile: it could store a newer sync token for rows that go, and nobody would read
        them again. The token that is there goes with the first row, for the same reason."""
        if not self._run("claim_workspace", ws_id=calendar["ws_id"]):
            return Batch(0, busy=True)
        rows = self._run("delete_orphans", before=before, limit=self._batch, **calendar)[0][1]
        if rows:
            self._run("forget_reading", **calendar)
        if rows < self._batch:
            self._run("forget_departure", before=before, **calendar)
        return Batch(rows)

    def _forget_marks(self, ws_id: UUID, connection_id: UUID) -> Iterator[Batch]:
        """Under a claim: a pass that has begun has marks, and no checkpoint until its first page is written."""
        while True:
            with self._db.transaction():
                busy = not self._run("claim_workspace", ws_id=ws_id)
                mine = {"connection_id": connection_id, "limit": self._batch}
                rows = 0 if busy else self._run("delete_marks", **mine)[0][0]
            yield Batch(rows, busy)
            if rows < self._batch:
                return

    def _repeat(self, statement: str, **values: Any) -> Iterator[Batch]:
        """A statement that counts what it did, until it finds less than a batch."""
        rows = self._batch
        while rows == self._batch:
            rows = self._run.alone(statement, limit=self._batch, **values)[0][0]
            yield Batch(rows)
