"""Members and meetings as operators set them up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.export.digest_day import EVENING
from almanac.domain.operations.people import DigestChange, ListedMeeting, ListedMember, NewMeeting
from almanac.domain.workspace_plan.team.hours_faults import unknown_hours
from almanac.errors import BadInput
from almanac.services.operations.ports import PeopleStore, WorkspaceStore

LEAST_PEOPLE = 2
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


class UnknownMeeting(BadInput):
    """The workspace has no meeting of that id."""

    code = "unknown_meeting"

    def __init__(self) -> None:
        super().__init__(
            "meeting_id", "the workspace has no such meeting; `almanac meeting list` shows those there are"
        )


@dataclass(frozen=True, slots=True)
class People:
    """The use case of `almanac member …`, `almanac members` and `almanac meeting …`."""

    workspaces: WorkspaceStore
    store: PeopleStore

    def add(self, ws_id: UUID, user: str, name: str | None, zone: str | None) -> tuple[str, str | None]:
        """Make somebody a member, or change what is given; None leaves it. Return the name and IANA zone now.

        Raises UnknownWorkspace.
        """
        return self.store.add_member(ws_id, user, name, zone)

    def remove(self, ws_id: UUID, user: str) -> None:
        """Take somebody out of the plan: the next one takes their blocks away. Raises BadInput, UnknownWorkspace."""
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

    def require(self, ws_id: UUID, user: str) -> None:
        """Raise BadInput for somebody who is no member, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        require_member(self.store, ws_id, user, "user")

    def add_meeting(self, ws_id: UUID, meeting: NewMeeting) -> UUID:
        """Add a meeting that looks for its time, and return its id. Raises BadInput of a field, UnknownWorkspace."""
        known = {member.user_id for member in self.members(ws_id)}
        for field, users in (("required", meeting.required), ("optional", meeting.optional)):
            for user in users:
                if user not in known:
                    raise BadInput(field, f"names somebody who is no member; {_known(self.store, ws_id)}")
        if len(set(meeting.required)) < LEAST_PEOPLE:
            raise BadInput("required", "must name two people or more")
        if len({*meeting.required, *meeting.optional}) < len(meeting.required) + len(meeting.optional):
            raise BadInput("optional", "names somebody a second time")
        if meeting.earliest and meeting.deadline and meeting.earliest >= meeting.deadline:
            raise BadInput("deadline", "must lie after the earliest start")
        hours = self.store.hours(ws_id)
        unknown = unknown_hours(meeting.hours, [hours[user] for user in meeting.required])
        if unknown is not None:
            names = ", ".join(unknown.quotes)
            raise BadInput("hours", f"is no category of hours of all who must come; known are {names}")
        return self.store.add_meeting(ws_id, meeting)

    def remove_meeting(self, ws_id: UUID, meeting_id: UUID) -> None:
        """Call a meeting off: the next plan takes its block to come away. Raises UnknownMeeting, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        if not self.store.remove_meeting(ws_id, meeting_id):
            raise UnknownMeeting

    def meetings(self, ws_id: UUID) -> Sequence[ListedMeeting]:
        """Return the open meetings. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.meetings(ws_id)


def require_member(store: PeopleStore, ws_id: UUID, user: str, field: str) -> None:
    """Raise BadInput of the field that names a user who is no member."""
    if all(member.user_id != user for member in store.members(ws_id)):
        raise not_a_member(store, ws_id, field)


def not_a_member(store: PeopleStore, ws_id: UUID, field: str) -> BadInput:
    """Return the error of a field that names somebody who is no member: it tells who is."""
    return BadInput(field, f"is no member; {_known(store, ws_id)}")


def _known(store: PeopleStore, ws_id: UUID) -> str:
    names = ", ".join(member.user_id for member in store.members(ws_id))
    return f"members are {names}" if names else "there are none yet; `almanac member add` adds one"


def require_possible(change: DigestChange) -> None:
    """Raise BadInput for a time or an address to which no digest can go."""
    if change.at is not None and change.at >= EVENING:
        raise BadInput("at", f"must be before {EVENING:%H:%M}: a digest is of the day that it comes on")
    if change.email and not _ADDRESS.fullmatch(change.email):
        raise BadInput("email", "is no address, such as ada@example.org")
