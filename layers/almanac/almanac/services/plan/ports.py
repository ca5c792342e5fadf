"""What planning a workspace needs from the outside."""

from collections.abc import Callable, Set
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.workspace_plan.changes import Changes
from almanac.domain.workspace_plan.from_plan import WorkspacePlan
from almanac.domain.workspace_plan.report import PlanReport
from almanac.domain.workspace_plan.snapshot import LoadWindow, Recurrence, Workspace
from almanac.domain.workspace_plan.team.request import PlanningRequest
from almanac.jobs import CalendarSchedule
from almanac.services.sync.ports import Lease, Refusal

DatesBetween = Callable[[Recurrence, date, date], Set[date]]
"""The dates of a recurrence between two dates, both included."""
Planner = Callable[[PlanningRequest, float], WorkspacePlan]
"""A plan for a request, within that many seconds."""


class PlanStore(Protocol):
    """Runs, leases and everything a plan is made of.

    Every method is one transaction; those that write under a Lease check its fence in it: LeaseLost when another run
    holds it. All raise DatabaseUnavailable and StorageFailed.
    """

    def begin_run(
        self, job: CalendarSchedule, run_id: UUID, sent_at: datetime | None, message_id: str | None = None
    ) -> Lease | Refusal:
        """Take the lease and open the run's metadata row, or record why not. Raises UnknownWorkspace."""
        ...

    def prolong(self, lease: Lease) -> None:
        """Keep the lease for its whole length from now on."""
        ...

    def load(self, ws_id: UUID, reach: LoadWindow) -> Workspace:
        """Return everything the plan depends on, of one moment. Raises UnknownWorkspace."""
        ...

    def apply(
        self, lease: Lease, reach: LoadWindow, workspace: Workspace, changes: Changes, report: PlanReport
    ) -> bool:
        """Write the changes, close the run with its report and release the lease, all or nothing.

        False, with nothing written, when the workspace is no longer as it was loaded, or when a block of the changes is
        no longer Almanac's to move.
        """
        ...

    def is_gone(self, ws_id: UUID) -> bool:
        """Return whether there is no such workspace any more."""
        ...

    def finish_run(self, lease: Lease, report: PlanReport, seen: str | None = None) -> None:
        """Close the run without a change of the calendar, and release the lease.

        `seen` is the moment of the workspace that was planned all the same: its changes ask for no plan any more.
        """
        ...


class PreviewTurnStore(Protocol):
    """Turns of those who wait for a plan, of the whole installation. Raises DatabaseUnavailable and StorageFailed."""

    def take(self, holder: UUID, seconds: float) -> float | None:
        """Take a turn for so long at most. Without a free one, return the seconds for which the oldest is taken."""
        ...

    def give_back(self, holder: UUID) -> None:
        """Let somebody else have it."""
        ...
