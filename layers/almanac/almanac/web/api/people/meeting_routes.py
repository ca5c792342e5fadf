"""Routes of meetings: what looks for a time of several."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AwareDatetime, Field

from almanac.domain.operations.people import LONGEST_MEETING, NewMeeting
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Instant, Model
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current

MeetingId = Annotated[UUID, Path(description="Id of the meeting.")]


class MeetingBody(Fields):
    """A meeting that looks for its time: who must come, who may, in which hours."""

    title: Label
    required: Annotated[list[Label], Field(min_length=2, max_length=100)]
    optional: list[Label] = Field(default_factory=list, max_length=100)
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MEETING)] = 30
    priority: Literal["critical", "high", "normal", "low"] = "normal"
    hours: Label = "meeting"
    earliest: Instant | None = None
    deadline: Instant | None = None
    hard_deadline: bool = False


class Meeting(Model):
    """An open meeting; `start` and `end` are null while it has no time."""

    meeting_id: UUID
    title: str
    required: list[str]
    optional: list[str]
    minutes: int
    priority: str
    earliest: AwareDatetime | None
    deadline: AwareDatetime | None
    start: AwareDatetime | None
    end: AwareDatetime | None
    attending: list[str]


class MeetingList(Model):
    """The open meetings, those without a time first."""

    items: list[Meeting]


class NewMeetingAnswer(Model):
    """A meeting that was added; the next plan finds its time."""

    meeting_id: UUID


def list_meetings(ws: Workspace) -> MeetingList:
    """List the open meetings, those without a time first."""
    return MeetingList(items=[Meeting(**asdict(each)) for each in current().use.meetings.all(ws)])


def add_meeting(ws: Workspace, body: Annotated[MeetingBody, Body()]) -> NewMeetingAnswer:
    """Add a meeting; the next plan finds its time."""
    call = current()
    meeting = NewMeeting(
        title=body.title,
        required=tuple(body.required),
        optional=tuple(body.optional),
        minutes=body.minutes,
        priority=body.priority,
        hours=body.hours.lower(),
        earliest=body.earliest,
        deadline=body.deadline,
        hard_deadline=body.hard_deadline,
    )

    def add(_request_id: str) -> Mapping[str, str]:
        meeting_id = call.use.meetings.add(ws, meeting)
        call.audit("meeting_add", ws, meeting_id)
        return {"meeting_id": str(meeting_id)}

    said = call.once("meeting_add", ws, body.model_dump(mode="json"), add)
    return NewMeetingAnswer(meeting_id=UUID(said["meeting_id"]))


def remove_meeting(ws: Workspace, meeting_id: MeetingId) -> MeetingList:
    """Call a meeting off; the next plan takes its block away. Returns those that are left."""
    call = current()
    call.use.meetings.remove(ws, meeting_id)
    call.audit("meeting_remove", ws, meeting_id)
    return list_meetings(ws)


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/meetings", "read", list_meetings),
    Route("POST", "/v1/workspaces/<ws>/meetings", "operate", add_meeting, 201),
    Route(
        "DELETE",
        "/v1/workspaces/<ws>/meetings/<meeting_id>",
        "operate",
        remove_meeting,
        errors=("unknown_meeting",),
    ),
)
