"""The summary of runs as text: how they went in numbers, and which workspaces are behind and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from almanac.domain.operations.run_statistics import JOBS, SHARES
from almanac.presentation.tables import duration, instant, table

_TIMES = {"message to done": "message_to_done_ms", "run": "run_ms"}


def described(document: Mapping[str, Any], since: timedelta) -> str:
    """Return the summary of that span of time as text; `document` is that of `run_statistics.summary`."""
    return "\n\n".join(_parts(document, since))


def _parts(document: Mapping[str, Any], since: timedelta) -> Iterator[str]:
    jobs = document["jobs"]
    yield f"runs of the last {duration(since.total_seconds())}, since {instant(document['since'])}"
    yield table(("JOB", "STATUS", "OUTCOME", "RUNS"), _endings(jobs))
    yield table(("JOB", "TIME", *(name.upper() for name in SHARES)), _times(jobs))
    errors = list(_errors(jobs))
    yield table(("JOB", "ERROR", "RUNS", "OF THOSE TRIED"), errors) if errors else "no errors"
    yield _google(document["google"])
    yield _behind(document["behind"])


def _endings(jobs: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for job in JOBS:
        for ending in jobs[job]["outcomes"]:
            yield job, ending["status"], ending["outcome"], ending["runs"]


def _times(jobs: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for job in JOBS:
        for name, key in _TIMES.items():
            found = jobs[job][key] or {}
            yield job, name, *(duration(found[share] / 1000) if share in found else None for share in SHARES)


def _errors(jobs: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for job in JOBS:
        for error in jobs[job]["errors"]:
            yield job, error["error_type"], error["runs"], _percent(error["share"])


def _google(google: Mapping[str, Any]) -> str:
    if not google["calls"]:
        return "Google: no calls"
    peak = f"at most {google['peak_per_minute']:,} a minute, at {instant(google['peak_minute'])}"
    quota = f"{_percent(google['peak_share'])} of a project's quota of {google['quota_per_minute']:,}"
    return f"Google: {google['calls']:,} calls; {peak}: {quota}"


def _behind(behind: Mapping[str, Any]) -> str:
    if not any(behind[job] for job in JOBS):
        return "nobody is behind"
    said = f"behind: {behind['sync']} workspace(s) with syncs, {behind['schedule']} with plans; the stalest first"
    head = ("WORKSPACE", "JOB", "LAST DONE", "WHY")
    rows = ((each["ws_id"], each["job"], instant(each["last_done_at"]), _why(each)) for each in behind["workspaces"])
    return f"{said}\n{table(head, rows)}"


def _why(each: Mapping[str, Any]) -> str:
    """The reason in words, with its instant, and the last error where that is not the reason itself."""
    since, error = instant(each["since"]), each["error_type"]
    match each["reason"]:
        case "backing_off":
            return f"backing off until {instant(each['until'])} ({error})"
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
