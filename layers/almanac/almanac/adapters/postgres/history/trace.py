"""The line of a change in Postgres: the TraceStore of the services."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.services.history.ports import Traced, TracedDelivery, TracedRun, TraceStore

_NOBODY = UUID(int=0)


class PostgresTrace(TraceStore):
    """TraceStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("history/trace.sql")

    @override
    def runs_of(self, name: str, ws_ids: Collection[UUID] | None) -> Sequence[tuple[UUID, UUID]]:
        among = arrays.ids(ws_ids)
        found = self._run.alone("runs_of_job", name=name, ws_ids=among)
        identity = _uuid(name)
        for statement in ("is_run", "runs_of_delivery"):
            if not found and identity is not None:
                found = self._run.alone(statement, id=identity, ws_ids=among)
        return [(row[0], row[1]) for row in found]

    @override
    def version_of(self, name: str, ws_ids: Collection[UUID] | None) -> tuple[UUID, int] | None:
        workspace, _, version = name.partition("/")
        identity = _uuid(workspace)
        if identity is None:
            return None
        if version:
            seen = ws_ids is None or identity in ws_ids
            return (identity, int(version)) if seen and version.isdecimal() and len(version) < 19 else None
        for statement in ("last_of_event", "versions_of_delivery"):
            for ws_id, last in self._run.alone(statement, id=identity, ws_ids=arrays.ids(ws_ids)):
                return ws_id, last
        return None

    @override
    def run_of_version(self, ws_id: UUID, version: int) -> UUID | None:
        found = self._run.alone("run_of_version", ws_id=ws_id, version=version)
        return found[0][0] if found else None

    @override
    def line(self, ws_id: UUID, run_id: UUID) -> Traced | None:
        found = self._run.alone("run", ws_id=ws_id, id=run_id)
        if not found:
            return None
        return self._line(ws_id, TracedRun(*found[0]), self._run.alone("changes_of_run", ws_id=ws_id, id=run_id))

    @override
    def line_of_version(self, ws_id: UUID, version: int) -> Traced | None:
        found = self._run.alone("change", ws_id=ws_id, version=version)
        return self._line(ws_id, None, found) if found else None

    def _line(self, ws_id: UUID, run: TracedRun | None, changes: Sequence[Sequence[Any]]) -> Traced:
        if not changes:
            return Traced(ws_id, run, None, {}, True, [], None)
        first, last = min(row[2] for row in changes), max(row[3] for row in changes)
        rows = self._run.alone("deliveries", ws_id=ws_id, first=first, last=last)
        counts = {row[0]: row[1] for row in changes}
        published = self._run.alone("published", ws_id=ws_id)
        plan = self._planned_by(ws_id, run, max(row[4] for row in changes))
        on_the_bus = bool(published) and published[0][0] >= last
        return Traced(ws_id, run, (first, last), counts, on_the_bus, [TracedDelivery(*row) for row in rows], plan)

    def _planned_by(self, ws_id: UUID, run: TracedRun | None, since: datetime) -> UUID | None:
        if run is not None and run.kind == "schedule":
            return None
        mine = _NOBODY if run is None else run.run_id
        found = self._run.alone("planned_by", ws_id=ws_id, since=since, id=mine)
        return found[0][0] if found else None


def _uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None
