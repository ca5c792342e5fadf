"""Members as operators set them up."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.export.digest_day import EVENING
from almanac.domain.operations.people import DigestChange, ListedMember
from almanac.domain.wall_clock import Week
from almanac.errors import BadInput
from almanac.services.operations.ports import PeopleStore, WorkspaceStore

_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


@dataclass(frozen=True, slots=True)
class People:
    """The use case of `almanac member …` and `almanac members`."""

    workspaces: WorkspaceStore
    store: PeopleStore

    def add(self, ws_id: UUID, user: str, name: str | None, zone: str | None) -> tuple[str, str | None]:
        """Make somebody a member, or change what is given; None leaves it. Return the name and IANA zone now.

        Raises UnknownWorkspace.
        """
        return self.store.add_member(ws_id, user, name, zone)

    def remove(self, ws_id: UUID, user: str) -> None:
        """Take somebody out of the plan: the next one takes their blocks away, the next sync those in their calendar.

        Raises BadInput, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        if not self.store.remove_member(ws_id, user):
            raise not_a_member(self.store, ws_id, "user")

    def set_digest(self, ws_id: UUID, user: str, change: DigestChange) -> None:
        """Change whether, when and to which address a member gets a digest. Raises BadInput, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        require_possible(change)
        if not self.store.set_digest(ws_id, user, change):
            raise not_a_member(self.store, ws_id, "user")

    def members(self, ws_id: UUID) -> Sequence[ListedMember]:
        """Return the members. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.members(ws_id)

    def hours(self, ws_id: UUID) -> Mapping[str, Mapping[str, Week | None]]:
        """Return the opening hours of each member by category; None: as they are stored, nobody can read them.

        Raises UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        return self.store.hours(ws_id)

    def categories(self, ws_id: UUID) -> Sequence[str]:
        """Return the categories of hours that any member has; without members those of the workspace.

        Raises UnknownWorkspace.
        """
        hours = self.hours(ws_id)
        return sorted({each for of_one in hours.values() for each in of_one} or self.store.common_hours(ws_id))

    def require(self, ws_id: UUID, user: str) -> None:
        """Raise BadInput for somebody who is no member, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        require_member(self.store, ws_id, user, "user")


def require_member(store: PeopleStore, ws_id: UUID, user: str, field: str) -> None:
    """Raise BadInput of the field that names a user who is no member."""
    if all(member.user_id != user for member in store.members(ws_id)):
        raise not_a_member(store, ws_id, field)


def not_a_member(store: PeopleStore, ws_id: UUID, field: str) -> BadInput:
    """Return the error of a field that names somebody who is no member: it tells who is."""
    return BadInput(field, f"is no member; {known(member.user_id for member in store.members(ws_id))}")


def known(users: Iterable[str]) -> str:
    """Return who is a member, as the end of a complaint about somebody who is not."""
    names = ", ".join(users)
    return f"members are {names}" if names else "there are none yet; `almanac member add` adds one"


def require_possible(change: DigestChange) -> None:
    """Raise BadInput for a time or an address to which no digest can go."""
    if change.at is not None and change.at >= EVENING:
        raise BadInput("at", f"must be before {EVENING:%H:%M}: a digest is of the day that it comes on")
    if change.email and not _ADDRESS.fullmatch(change.email):
        raise BadInput("email", "is no address, such as ada@example.org")
