"""What looking at the system and asking for work need from the outside."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from almanac.domain.operations.channels import ListedChannel
from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.people import DigestChange, ListedMember
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.domain.operations.run_statistics import Behind, LaggingWorkspace, RunStatistics
from almanac.domain.operations.runs import AnyRun, AnyRunDetails, RequestedPlan, SyncProgress, SyncRun
from almanac.domain.operations.workspaces import ListedAccount, ListedWorkspace, Pause
from almanac.domain.wall_clock import Week

FollowedRun = TypeVar("FollowedRun", SyncRun, RequestedPlan, covariant=True)


class ChannelDirectory(Protocol):
    """The push channels. Raises DatabaseUnavailable and StorageFailed."""

    def channels(self, ws_id: UUID | None) -> Sequence[ListedChannel]:
        """Return the channels of a workspace or of all that were not stopped, by workspace and calendar."""
        ...


class WorkspaceStore(Protocol):
    """The workspaces. Raises DatabaseUnavailable and StorageFailed."""

    def add_workspace(self, ws_id: UUID, name: str, zone: str) -> tuple[str, str | None]:
        """Add the workspace unless it is there. Return the name and IANA zone that are stored now.

        Raises BadInput for a zone that is none.
        """
        ...

    def remove_workspace(self, ws_id: UUID) -> bool:
        """Delete the workspace with all that is of it, unless an account of it is connected. Return whether it went."""
        ...

    def require_workspace(self, ws_id: UUID) -> None:
        """Raise UnknownWorkspace unless it is there."""
        ...

    def require_at_work(self, ws_id: UUID) -> None:
        """Raise UnknownWorkspace unless it is there, WorkspacePaused while it is paused."""
        ...

    def paused_of(self, ws_ids: Collection[UUID]) -> Set[UUID]:
        """Return those of the workspaces that are paused."""
        ...

    def workspace_name(self, ws_id: UUID) -> str:
        """Return what people call the workspace. Raises UnknownWorkspace."""
        ...

    def live_workspaces(self) -> Sequence[UUID]:
        """Return the workspaces with a calendar to read through an account that works."""
        ...

    def list_workspaces(self) -> Sequence[ListedWorkspace]:
        """Return all workspaces, by name."""
        ...

    def workspaces_named(self, name: str) -> Sequence[UUID]:
        """Return the ids of the workspaces of that name; upper and lower case are the same."""
        ...

    def workspace_names(self, ws_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Return the names of those of the workspaces that there are."""
        ...

    def has_weekly_report(self, ws_id: UUID) -> bool:
        """Whether the workspace gets a report each Monday. Raises UnknownWorkspace."""
        ...

    def set_workspace(
        self, ws_id: UUID, name: str | None, zone: str | None, weekly_report: bool | None
    ) -> tuple[str, str | None, bool]:
        """Give the workspace another name, IANA zone, or a weekly report; None leaves it. Return what is stored now.

        Raises UnknownWorkspace, and BadInput for a zone that is none.
        """
        ...


class PauseStore(Protocol):
    """Workspaces that are let alone. Raises DatabaseUnavailable and StorageFailed."""

    def pause_of(self, ws_id: UUID) -> Pause | None:
        """Return since when it is paused, and by whom. Raises UnknownWorkspace."""
        ...

    def pause(self, ws_id: UUID, paused_by: str, since: datetime | None = None) -> Pause:
        """Let the workspace alone, from now on or (after all) since then; return its pause, which may be an older one.

        Raises UnknownWorkspace.
        """
        ...

    def end_pause(self, ws_id: UUID) -> Pause | None:
        """Let it go on, and have it planned after its next sync; return what has ended, None if nothing did."""
        ...


