"""What digests are made of, over one Database."""

from collections.abc import Mapping
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.exports.store import PACKAGE
from almanac.domain.export.digest import BlockKind, Trouble
from almanac.services.digest.ports import DayStore, Owners, PersonFacts


class PostgresDays(DayStore):
    """DayStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("people.sql", PACKAGE)

    @override
    def person(self, ws_id: UUID, user_id: str | None) -> PersonFacts | None:
        if user_id is None:
            found = [(name, None, zone) for name, zone in self._run.alone("workspace", ws_id=ws_id)]
        else:
            found = [(row[0], row[1], row[2]) for row in self._run.alone("member", ws_id=ws_id, user_id=user_id)]
        if not found:
            return None
        rows = self._run.alone("notes", ws_id=ws_id, user_id=user_id)
        notes = [Trouble(title, status, reason or "", hint or "") for _, title, status, reason, hint in rows if title]
        return PersonFacts(*found[0], rows[0][0] if rows else None, notes)

    @override
    def members_of_events(self, ws_id: UUID) -> Mapping[UUID, Owners]:
        return {row[0]: row[1] for row in self._run.alone("members_of_events", ws_id=ws_id)}

    @override
    def members_of_calendars(self, ws_id: UUID) -> Mapping[tuple[str, str], Owners]:
        return {(row[0], row[1]): row[2] for row in self._run.alone("members_of_calendars", ws_id=ws_id)}

    @override
    def blocks(self, ws_id: UUID) -> Mapping[UUID, BlockKind]:
        return {row[0]: row[1] for row in self._run.alone("blocks", ws_id=ws_id)}
