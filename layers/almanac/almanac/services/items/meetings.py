"""Meetings as operators set them up: who must come, who may, how long, and by when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from almanac.domain.items.meetings import LEAST_PEOPLE, ListedMeeting, MeetingChange, NewMeeting
from almanac.errors import BadInput
from almanac.services.items.ports import MeetingStore
from almanac.services.items.requirements import require_as_seen, require_dates, require_hours, require_members
from almanac.services.operations.ports import PeopleStore, WorkspaceStore


class UnknownMeeting(BadInput):
    """The workspace has no open meeting of that id."""

    code = "unknown_meeting"

    def __init__(self) -> None:
        super().__init__(
            "meeting_id", "the workspace has no such meeting; `almanac meeting list` shows those there are"
        )


@dataclass(frozen=True, slots=True)
class Meetings:
    """The use case of `almanac meeting …`."""

    workspaces: WorkspaceStore
    people: PeopleStore
    store: MeetingStore

    def add(self, ws_id: UUID, meeting: NewMeeting, meeting_id: UUID | None = None) -> UUID:
        """Add a meeting that looks for its time, and return its id: a new one, or the given one, under which it is
        added once however often. Raises BadInput of a field, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        hours = self.people.hours(ws_id)
        _require_people(meeting, hours)
        require_dates(meeting)
        _require_hours(meeting, hours)
        added = meeting_id or uuid4()
        self.store.add(ws_id, added, meeting)
        return added

    def change(
        self, ws_id: UUID, meeting_id: UUID, change: MeetingChange, seen: ListedMeeting | None = None
    ) -> ListedMeeting:
        """Change what is given of an open meeting, and return it as it is then: the next plan finds its time anew.

        Raises UnknownMeeting, BadInput of a field, ChangedMeanwhile where it is not any more as it was `seen`,
        UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        hours = self.people.hours(ws_id)

        def changed(was: ListedMeeting) -> NewMeeting:
            require_as_seen(seen, was)
            wanted = change.applied_to(was)
            _require_possible(wanted, change, hours)
            return wanted

        if not self.store.change(ws_id, meeting_id, changed):
            raise UnknownMeeting
        return self.one(ws_id, meeting_id)

    def remove(self, ws_id: UUID, meeting_id: UUID) -> None:
        """Call a meeting off: the next plan takes its block to come away. Raises UnknownMeeting, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        if not self.store.remove(ws_id, meeting_id):
            raise UnknownMeeting

    def one(self, ws_id: UUID, meeting_id: UUID) -> ListedMeeting:
        """Return one open meeting. Raises UnknownMeeting, UnknownWorkspace."""
        for each in self.all(ws_id):
            if each.meeting_id == meeting_id:
                return each
        raise UnknownMeeting

    def all(self, ws_id: UUID) -> Sequence[ListedMeeting]:
        """Return the open meetings. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.all(ws_id)


def _require_possible(meeting: NewMeeting, change: MeetingChange, hours: Mapping[str, Collection[str]]) -> None:
    """Raise BadInput for what a change has made impossible: what it does not touch may have become so since."""
    if change.required is not None or change.optional is not None:
        _require_people(meeting, hours)
    if change.earliest is not None or change.deadline is not None:
        require_dates(meeting)
    if change.required is not None or change.hours is not None:
        _require_hours(meeting, hours)


def _require_people(meeting: NewMeeting, members: Collection[str]) -> None:
    for field, users in (("required", meeting.required), ("optional", meeting.optional)):
        require_members(field, users, members)
    if len(set(meeting.required)) < LEAST_PEOPLE:
        raise BadInput("required", "must name two people or more")
    if len({*meeting.required, *meeting.optional}) < len(meeting.required) + len(meeting.optional):
        raise BadInput("optional", "names somebody a second time")


def _require_hours(meeting: NewMeeting, hours: Mapping[str, Collection[str]]) -> None:
    """Raise BadInput for hours that not all have; somebody who has left stays named until another is, and has none."""
    each = [hours[user] for user in meeting.required if user in hours]
    require_hours(meeting.hours, each, "all who must come")
