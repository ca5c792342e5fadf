"""How the runs of a span of time went, in numbers: what Postgres counts, and what an operator reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from almanac.domain.operations.lag import WorkspaceProgress, why_behind

Job = Literal["sync", "schedule"]
JOBS: tuple[Job, ...] = ("sync", "schedule")
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_NOT_TRIED = ("running", "skipped")


@dataclass(frozen=True, slots=True)
class Ending:
    """So many runs ended like this; `outcome` is None while they run."""

    job: Job
    status: str
    outcome: str | None
    error_type: str | None
    runs: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Whole milliseconds at SHARES: from a message's sending to its end, and of the run alone. None without runs."""

    job: Job
    message_to_done_ms: Sequence[int] | None
    run_ms: Sequence[int] | None


@dataclass(frozen=True, slots=True)
class ProviderCalls:
    """Calls of syncs at a provider, and the fullest minute, by the minute in which a run began."""

    provider: str
    quota_per_minute: int
    total: int = 0
    peak: int = 0
    peak_minute: datetime | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """One workspace that is behind with a job, and what is stored about that."""

    job: Job
    ws_id: UUID
    standing: WorkspaceProgress


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything a summary is made of. `behind` names the stalest, `all_behind` counts workspaces per job."""

    endings: Sequence[Ending]
    latencies: Sequence[Latency]
    calls: ProviderCalls
    behind: Sequence[Behind]
    all_behind: Mapping[Job, int]


def summary(figures: Figures, now: datetime) -> dict[str, Any]:
    """The figures with shares and reasons, JSON-ready but for UUIDs and instants."""
    calls = figures.calls
    return {
        "jobs": {job: _job(job, figures) for job in JOBS},
        calls.provider: {
            "calls": calls.total,
            "peak_per_minute": calls.peak,
            "peak_minute": calls.peak_minute,
            "quota_per_minute": calls.quota_per_minute,
            "peak_share": _share(calls.peak, calls.quota_per_minute),
        },
        "behind": {
            **{job: figures.all_behind.get(job, 0) for job in JOBS},
            "workspaces": [_behind(each, now) for each in figures.behind],
        },
    }


def _job(job: Job, figures: Figures) -> dict[str, Any]:
    endings = [ending for ending in figures.endings if ending.job == job]
    tried = sum(ending.runs for ending in endings if ending.status not in _NOT_TRIED)
    errors = _counted((each.error_type, each.runs) for each in endings if each.error_type is not None)
    outcomes = _counted(((each.status, each.outcome), each.runs) for each in endings)
    latency = next((each for each in figures.latencies if each.job == job), Latency(job, None, None))
    return {
        "runs": sum(ending.runs for ending in endings),
        "tried": tried,
        "outcomes": [{"status": key[0], "outcome": key[1], "runs": runs} for key, runs in outcomes.items()],
        "errors": [{"error_type": key, "runs": n, "share": _share(n, tried)} for key, n in errors.items()],
        "error_share": _share(sum(errors.values()), tried),
        "message_to_done_ms": _at_shares(latency.message_to_done_ms),
        "run_ms": _at_shares(latency.run_ms),
    }


def _behind(each: Behind, now: datetime) -> dict[str, Any]:
    standing = each.standing
    last = standing.fresh_at if standing.ever else None
    return {"ws_id": each.ws_id, "job": each.job, "last_done_at": last, **asdict(why_behind(standing, now))}


def _counted(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    """Sums by key, the largest first."""
    sums: dict[Any, int] = {}
    for key, runs in pairs:
        sums[key] = sums.get(key, 0) + runs
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def _at_shares(values: Sequence[int] | None) -> dict[str, int] | None:
    return None if values is None else dict(zip(SHARES, values, strict=True))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
