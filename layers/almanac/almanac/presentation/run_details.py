"""One run as people read it: a sync per calendar with the events it could not store, a plan with its notes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from almanac.domain.workspace_plan.report import COUNTS
from almanac.presentation.tables import duration, instant, table

Run = Mapping[str, Any]


def described(run: Run) -> str:
    """All that is known about it."""
    return "\n".join(_sync(run) if run["job"] == "sync" else _plan(run))


def ended(run: Mapping[str, Any], earlier: int = 0) -> str:
    """How a run ended, in one line; `earlier` is the number of runs that it went on with."""
    line = f"{run['status']}: {run['outcome']}"
    if run["status"] == "skipped":
        again = "" if run["retry_after"] is None else f", possible again in {duration(run['retry_after'])}"
        return line + again
    names = ("inserted", "updated", "deleted", "unchanged", "rejected")
    counts = ", ".join(f"{run[name]} {name}" for name in names if run[name]) or "nothing changed"
    after = f", after {earlier} run(s) of the same request" if earlier else ""
    return f"{line} in {duration(run['total_ms'] / 1000)}; {counts}{after}; run {run['run_id']}"


def took(run: Run) -> str:
    """From its beginning to its end; a dash while it runs."""
    finished = run["finished_at"]
    return "-" if finished is None else duration((finished - run["started_at"]).total_seconds())


def changed(counts: Run) -> str:
    """Events that a sync wrote, or blocks that a plan did: `+inserted ~changed -deleted`."""
    return f"+{counts['inserted']} ~{counts['updated' if 'updated' in counts else 'moved']} -{counts['deleted']}"


def error(row: Run) -> str | None:
    """Code and text, if anything went wrong."""
    return f"{row['error_type']}: {row['error']}" if row["error_type"] else None


def _sync(run: Run) -> Iterator[str]:
    yield f"{run['source']} sync of workspace {run['ws_id']}, mode {run['requested_mode']}"
    yield f"started {instant(run['started_at'])}, {'running' if run['status'] == 'running' else ended(run)}"
    yield from _why_not(run)
    if run["calendars"]:
        yield f"\n{_calendars(run['calendars'])}"
    problems = [(c["name"] or c["connection_id"], p) for c in run["calendars"] for p in c["problems"]]
    if problems:
        head = ("CALENDAR", "EVENT", "PROBLEM", "STORED")
        rows = ((name, p["id"], p["reason"], "yes" if p["stored"] else "no") for name, p in problems)
        yield f"\n{table(head, rows)}"


def _plan(run: Run) -> Iterator[str]:
    yield f"{run['source']} plan of workspace {run['ws_id']}, {run['window_days']} days, apply {run['apply']}"
    counts = ", ".join(f"{run[name]} {name.replace('_', ' ')}" for name in COUNTS if run[name]) or "nothing to place"
    end = "running" if run["status"] == "running" else f"{run['status']}: {run['outcome']} in {took(run)}; {counts}"
    yield f"started {instant(run['started_at'])}, {end}; blocks {changed(run)}"
    yield from _why_not(run)
    if run["notes"]:
        head = ("KIND", "ITEM", "STATUS", "REASON", "WOULD HELP")
        rows = ((note["kind"], note["id"], note["status"], note["reason"], note["hint"]) for note in run["notes"])
        yield f"\n{table(head, rows)}"


def _why_not(run: Run) -> Iterator[str]:
    """The error, and the message that the run was for: logs and dead letters are found by it."""
    if run["error_type"]:
        yield f"{error(run)}"
        if run["message_id"]:
            yield f"message {run['message_id']}"


def _calendars(calendars: Sequence[Run]) -> str:
    head = ("CALENDAR", "STATUS", "OUTCOME", "TOOK", "CHANGED", "REJECTED", "REPAIRED", "ERROR")
    rows = (
        (
            c["name"] or c["connection_id"],
            c["status"],
            c["outcome"],
            duration(c["total_ms"] / 1000),
            changed(c),
            c["rejected"],
            c["repaired"],
            error(c),
        )
        for c in calendars
    )
    return table(head, rows)
