"""How the runs of a span of time went, in numbers: what the database counts, and what an operator reads."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from almanac.domain.operations.job_names import KEPT_UP, JobName
from almanac.domain.operations.lag import Lag, WorkspaceProgress, why_behind

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_NOT_TRIED = ("running", "skipped")


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """So many runs ended like this; `outcome` is None while they run."""

    job: JobName
    status: str
    outcome: str | None
    error_type: str | None
    runs: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds at SHARES: from a message's sending to its end, and of the run alone. None without runs.

    They are counted in buckets, so they are right within 5 %.
    """

    job: JobName
    message_to_done_ms: Sequence[int] | None
    run_ms: Sequence[int] | None


@dataclass(frozen=True, slots=True)
class ProviderCalls:
    """Calls of syncs to the calendar provider, and the fullest minute, by the minute in which a run began."""

    total: int = 0
    peak: int = 0
    peak_minute: datetime | None = None


@dataclass(frozen=True, slots=True)
class LaggingWorkspace:
    """One workspace that is behind with a job, and what is stored about that."""

    job: JobName
    ws_id: UUID
    progress: WorkspaceProgress


@dataclass(frozen=True, slots=True)
class Behind:
    """Workspaces that are behind: `stalest` of both jobs, the stalest first, and how many there are by job."""

    stalest: Sequence[LaggingWorkspace]
    all_behind: Mapping[JobName, int]


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """Everything a summary is made of. `behind` names the stalest, `all_behind` counts workspaces by job."""

    outcomes: Sequence[OutcomeCount]
    latencies: Sequence[Latency]
    calls: ProviderCalls
    behind: Sequence[LaggingWorkspace]
    all_behind: Mapping[JobName, int]


@dataclass(frozen=True, slots=True)
class OutcomeTotal:
    """So many runs of a job ended like this, whatever their errors."""

    status: str
    outcome: str | None
    runs: int


@dataclass(frozen=True, slots=True)
class ErrorTotal:
    """So many runs of a job met this error; `share` of those that were tried, None when none was."""

    error_type: str
    runs: int
    share: float | None


@dataclass(frozen=True, slots=True)
class JobSummary:
    """How the runs of one job went. `tried` leaves out those that run or were skipped; milliseconds by SHARES."""

    runs: int
    tried: int
    outcomes: Sequence[OutcomeTotal]
    errors: Sequence[ErrorTotal]
    error_share: float | None
    message_to_done_ms: Mapping[str, int] | None
    run_ms: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class BehindWorkspace:
    """One workspace that is behind with a job, when it was last done if ever, and why it is behind.

    `fresh_at` is when it was done, or could have been done for the first time: by that, the id and the job lists are
    in order.
    """

    ws_id: UUID
    job: JobName
    last_done_at: datetime | None
    lag: Lag
    fresh_at: datetime


@dataclass(frozen=True, slots=True)
class RunSummaryReport:
    """How runs went between two instants, of one workspace or of all, and which workspaces are behind.

    `quota_per_minute` is what the provider allows in calls, `all_behind` counts, `behind` names the stalest.
    """

    since: datetime
    until: datetime
    ws_id: UUID | None
    jobs: Mapping[JobName, JobSummary]
    calls: ProviderCalls
    quota_per_minute: int
    all_behind: Mapping[JobName, int]
    behind: Sequence[BehindWorkspace]
    names: Mapping[UUID, str] = field(default_factory=dict)
    """What people call those that are named as behind."""

    @property
    def peak_share(self) -> float | None:
        """The fullest minute's calls as a share of the quota."""
        return _share(self.calls.peak, self.quota_per_minute)


def summarize(
    found: RunStatistics, ws_id: UUID | None, since: datetime, until: datetime, quota_per_minute: int
) -> RunSummaryReport:
    """Return the statistics as sums, shares and reasons."""
    return RunSummaryReport(
        since=since,
        until=until,
        ws_id=ws_id,
        jobs={job: _job(job, found) for job in KEPT_UP},
        calls=found.calls,
        quota_per_minute=quota_per_minute,
        all_behind={job: found.all_behind.get(job, 0) for job in KEPT_UP},
        behind=[why_late(each, until) for each in found.behind],
    )


def _job(job: JobName, found: RunStatistics) -> JobSummary:
    counts = [each for each in found.outcomes if each.job == job]
    tried = sum(each.runs for each in counts if each.status not in _NOT_TRIED)
    errors = _counted((each.error_type, each.runs) for each in counts if each.error_type is not None)
    outcomes = _counted(((each.status, each.outcome), each.runs) for each in counts)
    latency = next((each for each in found.latencies if each.job == job), Latency(job, None, None))
    return JobSummary(
        runs=sum(each.runs for each in counts),
        tried=tried,
        outcomes=[OutcomeTotal(status, outcome, runs) for (status, outcome), runs in outcomes.items()],
        errors=[ErrorTotal(error_type, runs, _share(runs, tried)) for error_type, runs in errors.items()],
        error_share=_share(sum(errors.values()), tried),
        message_to_done_ms=_at_shares(latency.message_to_done_ms),
        run_ms=_at_shares(latency.run_ms),
    )


def why_late(each: LaggingWorkspace, now: datetime) -> BehindWorkspace:
    """Return the workspace with the reason why it is behind now."""
    progress = each.progress
    last_done_at = progress.fresh_at if progress.ever else None
    return BehindWorkspace(each.ws_id, each.job, last_done_at, why_behind(progress, now), progress.fresh_at)


_Key = TypeVar("_Key", bound=Hashable)


def _counted(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    """Sums by key, the largest first."""
    sums: dict[_Key, int] = {}
    for key, runs in pairs:
        sums[key] = sums.get(key, 0) + runs
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def _at_shares(values: Sequence[int] | None) -> dict[str, int] | None:
    return None if values is None else dict(zip(SHARES, values, strict=True))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
