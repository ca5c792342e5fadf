"""How a workspace does, and why it is late if it is: the reasons are those of the summary of runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.lag import Lag
from almanac.domain.operations.run_statistics import BehindWorkspace, why_late
from almanac.services.clock import Clock
from almanac.services.operations.ports import ConnectionStore, CountedRuns, PauseStore
from almanac.services.watching.ports import Directory

State = Literal["healthy", "syncing", "degraded", "late", "disconnected", "paused"]
"""`disconnected`: nothing of it can be read until a person acts; `degraded`: some calendar fails, the rest is read."""
MOST_LATE = 2000
"""Workspaces that are looked at as late, the stalest first."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a workspace does. `why` is the first thing in its way, `late` all jobs that it is behind with."""

    ws_id: UUID
    state: State
    why: Lag | None
    late: Sequence[BehindWorkspace]
    calendars: Sequence[ConnectedCalendar]


@dataclass(frozen=True, slots=True)
class WorkspaceHealth:
    """The use case of a workspace's health, and of the list of those that are late."""

    workspaces: PauseStore
    connections: ConnectionStore
    runs: CountedRuns
    directory: Directory
    clock: Clock

    def __call__(self, ws_id: UUID) -> Health:
        """Return one workspace's. Raises UnknownWorkspace."""
        pause = self.workspaces.pause_of(ws_id)
        calendars = self.connections.connections(ws_id)
        if pause is not None:
            return Health(ws_id, "paused", Lag("paused", pause.since), [], calendars)
        late, _ = self.stalest([ws_id], 10)
        why = late[0].lag if late else self._trouble(ws_id, calendars)
        return Health(ws_id, _state(why, late, calendars), why, late, calendars)

    def all_late(self, ws_ids: Collection[UUID] | None) -> Sequence[BehindWorkspace]:
        """Return those that are late, the stalest first, of these workspaces or (None) of all."""
        return self.stalest(ws_ids, MOST_LATE)[0]

    def stalest(self, ws_ids: Collection[UUID] | None, limit: int) -> tuple[Sequence[BehindWorkspace], int]:
        """Return the stalest of those that are late, and how many are late."""
        now = self.clock()
        found = self.runs.behind(ws_ids, now, limit)
        return [why_late(each, now) for each in found.stalest], sum(found.all_behind.values())

    def _trouble(self, ws_id: UUID, calendars: Sequence[ConnectedCalendar]) -> Lag | None:
        """What will make it late soon: an account whose grant is gone, a calendar that fails."""
        for _address, since in self.directory.troubled_accounts(ws_id):
            return Lag("reconnect_required", since)
        for each in calendars:
            if each.is_read and each.error_type is not None:
                since = each.last_synced_at or self.clock()
                reason: Literal["backing_off", "error"] = "backing_off" if _pauses(each, self.clock()) else "error"
                return Lag(reason, since, each.retry_at if reason == "backing_off" else None, each.error_type)
        return None


def _pauses(calendar: ConnectedCalendar, now: datetime) -> bool:
    return calendar.retry_at is not None and calendar.retry_at > now


def _state(why: Lag | None, late: Sequence[BehindWorkspace], calendars: Sequence[ConnectedCalendar]) -> State:
    alive = [each for each in calendars if each.is_read and each.account_status == "active"]
    if why is None:
        return "healthy"
    if why.reason == "reconnect_required" and not alive:
        return "disconnected"
    if why.reason == "running":
        return "syncing"
    return "late" if late else "degraded"
