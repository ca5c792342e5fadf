"""Webhook endpoints and how an attempt ended, as JSON and as text. No secret is in either."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from almanac.presentation.tables import instant_text, listing
from almanac.services.events_out.ports import Answer, ListedEndpoint


def endpoint_fields(endpoint: ListedEndpoint) -> Mapping[str, object]:
    """Return an endpoint as JSON documents tell it."""
    ws_id = None if endpoint.ws_id is None else str(endpoint.ws_id)
    return {**asdict(endpoint), "id": str(endpoint.id), "ws_id": ws_id, "kinds": list(endpoint.kinds)}


def list_document(endpoints: Sequence[ListedEndpoint]) -> Mapping[str, object]:
    """Return the JSON document of a list of endpoints."""
    return {"webhooks": [endpoint_fields(each) for each in endpoints]}


def list_text(endpoints: Sequence[ListedEndpoint], names: Mapping[UUID, str]) -> str:
    """Return the endpoints as a table, each with its id and address, and what is wrong with it, below.

    `names` are the workspaces'.
    """
    head = ("STATUS", "WORKSPACE", "BEHIND", "CREATED")
    rows = (
        (
            (each.status, _workspace(each, names), each.behind, instant_text(each.created_at)),
            (f"{each.id}  {each.url}", _trouble(each)),
        )
        for each in endpoints
    )
    return listing(head, rows) if endpoints else "no webhook endpoint"


def answer_document(answer: Answer) -> Mapping[str, object]:
    """Return the JSON document of one attempt."""
    return {
        "status_code": answer.status_code,
        "error_type": answer.error_type,
        "ms": answer.ms,
        "response_head": answer.head,
    }


def answer_text(answer: Answer) -> str:
    """Return how one attempt ended."""
    said = "no answer" if answer.status_code is None else f"answered {answer.status_code}"
    trouble = "" if answer.error_type is None else f": {answer.error_type}"
    return f"{said} in {answer.ms} ms{trouble}" + (f"\n{answer.head}" if answer.head else "")


def _workspace(endpoint: ListedEndpoint, names: Mapping[UUID, str]) -> object:
    return "all" if endpoint.ws_id is None else names.get(endpoint.ws_id, endpoint.ws_id)


def _trouble(endpoint: ListedEndpoint) -> str | None:
    if endpoint.status == "disabled":
        return f"disabled: {endpoint.disabled_reason}; `almanac webhook enable {endpoint.id}` lets it go on"
    if endpoint.failing_since is not None:
        return f"failing since {instant_text(endpoint.failing_since)}, {endpoint.failures} times"
    return None
