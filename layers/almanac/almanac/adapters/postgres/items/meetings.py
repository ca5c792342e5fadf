"""Meetings in Postgres, as operators see and set them up."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.items.meetings import ListedMeeting, MeetingNote, NewMeeting
from almanac.services.items.ports import MeetingStore


class PostgresMeetings(MeetingStore):
    """MeetingStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("items/meetings.sql")

    @override
    def add(self, ws_id: UUID, meeting_id: UUID, meeting: NewMeeting) -> None:
        which = {"ws_id": ws_id, "meeting_id": meeting_id}
        self._run.alone("add_meeting", **which, **_columns(meeting), **_people(meeting))

    @override
    def change(self, ws_id: UUID, meeting_id: UUID, changed: Callable[[ListedMeeting], NewMeeting]) -> bool:
        which = {"ws_id": ws_id, "meeting_id": meeting_id}
        with self._db.transaction():
            if not self._run("hold_meeting", **which):
                return False
            meeting = changed(_listed(self._run("list_meetings", **which)[0]))
            self._run("change_meeting", **which, **_columns(meeting))
            self._run("change_attendees", **which, **_people(meeting))
        return True

    @override
    def remove(self, ws_id: UUID, meeting_id: UUID) -> bool:
        # Its row comes before its blocks, in a plan that is written now they come before it.
        return bool(self._run.retried("remove_meeting", ws_id=ws_id, meeting_id=meeting_id))

    @override
    def all(self, ws_id: UUID) -> Sequence[ListedMeeting]:
        return [_listed(row) for row in self._run.alone("list_meetings", ws_id=ws_id, meeting_id=None)]


def _columns(meeting: NewMeeting) -> Mapping[str, Any]:
    return {
        "title": meeting.title,
        "minutes": meeting.minutes,
        "priority": meeting.priority,
        "hours": meeting.hours,
        "earliest": meeting.earliest,
        "deadline": meeting.deadline,
        "hard": meeting.hard_deadline,
    }


def _people(meeting: NewMeeting) -> Mapping[str, str]:
    users = (*meeting.required, *meeting.optional)
    return {"users": arrays.texts(users), "optional": arrays.booleans(user in meeting.optional for user in users)}


def _listed(row: Sequence[Any]) -> ListedMeeting:
    notes = tuple(MeetingNote(note["status"], note["reason"], note.get("hint")) for note in row[14] or ())
    return ListedMeeting(*(*row[:2], tuple(row[2]), tuple(row[3]), *row[4:12], tuple(row[12] or ()), row[13], notes))
