"""What operators' use cases are given in tests: a few rows in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.runs import AnyRun, AnyRunDetails, PlanCounts, PlanRun, RequestedPlan, SyncRun
from almanac.domain.operations.workspaces import ListedAccount, ListedWorkspace
from almanac.domain.sync.report import Tally
from almanac.errors import UnknownWorkspace, WorkspacePaused
from almanac.services.queues.ports import FailedSend, OutgoingJob

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WS, OTHER = UUID(int=1), UUID(int=2)
RUN, ACCOUNT = UUID(int=11), UUID(int=21)


@dataclass
class Workspaces:
    """WorkspaceStore and ConnectionStore."""

    known: dict[UUID, tuple[str, str | None]] = field(default_factory=lambda: {WS: ("Team", "Europe/Berlin")})
    calendars: list[ConnectedCalendar] = field(default_factory=list)
    live: list[UUID] = field(default_factory=list)
    paused: set[UUID] = field(default_factory=set)
    reported: set[UUID] = field(default_factory=set)
    """Who has a report each Monday."""

    def add_workspace(self, ws_id: UUID, name: str, zone: str) -> tuple[str, str | None]:
        return self.known.setdefault(ws_id, (name, zone))

    def require_workspace(self, ws_id: UUID) -> None:
        if ws_id not in self.known:
            raise UnknownWorkspace(ws_id)

    def require_at_work(self, ws_id: UUID) -> None:
        self.require_workspace(ws_id)
        if ws_id in self.paused:
            raise WorkspacePaused

    def paused_of(self, ws_ids: Collection[UUID]) -> set[UUID]:
        return self.paused & set(ws_ids)

    def workspace_name(self, ws_id: UUID) -> str:
        self.require_workspace(ws_id)
        return self.known[ws_id][0]

    def live_workspaces(self) -> Sequence[UUID]:
        return self.live

    def list_workspaces(self) -> Sequence[ListedWorkspace]:
        return [ListedWorkspace(ws_id, *stored, 0, 0, None) for ws_id, stored in self.known.items()]

    def workspaces_named(self, name: str) -> Sequence[UUID]:
        return [ws_id for ws_id, (known, _) in self.known.items() if known.lower() == name.lower()]

    def workspace_names(self, ws_ids: Collection[UUID]) -> Mapping[UUID, str]:
        return {ws_id: self.known[ws_id][0] for ws_id in ws_ids if ws_id in self.known}

    def set_workspace(
        self, ws_id: UUID, name: str | None, zone: str | None, weekly_report: bool | None
    ) -> tuple[str, str | None, bool]:
        self.require_workspace(ws_id)
        old_name, old_zone = self.known[ws_id]
        self.known[ws_id] = (name or old_name, zone or old_zone)
        if weekly_report is not None:
            (self.reported.add if weekly_report else self.reported.discard)(ws_id)
        return *self.known[ws_id], ws_id in self.reported

    def connections(self, ws_id: UUID, account_id: UUID | None = None) -> Sequence[ConnectedCalendar]:
        return [each for each in self.calendars if account_id in (None, each.account_id)]


@dataclass
class Switches:
    """AccountSwitches that remember what was switched."""

    listed: list[ListedAccount] = field(default_factory=list)
    disconnected: list[UUID] = field(default_factory=list)
    switched: list[tuple[UUID, bool]] = field(default_factory=list)

    def accounts(self, ws_id: UUID | None) -> Sequence[ListedAccount]:
        return [each for each in self.listed if ws_id in (None, each.ws_id)]

    def disconnect(self, ws_id: UUID, account_id: UUID) -> None:
        self.disconnected.append(account_id)

    def switch_calendar(self, ws_id: UUID, connection_id: UUID, *, on: bool) -> None:
        self.switched.append((connection_id, on))


@dataclass
class Runs:
    """RecordedRuns."""

    runs: list[AnyRun] = field(default_factory=list)
    details: dict[UUID, AnyRunDetails] = field(default_factory=dict)
    asked: list[tuple[UUID | None, str | None, bool, int]] = field(default_factory=list)

    def latest(self, ws_id: UUID | None, *, job: str | None, failed: bool, limit: int) -> Sequence[AnyRun]:
        self.asked.append((ws_id, job, failed, limit))
        return self.runs

    def run(self, run_id: UUID) -> AnyRunDetails | None:
        return self.details.get(run_id)


@dataclass
class Queue:
    """JobQueue that keeps what it is given, or refuses it."""

    sent: list[OutgoingJob] = field(default_factory=list)
    refuse: bool = False

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        if self.refuse:
            return [FailedSend(envelope.job.ws_id, "InternalError") for envelope in envelopes]
        self.sent += envelopes
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        raise NotImplementedError


def calendar(calendar_id: str = "ada@example.test", **other: Any) -> ConnectedCalendar:
    given = {
        "connection_id": UUID(int=31),
        "calendar_id": calendar_id,
        "name": "Ada",
        "account_id": ACCOUNT,
        "account_email": "ada@example.test",
        "user_id": "ada",
        "account_status": "active",
        "access_role": "owner",
        "primary": False,
        "enabled": True,
        "inbound": True,
        "outbound": False,
        "deletes": False,
        "is_read": True,
        "last_synced_at": None,
        "full_synced_at": None,
        "status": "new",
        "error_type": None,
        "error": None,
        "failures": 0,
        "retry_at": None,
    }
    return ConnectedCalendar(**{**given, **other})


def sync_run(status: str = "completed", outcome: str | None = "full", **other: Any) -> SyncRun:
    given = {
        "run_id": RUN,
        "ws_id": WS,
        "source": "manual",
        "requested_mode": "auto",
        "calendar_id": None,
        "user_id": None,
        "request_id": "r",
        "message_id": "m-1",
        "status": status,
        "outcome": outcome,
        "sent_at": NOON - timedelta(seconds=7),
        "started_at": NOON,
        "finished_at": None if status == "running" else NOON + timedelta(seconds=95),
        "retry_after": None,
        "connections": 2,
        "error_type": None,
        "error": None,
        "counts": Tally(inserted=3, updated=2, deleted=1, api_calls=4, total_ms=1500),
    }
    return SyncRun(**{**given, **other})


COUNTS = PlanCounts(1, 3, 2, 4, 1, 0, 1, 0, 0, 3, 1, 2, 0, 40)


def plan_run(status: str = "completed", outcome: str | None = "planned", **other: Any) -> PlanRun:
    given = {
        "run_id": RUN,
        "ws_id": WS,
        "source": "manual",
        "window_days": 30,
        "force_reschedule": False,
        "apply": "full",
        "user_id": None,
        "request_id": "r",
        "message_id": None,
        "status": status,
        "outcome": outcome,
        "sent_at": None,
        "started_at": NOON,
        "finished_at": None if status == "running" else NOON + timedelta(seconds=5),
        "retry_after": None,
        "error_type": None,
        "error": None,
        "counts": COUNTS,
        "objective": 1.25,
        "load_ms": 1,
        "plan_ms": 2,
        "total_ms": 4200,
    }
    return PlanRun(**{**given, **other})


def requested_plan(status: str = "completed", outcome: str | None = "planned", **other: Any) -> RequestedPlan:
    given = {
        "run_id": RUN,
        "ws_id": WS,
        "status": status,
        "outcome": outcome,
        "request_id": "r",
        "started_at": NOON,
        "finished_at": None if status == "running" else NOON + timedelta(seconds=5),
        "retry_after": None,
        "window_start": NOON,
        "window_end": NOON + timedelta(days=30),
        "counts": COUNTS,
        "objective": 1.25,
        "total_ms": 4200,
        "warnings": [],
        "error_type": None,
        "error": None,
    }
    return RequestedPlan(**{**given, **other})
