"""One planning run: load a workspace, plan it, write what differs, and plan again when it changed meanwhile."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

from almanac.domain.wall_clock import zone_of
from almanac.domain.workspace_plan.changes import changes
from almanac.domain.workspace_plan.fixpoint import solve_to_fixpoint
from almanac.domain.workspace_plan.habit_requests import MinuteLimits
from almanac.domain.workspace_plan.outcome import NOT_WRITTEN, record_outcome
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.report import Counts, PlanReport
from almanac.domain.workspace_plan.snapshot import LoadWindow, Workspace
from almanac.domain.workspace_plan.team.request import PlanningRequest
from almanac.domain.workspace_plan.team.views import windows_of
from almanac.domain.workspace_plan.to_instance import to_instance
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    LeaseLost,
    OutOfMemory,
    PermanentError,
    TransientError,
    UnknownWorkspace,
    safe_error_fields,
)
from almanac.jobs import CalendarSchedule
from almanac.services.clock import Clock, Deadline
from almanac.services.plan.ports import DatesBetween, Planner, PlanStore
from almanac.services.plan.proposal import Proposal
from almanac.services.sync.ports import Lease, Refusal

logger = logging.getLogger(__name__)

_REMOVED = Refusal("removed")
ATTEMPTS = 3
"""Plans of one run: a calendar that changes under each of them is left to a later message."""
RETRY_SECONDS = 60.0
PLAN_RESERVE_SECONDS = 5.0
"""Kept free of planning at the end of an invocation, for writing the plan and the run's end."""
AGAIN_SECONDS = 10.0
"""What must be left of an invocation to plan once more in it; else the message comes back to a new one."""
SHORTEST_BUDGET = 0.05
"""Seconds; the planner's first plan needs no more, and every later one is only better."""


class TimezoneMissing(PermanentError):
    """A workspace without an IANA time zone cannot be planned: its wall times are no instants."""

    code = "timezone_missing"

    def __init__(self, name: str | None, ws_id: UUID) -> None:
        said = f"the workspace's time zone '{name}' is unknown" if name else "the workspace has no time zone"
        super().__init__(f"{said}: run `almanac workspace set {ws_id} --timezone Europe/Berlin`, or with its own zone")


