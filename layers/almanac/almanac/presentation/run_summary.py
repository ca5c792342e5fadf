"""The summary of runs as JSON and as text: how they went in numbers, and which workspaces are behind and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from almanac.domain.operations.lag import Lag
from almanac.domain.operations.run_statistics import SHARES, BehindWorkspace, RunSummaryReport
from almanac.presentation.tables import duration_text, instant_text, listing, table


def document(report: RunSummaryReport) -> Mapping[str, object]:
    """Return the JSON document of a summary."""
    calls = report.calls
    behind: dict[str, object] = {str(job): count for job, count in report.all_behind.items()}
    behind["workspaces"] = [{**_workspace(each), "workspace": report.names.get(each.ws_id)} for each in report.behind]
    return {
        "since": report.since,
        "until": report.until,
        "ws_id": report.ws_id,
        "jobs": {name: asdict(job) for name, job in report.jobs.items()},
        "google": {
            "calls": calls.total,
            "peak_per_minute": calls.peak,
            "peak_minute": calls.peak_minute,
            "quota_per_minute": report.quota_per_minute,
            "peak_share": report.peak_share,
        },
        "behind": behind,
    }


def text(report: RunSummaryReport) -> str:
    """Return the summary as text."""
    return "\n\n".join(_parts(report))


def _workspace(each: BehindWorkspace) -> Mapping[str, object]:
    return {"ws_id": each.ws_id, "job": each.job, "last_done_at": each.last_done_at, **asdict(each.lag)}


def _parts(report: RunSummaryReport) -> Iterator[str]:
    span = (report.until - report.since).total_seconds()
    yield f"runs of the last {duration_text(span)}, since {instant_text(report.since)}"
    yield table(("JOB", "STATUS", "OUTCOME", "RUNS"), _outcomes(report))
    yield table(("JOB", "TIME", *(name.upper() for name in SHARES)), _times(report))
    errors = list(_errors(report))
    yield table(("JOB", "ERROR", "RUNS", "OF THOSE TRIED"), errors) if errors else "no errors"
    yield _calls(report)
    yield _behind(report)


def _outcomes(report: RunSummaryReport) -> Iterator[Sequence[object]]:
    for name, job in report.jobs.items():
        for each in job.outcomes:
            yield name, each.status, each.outcome, each.runs


def _times(report: RunSummaryReport) -> Iterator[Sequence[object]]:
    for name, job in report.jobs.items():
        yield name, "message to done", *_at_shares(job.message_to_done_ms)
        yield name, "run", *_at_shares(job.run_ms)


def _at_shares(milliseconds: Mapping[str, int] | None) -> Iterator[str | None]:
    found = milliseconds or {}
    return (duration_text(found[share] / 1000) if share in found else None for share in SHARES)


def _errors(report: RunSummaryReport) -> Iterator[Sequence[object]]:
    for name, job in report.jobs.items():
        for each in job.errors:
            yield name, each.error_type, each.runs, _percent(each.share)


def _calls(report: RunSummaryReport) -> str:
    calls = report.calls
    if not calls.total:
        return "Google: no calls"
    peak = f"at most {calls.peak:,} a minute, at {instant_text(calls.peak_minute)}"
    quota = f"{_percent(report.peak_share)} of a project's quota of {report.quota_per_minute:,}"
    return f"Google: {calls.total:,} calls; {peak}: {quota}"


def _behind(report: RunSummaryReport) -> str:
    count = report.all_behind
    if not any(count.values()):
        return "nobody is behind"
    said = f"behind: {count['sync']} workspace(s) with syncs, {count['schedule']} with plans; the stalest first"
    head = ("WORKSPACE", "JOB", "LAST DONE")
    rows = (
        (
            (report.names.get(each.ws_id), each.job, instant_text(each.last_done_at)),
            (each.ws_id, _why(each.lag)),
        )
        for each in report.behind
    )
    return f"{said}\n{listing(head, rows)}"


def _why(lag: Lag) -> str:
    """The reason in words, with its instant, and the last error where that is not the reason itself."""
    since, error = instant_text(lag.since), lag.error_type
    match lag.reason:
        case "backing_off":
            return f"backing off until {instant_text(lag.until)} ({error})"
        case "error":
            return f"{error} since {since}"
        case "never":
            return f"never done, possible since {since}"
        case "overdue":
            return "nothing in its way: look at ticks and queues"
        case "running" | "waiting" as reason:
            said = "running" if reason == "running" else "waiting in the queue"
            return f"{said} since {since}" + (f", after {error}" if error else "")
        case reason:
            return f"{reason} since {since}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.3g} %"
