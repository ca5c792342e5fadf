"""What happens while the handlers run: ended runs from Postgres, and messages that a handler left in the queue."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from almanac.adapters.postgres.connection import Database

_MANY = 100
"""Events that a run brings at once when it reads a calendar for the first time."""
_LATE = timedelta(seconds=5)
"""A row is stamped before it is committed: rows this much older than the newest are looked at again."""
_ENDED = """
SELECT r.id, r.ws_id, w.name, r.source, r.status, r.outcome, r.inserted, r.updated, r.deleted, r.unchanged,
    r.connections, r.pages, r.api_calls, r.total_ms, r.retry_after, r.error_type, r.finished_at
FROM workspace_calendar_sync_log r JOIN workspaces w ON w.id = r.ws_id
WHERE r.started_at > :after::timestamptz - interval '1 hour' AND r.finished_at > :after::timestamptz
ORDER BY r.finished_at, r.id
"""


@dataclass(frozen=True, slots=True)
class Run:
    """An ended run: one row of `workspace_calendar_sync_log` with its workspace's name. Times in milliseconds."""

    run_id: UUID
    ws_id: UUID
    workspace: str
    source: str
    status: str
    outcome: str
    inserted: int
    updated: int
    deleted: int
    unchanged: int
    calendars: int
    pages: int
    api_calls: int
    total_ms: int
    retry_after: float | None
    error_type: str | None
    finished_at: datetime

    @property
    def stands_out(self) -> bool:
        """Whether it failed, or brought very much."""
        return self.status == "failed" or self.inserted >= _MANY


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that its handler did not finish: it stays in the queue. `receive` counts from 1."""

    ws_id: str
    message_id: str
    error_type: str
    error: str
    receive: int


class RunWatch:
    """Tells every run and every kept message once. `logs` lists the workers' log files."""

    def __init__(self, database: Database, logs: Callable[[], Sequence[Path]]) -> None:
        self._database = database
        self._logs = logs
        self._newest: datetime = database.run("SELECT clock_timestamp()")[0][0].astimezone(UTC)
        self._first = self._newest
        self._told: dict[UUID, datetime] = {}
        self._read: dict[Path, int] = {}
        self._receives: dict[str, int] = {}

    def ended_runs(self) -> list[Run]:
        """Runs that ended since the last call, in the order of their ends."""
        after = max(self._first, self._newest - _LATE)
        rows = self._database.run(_ENDED, after=after)
        new = [run for run in (Run(*row) for row in rows) if run.run_id not in self._told]
        self._told |= {run.run_id: run.finished_at for run in new}
        self._newest = max([self._newest, *(run.finished_at for run in new)])
        self._told = {run_id: at for run_id, at in self._told.items() if at > self._newest - 2 * _LATE}
        return new

    def kept_messages(self) -> list[KeptMessage]:
        """What the handlers said about messages they could not finish, since the last call."""
        return [self._kept(said) for path in self._logs() for said in self._new_lines(path)]

    def _kept(self, said: dict[str, Any]) -> KeptMessage:
        message = str(said["message_id"])
        self._receives[message] = self._receives.get(message, 0) + 1
        receive = self._receives[message]
        return KeptMessage(str(said["ws_id"]), message, str(said["error_type"]), str(said["error"]), receive)

    def _new_lines(self, path: Path) -> list[dict[str, Any]]:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            whole = file.read().rpartition(b"\n")[0]
        self._read[path] = self._read.get(path, 0) + (len(whole) + 1 if whole else 0)
        return [said for line in whole.splitlines() if (said := _kept_line(line)) is not None]


def _kept_line(line: bytes) -> dict[str, Any] | None:
    if b"message stays in the queue" not in line:
        return None
    said = json.loads(line)
    return said if isinstance(said, dict) else None
