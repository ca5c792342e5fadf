"""Routes that look back and ahead: a calendar compared, a run taken back, the line of a change, what is foreseen."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import AwareDatetime, Field

from almanac.errors import BadInput, CursorExpired
from almanac.presentation.history import diff as compared
from almanac.presentation.history import trace as traced
from almanac.presentation.history import undo as undone
from almanac.presentation.history.why import foreseen
from almanac.services.history.undo import UndoChanged
from almanac.web.api import bodies
from almanac.web.api.bodies import Instant, Model
from almanac.web.api.history_routes import expired
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.api.workspace_answers import PlanCause
from almanac.web.call import current
from almanac.web.problem import Problem


class Foreseen(Model):
    """When a job should be done next, and when it counts as behind."""

    job: str
    will_be_late: bool
    behind_at: AwareDatetime
    done_at: AwareDatetime | None = Field(description="null: not before a person helps")
    reason: str | None = Field(description="what it waits for, as in health")
    until: AwareDatetime | None
    help: str | None


class ForecastAnswer(Model):
    """A forecast a job that the workspace has work for."""

    items: list[Foreseen]


class Cause(Model):
    """What took the place of a block that a plan moved: an event, and the version that brought it there."""

    version: int
    event_id: UUID
    title: str
    what: str


class EventDiff(Model):
    """One event that differs, with the changes that made it so."""

    event_id: UUID
    what: str = Field(description="came, went or changed")
    columns: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    by: list[dict[str, Any]]
    cause: Cause | None = Field(description="the first of `causes` that is an event")
    causes: list[PlanCause]


class DiffAnswer(Model):
    """What differs between two versions; of a run, what that run did."""

    ws_id: UUID
    run_id: UUID | None
    from_version: int
    to_version: int
    events: list[EventDiff]


class UndoItem(Model):
    """One event: what is done with it, or why it stays."""

    event_id: UUID
    deed: str = Field(description="bring_back, set_back or remove")
    held: str | None = Field(description="changed_since, begun, redacted, identity_taken; null: it is done")
    was: dict[str, Any] | None
    now: dict[str, Any] | None


class UndoAnswer(Model):
    """What undoing a run comes to, or came to."""

    ws_id: UUID
    run_id: UUID
    applied: bool
    fingerprint: str
    restored: int
    set_back: int
    removed: int
    held: int
    items: list[UndoItem]


class Line(Model):
    """From what asked for a change to who was told of it."""

    ws_id: UUID
    run: dict[str, Any] | None
    from_version: int | None
    to_version: int | None
    changes: dict[str, int]
    on_the_bus: bool
    deliveries: list[dict[str, Any]]
    planned_by: UUID | None


class TraceAnswer(Model):
    """The lines that an id is on."""

    lines: list[Line]


def show_forecast(ws: Workspace) -> ForecastAnswer:
    """Tell whether a workspace will be late, and with what."""
    return ForecastAnswer(items=[Foreseen(**foreseen(each)) for each in current().use.foresee(ws)])  # type: ignore[arg-type]


def compare_calendar(
    ws: Workspace,
    from_version: Annotated[int | None, Query(ge=0)] = None,
    to_version: Annotated[int | None, Query(ge=0, description="left out: now")] = None,
    from_time: Annotated[Instant | None, Query()] = None,
    to_time: Annotated[Instant | None, Query()] = None,
) -> DiffAnswer:
    """Tell what differs between two moments of a calendar, and who did it."""
    begin = _moment(from_version, from_time, "from_version")
    if begin is None:
        raise Problem(422, "bad_input", "give from_version or from_time", field="from_version")
    try:
        found = current().use.compare.moments(ws, begin, _moment(to_version, to_time, "to_version"))
    except CursorExpired as error:
        raise expired(ws, error, error.field or "from_version") from None
    return DiffAnswer(**compared.document(found))  # type: ignore[arg-type]


def compare_run(run_id: Annotated[UUID, Path()]) -> DiffAnswer:
    """Tell what a run changed; of a plan, what made it move a block."""
    call = current()
    ws_id = call.use.jobs.run(run_id, call.principal).ws_id
    try:
        found = call.use.compare.run(run_id)
    except CursorExpired as error:
        raise expired(ws_id, error, "run_id") from None
    return DiffAnswer(**compared.document(found))  # type: ignore[arg-type]


def undo_run(
    run_id: Annotated[UUID, Path()], body: Annotated[bodies.UndoBody | None, Body()] = None
) -> Response[UndoAnswer]:
    """Show what undoing a run's sweep or plan comes to; with the fingerprint of what was shown, do it."""
    call = current()
    ws_id = call.use.jobs.run(run_id, call.principal).ws_id
    shown = None if body is None else body.fingerprint
    if shown is None:
        found = call.use.undo_run.preview(run_id)
    else:
        try:
            found = call.use.undo_run(run_id, shown)
        except UndoChanged as changed:
            more = {"preview": undone.document(changed.fresh)}
            raise Problem(409, changed.code, "look at the new preview", more=more) from None
        call.audit("undo", ws_id, run_id, **found.counts)
    return Response(200, "application/json", UndoAnswer(**undone.document(found)))  # type: ignore[arg-type]


def show_trace(
    id: Annotated[str, Query(max_length=255, description="of a job, run, delivery or event, or workspace/version")],  # noqa: A002
) -> TraceAnswer:
    """Follow a change from what asked for it to who was told."""
    call = current()
    try:
        lines = call.use.trace(id, call.principal.ws_ids)
    except BadInput:
        raise Problem(404, "unknown_run") from None
    return TraceAnswer(lines=[Line(**traced.line_document(line)) for line in lines])  # type: ignore[arg-type]


def _moment(version: int | None, instant: datetime | None, field: str) -> int | datetime | None:
    if version is not None and instant is not None:
        raise Problem(422, "bad_input", "give a version or an instant", field=field)
    return instant if version is None else version


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/forecast", "read", show_forecast),
    Route("GET", "/v1/workspaces/<ws>/calendar/diff", "read", compare_calendar, errors=("cursor_expired",)),
    Route("GET", "/v1/runs/<run_id>/diff", "read", compare_run, errors=("unknown_run", "cursor_expired")),
    Route("POST", "/v1/runs/<run_id>/undo", "operate", undo_run, errors=("unknown_run", "undo_changed")),
    Route("GET", "/v1/trace", "read", show_trace, errors=("unknown_run",)),
)
