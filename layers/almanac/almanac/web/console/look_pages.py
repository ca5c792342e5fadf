"""Overview, settings, search: what is looked at first."""

from typing import Any

from almanac.domain.cadence import next_tick, period
from almanac.domain.operations.job_status import RecordedRun
from almanac.domain.operations.overview import HourlyRuns
from almanac.presentation.operations.health import SHORT, meaning
from almanac.presentation.svg.bars import Bar, bars
from almanac.services.ledger.ports import RunFilter
from almanac.services.watching.overview import WholeOverview
from almanac.web.console.pages import Page, Visit, whole
from almanac.web.problem import Problem
from almanac.web.request import Answer, see_other

_SPANS = {6: "6 hours", 24: "24 hours", 72: "3 days", 168: "7 days"}
_NAMES = {"sync": "Syncs", "schedule": "Plans"}
RULES = {
    "sync": "Reading calendars",
    "outbound": "Writing to calendars",
    "schedule": "Plans of everybody",
    "changes": "Plans of what has changed",
    "relay": "Events out",
    "digests": "Digests that are due",
    "reports": "Weekly reports that are due",
    "upkeep": "Upkeep",
}
"""Rules of the template by the names that `ALMANAC_CADENCES` has for them, and what people call them."""
_ENDINGS = {
    "connected": ("The account is connected", "Its calendars appear within seconds: the first sync is on its way."),
    "denied": ("Not connected", "The account's owner has declined. They can be asked again at any time."),
    "scope_missing": ("Not connected", "The calendar was not ticked, without which nothing can be read. Ask again."),
    "wrong_account": ("Not connected", "Another account was chosen than the one that was to be connected again."),
    "failed": ("Not connected", "Google did not answer. Ask again in a moment."),
}
"""How a consent can end, and what to say of it."""
_PLACES = {
    "workspace": "/console/workspaces/{id}",
    "account": "/console/workspaces/{ws_id}",
    "run": "/console/runs/{id}",
}
_PLACES |= {"job": "/console/jobs/{id}", "event": "/console/workspaces/{ws_id}/week"}


def overview(visit: Visit) -> Answer:
    """Is it well, and if not, where?"""
    hours = whole(visit.query("hours"), 24, 1, 168, "hours")
    found = visit.call.use.show_overview(visit.seen, hours)
    given_up = visit.call.use.webhooks_given_up(visit.seen)
    rows = [_kind(found, kind, hours) for kind in found.counts.totals]
    late = [
        {"each": each, "name": found.names.get(each.ws_id), "short": SHORT[each.lag.reason], "why": meaning(each.lag)}
        for each in found.late
    ]
    return visit.render(
        "overview.html",
        spans=_SPANS,
        hours=hours,
        kinds=[row for row in rows if row["totals"].runs or row["kind"] in _NAMES],
        found=found,
        late=late,
        errors=found.counts.errors[:8],
        most=max((runs for _, _, runs in found.counts.errors), default=1),
        dead=sum(depth.dead for depth in found.queues.values()) if found.queues else 0,
        waiting=sum(depth.waiting for depth in found.queues.values()) if found.queues else 0,
        given_up=given_up,
        well=not found.all_late and not found.counts.reconnect_required and not given_up,
    )


def settings(visit: Visit) -> Answer:
    """Read-only truths: what runs when, for how long things are kept, how old keys are."""
    keys = visit.call.use.api_keys.all() if visit.call.principal.may("admin") and visit.seen is None else []
    return visit.render("settings.html", facts=visit.call.use.facts, keys=keys, rules=_rules(visit))


def search(visit: Visit) -> Answer:
    """Find any id, name or address; one hit is shown at once."""
    text = visit.query("q")[:255]
    found = visit.call.use.directory.search(visit.seen, text, 50) if text and "\0" not in text else []
    hits = [(hit, _PLACES[hit.kind].format(id=hit.id, ws_id=hit.ws_id)) for hit in found]
    if len(hits) == 1:
        return see_other(hits[0][1])
    return visit.render("search.html", text=text, hits=hits)


def connected(visit: Visit) -> Answer:
    """Tell how a consent ended, for those who are sent back here: on one machine the console stands for the product."""
    status, account_id = visit.query("status"), visit.query("connection")[:36]
    if status not in _ENDINGS:
        raise Problem(422, "bad_input", f"knows {', '.join(_ENDINGS)}", field="status")
    found = visit.call.use.directory.search(visit.seen, account_id, 2) if account_id else []
    hit = next((each for each in found if each.kind == "account"), None)
    title, text = _ENDINGS[status]
    return visit.render("connected.html", ending=status, title=title, text=text, hit=hit)


def _rules(visit: Visit) -> list[dict[str, Any]]:
    """What the clock asks for, when it did last where that is recorded, and when it does next."""
    cadences = visit.call.use.cadences
    found = []
    for rule, name in RULES.items():
        if rule not in cadences and rule not in _NAMES:
            continue
        cadence = cadences.get(rule)
        last = _last_tick(visit, rule) if rule in _NAMES else None
        told = {
            "next": cadence and next_tick(cadence, visit.now, None if last is None else last.sent_at),
            "period": cadence and period(cadence),
        }
        found.append({"name": name, "cadence": cadence, "last": last, **told})
    return found


def _last_tick(visit: Visit, kind: str) -> RecordedRun | None:
    wanted = RunFilter(ws_ids=visit.seen, kind=kind, source="schedule")
    return next(iter(visit.call.use.jobs.runs(wanted, None, 1)), None)


def _kind(found: WholeOverview, kind: str, hours: int) -> dict[str, Any]:
    mine = [each for each in found.counts.hours if each.kind == kind]
    return {
        "kind": kind,
        "name": _NAMES.get(kind, kind.replace("_", " ").capitalize()),
        "totals": found.counts.totals[kind],
        "picture": bars([_bar(each) for each in mine], found.counts.since, hours),
        "hours": mine[-48:],
    }


def _bar(each: HourlyRuns) -> Bar:
    return Bar(each.hour, each.completed + each.skipped, each.partial, each.failed)


PAGES = (
    Page("GET", "/console", "read", overview, ("hours",)),
    Page("GET", "/console/settings", "read", settings),
    Page("GET", "/console/search", "read", search, ("q",)),
    Page("GET", "/console/connected", "read", connected, ("status", "connection")),
)
