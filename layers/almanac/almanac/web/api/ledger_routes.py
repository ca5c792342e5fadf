"""Routes of jobs and runs: asked for, followed, done again, called off."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Annotated, Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from almanac.domain.operations.job_status import RecordedRun, totals
from almanac.domain.operations.runs import SyncRunDetails
from almanac.errors import QueueUnavailable
from almanac.jobs import JOBS, Mode
from almanac.presentation.operations.health import help_with
from almanac.presentation.runs import document
from almanac.services.ledger.jobs import FollowedJob
from almanac.services.ledger.ports import RunFilter
from almanac.services.operations.requests import PAUSED
from almanac.web.api.bodies import BulkBody, BulkPlanBody, Instant, PlanBody, SyncBody
from almanac.web.api.ledger_answers import (
    Accepted,
    AcceptedBatch,
    ErrorText,
    Job,
    Progress,
    Run,
    RunDetails,
    RunPage,
)
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.paging import MOST, cursor, dated_place
from almanac.web.problem import Problem

Workspace = Annotated[UUID, Path(description="Id of the workspace.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of the page.")]
After = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]
_STATUSES = ("running", "completed", "partial", "failed", "skipped")
_MOST_AT_ONCE = 1000
_KINDS = tuple(kind.name for kind in JOBS.values())


def sync_workspace(ws: Workspace, body: Annotated[SyncBody | None, Body()] = None) -> Accepted:
    """Ask for a sync of the workspace's calendars."""
    call, wanted = current(), body or SyncBody()

    def ask(job_id: str) -> Mapping[str, Any]:
        more = {"user_id": wanted.user_id, "request_id": job_id}
        call.use.request_sync(ws, wanted.mode, wanted.calendar_id, force=wanted.force, **more)
        call.audit("sync", ws, job_id, mode=wanted.mode)
        return {"job_id": job_id}

    return accepted(call.once("sync", ws, wanted.model_dump(mode="json"), ask)["job_id"])


def plan_workspace(ws: Workspace, body: Annotated[PlanBody | None, Body()] = None) -> Accepted:
    """Ask for a plan of the workspace's tasks and habits."""
    call, wanted = current(), body or PlanBody()

    def ask(job_id: str) -> Mapping[str, Any]:
        call.use.request_plan(
            ws,
            wanted.window_days,
            wanted.apply,
            force_reschedule=wanted.force_reschedule,
            user_id=wanted.user_id,
            request_id=job_id,
        )
        call.audit("schedule", ws, job_id, window_days=wanted.window_days, apply=wanted.apply)
        return {"job_id": job_id}

    return accepted(call.once("schedule", ws, wanted.model_dump(mode="json"), ask)["job_id"])


def sync_many(body: Annotated[BulkBody, Body()]) -> AcceptedBatch:
    """Ask for a sync of each workspace of a list, or of those that are late, under one id."""
    return _many("bulk_sync", "calendar.sync", body, body.mode)


def plan_many(body: Annotated[BulkPlanBody, Body()]) -> AcceptedBatch:
    """Ask for a plan of each workspace of a list, or of those that are late, under one id."""
    return _many("bulk_schedule", "calendar.schedule", body, "auto")


def show_job(job_id: Annotated[str, Path(max_length=255)]) -> Response[Job]:
    """Tell where a job stands, with its runs in order."""
    call = current()
    followed = call.use.jobs.jobs(job_id, call.principal)
    found = _job(followed[0], _progress(followed[0]))
    if len(followed) > 1:
        found = _batch(found, followed)
    wait = call.use.jobs.next_look(followed)
    return Response(200, "application/json", found, headers={} if wait is None else {"Retry-After": str(ceil(wait))})


def cancel_job(job_id: Annotated[str, Path(max_length=255)]) -> Job:
    """Call a job off that waits in the queue."""
    call = current()
    followed = call.use.jobs.cancel(job_id, call.principal)
    call.audit("cancel", followed.job.ws_id, job_id)
    return _job(followed, None)


def retry_job(job_id: Annotated[str, Path(max_length=255)]) -> Accepted:
    """Ask for the same once more; of a list, for each workspace of it that is not paused."""
    call = current()
    return _again(call.use.jobs.jobs(job_id, call.principal))