class PeopleStore(Protocol):
    """Members. Raises DatabaseUnavailable and StorageFailed."""

    def add_member(self, ws_id: UUID, user: str, name: str | None, zone: str | None) -> tuple[str, str | None]:
        """Add a member, or change what is given of one. Return name and zone as stored.

        Raises UnknownWorkspace, and BadInput for a zone that is none.
        """
        ...

    def remove_member(self, ws_id: UUID, user: str) -> bool:
        """Take a member out of the plan; False when there was none."""
        ...

    def set_digest(self, ws_id: UUID, user: str, change: DigestChange) -> bool:
        """Change a member's digest; False when there is no such member."""
        ...

    def members(self, ws_id: UUID) -> Sequence[ListedMember]:
        """Return the members in the order in which they were added."""
        ...

    def hours(self, ws_id: UUID) -> Mapping[str, Mapping[str, Week | None]]:
        """Return the hours that each member has by category, of their own or of the workspace, in lower case.

        None: those of a category that nobody can read as they are stored.
        """
        ...

    def common_hours(self, ws_id: UUID) -> Mapping[str, Week | None]:
        """Return likewise the hours of the workspace itself: of whoever has none of their own."""
        ...


class AccountSwitches(Protocol):
    """What operators switch of accounts and their calendars. Raises DatabaseUnavailable and StorageFailed."""

    def accounts(self, ws_id: UUID | None) -> Sequence[ListedAccount]:
        """Return the accounts of a workspace or of all, by workspace and address."""
        ...

    def disconnect(self, ws_id: UUID, account_id: UUID) -> None:
        """Let nothing be read through the account any more."""
        ...

    def switch_calendar(self, ws_id: UUID, connection_id: UUID, *, on: bool) -> None:
        """Let a sync read the calendar, or let it alone; its events take time only while it is on."""
        ...


class ConnectionStore(Protocol):
    """The calendars that workspaces are connected to. Raises DatabaseUnavailable and StorageFailed."""

    def connections(self, ws_id: UUID, account_id: UUID | None = None) -> Sequence[ConnectedCalendar]:
        """Return the workspace's calendars, or those of one of its accounts."""
        ...


class RecordedRuns(Protocol):
    """Syncs and plans that ran. Raises DatabaseUnavailable and StorageFailed."""

    def latest(self, ws_id: UUID | None, *, job: JobName | None, failed: bool, limit: int) -> Sequence[AnyRun]:
        """Return the latest runs of both jobs or of one, newest first; `failed`: only those that did, even partly."""
        ...

    def run(self, run_id: UUID) -> AnyRunDetails | None:
        """Return one run with all that is recorded of it; None when there is none."""
        ...

    def sync_progress(self, ws_id: UUID, run_id: UUID) -> SyncProgress | None:
        """Return how far a running sync has come."""
        ...


class RunsOfRequests(Protocol[FollowedRun]):
    """What became of a request for one of the jobs. Raises DatabaseUnavailable and StorageFailed."""

    def runs_of_request(self, ws_id: UUID, request_id: str) -> Sequence[FollowedRun]:
        """Return the runs of one request, oldest first."""
        ...

    def sync_progress(self, ws_id: UUID, run_id: UUID) -> SyncProgress | None:
        """Return how far a running sync has come; None of a plan."""
        ...


class CountedRuns(Protocol):
    """Runs and laggards, counted. Raises DatabaseUnavailable and StorageFailed."""

    def statistics(self, ws_id: UUID | None, since: datetime, now: datetime, limit: int) -> RunStatistics:
        """Count the runs that began since then, and name at most `limit` of the workspaces that are behind now."""
        ...

    def behind(self, ws_ids: Collection[UUID] | None, now: datetime, limit: int) -> Behind:
        """Return at most `limit` of these workspaces or (None) of all that are behind now, the stalest first."""
        ...


class ProgressStore(Protocol):
    """How fresh a workspace is, late or not. Raises DatabaseUnavailable and StorageFailed."""

    def progress(self, ws_id: UUID, now: datetime) -> Sequence[LaggingWorkspace]:
        """Return a workspace's progress by job; one that has no work, or that a push keeps fresh, is missing."""
        ...


class MeasuredQueues(Protocol):
    """The jobs' queues as they are now. Raises QueueUnavailable; BadSettings without queue or dead-letter queue."""

    def depth(self, job_kind: str) -> QueueDepth:
        """Return the counts of one job's queue."""
        ...
