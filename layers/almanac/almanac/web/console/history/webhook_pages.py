"""Who is told of changes: endpoints, where they are behind, how their last deliveries ended, and what can be done."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from almanac.domain.history.changes import KINDS
from almanac.errors import BadInput, CursorExpired
from almanac.services.events_out.ports import ListedEndpoint
from almanac.services.events_out.webhooks import Webhooks
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.problem import Problem
from almanac.web.request import Answer

_PLACE = "/console/webhooks"


def webhooks(visit: Visit) -> Answer:
    """List the endpoints that the visitor may know of."""
    if not visit.call.use.has_webhooks:
        return visit.render("webhooks.html", on=False)
    use = visit.call.use.webhooks
    found = [each for each in use.all() if _sees(visit, each.ws_id)]
    last = use.last_deliveries([each.id for each in found], visit.seen)
    rows = [{"each": each, "host": urlsplit(each.url).netloc, "last": last.get(each.id)} for each in found]
    names = visit.call.use.run_history.workspaces.workspace_names({e.ws_id for e in found if e.ws_id is not None})
    disabled = [each for each in found if each.status == "disabled"]
    seen_all = visit.seen is None
    said: dict[str, Any] = {"on": True, "rows": rows, "names": names, "disabled": disabled}
    return visit.render("webhooks.html", all_seen=seen_all, once=uuid4(), **said)


def webhook(visit: Visit) -> Answer:
    """Show one endpoint."""
    use, each = _one(visit)
    deliveries = use.deliveries(each.id, visit.seen)
    lanes = [lane for lane in use.behind(each.id) if _sees(visit, lane.ws_id)]
    told = {delivery.ws_id for delivery in deliveries} | ({each.ws_id} if each.ws_id else set())
    test = use.last_test(each.id)
    return visit.render(
        "webhook_live.html" if visit.query("part") else "webhook.html",
        each=each,
        host=urlsplit(each.url).netloc,
        deliveries=deliveries,
        lanes=lanes,
        names=visit.call.use.run_history.workspaces.workspace_names(told),
        test=test,
        live=test is not None and test.at is None,
        once=uuid4(),
    )


def add(visit: Visit) -> Answer:
    """Add an endpoint, and show its secret once. The same form sent twice is one endpoint."""
    url, ws_text = visit.field("url")[:2000], visit.field("ws_id")
    ws_id = _workspace(visit, ws_text)
    kinds = [kind for kind in visit.request.form.get("kind", []) if kind in KINDS]
    use = _webhooks(visit)

    def do(request_id: str) -> dict[str, str]:
        endpoint_id, _secret = use.add(url, ws_id, kinds, UUID(request_id))
        visit.call.audit("webhook_add", ws_id, endpoint_id)
        return {"id": str(endpoint_id)}

    request = {"a": "console-webhook", "u": url, "w": ws_text, "k": kinds}
    try:
        made = visit.call.use.once(visit.call.principal.name, visit.field("once")[:64] or None, request, do)
    except BadInput as error:
        if error.field != "url":
            raise
        return visit.back(_PLACE, f"Nothing was added: the address {error.complaint}.")
    return _secret(visit, UUID(made["id"]))


def rotate(visit: Visit) -> Answer:
    """Give an endpoint a new secret, and show it once."""
    use, each = _one(visit)

    def do(request_id: str) -> dict[str, str]:
        use.rotate(each.id, UUID(request_id))
        visit.call.audit("webhook_rotate", each.ws_id, each.id)
        return {}

    request = {"a": "console-rotate", "id": str(each.id)}
    visit.call.use.once(visit.call.principal.name, visit.field("once")[:64] or None, request, do)
    return _secret(visit, each.id)


def set_status(visit: Visit) -> Answer:
    """Pause an endpoint, or let it go on: where it stood, or with what comes now."""
    use, each = _one(visit)
    status, skip = visit.field("status"), visit.field("skip") == "yes"
    if status not in ("active", "paused"):
        raise Problem(422, "bad_input", "must be active or paused", field="status")
    use.set_status(each.id, status, skip=skip)
    visit.call.audit("webhook_status", each.ws_id, each.id, status=status, resume="now" if skip else "where_it_stood")
    where = "with what changes from now on" if skip else "where it stood"
    return visit.back(f"{_PLACE}/{each.id}", "It is paused." if status == "paused" else f"It goes on {where}.")


def test(visit: Visit) -> Answer:
    """Have an endpoint tested."""
    use, each = _one(visit)
    use.ask_test(each.id)
    visit.call.audit("webhook_test", each.ws_id, each.id)
    return visit.back(f"{_PLACE}/{each.id}", "A test was asked for; its end stands here within about a minute.")


def replay(visit: Visit) -> Answer:
    """Tell an endpoint again what happened in a workspace from a version on."""
    use, each = _one(visit)
    ws_id = each.ws_id or _workspace(visit, visit.field("ws_id"))
    place, text = f"{_PLACE}/{each.id}", visit.field("from_version")
    if ws_id is None or not text.isdecimal() or len(text) > 19:
        return visit.back(place, "Nothing is repeated: give a workspace's id, and the version to begin with.")
    try:
        first = use.replay(each.id, ws_id, min(max(int(text), 1), 2**62))
    except CursorExpired as error:
        return visit.back(place, f"Nothing is repeated: the oldest version that is kept is {error.oldest}.")
    except BadInput as error:
        return visit.back(place, f"Nothing is repeated: the version {error.complaint}.")
    visit.call.audit("webhook_replay", ws_id, each.id, from_version=first)
    return visit.back(place, f"It hears everything again from version {first} on.")


def remove(visit: Visit) -> Answer:
    """Forget an endpoint."""
    use, each = _one(visit)
    if visit.field("sure") != "yes":
        return visit.back(f"{_PLACE}/{each.id}", "Nothing was removed: tick the box first.")
    use.remove(each.id)
    visit.call.audit("webhook_remove", each.ws_id, each.id)
    return visit.back(_PLACE, "The endpoint was removed; it hears nothing more.")


def _secret(visit: Visit, endpoint_id: UUID) -> Answer:
    use = _webhooks(visit)
    each = use.one(endpoint_id)
    return visit.render("webhook_secret.html", each=each, secret=use.secret(endpoint_id))


def _webhooks(visit: Visit) -> Webhooks:
    if not visit.call.use.has_webhooks:
        raise Problem(409, "webhooks_off", "the keys of webhooks' secrets are not set here")
    return visit.call.use.webhooks


def _one(visit: Visit) -> tuple[Webhooks, ListedEndpoint]:
    """The endpoint of the address. Raises Problem 404, for a foreign one too."""
    endpoint_id, use = identified(visit.parameters["endpoint_id"], "not_found"), _webhooks(visit)
    for each in use.all():
        if each.id == endpoint_id and _sees(visit, each.ws_id):
            return use, each
    raise Problem(404, "not_found")


def _workspace(visit: Visit, text: str) -> UUID | None:
    """The workspace of a form; none: all, for who sees all. Raises Problem 404."""
    if not text:
        if visit.seen is not None:
            raise Problem(403, "forbidden", "only who sees all workspaces may listen to all")
        return None
    ws_id = identified(text, "unknown_workspace")
    if not visit.call.principal.sees(ws_id):
        raise Problem(404, "unknown_workspace")
    return ws_id


def _sees(visit: Visit, ws_id: UUID | None) -> bool:
    return visit.seen is None if ws_id is None else visit.call.principal.sees(ws_id)


PAGES = (
    Page("GET", _PLACE, "read", webhooks),
    Page("POST", _PLACE, "admin", add),
    Page("GET", f"{_PLACE}/<endpoint_id>", "read", webhook),
    Page("POST", f"{_PLACE}/<endpoint_id>/rotate", "admin", rotate),
    Page("POST", f"{_PLACE}/<endpoint_id>/status", "admin", set_status),
    Page("POST", f"{_PLACE}/<endpoint_id>/test", "operate", test),
    Page("POST", f"{_PLACE}/<endpoint_id>/replay", "operate", replay),
    Page("POST", f"{_PLACE}/<endpoint_id>/remove", "admin", remove),
)
