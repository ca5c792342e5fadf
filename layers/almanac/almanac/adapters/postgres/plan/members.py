"""Members in Postgres, as operators see and set them up."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.plan.people import StoredHours
from almanac.adapters.postgres.plan.settings import read_open_hours
from almanac.adapters.postgres.zones import zone_given
from almanac.domain.export.digest_day import MORNING
from almanac.domain.operations.people import Digest, DigestChange, ListedMember
from almanac.domain.wall_clock import Week
from almanac.errors import UnknownWorkspace
from almanac.services.operations.ports import PeopleStore


class PostgresPeople(PeopleStore):
    """PeopleStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("plan/members.sql")
        self._plan = database.statements("plan/plan.sql")

    @override
    def add_member(self, ws_id: UUID, user: str, name: str | None, zone: str | None) -> tuple[str, str | None]:
        with zone_given():
            found = self._run.alone("add_member", ws_id=ws_id, user_id=user, name=name, zone=zone)
        if not found:
            raise UnknownWorkspace(ws_id)
        return found[0][0], found[0][1]

    @override
    def remove_member(self, ws_id: UUID, user: str) -> bool:
        return bool(self._run.alone("remove_member", ws_id=ws_id, user_id=user))

    @override
    def members(self, ws_id: UUID) -> Sequence[ListedMember]:
        rows = self._run.alone("list_members", ws_id=ws_id, usual=f"{MORNING:%H:%M}")
        return [
            ListedMember(*(*row[:6], Digest(row[6] is True, row[7], row[8], weekly=row[9] is True))) for row in rows
        ]

    @override
    def set_digest(self, ws_id: UUID, user: str, change: DigestChange) -> bool:
        at = None if change.at is None else f"{change.at:%H:%M}"
        said = {"on": change.on, "at": at, "email": change.email, "weekly": change.weekly}
        return bool(self._run.alone("set_digest", ws_id=ws_id, user_id=user, **said))

    @override
    def hours(self, ws_id: UUID) -> Mapping[str, Mapping[str, Week | None]]:
        stored = self._stored_hours(ws_id)
        return {member.user_id: _weeks(stored.of_member(member.user_id)) for member in self.members(ws_id)}

    @override
    def common_hours(self, ws_id: UUID) -> Mapping[str, Week | None]:
        return _weeks(self._stored_hours(ws_id).of_all)

    def _stored_hours(self, ws_id: UUID) -> StoredHours:
        return StoredHours.of(self._plan.alone("load_hours", ws_id=ws_id))


def _weeks(stored: Mapping[str, object]) -> Mapping[str, Week | None]:
    hours, unreadable = read_open_hours(stored.items())
    return {**hours, **dict.fromkeys(unreadable)}
