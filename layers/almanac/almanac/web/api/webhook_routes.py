"""Routes of webhooks: who is told of changes. An endpoint of all workspaces is for callers that see all.

Nothing here talks to an endpoint: only the function that delivers does, which has no other secret.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import Field

from almanac.domain.delivery.addresses import without_secrets
from almanac.domain.delivery.listed import ListedDelivery
from almanac.errors import CursorExpired
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Instant, Model
from almanac.web.api.history_routes import expired
from almanac.web.api.ledger_routes import Limit, visible
from almanac.web.api.routes import Route
from almanac.web.call import current
from almanac.web.problem import Problem

if TYPE_CHECKING:
    from almanac.services.events_out.ports import ListedEndpoint
    from almanac.services.events_out.webhooks import Webhooks

EndpointId = Annotated[UUID, Path(description="Id of the endpoint.")]


class WebhookBody(Fields):
    """An endpoint; without `ws_id` it hears of all workspaces, without `kinds` of everything."""

    url: Annotated[str, Field(min_length=8, max_length=2000)]
    ws_id: UUID | None = None
    kinds: Annotated[list[str], Field(max_length=50)] = Field(default_factory=list)


class WebhookStatusBody(Fields):
    """What an endpoint is to be; `active` goes on where it stood, or with what changes from `now` on."""

    status: Literal["active", "paused"]
    resume: Literal["where_it_stood", "now"] = "where_it_stood"


class ReplayBody(Fields):
    """From where an endpoint hears again: a version, or an instant."""

    ws_id: UUID
    from_version: Annotated[int, Field(ge=1)] | None = None
    from_time: Instant | None = None


class NewWebhook(Model):
    """An endpoint and its secret, which is shown once."""

    id: UUID
    secret: str


class Webhook(Model):
    """An endpoint: its status, how many versions it is behind, what is wrong with it."""

    id: UUID
    ws_id: UUID | None
    url: str
    kinds: list[str]
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    failures: int
    behind: int
    created_at: datetime


class WebhookList(Model):
    """The endpoints, by creation."""

    items: list[Webhook]


class Delivery(Model):
    """A range of versions that was told, with the last attempt; `response_head` is for callers that may operate."""

    id: UUID
    ws_id: UUID
    from_version: int
    to_version: int
    status: str
    replayed: bool
    attempts: int
    next_attempt_at: datetime | None
    at: datetime | None
    status_code: int | None
    ms: int | None
    error_type: str | None
    response_head: str | None


class DeliveryList(Model):
    """The last deliveries, the newest first."""

    items: list[Delivery]


class WebhookTest(Model):
    """The last test: asked for at `asked_at`, carried out at `at` (null: not yet)."""

    asked_at: datetime
    at: datetime | None
    status_code: int | None
    ms: int | None
    error_type: str | None
    response_head: str | None


class Replayed(Model):
    """The first version that the endpoint hears again."""

    from_version: int


def list_webhooks() -> WebhookList:
    """List the endpoints of the workspaces that the caller sees."""
    return WebhookList(items=[_webhook(each) for each in _webhooks().all() if _is_seen(each.ws_id)])


def add_webhook(body: Annotated[WebhookBody, Body()]) -> NewWebhook:
    """Add an endpoint that hears from now on; its secret is shown once."""
    call = current()
    if not _is_seen(body.ws_id):
        if body.ws_id is None:
            raise Problem(403, "forbidden", "only who sees all workspaces may listen to all")
        raise Problem(404, "unknown_workspace")
    webhooks = _webhooks()

    def add(request_id: str) -> Mapping[str, Any]:
        endpoint_id, _secret = webhooks.add(body.url, body.ws_id, body.kinds, UUID(request_id))
        call.audit("webhook_add", body.ws_id, endpoint_id)
        return {"id": str(endpoint_id)}

    made = UUID(call.once("webhook_add", body.ws_id, body.model_dump(mode="json"), add)["id"])
    _seen(made)  # whoever has removed it meanwhile, and asks again under the key, learns that
    return NewWebhook(id=made, secret=webhooks.secret(made))


def show_webhook(endpoint_id: EndpointId) -> Webhook:
    """Show an endpoint."""
    return _webhook(_seen(endpoint_id))


def set_webhook(endpoint_id: EndpointId, body: Annotated[WebhookStatusBody, Body()]) -> Webhook:
    """Pause an endpoint, or let it go on where it stands."""
    call, was = current(), _seen(endpoint_id)
    _webhooks().set_status(endpoint_id, body.status, skip=body.resume == "now")
    call.audit("webhook_status", was.ws_id, endpoint_id, status=body.status, resume=body.resume)
    return show_webhook(endpoint_id)


def remove_webhook(endpoint_id: EndpointId) -> Webhook:
    """Forget an endpoint; it hears nothing more. Returns what it was."""
    call, was = current(), _seen(endpoint_id)
    _webhooks().remove(endpoint_id)
    call.audit("webhook_remove", was.ws_id, endpoint_id)
    return _webhook(was)


def rotate_webhook(endpoint_id: EndpointId) -> NewWebhook:
    """Give an endpoint a new secret; the old one is good for 24 hours more."""
    call, was = current(), _seen(endpoint_id)

    def rotate(request_id: str) -> Mapping[str, Any]:
        _webhooks().rotate(endpoint_id, UUID(request_id))
        call.audit("webhook_rotate", was.ws_id, endpoint_id)
        return {}

    call.once("webhook_rotate", None, {"id": endpoint_id}, rotate)  # a second one would end the secret still in use
    return NewWebhook(id=endpoint_id, secret=_webhooks().secret(endpoint_id))


def list_deliveries(endpoint_id: EndpointId, limit: Limit = 50) -> DeliveryList:
    """List the last deliveries to an endpoint with how they ended."""
    call, _ = current(), _seen(endpoint_id)
    found = _webhooks().deliveries(endpoint_id, visible(None), limit)
    return DeliveryList(items=[_delivery(each, heads=call.principal.may("operate")) for each in found])


def test_webhook(endpoint_id: EndpointId) -> Response[WebhookTest]:
    """Ask for `webhook.test` to be sent to an endpoint, whatever its status; it is within about a minute."""
    call, was = current(), _seen(endpoint_id)
    _webhooks().ask_test(endpoint_id)
    call.audit("webhook_test", was.ws_id, endpoint_id)
    return Response(202, "application/json", _last_test(endpoint_id))


def show_webhook_test(endpoint_id: EndpointId) -> WebhookTest:
    """Tell how the last test of an endpoint ended."""
    _seen(endpoint_id)
    return _last_test(endpoint_id)


def replay_webhook(endpoint_id: EndpointId, body: Annotated[ReplayBody, Body()]) -> Response[Replayed]:
    """Tell an endpoint again what happened in a workspace."""
    call = current()
    _seen(endpoint_id)
    if not call.principal.sees(body.ws_id):
        raise Problem(404, "unknown_workspace")

    def replay(_request_id: str) -> Mapping[str, Any]:
        first = _webhooks().replay(endpoint_id, body.ws_id, body.from_version, body.from_time)
        call.audit("webhook_replay", body.ws_id, endpoint_id, from_version=first)
        return {"from_version": first}

    try:
        told = call.once("webhook_replay", None, {"id": endpoint_id, **body.model_dump(mode="json")}, replay)
    except CursorExpired as error:
        raise expired(body.ws_id, error, "from_version") from None
    return Response(202, "application/json", Replayed(**told))


def _webhooks() -> "Webhooks":
    """Return the use case. Raises WebhooksOff."""
    from almanac.services.events_out.webhooks import WebhooksOff  # noqa: PLC0415 - few cold starts are about webhooks

    use = current().use
    if not use.has_webhooks:
        raise WebhooksOff
    return use.webhooks


def _seen(endpoint_id: UUID) -> "ListedEndpoint":
    """Return an endpoint that the caller may know of. Raises Problem 404, for a foreign one too."""
    for each in _webhooks().all():
        if each.id == endpoint_id and _is_seen(each.ws_id):
            return each
    raise Problem(404, "not_found")


def _is_seen(ws_id: UUID | None) -> bool:
    principal = current().principal
    return principal.ws_ids is None if ws_id is None else principal.sees(ws_id)


def _delivery(each: ListedDelivery, *, heads: bool) -> Delivery:
    said = {name: getattr(each, name) for name in Delivery.model_fields if name != "response_head"}
    said["next_attempt_at"] = each.next_attempt_at if each.status == "pending" else None
    return Delivery(**said, response_head=each.head if heads else None)


def _last_test(endpoint_id: UUID) -> WebhookTest:
    found = _webhooks().last_test(endpoint_id)
    if found is None:
        raise Problem(404, "not_found", "nobody has asked for a test")
    said = {name: getattr(found, name) for name in WebhookTest.model_fields if name != "response_head"}
    return WebhookTest(**said, response_head=found.head)


def _webhook(each: "ListedEndpoint") -> Webhook:
    return Webhook(
        id=each.id,
        ws_id=each.ws_id,
        url=each.url if current().principal.may("operate") else without_secrets(each.url),
        kinds=list(each.kinds),
        status=each.status,
        disabled_reason=each.disabled_reason,
        failing_since=each.failing_since,
        failures=each.failures,
        behind=each.behind,
        created_at=each.created_at,
    )


_ONE = "/v1/webhooks/<endpoint_id>"
ROUTES = (
    Route("GET", "/v1/webhooks", "read", list_webhooks, errors=("webhooks_off",)),
    Route("POST", "/v1/webhooks", "admin", add_webhook, 201, errors=("forbidden", "unknown_workspace", "webhooks_off")),
    Route("GET", _ONE, "read", show_webhook, errors=("not_found", "webhooks_off")),
    Route("PATCH", _ONE, "admin", set_webhook, errors=("not_found", "webhooks_off")),
    Route("DELETE", _ONE, "admin", remove_webhook, errors=("not_found", "webhooks_off")),
    Route("POST", f"{_ONE}/rotate", "admin", rotate_webhook, errors=("not_found", "webhooks_off"), once=True),
    Route("GET", f"{_ONE}/deliveries", "read", list_deliveries, errors=("not_found", "webhooks_off")),
    Route("POST", f"{_ONE}/test", "operate", test_webhook, 202, errors=("not_found", "webhooks_off"), once=False),
    Route("GET", f"{_ONE}/test", "operate", show_webhook_test, errors=("not_found", "webhooks_off")),
    Route(
        "POST",
        f"{_ONE}/replay",
        "operate",
        replay_webhook,
        202,
        errors=("not_found", "unknown_workspace", "cursor_expired", "webhooks_off"),
    ),
)
