"""The figures of reports, over one Database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.exports.store import PACKAGE
from almanac.domain.export.week import DayFigures, Done, Hours, LastPlan
from almanac.errors import UnknownWorkspace
from almanac.services.reports.ports import WeekStore


class PostgresWeeks(WeekStore):
    """WeekStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("week.sql", PACKAGE)

    @override
    def workspace(self, ws_id: UUID) -> tuple[str, str | None]:
        found = self._run.alone("workspace", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return found[0][0], found[0][1]

    @override
    def days(self, ws_id: UUID, since: datetime, until: datetime, zone: str) -> Sequence[DayFigures]:
        return [DayFigures(*row) for row in self._run.alone("days", ws_id=ws_id, since=since, until=until, zone=zone)]

    @override
    def done(self, ws_id: UUID, since: datetime, until: datetime) -> Done:
        return Done(*self._run.alone("done", ws_id=ws_id, since=since, until=until)[0])

    @override
    def last_plan(self, ws_id: UUID, until: datetime) -> LastPlan | None:
        found = self._run.alone("last_plan", ws_id=ws_id, until=until)
        return LastPlan(*found[0]) if found else None

    @override
    def hours(self, ws_id: UUID, since: datetime, until: datetime) -> Sequence[Hours]:
        return [Hours(*row) for row in self._run.alone("hours", ws_id=ws_id, since=since, until=until)]
