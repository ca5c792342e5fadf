"""Routes of members, whose time is planned, and of what a workspace wants."""

from dataclasses import asdict
from datetime import time
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from almanac.domain.operations.people import DigestChange
from almanac.domain.wall_clock import zone_of
from almanac.errors import BadInput
from almanac.jobs import Label
from almanac.services.operations.people import require_possible
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model, Title
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.problem import Problem

User = Annotated[str, Path(min_length=1, max_length=255, description="Id of the person in the product.")]


class DigestBody(Fields):
    """Whether, when and to which address somebody gets a digest; what is left out stays, an empty address goes."""

    on: bool | None = None
    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="local time, 07:30")] | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    weekly: Annotated[bool, Field(description="mail them the weekly report too")] | None = None


class MemberBody(Fields):
    """What is known of a member; what is left out stays as it is."""

    name: Title | None = None
    time_zone: Label | None = None
    digest: DigestBody | None = None


class SettingsBody(Fields):
    """What a workspace wants; what is left out stays as it is."""

    weekly_report: bool | None = None


class SettingsAnswer(Model):
    """What a workspace wants: a report each Monday."""

    weekly_report: bool


class Digest(Model):
    """Whether a member gets a digest, at which local time; `email` null: the address of their first account."""

    on: bool
    at: str
    email: str | None
    weekly: bool


class Member(Model):
    """Somebody whose time is planned; `time_zone` null: the workspace's. `default`: what is nobody's is theirs."""

    user_id: str
    name: str
    time_zone: str | None
    accounts: int
    tasks: int
    default: bool
    digest: Digest


class MemberList(Model):
    """The members, in the order in which they were added."""

    items: list[Member]


def list_members(ws: Workspace) -> MemberList:
    """List whose time is planned."""
    return MemberList(items=[Member(**asdict(each)) for each in current().use.people.members(ws)])


def put_member(ws: Workspace, user_id: User, body: Annotated[MemberBody | None, Body()] = None) -> Member:
    """Plan somebody's own time, or change what is given of them."""
    call, said = current(), body or MemberBody()
    if said.time_zone is not None and zone_of(said.time_zone) is None:
        raise Problem(422, "bad_input", "is no IANA time zone, such as Europe/Berlin", field="time_zone")
    digest = None if said.digest is None else _digest(said.digest)
    call.use.people.add(ws, user_id, said.name, said.time_zone)
    if digest is not None:
        call.use.people.set_digest(ws, user_id, digest)
    call.audit("member_put", ws, user_id)
    return next(Member(**asdict(e)) for e in call.use.people.members(ws) if e.user_id == user_id)


def _digest(said: DigestBody) -> DigestChange:
    """Return what is wanted. Raises Problem 422 before anything is written."""
    at = None if said.at is None else time.fromisoformat(said.at)
    change = DigestChange(said.on, at, said.email, said.weekly)
    try:
        require_possible(change)
    except BadInput as error:
        raise Problem(422, error.code, error.complaint, field=f"digest.{error.field}") from None
    return change


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


def show_settings(ws: Workspace) -> SettingsAnswer:
    """Tell what a workspace wants of Almanac."""
    return SettingsAnswer(weekly_report=current().use.workspaces.has_weekly_report(ws))


def change_settings(ws: Workspace, body: Annotated[SettingsBody, Body()]) -> SettingsAnswer:
    """Change what a workspace wants; what is left out stays as it is."""
    call = current()
    *_, report = call.use.workspaces.set(ws, weekly_report=body.weekly_report)
    call.audit("workspace_settings", ws, weekly_report=report)
    return SettingsAnswer(weekly_report=report)


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/settings", "read", show_settings),
    Route("PATCH", "/v1/workspaces/<ws>/settings", "operate", change_settings),
    Route("GET", "/v1/workspaces/<ws>/members", "read", list_members),
    Route("PUT", "/v1/workspaces/<ws>/members/<user_id>", "operate", put_member),
    Route("DELETE", "/v1/workspaces/<ws>/members/<user_id>", "operate", remove_member, errors=("unknown_member",)),
)
