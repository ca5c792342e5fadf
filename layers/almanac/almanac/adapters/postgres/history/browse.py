"""A workspace's history, looked through: the BrowsingStore of the services."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.history.changes import Change
from almanac.domain.history.fold import State
from almanac.domain.history.sides import ChangeFilter
from almanac.services.history.ports import BrowsingStore


class PostgresBrowsing(BrowsingStore):
    """BrowsingStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("history/browse.sql")

    @override
    def browse(self, ws_id: UUID, wanted: ChangeFilter, before: int | None, limit: int) -> Sequence[Change]:
        rows = self._run.alone(
            "browse",
            ws_id=ws_id,
            before=before,
            kind=wanted.kind,
            subject=wanted.subject,
            origin=wanted.origin,
            since=wanted.since,
            until=wanted.until,
            limit=limit,
        )
        return [Change(*row) for row in rows]

    @override
    def of_subjects(self, ws_id: UUID, subjects: Collection[UUID], after: int) -> Sequence[Change]:
        named = arrays.texts(map(str, subjects))
        return [Change(*row) for row in self._run.alone("of_subjects", ws_id=ws_id, subjects=named, after=after)]

    @override
    def states(self, ws_id: UUID, subjects: Collection[UUID]) -> Mapping[UUID, State]:
        named = arrays.texts(map(str, subjects))
        return {row[0]: row[1] for row in self._run.alone("states", ws_id=ws_id, subjects=named)}
