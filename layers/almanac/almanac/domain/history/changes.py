"""Changes of a workspace as its history keeps them, and the kinds that there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

Origin = Literal["sync", "import", "sweep", "plan", "app", "operator"]
"""Who made a change: a sync, the first complete reading of a calendar, what a full reading found missing, a plan,
anybody else who writes events (the product), an operator or maintenance."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "event.created": "an event appeared",
        "event.updated": "an event changed",
        "event.deleted": "an event went",
        "event.restored": "an event that had gone came back, with its id and what the app owns of it",
        "block.placed": "a plan placed a block",
        "block.moved": "a plan moved or renamed a block",
        "block.removed": "a plan took a block away",
        "plan.completed": "a plan was made",
        "plan.blocked": "a plan was refused because something would be late or without a place",
        "plan.failed": "a plan could not be made",
        "run.failed": "syncs of the workspace began to fail",
        "run.recovered": "syncs of the workspace succeed again",
        "run.undone": "what a plan did, or a full reading swept away, was taken back",
        "calendar.connected": "a calendar was connected",
        "calendar.imported": "a calendar was read completely for the first time; its events are not told one by one",
        "calendar.lost": "a calendar cannot be read any more",
        "calendar.recovered": "a calendar that was lost can be read again",
        "calendar.removed": "a calendar was disconnected",
        "digest.ready": "a member's digest can be read; nobody was mailed it",
        "report.ready": "a workspace's report of the week can be read",
        "account.connected": "an account was connected, or connected again",
        "account.reconnect_required": "an account's owner has to connect it again",
        "account.disconnected": "an account was disconnected",
        "workspace.late": "the workspace is behind with syncs or plans",
        "workspace.caught_up": "the workspace is no longer behind",
        "workspace.restored": "the database was restored: what was told of later versions may not be true any more",
    }
)
"""Every kind of change; kinds are only ever added."""
COMES = frozenset({"event.created", "event.restored", "block.placed"})
"""Kinds after which an event is there that was not."""
GOES = frozenset({"event.deleted", "block.removed"})
"""Kinds after which an event is no longer there."""
OF_EVENTS = COMES | GOES | {"event.updated", "block.moved"}
"""Kinds whose subject is an event."""


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a workspace. `subject` is the id of the event, run, account or connection that it is about.

    `was` is what an event was before: of one that changed the columns that differ, of one that went all that are not
    null, None of one that came and of other kinds. Instants in it are ISO 8601 in UTC.
    """

    version: int
    kind: str
    subject: UUID
    at: datetime
    origin: Origin
    run_id: UUID | None
    was: Mapping[str, Any] | None
    note: Mapping[str, Any] | None

    @property
    def changed(self) -> Sequence[str]:
        """The columns that an update changed, by name; none for other kinds."""
        return [] if self.kind in GOES or self.was is None else sorted(self.was)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a workspace's history stands: its last version, and the oldest that retention has left."""

    version: int = 0
    oldest: int = 1
    epoch: int = 0

    def reaches(self, version: int) -> bool:
        """Whether the state at that version can be folded back, and changes after it be read without a gap."""
        return self.oldest - 1 <= version <= self.version


FeedPlace = tuple[int, int, int]
"""Where a reader of all workspaces stands: transaction, place in it, version."""


@dataclass(frozen=True, slots=True)
class FleetPage:
    """Changes of many workspaces, each with its workspace; `next` goes on after them, None: nothing was there yet.

    A place is good in its `epoch` only: a restore of the database begins the next one.
    """

    items: Sequence[tuple[UUID, Change]]
    next: FeedPlace | None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes in the order of their versions; `next` is the cursor that goes on after them, `head` the last version."""

    items: Sequence[Change]
    next: int
    head: int
    oldest: int
    epoch: int = 0
