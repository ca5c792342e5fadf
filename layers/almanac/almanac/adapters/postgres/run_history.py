"""What ran, in Postgres: lists, single runs, and the runs of a request or of a message."""

from collections.abc import Mapping, Sequence, Set
from operator import itemgetter
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Rows
from almanac.domain.sync.report import TALLY_FIELDS
from almanac.domain.workspace_plan.report import CHANGES, COUNTS
from almanac.errors import BadInput
from almanac.services.operations.ports import RunsOfRequests
from almanac.services.queues.ports import FailedRun, RunsOfMessages

Record = Mapping[str, Any]
"""One row by column name, values as Postgres has them: UUID, aware datetime, int, str, bool, None."""

_ENDED = ("status", "outcome", "sent_at", "started_at", "finished_at", "retry_after")
_SYNC = (
    *("run_id", "ws_id", "source", "requested_mode", "calendar_id", "user_id", "request_id", "message_id", *_ENDED),
    *("connections", "error_type", "error", *TALLY_FIELDS),
)
_PLAN = (
    *("run_id", "ws_id", "source", "window_days", "force_reschedule", "apply", "user_id", "request_id", "message_id"),
    *(*_ENDED, "error_type", "error", "attempts", "tasks", "habits", *COUNTS, *CHANGES, "objective"),
    *("load_ms", "plan_ms", "total_ms"),
)
_SYNC_CONNECTION = (
    *("connection_id", "calendar_id", "name", "status", "outcome", "error_type", "error", "problems"),
    *TALLY_FIELDS,
)
_ALL = 2**31 - 1
_STATEMENTS = {"sync": ("sync_runs", _SYNC), "schedule": ("plan_runs", _PLAN)}


class PostgresRunHistory(RunsOfRequests, RunsOfMessages):
    """Syncs and plans that ran, for people to look at. Raises DatabaseUnavailable and StorageFailed."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("run_history.sql")

    def latest(self, ws_id: UUID | None, *, job: str | None, failed: bool, limit: int) -> Sequence[Record]:
        """The latest runs of both jobs or of one (`sync`, `schedule`), newest first, each with its `job`.

        `failed` leaves out those that did not fail, not even partly.
        """
        found = [run for each in _jobs(job) for run in self._runs(each, ws_id=ws_id, failed=failed, limit=limit)]
        return sorted(found, key=itemgetter("started_at"), reverse=True)[:limit]

    def run(self, run_id: UUID) -> Record:
        """One run: a sync with its `calendars`, a plan with its `notes`. Raises BadInput when there is none."""
        for sync in self._runs("sync", run_id=run_id):
            return {**sync, "calendars": _records(_SYNC_CONNECTION, self._run.alone("run_connections", run_id=run_id))}
        for plan in self._runs("schedule", run_id=run_id):
            return {**plan, "notes": self._run.alone("plan_notes", run_id=run_id)[0][0]}
        raise BadInput("--run", f"no run {run_id}")

    @override
    def runs_of_request(self, ws_id: UUID, request_id: str) -> Sequence[Record]:
        """What a request for a sync has led to, oldest first: refused, interrupted and continued runs too."""
        return self._runs("sync", ws_id=ws_id, request_id=request_id)[::-1]

    @override
    def progress(self, ws_id: UUID, run_id: UUID) -> tuple[int, int]:
        """Of a running run: calendars that are done, and events listed so far."""
        calendars, events = self._run.alone("progress", ws_id=ws_id, run_id=run_id)[0]
        return int(calendars), int(events)

    @override
    def failed_runs(self, message_ids: Sequence[str], ws_ids: Sequence[UUID]) -> Mapping[str, FailedRun]:
        """By message id, of those that have a run which failed or never ended; `ws_ids` are their workspaces."""
        wanted = {"message_ids": arrays.texts(message_ids), "ws_ids": arrays.texts(map(str, ws_ids))}
        return {row[0]: FailedRun(*row[1:]) for row in self._run.alone("failed_runs_of_messages", **wanted)}

    @override
    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        """Those of the ids that are workspaces."""
        return {row[0] for row in self._run.alone("known_workspaces", ws_ids=arrays.texts(map(str, ws_ids)))}

    def _runs(self, job: str, *, failed: bool = False, limit: int = _ALL, **chosen: UUID | str | None) -> list[Record]:
        statement, names = _STATEMENTS[job]
        criteria = {"ws_id": None, "run_id": None, **({"request_id": None} if job == "sync" else {}), **chosen}
        rows = self._run.alone(statement, failed=failed, limit=limit, **criteria)
        return [{"job": job, **record} for record in _records(names, rows)]


def _jobs(job: str | None) -> Sequence[str]:
    return tuple(_STATEMENTS) if job is None else (job,)


def _records(names: Sequence[str], rows: Rows) -> list[Record]:
    return [dict(zip(names, row, strict=True)) for row in rows]
