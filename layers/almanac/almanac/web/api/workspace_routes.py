"""Routes of workspaces: health, calendars and their switches, plans seen and written, what is between two instants."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from almanac.domain.history.fold import readable
from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.lag import Lag
from almanac.domain.operations.run_statistics import BehindWorkspace
from almanac.domain.operations.workspaces import ListedAccount
from almanac.errors import CursorExpired
from almanac.presentation.history.changes import by_start
from almanac.presentation.operations.health import meaning, what_helps
from almanac.services.ledger.ports import RunFilter
from almanac.services.watching.calendar import SwitchedMeanwhile
from almanac.web.api.bodies import ApplyBody, Instant, PreviewBody, SwitchesBody
from almanac.web.api.history_routes import expired
from almanac.web.api.ledger_answers import Accepted
from almanac.web.api.ledger_routes import After, Limit, Workspace, accepted, visible
from almanac.web.api.routes import Route
from almanac.web.api.workspace_answers import (
    Account,
    AccountList,
    Applied,
    Calendar,
    CalendarEvent,
    CalendarHealth,
    Connection,
    ConnectionList,
    HealthAnswer,
    LatePage,
    LateWorkspace,
    Paused,
    PlanHealth,
    PreviewAnswer,
    Why,
    WorkspacePage,
)
from almanac.web.api.workspace_answers import Workspace as WorkspaceAnswer
from almanac.web.call import current
from almanac.web.etag import etag_of, matches
from almanac.web.paging import cursor, moment, named_place, place
from almanac.web.problem import Problem

if TYPE_CHECKING:
    from almanac.services.plan.proposal import PlanPreview

_REASONS = ("reconnect_required", "timezone_missing", "running", "backing_off", "waiting", "error", "never", "overdue")


def list_workspaces(
    name: Annotated[str | None, Query(min_length=1, max_length=255, description="Part of the name.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> WorkspacePage:
    """List workspaces by name."""
    call, listed = current(), {"l": "workspaces", "n": name}
    begin = named_place(after, listed) if after else None
    found = call.use.directory.workspaces(visible(None), name, begin, limit + 1)
    items = [
        WorkspaceAnswer(
            id=each.ws_id,
            name=each.name,
            time_zone=each.time_zone,
            accounts=each.accounts,
            calendars=each.calendars,
            last_synced_at=each.last_synced_at,
            paused_at=each.paused_at,
        )
        for each in found[:limit]
    ]
    more = cursor(listed, (items[-1].name, items[-1].id)) if len(found) > limit else None
    return WorkspacePage(items=items, next=more)


def show_health(ws: Workspace) -> HealthAnswer:
    """Tell how a workspace does, and why it is late if it is."""
    found = current().use.workspace_health(ws)
    calendars = [
        CalendarHealth(
            connection_id=each.connection_id,
            name=each.name,
            read=each.is_read,
            status=each.status,
            last_synced_at=each.last_synced_at,
            error_type=each.error_type,
            retry_at=each.retry_at,
        )
        for each in found.calendars
    ]
    why = None if found.why is None else _why(found.why)
    late = [str(each.job) for each in found.late]
    plan = _last_plan(ws)
    return HealthAnswer(ws_id=ws, state=found.state, why=why, late=late, calendars=calendars, plan=plan)


def _last_plan(ws: UUID) -> PlanHealth | None:
    wanted = RunFilter(ws_ids=[ws], kind="schedule", statuses=("completed", "failed"))
    for run in current().use.jobs.runs(wanted, None, 1):
        return PlanHealth(
            run_id=run.run_id,
            status=run.status,
            outcome=run.outcome,
            error_type=run.error_type,
            ended_at=run.finished_at,
            **{name: int(run.report.get(name, 0)) for name in ("scheduled", "late", "unscheduled")},
        )
    return None


def pause_workspace(ws: Workspace) -> Paused:
    """Let the workspace alone: nothing is read, planned or written until it is resumed."""
    call = current()
    found = call.use.pauses.pause(ws, call.principal.name)
    call.audit("pause", ws)
    return Paused(ws_id=ws, paused_at=found.since, paused_by=found.paused_by)


def resume_workspace(ws: Workspace) -> Accepted:
    """Let a paused workspace go on, with a sync at once."""
    call = current()

    def ask(job_id: str) -> Mapping[str, Any]:
        call.use.pauses.resume(ws, job_id)
        call.audit("resume", ws, job_id)
        return {"job_id": job_id}

    return accepted(call.once("resume", ws, {}, ask)["job_id"])


def list_late(
    reason: Annotated[str | None, Query(description=", ".join(_REASONS))] = None, after: After = None, limit: Limit = 50
) -> LatePage:
    """List workspaces that are late, the stalest first."""
    if reason is not None and reason not in _REASONS:
        raise Problem(422, "bad_input", f"knows {', '.join(_REASONS)}", field="reason")
    call, listed = current(), {"l": "late", "r": reason}
    found = [e for e in call.use.workspace_health.all_late(visible(None)) if reason in (None, e.lag.reason)]
    if after:
        at, *rest = place(after, listed, 3)
        begin = (moment(at), *rest)  # whoever stood there may be late no more
        found = [each for each in found if (each.fresh_at, str(each.ws_id), each.job) > begin]
    page = found[:limit]
    names = call.use.run_history.workspaces.workspace_names({each.ws_id for each in page})
    more = None
    if len(found) > limit:
        more = cursor(listed, (page[-1].fresh_at.isoformat(), page[-1].ws_id, page[-1].job))
    return LatePage(items=[_late(each, names) for each in page], next=more)


def list_accounts(ws: Workspace) -> AccountList:
    """List the workspace's accounts."""
    return AccountList(items=[_account(each) for each in current().use.accounts.all(ws)])


