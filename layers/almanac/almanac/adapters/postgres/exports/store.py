"""Exports over one Database: the rows, their runs in the ledger, what waits, and what callers look at."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.runs import asked, bounded, peak_of
from almanac.adapters.process_memory import RunMemory
from almanac.domain.export.digest_day import MORNING
from almanac.domain.export.report import ExportReport
from almanac.errors import UnknownWorkspace
from almanac.jobs import CalendarExport, request_id_of
from almanac.services.export.ports import (
    DueExports,
    Export,
    ExportDirectory,
    ExportStore,
    ListedExport,
    MailState,
    Morning,
    Reader,
    Wanted,
)
from almanac.services.sync.ports import Refusal

PACKAGE = "almanac.adapters.postgres.exports"
_USUAL = f"{MORNING:%H:%M}"


class PostgresExportRuns(ExportStore):
    """ExportStore over one Database. A run has no lease: its queue gives out one message of a workspace at a time."""

    def __init__(self, database: Database, *, memory: RunMemory | None = None) -> None:
        self._db = database
        self._run = database.statements("exports.sql", PACKAGE)
        self._ledger = database.statements("runs.sql")
        self._memory = memory

    @override
    def begin(
        self, job: CalendarExport, run_id: UUID, sent_at: datetime | None, message_id: str | None
    ) -> Export | Refusal:
        run = asked(job, run_id, sent_at, message_id, self._memory)
        export_id = _export_id(run["job_id"])
        if self._memory is not None:
            self._memory.begin()
        with self._db.transaction():
            found = self._run("begin", id=export_id, job_id=run["job_id"], sent_at=sent_at, **_values(_wanted(job)))
            if not found:
                raise UnknownWorkspace(job.ws_id)
            *wanted, status, kind, cancelled, paused = found[0]
            refusal = _refusal(status, cancelled=cancelled, paused=paused)
            began = {"status": "running", "outcome": None} if refusal is None else _skipped(refusal)
            self._ledger("record_run", **run, **began, fence=None, retry_after=None)
        user_id, day, since, until = wanted
        return refusal or Export(export_id, Wanted(job.ws_id, kind, user_id, day, since, until))

    @override
    def readers(self, export: Export) -> Sequence[Reader]:
        rows = self._run.alone("readers", id=export.id, ws_id=export.wanted.ws_id)
        return [Reader(*row) for row in rows]

    @override
    def note_mail(self, export: Export, user_id: str, state: MailState | None) -> None:
        of = {"id": export.id, "ws_id": export.wanted.ws_id}
        if export.wanted.user_id is not None:
            self._run.alone("note_mail", mail=state, **of)
        elif state is not None:
            self._run.alone("note_report_mail", mail=state, user_id=user_id, **of)
        else:
            self._run.alone("forget_report_mail", user_id=user_id, **of)

    @override
    def complete(self, export: Export, report: ExportReport, key: str, link: str | None) -> None:
        of = {"id": export.id, "ws_id": report.ws_id}
        with self._db.transaction():
            first = self._run("complete", key=key, items=report.counts.items, bytes=report.counts.bytes, **of)
            if first and link is not None:
                day = None if export.wanted.day is None else export.wanted.day.isoformat()
                whose = {} if export.wanted.user_id is None else {"user_id": export.wanted.user_id}
                kind = f"{export.wanted.kind}.ready"
                note = json.dumps({**whose, "day": day, "link": link})
                self._run("announce", kind=kind, run_id=report.run_id, note=note, **of)
            self._end_run(report)

    @override
    def fail(self, export: Export, report: ExportReport) -> None:
        with self._db.transaction():
            again = report.retry_after is not None
            self._run("fail", id=export.id, ws_id=report.ws_id, again=again, error_type=report.error_type)
            self._end_run(report)

    def _end_run(self, report: ExportReport) -> None:
        counts = {"items": report.counts.items, "bytes": report.counts.bytes, **peak_of(self._memory)}
        self._run(
            "end_run",
            run_id=report.run_id,
            ws_id=report.ws_id,
            status=report.status,
            outcome=report.outcome,
            retry_after=report.retry_after,
            error_type=report.error_type,
            error=bounded(report.error),
            total_ms=report.counts.total_ms,
            report=json.dumps({"kind": report.kind, **{name: count for name, count in counts.items() if count}}),
        )


class PostgresDueExports(DueExports):
    """DueExports over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("exports.sql", PACKAGE)

    @override
    def mornings(self) -> Sequence[Morning]:
        return [(row[0], time.fromisoformat(row[1])) for row in self._run.alone("mornings", usual=_USUAL)]

    @override
    def open_digests(self, days: Mapping[Morning, date], limit: int) -> int:
        said = {
            "zones": arrays.texts(zone for zone, _ in days),
            "times": arrays.texts(f"{at:%H:%M}" for _, at in days),
            "days": arrays.texts(day.isoformat() for day in days.values()),
        }
        opened: int = self._run.alone("open_digests", **said, usual=_USUAL, limit=limit)[0][0]
        return opened

    @override
    def report_zones(self) -> Sequence[str]:
        return [row[0] for row in self._run.alone("report_zones")]

    @override
    def open_reports(self, days: Mapping[str, date], limit: int) -> int:
        dates = arrays.texts(day.isoformat() for day in days.values())
        opened: int = self._run.alone("open_reports", zones=arrays.texts(days), days=dates, limit=limit)[0][0]
        return opened

    @override
    def unsent(self, again_after: timedelta, young: timedelta, limit: int) -> Sequence[tuple[Export, int]]:
        ages = {"again_after": again_after.total_seconds(), "young": young.total_seconds()}
        rows = self._run.alone("unsent", limit=limit, **ages)
        return [(Export(row[0], Wanted(*row[1:7])), row[7]) for row in rows]

    @override
    def mark_sent(self, ids: Collection[UUID]) -> None:
        if ids:
            self._run.alone("mark_sent", ids=arrays.texts(map(str, ids)))

    @override
    def give_up(self, after: timedelta) -> int:
        given_up: int = self._run.alone("give_up", after=after.total_seconds())[0][0]
        return given_up