@dataclass(frozen=True, slots=True)
class PlanWorkspace:
    """The use case behind smart_scheduling. `budget_seconds` is what one plan may take, well within a lease."""

    store: PlanStore
    planner: Planner
    dates_between: DatesBetween
    clock: Clock
    budget_seconds: float

    def __call__(
        self, job: CalendarSchedule, sent_at: datetime | None, deadline: Deadline, message_id: str | None = None
    ) -> PlanReport:
        """Run the job; `sent_at` is when its message was sent, `deadline` what is left of the invocation.

        What goes wrong is in the report and in the run's metadata row. Raises UnknownWorkspace, DatabaseUnavailable and
        LeaseLost, which leave nothing to record, and after recording it any bug.
        """
        report = PlanReport(job.ws_id, uuid4())
        admitted = self._admit(job, report.run_id, sent_at, message_id)
        if isinstance(admitted, Refusal):
            return _skipped(report, admitted)
        try:
            self._plan(admitted, job, report, deadline)
        except (UnknownWorkspace, LeaseLost):
            if self.store.is_gone(job.ws_id):
                return _skipped(report, _REMOVED)
            raise
        except DatabaseUnavailable:
            raise
        except TimezoneMissing as error:
            report.fail(error.code, str(error), outcome="timezone_missing")
            self.store.finish_run(admitted, report)
        except AlmanacError as error:
            retry_after = (error.retry_after or 0.0) if isinstance(error, TransientError) else None
            report.fail(error.code, str(error), retry_after)
            self.store.finish_run(admitted, report)
        except MemoryError:
            report.fail(OutOfMemory.code, "the plan needs more memory than its function has")
            report.escalated = "out_of_memory"
            self.store.finish_run(admitted, report)
        except Exception as error:  # noqa: BLE001 - a bug; recorded, and raised again without its text
            said = safe_error_fields(error)
            report.fail(said["error_type"], said["error"])
            logger.error("a workspace could not be planned", extra=said)  # noqa: TRY400 - its text may quote a title
            self.store.finish_run(admitted, report)
            raise AlmanacError(f"planning met an unexpected {type(error).__name__}; run {report.run_id}") from None
        return report

    def _admit(
        self, job: CalendarSchedule, run_id: UUID, sent_at: datetime | None, message_id: str | None
    ) -> Lease | Refusal:
        try:
            return self.store.begin_run(job, run_id, sent_at, message_id)
        except UnknownWorkspace:
            if job.source == "manual":
                raise  # somebody may have mistyped it
            return _REMOVED

    def preview(self, job: CalendarSchedule, counts: Counts | None = None) -> Proposal:
        """Return what a run would do now, without a lease and without writing anything; times go to `counts`.

        Raises UnknownWorkspace, TimezoneMissing, DatabaseUnavailable.
        """
        return self._propose(job, self.budget_seconds, Counts() if counts is None else counts)

    def _plan(self, lease: Lease, job: CalendarSchedule, report: PlanReport, deadline: Deadline) -> None:
        """Plan until a plan could be written, or there is nothing to write."""
        began, seen = perf_counter(), None
        for attempt in self._attempts(lease, deadline):
            report.counts.attempts = attempt
            found = self._propose(job, self._budget(deadline), report.counts)
            record_outcome(report, found.request, found.planned, found.changes, safe=job.apply == "safe")
            report.counts.total_ms = _milliseconds(began)
            if report.outcome in NOT_WRITTEN:
                seen = found.workspace.seen
                break
            if self.store.apply(lease, found.reach, found.workspace, found.changes, report):
                return
        else:
            report.fail("calendar_changing", "the calendar changed under every plan", RETRY_SECONDS)
        self.store.finish_run(lease, report, seen)

    def _attempts(self, lease: Lease, deadline: Deadline) -> Iterator[int]:
        """Yield 1, 2, 3: each under a lease of whole length, and each after the first only while there is time."""
        yield 1
        for attempt in range(2, ATTEMPTS + 1):
            if deadline() < AGAIN_SECONDS:
                return
            self.store.prolong(lease)
            yield attempt

    def _propose(self, job: CalendarSchedule, budget_seconds: float, counts: Counts) -> Proposal:
        """Load and plan; the times are added to the counts."""
        now = self.clock()
        reach = LoadWindow(now, now + timedelta(days=job.window_days + 1))
        loading = perf_counter()
        workspace = self.store.load(job.ws_id, reach)
        counts.load_ms += _milliseconds(loading)
        planning = perf_counter()
        request, planned = solve_to_fixpoint(
            lambda limits: self._prepare(job, workspace, now, limits), lambda ready: self.planner(ready, budget_seconds)
        )
        counts.plan_ms += _milliseconds(planning)
        return Proposal(reach, workspace, request, planned, changes(request, planned.blocks))

    def _prepare(
        self, job: CalendarSchedule, workspace: Workspace, now: datetime, limits: MinuteLimits
    ) -> PlanningRequest:
        zone = zone_of(workspace.time_zone)
        if zone is None:
            raise TimezoneMissing(workspace.time_zone, job.ws_id)
        window = PlanningWindow.of(now, zone, workspace.preferences.notice_minutes, job.window_days)
        reach = windows_of(workspace, window).values()
        days = [each.day(minute) for each in reach for minute in (each.now, each.end)]
        days += [block.day for block in workspace.blocks if block.day is not None]  # some lie beyond this run's window
        dates = {habit.id: self.dates_between(habit.recurrence, min(days), max(days)) for habit in workspace.habits}
        force, only = job.force_reschedule, job.user_id
        return to_instance(job.ws_id, workspace, window, dates, force=force, limits=limits, only=only)

    def _budget(self, deadline: Deadline) -> float:
        return max(SHORTEST_BUDGET, min(self.budget_seconds, deadline() - PLAN_RESERVE_SECONDS))


def _skipped(report: PlanReport, refusal: Refusal) -> PlanReport:
    report.status, report.outcome, report.retry_after = "skipped", refusal.outcome, refusal.retry_after
    report.escalated = refusal.escalated
    return report


def _milliseconds(since: float) -> int:
    return round((perf_counter() - since) * 1000)