def list_connections(ws: Workspace) -> ConnectionList:
    """List the workspace's calendars with their switches."""
    return ConnectionList(items=[_connection(each) for each in current().use.connections(ws)])


def show_connection(ws: Workspace, connection_id: Annotated[UUID, Path()]) -> Connection:
    """Show one calendar of one account."""
    return _connection(current().use.switch_connection.connection(ws, connection_id))


def switch_connection(
    ws: Workspace,
    connection_id: Annotated[UUID, Path()],
    body: Annotated[SwitchesBody, Body()],
    if_match: Annotated[str | None, Header(description="ETag of what was read.")] = None,
) -> Connection:
    """Set switches of a calendar; with If-Match only if nobody has changed it meanwhile."""
    call = current()
    was = call.use.switch_connection.connection(ws, connection_id)
    if if_match is not None and not matches(if_match, etag_of(_connection(was).model_dump_json())):
        raise Problem(412, "precondition_failed")
    wanted = {name: value for name, value in body.model_dump().items() if value is not None}
    try:
        found = call.use.switch_connection.set(ws, connection_id, wanted, None if if_match is None else was)
    except SwitchedMeanwhile as error:
        raise Problem(412, error.code) from None
    call.audit("switch", ws, connection_id, **wanted)
    return _connection(found)


def show_calendar(
    ws: Workspace,
    since: Annotated[Instant, Query(alias="from", description="First instant.")],
    until: Annotated[Instant, Query(alias="to", description="Instant after the last.")],
    version: Annotated[int | None, Query(ge=0, description="As it was at this version of the workspace.")] = None,
) -> Calendar:
    """List events and blocks that touch the time between two instants, as they are or were."""
    use = current().use
    if version is None:
        return Calendar(items=[CalendarEvent(**row) for row in use.show_calendar(ws, since, until)])
    try:
        was = use.show_calendar.as_it_was(ws, version, since, until)
    except CursorExpired as error:
        raise expired(ws, error, "version") from None
    unknown = dict.fromkeys(CalendarEvent.model_fields)
    items = [CalendarEvent(**{**unknown, **readable(state), "id": event_id}) for event_id, state in by_start(was)]
    return Calendar(items=items)


def preview_plan(ws: Workspace, body: Annotated[PreviewBody | None, Body()] = None) -> PreviewAnswer:
    """Show what a plan would come to now, with the reason of every block. Writes nothing."""
    from almanac.services.plan.apply import job_of  # noqa: PLC0415 - few cold starts plan

    wanted = body or PreviewBody()
    job = job_of(ws, wanted.window_days, force_reschedule=wanted.force_reschedule, safe=wanted.apply == "safe")
    return PreviewAnswer(**preview_document(current().use.apply_plan.preview(job)))