class PostgresExports(ExportDirectory):
    """ExportDirectory over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("exports.sql", PACKAGE)

    @override
    def add(self, export: Export) -> None:
        self._run.alone("add", id=export.id, **_values(export.wanted))

    @override
    def withdraw(self, ws_id: UUID, export_id: UUID) -> None:
        self._run.alone("withdraw", ws_id=ws_id, id=export_id)

    @override
    def all(self, ws_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ListedExport]:
        at, last = after or (None, None)
        rows = self._run.alone("all", ws_id=ws_id, after_at=at, after_id=last, limit=limit)
        return [ListedExport(*row) for row in rows]

    @override
    def one(self, ws_id: UUID, export_id: UUID) -> ListedExport | None:
        found = self._run.alone("one", ws_id=ws_id, id=export_id)
        return ListedExport(*found[0]) if found else None


def _export_id(job_id: str) -> UUID:
    """A job's id is its export's; what somebody typed that is no UUID gives one, always the same."""
    try:
        return UUID(job_id)
    except ValueError:
        return UUID(request_id_of(job_id))


def _wanted(job: CalendarExport) -> Wanted:
    return Wanted(job.ws_id, job.kind, job.user_id, None, job.since, job.until)


def _values(wanted: Wanted) -> dict[str, Any]:
    return {
        "ws_id": wanted.ws_id,
        "kind": wanted.kind,
        "user_id": wanted.user_id,
        "since": wanted.since,
        "until": wanted.until,
    }


def _refusal(status: str, *, cancelled: bool, paused: bool) -> Refusal | None:
    """Why a run does not take place. What a pause holds up keeps its row, and a tick after it sends it again."""
    if cancelled:
        return Refusal("cancelled")
    if status == "completed":
        return Refusal("superseded")
    return Refusal("paused") if paused else None


def _skipped(refusal: Refusal) -> dict[str, Any]:
    return {"status": "skipped", "outcome": refusal.outcome}
