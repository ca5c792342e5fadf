"""Meetings in Postgres, as operators see and set them up."""

from collections.abc import Sequence
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.people import ListedMeeting, NewMeeting
from almanac.services.operations.ports import MeetingStore


class PostgresMeetings(MeetingStore):
    """MeetingStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("plan/meetings.sql")

    @override
    def add(self, ws_id: UUID, meeting: NewMeeting) -> UUID:
        users = (*meeting.required, *meeting.optional)
        found: UUID = self._run.alone(
            "add_meeting",
            ws_id=ws_id,
            title=meeting.title,
            minutes=meeting.minutes,
            priority=meeting.priority,
            hours=meeting.hours,
            earliest=meeting.earliest,
            deadline=meeting.deadline,
            hard=meeting.hard_deadline,
            users=arrays.texts(users),
            optional=arrays.booleans(user in meeting.optional for user in users),
        )[0][0]
        return found

    @override
    def remove(self, ws_id: UUID, meeting_id: UUID) -> bool:
        return bool(self._run.alone("remove_meeting", ws_id=ws_id, meeting_id=meeting_id))

    @override
    def all(self, ws_id: UUID) -> Sequence[ListedMeeting]:
        return [
            ListedMeeting(*(*row[:2], tuple(row[2]), tuple(row[3]), *row[4:10], tuple(row[10] or ())))
            for row in self._run.alone("list_meetings", ws_id=ws_id)
        ]
