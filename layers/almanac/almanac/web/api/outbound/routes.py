"""Routes of writing out: what waits, what is held, consent to much at once, conflicts; and of push channels."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from almanac.domain.outbound.waiting import OutboundStatus
from almanac.errors import BadInput
from almanac.presentation.outbound.conflicts import conflict_document
from almanac.presentation.outbound.status import status_document
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.outbound.answers import (
    Channel,
    ChannelList,
    Conflict,
    ConflictList,
    OutboundAnswer,
    ResolveBody,
    Resolved,
)
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.problem import Problem


def show_outbound(ws: Workspace) -> OutboundAnswer:
    """Tell what waits to be written to calendars, and which of them are held. Changes nothing."""
    return _outbound(current().use.outbound.status(ws, dry_run=False, confirm=False))


def review_outbound(ws: Workspace) -> OutboundAnswer:
    """Tell the same, as the dry run of new target calendars: the next sync writes what stands there."""
    return _decide(ws, "outbound_review", dry_run=True, confirm=False)


def consent_outbound(ws: Workspace) -> OutboundAnswer:
    """Let mass changes that wait for consent through for an hour."""
    return _decide(ws, "outbound_consent", dry_run=False, confirm=True)


def list_conflicts(ws: Workspace) -> ConflictList:
    """List what was changed on both sides, field by field."""
    found = current().use.outbound.conflicts(ws)
    return ConflictList(items=[Conflict(**conflict_document(link)) for link in found])


def resolve_conflict(
    ws: Workspace,
    link_id: Annotated[UUID, Path(description="Id of the conflict's link.")],
    body: Annotated[ResolveBody, Body()],
) -> Resolved:
    """Decide a conflict."""
    call = current()
    try:
        call.use.outbound.resolve(link_id, body.choice, ws)
    except BadInput as error:
        if error.field != "link":
            raise
        raise Problem(404, "unknown_conflict") from None
    call.audit("resolve", ws, link_id, choice=body.choice)
    return Resolved(link_id=link_id, choice=body.choice)


def list_channels(ws: Workspace) -> ChannelList:
    """List the push channels of the workspace's calendars."""
    channels = current().use.channels
    items = [
        Channel(
            id=each.id,
            connection_id=each.connection_id,
            calendar_id=each.calendar_id,
            status=each.status,
            verified_at=each.verified_at,
            expires_at=each.expires_at,
            last_message_at=each.last_message_at,
            missed_pushes=each.missed_pushes,
            retry_at=each.retry_at,
            error_type=each.last_error_type,
            healthy=each.healthy,
        )
        for each in channels(ws)
    ]
    return ChannelList(on=channels.on, items=items)


def _decide(ws: UUID, action: str, *, dry_run: bool, confirm: bool) -> OutboundAnswer:
    call = current()
    found = call.use.outbound.status(ws, dry_run=dry_run, confirm=confirm)
    call.audit(action, ws, None, calendars=len(found.consented))
    return _outbound(found)


def _outbound(found: OutboundStatus) -> OutboundAnswer:
    said: dict[str, Any] = {name: value for name, value in status_document(found).items() if name != "dry_run"}
    return OutboundAnswer(**said)


_BASE = "/v1/workspaces/<ws>"
ROUTES = (
    Route("GET", f"{_BASE}/outbound", "read", show_outbound),
    Route("POST", f"{_BASE}/outbound/review", "operate", review_outbound),
    Route("POST", f"{_BASE}/outbound/consent", "operate", consent_outbound),
    Route("GET", f"{_BASE}/conflicts", "read", list_conflicts),
    Route("POST", f"{_BASE}/conflicts/<link_id>/resolve", "operate", resolve_conflict, errors=("unknown_conflict",)),
    Route("GET", f"{_BASE}/channels", "read", list_channels),
)
