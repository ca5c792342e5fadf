"""Exports and feeds of a workspace: listed, asked for, downloaded, ended."""

from uuid import UUID, uuid4

from almanac.domain.export.kinds import EXPORT_KINDS
from almanac.domain.operations.people import DigestChange
from almanac.domain.people_names import people_names
from almanac.errors import BadInput
from almanac.services.export.ports import Wanted
from almanac.web.console.pages import Page, Visit, choose_workspace, identified
from almanac.web.paging import cursor, dated_place
from almanac.web.problem import Problem
from almanac.web.request import Answer, see_other

_ROWS = 50
_LABELS = {
    "csv": "CSV",
    "ics": "ICS",
    "ics_series": "ICS with series",
    "digest": "Digest",
    "report": "Report",
    "report_csv": "Report as CSV",
}
"""How people call the kinds, as they stand in a row of buttons."""


def choose(visit: Visit) -> Answer:
    """Lead to the exports of a workspace."""
    return choose_workspace(visit, "Exports", "Calendars as files, digests, reports and feeds.", "exports")


def exports(visit: Visit) -> Answer:
    """List what was asked for, with a button for each kind, and the feeds."""
    use, ws_id = visit.call.use, visit.ws_id
    name, _zone = use.directory.zone(ws_id)
    listed, after, on = {"l": "console-exports", "w": ws_id}, visit.query("after"), use.has_export_files
    begin = dated_place(after, listed) if after else None
    found = use.exports.all(ws_id, begin, _ROWS + 1) if on else []
    rows = found[:_ROWS]
    return visit.render(
        "exports.html",
        name=name,
        ws_id=ws_id,
        on=on,
        rows=rows,
        more=cursor(listed, (rows[-1].created_at.isoformat(), rows[-1].id)) if len(found) > _ROWS else None,
        kinds=tuple(_LABELS.items()),
        labels=_LABELS,
        names=people_names((each.user_id, each.name) for each in use.people.members(ws_id)),
        feeds=[feed for feed in use.feeds.all(ws_id) if feed.revoked_at is None],
        has_address=use.feeds.has_address,
        weekly=use.workspaces.has_weekly_report(ws_id),
        paused=use.pauses.of(ws_id) is not None,
        once=uuid4(),
    )


def ask(visit: Visit) -> Answer:
    """Ask for a file; the same form sent twice is one. Leads to its job."""
    kind = next((each for each in EXPORT_KINDS if each == visit.field("kind")), None)
    if kind is None or not visit.call.use.has_export_files:
        return visit.back(_exports(visit), "Nothing was asked for: there is no such export here.")
    user_id = visit.field("user_id")[:255] or None

    def do(job_id: str) -> dict[str, str]:
        visit.call.use.exports.ask(Wanted(visit.ws_id, kind, user_id), job_id)
        visit.call.audit("export", visit.ws_id, job_id, kind=kind)
        return {"job_id": job_id}

    once = visit.field("once")[:64] or None
    request = {"a": "console-export", "w": str(visit.ws_id), "k": kind, "u": user_id}
    job = visit.call.use.once(visit.call.principal.name, once, request, do)
    return see_other(f"/console/jobs/{job['job_id']}")


def download(visit: Visit) -> Answer:
    """Lead to the file; while it is being made, to its job."""
    if not visit.call.use.has_export_files:
        raise Problem(404, "unknown_export")
    export_id = identified(visit.parameters["export_id"], "unknown_export")
    found, url = visit.call.use.exports.one(visit.ws_id, export_id)
    return see_other(url or f"/console/jobs/{found.id}")


def add_feed(visit: Visit) -> Answer:
    """Make a feed, and show its address this once. The same form sent twice is one feed, with another address."""
    feeds = visit.call.use.feeds
    if not feeds.has_address:
        return visit.back(_exports(visit), "No feed was made: ALMANAC_PUBLIC_URL is missing.")
    name, user_id = visit.field("name")[:255] or "calendar", visit.field("user_id")[:255] or None
    shown: list[str] = []

    def do(request_id: str) -> dict[str, str]:
        feed, url = feeds.add(visit.ws_id, name, user_id, UUID(request_id))
        shown.append(url)
        visit.call.audit("feed_add", visit.ws_id, feed.id)
        return {"id": str(feed.id)}

    request = {"a": "console-feed", "w": str(visit.ws_id), "n": name, "u": user_id}
    once = visit.field("once")[:64] or None
    made = UUID(visit.call.use.once(visit.call.principal.name, once, request, do)["id"])
    url = shown[0] if shown else feeds.rotate(visit.ws_id, made)
    return visit.render("feed.html", name=name, url=url, ws_id=visit.ws_id)


def revoke_feed(visit: Visit) -> Answer:
    """End a feed."""
    feed_id = identified(visit.parameters["feed_id"], "unknown_feed")
    visit.call.use.feeds.revoke(visit.ws_id, feed_id)
    visit.call.audit("feed_revoke", visit.ws_id, feed_id)
    return visit.back(_exports(visit), "The feed has ended: its address opens nothing any more.")


_WEEKLY = "weekly report"
"""What the form of that switch says."""


def switch_digest(visit: Visit) -> Answer:
    """Turn a member's digest, or the mail of the weekly report to them, on or off."""
    user_id, on, weekly = visit.field("user_id")[:255], visit.field("on") == "yes", visit.field("what") == _WEEKLY
    change = DigestChange(weekly=on) if weekly else DigestChange(on=on)
    try:
        visit.call.use.people.set_digest(visit.ws_id, user_id, change)
    except BadInput:
        return visit.back(_workspace(visit), "Nothing was switched: no such member.")
    visit.call.audit("member_weekly_report" if weekly else "member_digest", visit.ws_id, user_id, on=on)
    if weekly:
        said = f"{user_id} gets the weekly report by mail." if on else f"{user_id} gets no report by mail."
    else:
        said = f"{user_id} gets a digest each morning." if on else f"{user_id} gets no digest."
    return visit.back(_workspace(visit), said)


def switch_report(visit: Visit) -> Answer:
    """Turn the workspace's weekly report on or off."""
    on = visit.field("weekly_report") == "yes"
    visit.call.use.workspaces.set(visit.ws_id, weekly_report=on)
    visit.call.audit("workspace_settings", visit.ws_id, weekly_report=on)
    return visit.back(
        _exports(visit), "There is a report each Monday." if on else "There is no weekly report any more."
    )


def _workspace(visit: Visit) -> str:
    return f"/console/workspaces/{visit.ws_id}"


def _exports(visit: Visit) -> str:
    return f"{_workspace(visit)}/exports"


_PLACE = "/console/workspaces/<ws>"
PAGES = (
    Page("GET", "/console/exports", "read", choose, ("name",)),
    Page("GET", f"{_PLACE}/exports", "read", exports, ("after",)),
    Page("POST", f"{_PLACE}/exports", "run", ask),
    Page("GET", f"{_PLACE}/exports/<export_id>", "read", download),
    Page("POST", f"{_PLACE}/digests", "operate", switch_digest),
    Page("POST", f"{_PLACE}/settings", "operate", switch_report),
    Page("POST", f"{_PLACE}/feeds", "admin", add_feed),
    Page("POST", f"{_PLACE}/feeds/<feed_id>/revoke", "admin", revoke_feed),
)
