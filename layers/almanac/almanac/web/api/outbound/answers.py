"""What the API says of writing out. Answers are allow-lists, as everywhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model


class ResolveBody(Fields):
    """Who is right: what was wanted here (`mine`), or what stands there (`theirs`)."""

    choice: Literal["mine", "theirs"]


class WaitingWrite(Model):
    """An event that is to be created, changed or deleted in a calendar, or that could not be.

    `stays_in` is the calendar that keeps what this one refuses.
    """

    link_id: UUID
    event_id: UUID
    external_event_id: str
    calendar_id: str
    title: str
    kind: str
    state: str
    when: Mapping[str, Any] | None
    changes: Mapping[str, Any]
    reason: str | None
    stays_in: str | None


class HeldCalendar(Model):
    """A calendar where nothing is written: why, until when, and what helps."""

    calendar_id: str
    email: str
    reason: str
    until: datetime | None
    help: str


class Sides(Model):
    """One field of an event, as it was wanted here and as it stands there."""

    ours: Any = None
    theirs: Any = None


class Conflict(Model):
    """An event that was changed on both sides."""

    link_id: UUID
    event_id: UUID
    external_event_id: str
    calendar_id: str
    title: str
    reason: str | None
    fields: Mapping[str, Sides]


class ConflictList(Model):
    """What somebody has to decide, or to know."""

    items: list[Conflict]


class Resolved(Model):
    """A conflict that was decided."""

    link_id: UUID
    choice: Literal["mine", "theirs"]


class Unowned(Model):
    """So many blocks ahead that go nowhere, for whose they are is no member."""

    user_id: str
    blocks: int


class OutboundAnswer(Model):
    """Everything that waits to be written in a workspace."""

    ws_id: UUID
    create: list[WaitingWrite]
    change: list[WaitingWrite]
    delete: list[WaitingWrite]
    failed: list[WaitingWrite]
    kept_alive: list[WaitingWrite]
    held: list[HeldCalendar]
    conflicts: list[Conflict]
    consented: list[str]
    unowned: list[Unowned]


class Channel(Model):
    """A push channel of a calendar; `healthy`: it is polled less often while that is so."""

    id: UUID
    connection_id: UUID | None
    calendar_id: str | None
    status: str
    verified_at: datetime | None
    expires_at: datetime | None
    last_message_at: datetime | None
    missed_pushes: int
    retry_at: datetime | None
    error_type: str | None
    healthy: bool | None


class ChannelList(Model):
    """The push channels of a workspace; `on`: whether push is switched on here."""

    on: bool
    items: list[Channel]