def list_runs(
    ws_id: Annotated[UUID | None, Query()] = None,
    job: Annotated[str | None, Query(description="sync, schedule, …")] = None,
    status: Annotated[
        str | None, Query(description="running, completed, partial, failed, skipped; several by comma")
    ] = None,
    outcome: Annotated[str | None, Query(max_length=100)] = None,
    error_type: Annotated[str | None, Query(max_length=100)] = None,
    source: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[Instant | None, Query()] = None,
    until: Annotated[Instant | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> RunPage:
    """List runs, the newest first."""
    call = current()
    listed: dict[str, Any] = {"l": "runs", "w": ws_id, "j": job, "s": status, "o": outcome, "e": error_type}
    listed |= {"q": source, "f": since, "u": until}
    if since is not None and until is not None and since >= until:
        raise Problem(422, "bad_input", "must be after since", field="until")
    wanted = RunFilter(visible(ws_id), _kind(job), statuses(status), outcome, error_type, source, since, until)
    begin = dated_place(after, listed) if after else None
    found = call.use.jobs.runs(wanted, begin, limit + 1)
    items = [run_answer(run) for run in found[:limit]]
    more = (
        cursor(listed, (found[limit - 1].started_at.isoformat(), found[limit - 1].run_id))
        if len(found) > limit
        else None
    )
    return RunPage(items=items, next=more)


def show_run(run_id: Annotated[UUID, Path()]) -> RunDetails:
    """Show one run with its calendars, or with what it says of single items."""
    call = current()
    run = call.use.jobs.run(run_id, call.principal)
    calendars, notes = run_parts(run)
    phases = {name: int(value) for name, value in run.report.items() if name.endswith("_ms")}
    base = run_answer(run).model_dump()
    return RunDetails(**base, scope=run.scope, phases=phases, calendars=calendars, notes=notes)


def retry_run(run_id: Annotated[UUID, Path()]) -> Accepted:
    """Ask for what the run did once more."""
    return _again([_job_of_run(run_id)])


def cancel_run(run_id: Annotated[UUID, Path()]) -> Job:
    """Call off the job of the run, as far as it waits in the queue."""
    return cancel_job(_job_of_run(run_id).job.job_id)


def run_parts(run: RecordedRun) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Return what a run did in each calendar, and what it says of single items; of a later kind of run neither."""
    if run.kind not in ("sync", "schedule"):
        return [], run.report.get("warnings", [])
    details = current().use.run_history.run(run.run_id)
    said: Mapping[str, Any] = document(details, {})
    return (said["calendars"], []) if isinstance(details, SyncRunDetails) else ([], said["notes"])


def run_answer(run: RecordedRun) -> Run:
    """Return a run as the API tells it."""
    return Run(
        id=run.run_id,
        ws_id=run.ws_id,
        job=run.kind,
        job_id=run.job_id,
        source=run.source,
        status=run.status,
        outcome=run.outcome,
        user_id=run.user_id,
        message_id=run.message_id,
        sent_at=run.sent_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        retry_after=run.retry_after,
        error_type=run.error_type,
        error=run.error,
        **totals([run]),
    )


def visible(ws_id: UUID | None) -> Sequence[UUID] | None:
    """Return the workspaces that a list is of. Raises Problem 404 for a foreign one, as for an unknown one."""
    principal = current().principal
    if ws_id is None:
        return None if principal.ws_ids is None else sorted(principal.ws_ids)
    if not principal.sees(ws_id):
        raise Problem(404, "unknown_workspace")
    return [ws_id]


def statuses(text: str | None) -> list[str] | None:
    """Read a list of statuses. Raises Problem 422."""
    if text is None:
        return None
    words = text.split(",")
    if not set(words) <= set(_STATUSES):
        raise Problem(422, "bad_input", f"knows {', '.join(_STATUSES)}", field="status")
    return words


def _kind(name: str | None) -> str | None:
    if name is not None and name not in _KINDS:
        raise Problem(422, "bad_input", f"knows {', '.join(_KINDS)}", field="job")
    return name


def _many(
    action: str, job: Literal["calendar.sync", "calendar.schedule"], body: BulkPlanBody, mode: Mode
) -> AcceptedBatch:
    call = current()
    wanted = _listed(body, job)

    def ask(batch_id: str) -> Mapping[str, Any]:
        mine = [ws_id for ws_id in wanted if call.principal.sees(ws_id)]
        report = call.use.request_sync.of_list(mine, mode, batch_id, job) if mine else None
        results = report.results if report else []
        if report and report.failed and not report.enqueued:
            raise QueueUnavailable("no job of the list could be sent")
        sent = {row["ws_id"] for row in results if row["status"] == "enqueued"}
        codes = {row["ws_id"]: _refusal(row["error"]) for row in results if row["status"] == "failed"}
        refused = [
            {"ws_id": str(ws_id), "code": codes.get(str(ws_id), "unknown_workspace")}
            for ws_id in wanted
            if str(ws_id) not in sent
        ]
        call.audit(action, None, batch_id, accepted=len(sent), refused=len(refused))
        return {"batch_id": batch_id, "job_id": batch_id, "accepted": len(sent), "refused": refused}

    told = call.once(action, None, body.model_dump(mode="json", exclude_none=True), ask)
    return AcceptedBatch(**told, status_url=_status_url(told["batch_id"]))


def _listed(body: BulkPlanBody, job: str) -> list[UUID]:
    """The workspaces that are meant, each once. Raises Problem 422 unless a list or a filter is given."""
    if (body.workspaces is None) == (body.late is None):
        raise Problem(422, "bad_input", "give either a list of workspaces, or late", field="workspaces")
    if body.workspaces is not None:
        return list(dict.fromkeys(body.workspaces))
    late = current().use.workspace_health.all_late(visible(None))
    mine = [each for each in late if f"calendar.{each.job}" == job and body.late in ("any", each.lag.reason)]
    return list(dict.fromkeys(each.ws_id for each in mine))[:_MOST_AT_ONCE]


def _again(followed: Sequence[FollowedJob]) -> Accepted:
    call, jobs = current(), [each.job for each in followed]
    ws_id = jobs[0].ws_id if len(jobs) == 1 else None

    def ask(job_id: str) -> Mapping[str, Any]:
        call.use.jobs.again(jobs, job_id)
        call.audit("retry", ws_id, jobs[0].job_id, new=job_id)
        return {"job_id": job_id}

    return accepted(call.once("retry", ws_id, {"job": jobs[0].job_id, "kind": jobs[0].kind}, ask)["job_id"])


def _job_of_run(run_id: UUID) -> FollowedJob:
    call = current()
    found = call.use.jobs.of_run(call.use.jobs.run(run_id, call.principal))
    if found is None:
        raise Problem(404, "unknown_job")
    return found


def accepted(job_id: str) -> Accepted:
    """Return what says where a job is followed."""
    return Accepted(job_id=job_id, status_url=_status_url(job_id))


def _status_url(job_id: str) -> str:
    return f"/v1/jobs/{job_id}"


def _job(followed: FollowedJob, progress: Progress | None) -> Job:
    job, runs, state = followed.job, followed.runs, followed.state
    last = runs[-1] if runs else None
    error = None
    if last is not None and last.error_type is not None:
        said = help_with(last.error_type)
        error = ErrorText(code=last.error_type, text=last.error, help=said, retryable=not state.over)
    return Job(
        job_id=job.job_id,
        ws_id=job.ws_id,
        job=job.kind,
        source=job.source,
        requested_by=job.requested_by,
        created_at=job.created_at,
        status=state.status,
        outcome=last.outcome if last else None,
        retry_at=state.retry_at,
        waits_for=state.waits_for,
        progress=progress,
        error=error,
        runs=[run_answer(run) for run in runs],
        jobs=None,
        **totals(runs),
    )


def _batch(first: Job, followed: Sequence[FollowedJob]) -> Job:
    """Of a list: done when all are; its own fields are those of the first workspace."""
    found = [each.state.status for each in followed]
    waiting = next((status for status in ("running", "queued") if status in found), None)
    worst = next((status for status in ("failed", "partial", "skipped", "cancelled") if status in found), "completed")
    jobs = [{"ws_id": str(each.job.ws_id), "job": each.job.kind, "status": each.state.status} for each in followed]
    return first.model_copy(update={"status": waiting or worst, "jobs": jobs})


def _progress(followed: FollowedJob) -> Progress | None:
    """Of a running sync."""
    running = next((run for run in followed.runs if run.status == "running" and run.kind == "sync"), None)
    if running is None:
        return None
    found = current().use.run_history.progress(running.ws_id, running.run_id)
    if found is None:
        return None
    return Progress(calendars_done=found.calendars_done, calendars=found.calendars, events=found.events_listed)


def _refusal(error: str) -> str:
    return {"unknown workspace": "unknown_workspace", PAUSED: "workspace_paused"}.get(error, "queue_unavailable")


ROUTES = (
    Route(
        "POST",
        "/v1/workspaces/<ws>/sync",
        "run",
        sync_workspace,
        202,
        ("unknown_calendar", "workspace_paused", "queue_unavailable"),
    ),
    Route(
        "POST",
        "/v1/workspaces/<ws>/schedule",
        "run",
        plan_workspace,
        202,
        ("workspace_paused", "queue_unavailable"),
    ),
    Route("POST", "/v1/sync", "run", sync_many, 202, ("queue_unavailable",)),
    Route("POST", "/v1/schedule", "run", plan_many, 202, ("queue_unavailable",)),
    Route("GET", "/v1/jobs/<job_id>", "read", show_job, errors=("unknown_job",)),
    Route(
        "POST",
        "/v1/jobs/<job_id>/retry",
        "run",
        retry_job,
        202,
        ("unknown_job", "workspace_paused", "queue_unavailable"),
    ),
    Route("POST", "/v1/jobs/<job_id>/cancel", "run", cancel_job, errors=("unknown_job", "not_cancellable")),
    Route("GET", "/v1/runs", "read", list_runs, errors=("unknown_workspace",)),
    Route("GET", "/v1/runs/<run_id>", "read", show_run, errors=("unknown_run",)),
    Route(
        "POST",
        "/v1/runs/<run_id>/retry",
        "run",
        retry_run,
        202,
        ("unknown_run", "unknown_job", "workspace_paused", "queue_unavailable"),
    ),
    Route(
        "POST", "/v1/runs/<run_id>/cancel", "run", cancel_run, errors=("unknown_run", "unknown_job", "not_cancellable")
    ),
)
