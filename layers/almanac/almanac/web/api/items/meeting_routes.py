"""Routes of meetings: what looks for a time of several."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AwareDatetime, Field

from almanac.domain.items.meetings import ListedMeeting, MeetingChange, NewMeeting
from almanac.domain.items.wishes import BOUNDS, LONGEST, Priority
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Instant, Model, Title
from almanac.web.api.items.changes import IfMatch, add_once, as_read, taken_away
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current

MeetingId = Annotated[UUID, Path(description="Id of the meeting.")]


class MeetingBody(Fields):
    """A meeting that looks for its time: who must come, who may, in which hours."""

    title: Title
    required: Annotated[list[Label], Field(min_length=2, max_length=100)]
    optional: list[Label] = Field(default_factory=list, max_length=100)
    minutes: Annotated[int, Field(ge=1, le=LONGEST)] = 30
    priority: Priority = "normal"
    hours: Label = "meeting"
    earliest: Instant | None = None
    deadline: Instant | None = None
    hard_deadline: bool = False


class MeetingChangeBody(Fields):
    """What is to be changed of a meeting; what is left out stays. `earliest` and `deadline`: null takes them away."""

    title: Title | None = None
    required: Annotated[list[Label], Field(min_length=2, max_length=100)] | None = None
    optional: Annotated[list[Label], Field(max_length=100)] | None = None
    minutes: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    priority: Priority | None = None
    hours: Label | None = None
    earliest: Instant | None = None
    deadline: Instant | None = None
    hard_deadline: bool | None = None


class MeetingNote(Model):
    """What the last plan of everybody found: `status` unscheduled, late, left_out, …"""

    status: str
    reason: str
    hint: str | None


class Meeting(Model):
    """An open meeting; `start` and `end` are null while it has no time. `locked`: its block stays where it is.

    `notes`: what the last plan of everybody says of it.
    """

    meeting_id: UUID
    title: str
    required: list[str]
    optional: list[str]
    minutes: int
    priority: str
    hours: str
    earliest: AwareDatetime | None
    deadline: AwareDatetime | None
    hard_deadline: bool
    start: AwareDatetime | None
    end: AwareDatetime | None
    attending: list[str]
    locked: bool
    notes: list[MeetingNote]


class MeetingList(Model):
    """The open meetings, those without a time first."""

    items: list[Meeting]


class NewMeetingAnswer(Model):
    """A meeting that was added; the next plan finds its time."""

    meeting_id: UUID


def list_meetings(ws: Workspace) -> MeetingList:
    """List the open meetings, those without a time first."""
    return MeetingList(items=[_meeting(each) for each in current().use.meetings.all(ws)])


def show_meeting(ws: Workspace, meeting_id: MeetingId) -> Meeting:
    """Show one open meeting."""
    return _meeting(current().use.meetings.one(ws, meeting_id))


def add_meeting(ws: Workspace, body: Annotated[MeetingBody, Body()]) -> NewMeetingAnswer:
    """Add a meeting; the next plan finds its time."""
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
    added = add_once("meeting", ws, body, lambda meeting_id: current().use.meetings.add(ws, meeting, meeting_id))
    return NewMeetingAnswer(meeting_id=added)


def change_meeting(
    ws: Workspace,
    meeting_id: MeetingId,
    body: Annotated[MeetingChangeBody, Body()],
    if_match: IfMatch = None,
) -> Meeting:
    """Change what is given of a meeting; with If-Match only if nothing of it has changed meanwhile.

    The next plan finds its time anew; a block that is locked or has begun stays.
    """
    call = current()
    seen = as_read(if_match, lambda: call.use.meetings.one(ws, meeting_id), _meeting)
    found = call.use.meetings.change(ws, meeting_id, _change(body), seen)
    call.audit("meeting_change", ws, meeting_id, changed=sorted(body.model_fields_set))
    return _meeting(found)


def remove_meeting(ws: Workspace, meeting_id: MeetingId) -> MeetingList:
    """Call a meeting off; the next plan takes its block away. Returns those that are left."""
    call = current()
    call.use.meetings.remove(ws, meeting_id)
    call.audit("meeting_remove", ws, meeting_id)
    return list_meetings(ws)


def _meeting(found: ListedMeeting) -> Meeting:
    return Meeting(**asdict(found))


def _change(body: MeetingChangeBody) -> MeetingChange:
    return MeetingChange(
        title=body.title,
        required=None if body.required is None else tuple(body.required),
        optional=None if body.optional is None else tuple(body.optional),
        minutes=body.minutes,
        priority=body.priority,
        hours=None if body.hours is None else body.hours.lower(),
        earliest=body.earliest,
        deadline=body.deadline,
        hard_deadline=body.hard_deadline,
        without=taken_away(body, BOUNDS),
    )


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/meetings", "read", list_meetings),
    Route("POST", "/v1/workspaces/<ws>/meetings", "operate", add_meeting, 201),
    Route("GET", "/v1/workspaces/<ws>/meetings/<meeting_id>", "read", show_meeting, errors=("unknown_meeting",)),
    Route(
        "PATCH",
        "/v1/workspaces/<ws>/meetings/<meeting_id>",
        "operate",
        change_meeting,
        errors=("unknown_meeting", "precondition_failed"),
    ),
    Route(
        "DELETE",
        "/v1/workspaces/<ws>/meetings/<meeting_id>",
        "operate",
        remove_meeting,
        errors=("unknown_meeting",),
    ),
)
