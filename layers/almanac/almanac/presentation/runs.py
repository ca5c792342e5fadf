"""Runs, listed or one by one, as JSON and as text: a sync by calendar with its problems, a plan with its notes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from difflib import get_close_matches
from uuid import UUID

from almanac.domain.operations.runs import (
    AnyRun,
    AnyRunDetails,
    CalendarResult,
    PlanCounts,
    PlanRun,
    PlanRunDetails,
    RequestedPlan,
    SyncRun,
    SyncRunDetails,
)
from almanac.domain.sync.report import Tally
from almanac.domain.workspace_plan.report import COUNTS
from almanac.jobs import JOBS
from almanac.presentation.phrases import cut_short
from almanac.presentation.tables import duration_text, instant_text, listing, one_line, table


def list_document(runs: Sequence[AnyRun], names: Mapping[UUID, str]) -> Mapping[str, object]:
    """Return the JSON document of a list of runs; `names` are the workspaces'."""
    return {"runs": [{**run_fields(run), "workspace": names.get(run.ws_id)} for run in runs]}


def list_text(runs: Sequence[AnyRun], names: Mapping[UUID, str]) -> str:
    """Return the runs as a table, each with its id, its times and its error below."""
    head = ("STARTED", "WORKSPACE", "JOB", "STATUS", "OUTCOME")
    rows = (
        (
            (instant_text(run.started_at), names.get(run.ws_id, run.ws_id), _job(run), run.status, run.outcome),
            (f"{run.run_id}  {run.source}, {_times(run)}, {_changed(run.counts)}", _error(run)),
        )
        for run in runs
    )
    return listing(head, rows) if runs else "no run"


def document(details: AnyRunDetails, names: Mapping[UUID, str]) -> Mapping[str, object]:
    """Return the JSON document of one run; `names` are the workspaces'."""
    if isinstance(details, SyncRunDetails):
        more: Mapping[str, object] = {"calendars": [_flat(calendar) for calendar in details.calendars]}
    else:
        more = {"notes": details.notes}
    memory = {"peak_mb": details.peak_mb, "memory_mb": details.memory_mb}
    remarks = {"ignored": [*details.ignored], **memory, "workspace": names.get(details.run.ws_id)}
    return {**run_fields(details.run), **more, **remarks}


def text(details: AnyRunDetails, names: Mapping[UUID, str]) -> str:
    """Return all that is known about one run."""
    name = names.get(details.run.ws_id)
    workspace = f"workspace {details.run.ws_id}" + (f" ({one_line(name)})" if name else "")
    return "\n".join(_sync(details, workspace) if isinstance(details, SyncRunDetails) else _plan(details, workspace))


def run_fields(run: AnyRun) -> Mapping[str, object]:
    """Return a run's fields as its JSON documents have them."""
    return {"job": _job(run), **_flat(run)}


def plan_fields(plan: RequestedPlan) -> Mapping[str, object]:
    """Return the fields of a plan that somebody asked for, likewise."""
    return _flat(plan)


def end_of_sync(run: SyncRun, earlier: int = 0) -> str:
    """Return how a sync ended, in one line; `earlier` is the number of runs that it went on with."""
    line = f"{run.status}: {run.outcome}"
    if run.status == "skipped":
        return line + ("" if run.retry_after is None else f", possible again in {duration_text(run.retry_after)}")
    counts = run.counts.as_dict()
    names = ("inserted", "updated", "deleted", "unchanged", "rejected")
    said = ", ".join(f"{counts[name]} {name}" for name in names if counts[name]) or "nothing changed"
    after = f", after {earlier} run(s) of the same request" if earlier else ""
    return f"{line} in {duration_text(run.counts.total_ms / 1000)}; {said}{after}; run {run.run_id}"


def placed(counts: PlanCounts) -> str:
    """Return what became of tasks and of habits' occurrences."""
    found = asdict(counts)
    return ", ".join(f"{found[name]} {name.replace('_', ' ')}" for name in COUNTS if found[name]) or "nothing to place"


def _flat(record: AnyRun | RequestedPlan | CalendarResult) -> Mapping[str, object]:
    """Return the fields of a record in their order, the counts among them as if they were its own."""
    found: dict[str, object] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        found |= asdict(value) if isinstance(value, Tally | PlanCounts) else {each.name: value}
    return found


