"""Runs with filters that live in the address, one run with all that is known, a job with its attempts."""

from collections.abc import Sequence
from typing import get_args
from urllib.parse import quote
from uuid import UUID, uuid4

from almanac.domain.operations.job_status import RecordedRun, totals
from almanac.jobs import JOBS, Source
from almanac.presentation.operations.health import help_with
from almanac.services.ledger.jobs import FollowedJob
from almanac.services.ledger.ports import RunFilter
from almanac.web.api.ledger_routes import run_parts
from almanac.web.console.pages import SPANS, Page, Visit, identified
from almanac.web.paging import cursor, dated_place
from almanac.web.problem import Problem
from almanac.web.request import Answer, see_other

_ROWS = 50
_KINDS = tuple(kind.name for kind in JOBS.values())
_SOURCES: tuple[str, ...] = get_args(Source)
_STATUSES = ("running", "completed", "partial", "failed", "skipped")
_FILTERS = ("job", "status", "error_type", "source", "since", "ws_id")
_PHASES = ("load_ms", "token_ms", "fetch_ms", "map_ms", "plan_ms", "write_ms")


def runs(visit: Visit) -> Answer:
    """List runs, the newest first."""
    said = {name: visit.query(name)[:100] for name in _FILTERS}
    for name, known in (("job", _KINDS), ("status", _STATUSES), ("since", tuple(SPANS))):
        if said[name] and said[name] not in known:
            raise Problem(422, "bad_input", f"knows {', '.join(known)}", field=name)
    ws_ids = visit.seen if not said["ws_id"] else [_workspace(visit, said["ws_id"])]
    wanted = RunFilter(
        ws_ids=ws_ids,
        kind=said["job"] or None,
        statuses=[said["status"]] if said["status"] else None,
        error_type=said["error_type"] or None,
        source=said["source"] or None,
        since=visit.now - SPANS[said["since"]] if said["since"] else None,
    )
    listed, after = {"l": "console-runs", **said}, visit.query("after")
    found = visit.call.use.jobs.runs(wanted, dated_place(after, listed) if after else None, _ROWS + 1)
    rows = found[:_ROWS]
    more = cursor(listed, (rows[-1].started_at.isoformat(), rows[-1].run_id)) if len(found) > _ROWS else None
    return visit.render(
        "runs.html",
        rows=rows,
        names=_names(visit, rows),
        filters=said,
        kinds=_KINDS,
        statuses=_STATUSES,
        spans=tuple(SPANS),
        more=more,
        newest=not after,
        sources=_SOURCES,
        totals=totals,
        once=uuid4(),
    )


def run(visit: Visit) -> Answer:
    """Show one run: what it was asked for, its phases, its calendars or its notes, and the attempts beside it."""
    jobs = visit.call.use.jobs
    found = jobs.run(identified(visit.parameters["run_id"], "unknown_run"), visit.call.principal)
    calendars, notes = run_parts(found)
    followed = jobs.of_run(found)
    live = found.status == "running"
    progress = visit.call.use.run_history.progress(found.ws_id, found.run_id) if live and found.kind == "sync" else None
    return visit.render(
        "run_live.html" if visit.query("part") else "run.html",
        run=found,
        name=_names(visit, [found]).get(found.ws_id),
        phases=_phases(found),
        counts={name: value for name, value in totals([found]).items() if value and name != "total_ms"},
        calendars=calendars,
        notes=notes,
        followed=followed,
        progress=progress,
        helps=None if found.error_type is None else help_with(found.error_type),
        live=live,
        once=uuid4(),
    )


def job(visit: Visit) -> Answer:
    """Show a job: where it stands, and its attempts."""
    found = visit.call.use.jobs.jobs(visit.parameters["job_id"][:255], visit.call.principal)
    names = visit.call.use.run_history.workspaces.workspace_names({each.job.ws_id for each in found})
    live = any(not each.state.over for each in found)
    template = "job_live.html" if visit.query("part") else "job.html"
    return visit.render(template, found=found, first=found[0], names=names, live=live, totals=totals, once=uuid4())


def again(visit: Visit) -> Answer:
    """Ask for what a run did once more; the same form sent twice is one."""
    jobs = visit.call.use.jobs
    followed = jobs.of_run(jobs.run(identified(visit.parameters["run_id"], "unknown_run"), visit.call.principal))
    if followed is None:
        raise Problem(404, "unknown_job")
    return _again(visit, followed)


def cancel(visit: Visit) -> Answer:
    """Call off a job that waits."""
    job_id = visit.parameters["job_id"][:255]
    followed = visit.call.use.jobs.cancel(job_id, visit.call.principal)
    visit.call.audit("cancel", followed.job.ws_id, job_id)
    return see_other(f"/console/jobs/{quote(job_id, safe='')}")  # its sender's text, which may hold a line break


def _again(visit: Visit, followed: FollowedJob) -> Answer:
    def do(job_id: str) -> dict[str, str]:
        visit.call.use.jobs.again([followed.job], job_id)
        visit.call.audit("retry", followed.job.ws_id, followed.job.job_id, new=job_id)
        return {"job_id": job_id}

    request = {"a": "console-retry", "job": followed.job.job_id, "w": str(followed.job.ws_id)}
    new = visit.call.use.once(visit.call.principal.name, visit.field("once")[:64] or None, request, do)
    return see_other(f"/console/jobs/{new['job_id']}")


def _phases(run: RecordedRun) -> list[tuple[str, int, int]]:
    """Each phase with its milliseconds and its share of the whole in twentieths, for a bar."""
    found = [(name, int(run.report.get(name, 0))) for name in _PHASES]
    whole = max(run.total_ms, sum(ms for _, ms in found), 1)
    return [(name.removesuffix("_ms"), ms, max(1, round(20 * ms / whole))) for name, ms in found if ms]


def _names(visit: Visit, rows: Sequence[RecordedRun]) -> dict[UUID, str]:
    return dict(visit.call.use.run_history.workspaces.workspace_names({row.ws_id for row in rows}))


def _workspace(visit: Visit, text: str) -> UUID:
    ws_id = identified(text, "unknown_workspace")
    if not visit.call.principal.sees(ws_id):
        raise Problem(404, "unknown_workspace")
    return ws_id


PAGES = (
    Page("GET", "/console/runs", "read", runs, (*_FILTERS, "after")),
    Page("GET", "/console/runs/<run_id>", "read", run),
    Page("POST", "/console/runs/<run_id>/again", "run", again),
    Page("GET", "/console/jobs/<job_id>", "read", job),
    Page("POST", "/console/jobs/<job_id>/cancel", "run", cancel),
)
