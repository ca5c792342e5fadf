"""Workspaces and accounts as operators list them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListedWorkspace:
    """One workspace with its IANA zone, None while it has none; `calendars` counts those that a sync reads."""

    ws_id: UUID
    name: str
    time_zone: str | None
    accounts: int
    calendars: int
    last_synced_at: datetime | None
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a workspace is let alone, and who wanted that."""

    since: datetime
    paused_by: str


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """One account of a workspace; `calendars` counts those that it lists, `read` those that a sync reads.

    `status`: active, reconnect_required, leaving (its blocks are taken back first), disconnected.
    """

    account_id: UUID
    ws_id: UUID
    workspace: str
    email: str
    user_id: str
    status: str
    error: str | None
    calendars: int
    read: int