def _job(run: AnyRun) -> str:
    return "sync" if isinstance(run, SyncRun) else "schedule"


def _waited(run: AnyRun) -> str:
    """From its message's sending to its beginning; the clocks of queue and database may differ a little."""
    return duration_text(None if run.sent_at is None else max(0.0, (run.started_at - run.sent_at).total_seconds()))


def _times(run: AnyRun) -> str:
    """How long its message waited and how long it took; of a run that is at work the first only."""
    waited = f"waited {_waited(run)}"
    return waited if run.finished_at is None else f"{waited}, took {_took(run)}"


def _took(run: AnyRun) -> str:
    """From its beginning to its end; a dash while it runs."""
    return duration_text(None if run.finished_at is None else (run.finished_at - run.started_at).total_seconds())


def _changed(counts: Tally | PlanCounts) -> str:
    """Events that a sync wrote, or blocks that a plan did: `+inserted ~changed -deleted`."""
    changed = counts.updated if isinstance(counts, Tally) else counts.moved
    return f"+{counts.inserted} ~{changed} -{counts.deleted}"


def _error(record: AnyRun | CalendarResult) -> str | None:
    """Code and text, if anything went wrong."""
    return ": ".join(filter(None, (record.error_type, record.error))) or None


def _sync(details: SyncRunDetails, workspace: str) -> Iterator[str]:
    run = details.run
    yield f"{run.source} sync of {workspace}, mode {run.requested_mode}"
    yield f"started {instant_text(run.started_at)}, {'running' if run.status == 'running' else end_of_sync(run)}"
    yield from _remarks(details)
    yield from _why_not(run)
    if details.calendars:
        yield f"\n{_calendars(details.calendars)}"
    problems = [(each.name or each.connection_id, problem) for each in details.calendars for problem in each.problems]
    if problems:
        head = ("CALENDAR", "EVENT", "PROBLEM", "STORED")
        rows = ((name, p["id"], p["reason"], "yes" if p["stored"] else "no") for name, p in problems)
        yield f"\n{table(head, rows)}"


def _plan(details: PlanRunDetails, workspace: str) -> Iterator[str]:
    run = details.run
    yield f"{run.source} plan of {workspace}, {run.window_days} days, apply {run.apply}"
    end = f"{run.status}: {run.outcome} in {_took(run)}; {placed(run.counts)}" if run.status != "running" else "running"
    yield f"started {instant_text(run.started_at)}, {end}; blocks {_changed(run.counts)}"
    yield from filter(None, [cut_short(run.counts.search_cut_percent)])
    yield from _remarks(details)
    yield from _why_not(run)
    if details.notes:
        head = ("KIND", "ITEM", "STATUS", "REASON", "WOULD HELP")
        rows = ((note["kind"], note["id"], note["status"], note["reason"], note["hint"]) for note in details.notes)
        yield f"\n{table(head, rows)}"


def _remarks(details: AnyRunDetails) -> Iterator[str]:
    """How much memory it took, and what its message says in vain, each with the nearest field that there is."""
    if details.peak_mb is not None:
        yield f"memory {details.peak_mb} of {details.memory_mb} MB"
    known = JOBS["calendar.sync" if isinstance(details, SyncRunDetails) else "calendar.schedule"].model.model_fields
    for name in details.ignored:
        near = get_close_matches(name, known, n=1)
        yield f"its message's field {one_line(name)!r} is unknown" + (f", did you mean {near[0]}?" if near else "")


def _why_not(run: SyncRun | PlanRun) -> Iterator[str]:
    """The error, and the message that the run was for: logs and dead letters are found by it."""
    if run.error_type:
        yield f"{_error(run)}"
        if run.message_id:
            yield f"message {run.message_id}"


def _calendars(calendars: Sequence[CalendarResult]) -> str:
    head = ("CALENDAR", "STATUS", "OUTCOME", "TOOK", "CHANGED", "REJECTED", "REPAIRED", "ERROR")
    rows = (
        (
            each.name or each.connection_id,
            each.status,
            each.outcome,
            duration_text(each.counts.total_ms / 1000),
            _changed(each.counts),
            each.counts.rejected,
            each.counts.repaired,
            _error(each),
        )
        for each in calendars
    )
    return table(head, rows)