def apply_plan(ws: Workspace, body: Annotated[ApplyBody, Body()]) -> Response[Applied]:
    """Write the plan that was shown, or nothing: 409 with the new preview when it would be another one now."""
    from almanac.services.plan.apply import PlanChanged, job_of  # noqa: PLC0415 - few cold starts plan

    call = current()
    job = job_of(ws, body.window_days, force_reschedule=body.force_reschedule, safe=body.apply == "safe")
    try:
        report = call.use.apply_plan(job, body.fingerprint)
    except PlanChanged as changed:
        fresh = preview_document(changed.fresh)
        raise Problem(409, changed.code, "look at the new preview", more={"preview": fresh}) from None
    call.audit("apply_plan", ws, report.run_id, outcome=report.outcome)
    counts = report.counts
    return Response(
        200,
        "application/json",
        Applied(
            run_id=report.run_id,
            job_id=job.request_id or "",
            status=report.status,
            outcome=report.outcome,
            inserted=counts.inserted,
            moved=counts.moved,
            deleted=counts.deleted,
            unchanged=counts.unchanged,
        ),
    )


def preview_document(found: "PlanPreview") -> Mapping[str, Any]:
    """Return a preview as the API tells it: the command line's document, and its outcome by that name."""
    from almanac.presentation.preview import Preview  # noqa: PLC0415 - few cold starts plan

    return {**Preview(found).document(), "outcome": found.report.outcome}


def _why(lag: Lag) -> Why:
    return Why(
        reason=lag.reason,
        since=lag.since,
        until=lag.until,
        error_type=lag.error_type,
        text=meaning(lag),
        help=what_helps(lag),
    )


def _late(each: BehindWorkspace, names: Mapping[UUID, str]) -> LateWorkspace:
    return LateWorkspace(
        ws_id=each.ws_id,
        workspace=names.get(each.ws_id),
        job=each.job,
        last_done_at=each.last_done_at,
        why=_why(each.lag),
    )


def _account(each: ListedAccount) -> Account:
    return Account(
        id=each.account_id,
        email=each.email,
        user_id=each.user_id,
        status=each.status,
        error=each.error,
        calendars=each.calendars,
        read=each.read,
    )


def _connection(each: ConnectedCalendar) -> Connection:
    return Connection(
        id=each.connection_id,
        calendar_id=each.calendar_id,
        name=each.name,
        account_id=each.account_id,
        account_email=each.account_email,
        account_status=each.account_status,
        user_id=each.user_id,
        access_role=each.access_role,
        primary=each.primary,
        enabled=each.enabled,
        inbound=each.inbound,
        outbound=each.outbound,
        deletes=each.deletes,
        read=each.is_read,
        status=each.status,
        error_type=each.error_type,
        failures=each.failures,
        retry_at=each.retry_at,
        last_synced_at=each.last_synced_at,
    )


ROUTES = (
    Route("GET", "/v1/workspaces", "read", list_workspaces),
    Route("GET", "/v1/workspaces/<ws>/health", "read", show_health),
    Route("POST", "/v1/workspaces/<ws>/pause", "operate", pause_workspace),
    Route(
        "POST",
        "/v1/workspaces/<ws>/resume",
        "operate",
        resume_workspace,
        202,
        ("not_paused", "workspace_paused", "queue_unavailable"),
    ),
    Route("GET", "/v1/health", "read", list_late),
    Route("GET", "/v1/workspaces/<ws>/accounts", "read", list_accounts),
    Route("GET", "/v1/workspaces/<ws>/connections", "read", list_connections),
    Route(
        "GET",
        "/v1/workspaces/<ws>/connections/<connection_id>",
        "read",
        show_connection,
        errors=("unknown_connection",),
    ),
    Route(
        "PATCH",
        "/v1/workspaces/<ws>/connections/<connection_id>",
        "operate",
        switch_connection,
        errors=("unknown_connection", "precondition_failed"),
    ),
    Route("GET", "/v1/workspaces/<ws>/calendar", "read", show_calendar, errors=("cursor_expired",)),
    Route(
        "POST", "/v1/workspaces/<ws>/plan/preview", "read", preview_plan, errors=("timezone_missing", "previews_busy")
    ),
    Route(
        "POST",
        "/v1/workspaces/<ws>/plan/apply",
        "run",
        apply_plan,
        errors=("plan_changed", "already_running", "timezone_missing", "workspace_paused", "previews_busy"),
    ),
)
