"""Routes of members and meetings: whose time is planned, and what looks for a time of several."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AwareDatetime, BaseModel, Field

from almanac.domain.operations.people import NewMeeting
from almanac.domain.wall_clock import zone_of
from almanac.errors import BadInput
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.problem import Problem

User = Annotated[str, Path(min_length=1, max_length=255, description="Id of the person in the product.")]
_LONGEST_MEETING = 44_640


class MemberBody(Fields):
    """What is known of a member; what is left out stays as it is."""

    name: Label | None = None
    time_zone: Label | None = None


class MeetingBody(Fields):
    """A meeting that looks for its time: who must come, who may, in which hours."""

    title: Label
    required: Annotated[list[Label], Field(min_length=2, max_length=100)]
    optional: list[Label] = Field(default_factory=list, max_length=100)
    minutes: Annotated[int, Field(ge=1, le=_LONGEST_MEETING)] = 30
    priority: Literal["critical", "high", "normal", "low"] = "normal"
    hours: Label = "meeting"
    earliest: AwareDatetime | None = None
    deadline: AwareDatetime | None = None
    hard_deadline: bool = False


class Member(BaseModel):
    """Somebody whose time is planned; `time_zone` null: the workspace's. `default`: what is nobody's is theirs."""

    user_id: str
    name: str
    time_zone: str | None
    accounts: int
    tasks: int
    default: bool


class MemberList(BaseModel):
    """The members, in the order in which they were added."""

    items: list[Member]


class Meeting(BaseModel):
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


class MeetingList(BaseModel):
    """The open meetings, those without a time first."""

    items: list[Meeting]


class NewMeetingAnswer(BaseModel):
    """A meeting that was added; the next plan finds its time."""

    meeting_id: UUID


def list_members(ws: Workspace) -> MemberList:
    """List whose time is planned."""
    return MemberList(items=[Member(**asdict(each)) for each in current().use.people.members(ws)])


def put_member(ws: Workspace, user_id: User, body: Annotated[MemberBody | None, Body()] = None) -> Member:
    """Plan somebody's own time, or change what is given of them."""
    call, said = current(), body or MemberBody()
    if said.time_zone is not None and zone_of(said.time_zone) is None:
        raise Problem(422, "bad_input", "is no IANA time zone, such as Europe/Berlin", field="time_zone")
    call.use.people.add(ws, user_id, said.name, said.time_zone)
    call.audit("member_put", ws, user_id)
    return next(Member(**asdict(e)) for e in call.use.people.members(ws) if e.user_id == user_id)


def remove_member(ws: Workspace, user_id: User) -> MemberList:
    """Take somebody out of the plan; the next one takes their blocks away. Returns who is left."""
    call = current()
    try:
        call.use.people.remove(ws, user_id)
    except BadInput as error:
        if error.field != "user":
            raise
        raise Problem(404, "unknown_member") from None
    call.audit("member_remove", ws, user_id)
    return list_members(ws)


def list_meetings(ws: Workspace) -> MeetingList:
    """List the open meetings, those without a time first."""
    return MeetingList(items=[Meeting(**asdict(each)) for each in current().use.people.meetings(ws)])


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
        meeting_id = call.use.people.add_meeting(ws, meeting)
        call.audit("meeting_add", ws, meeting_id)
        return {"meeting_id": str(meeting_id)}

    said = call.once("meeting_add", ws, body.model_dump(mode="json"), add)
    return NewMeetingAnswer(meeting_id=UUID(said["meeting_id"]))


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/members", "read", list_members),
    Route("PUT", "/v1/workspaces/<ws>/members/<user_id>", "operate", put_member),
    Route("DELETE", "/v1/workspaces/<ws>/members/<user_id>", "operate", remove_member, errors=("unknown_member",)),
    Route("GET", "/v1/workspaces/<ws>/meetings", "read", list_meetings),
    Route("POST", "/v1/workspaces/<ws>/meetings", "operate", add_meeting, 201),
)
