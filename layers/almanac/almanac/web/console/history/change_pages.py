"""What changed in a workspace, the newest first, each column from what to what; filters live in the address."""

from datetime import datetime
from typing import get_args

from almanac.domain.history.changes import KINDS, OF_EVENTS, Origin
from almanac.domain.history.sides import ChangeFilter, ShownChange
from almanac.web.console.history.sides import instant, sides
from almanac.web.console.pages import SPANS, Page, Visit, choose_workspace, identified, whole
from almanac.web.problem import Problem
from almanac.web.request import Answer

_ROWS = 50
_MOST_VERSION = 2**62
_ORIGINS: tuple[str, ...] = get_args(Origin)
_FAMILIES = tuple(dict.fromkeys(f"{kind.partition('.')[0]}." for kind in KINDS))


def choose(visit: Visit) -> Answer:
    """Lead to the changes of a workspace."""
    lead = "Everything that changes in a workspace has a number, kept for 90 days."
    return choose_workspace(visit, "Changes", lead, "changes")


def changes(visit: Visit) -> Answer:
    """Show the changes of a workspace."""
    name, zone = visit.call.use.directory.zone(visit.ws_id)
    said = {each: visit.query(each)[:100] for each in ("kind", "subject", "origin", "since", "until")}
    before = whole(visit.query("before"), _MOST_VERSION, 1, _MOST_VERSION, "before")
    found = visit.call.use.browse_history(visit.ws_id, _filter(said, visit.now), before, _ROWS + 1)
    rows = found[:_ROWS]
    return visit.render(
        "changes_live.html" if visit.query("part") else "changes.html",
        name=name,
        zone=zone,
        ws_id=visit.ws_id,
        rows=[_row(each) for each in rows],
        filters=said,
        filtered=any(said.values()),
        kinds=KINDS,
        families=_FAMILIES,
        origins=_ORIGINS,
        spans=tuple(SPANS),
        newest=before == _MOST_VERSION,
        more=rows[-1].change.version if len(found) > _ROWS else None,
    )


def _filter(said: dict[str, str], now: datetime) -> ChangeFilter:
    """Read the address. Raises Problem 422: what is not known is never left out in silence."""
    for name, known in (("kind", (*KINDS, *_FAMILIES)), ("origin", _ORIGINS)):
        if said[name] and said[name] not in known:
            raise Problem(422, "bad_input", f"knows {', '.join(known)}", field=name)
    return ChangeFilter(
        kind=said["kind"] or None,
        subject=identified(said["subject"], "not_found") if said["subject"] else None,
        origin=said["origin"] or None,
        since=now - SPANS[said["since"]] if said["since"] in SPANS else instant(said["since"], "since"),
        until=instant(said["until"], "until"),
    )


def _row(each: ShownChange) -> dict[str, object]:
    change = each.change
    return {
        "change": change,
        "what": KINDS.get(change.kind, change.kind),
        "event": change.subject if change.kind in OF_EVENTS else None,
        "title": each.title,
        "sides": sides(each.sides),
        "notes": sorted((change.note or {}).items()),
    }


PAGES = (
    Page("GET", "/console/changes", "read", choose, ("name",)),
    Page(
        "GET",
        "/console/workspaces/<ws>/changes",
        "read",
        changes,
        ("kind", "subject", "origin", "since", "until", "before"),
    ),
)
