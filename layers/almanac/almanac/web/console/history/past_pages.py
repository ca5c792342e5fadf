"""Looking back: two moments of a calendar side by side, what a run changed, a run taken back, the line of a change."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.history.diff import EventDiff
from almanac.domain.history.fold import span
from almanac.domain.history.undo import Undoing
from almanac.errors import BadInput, CursorExpired
from almanac.presentation.history.diff import because
from almanac.presentation.history.undo import DEEDS, HOLDS
from almanac.presentation.operations.calendar_week import state_rows, week_agenda
from almanac.presentation.svg.calendar_week import week_picture
from almanac.services.history.compare import Comparison, Moment
from almanac.services.history.undo import UndoChanged, UndoPreview
from almanac.validation import YEARS
from almanac.web.console.history.sides import instant, sides
from almanac.web.console.pages import SPANS, Page, Visit, identified
from almanac.web.request import Answer

_MOST = 200
"""Events that one page shows."""


def compare(visit: Visit) -> Answer:
    """Show what differs between two moments, and who did it; without any, the last day."""
    name, zone = visit.call.use.directory.zone(visit.ws_id)
    begins, ends = visit.query("from", "24h")[:40], visit.query("to")[:40]
    shown: dict[str, Any] = {"expired": None, "found": None}
    try:
        found = visit.call.use.compare.moments(
            visit.ws_id, _moment(begins, "from", visit.now) or 0, _moment(ends, "to", visit.now)
        )
        shown |= _compared(visit, found, ZoneInfo(zone or "UTC"))
    except CursorExpired as error:
        shown["expired"] = error.oldest
    said = {"from": begins, "to": ends}
    return visit.render(
        "compare.html", ws_id=visit.ws_id, name=name, zone=zone, spans=tuple(SPANS), fields=said, **shown
    )


def as_of(visit: Visit, text: str) -> int | None:
    """Return the version that an address means by a version, an instant or a span before now; None for now.

    Raises Problem 422, and CursorExpired for one that is no longer kept.
    """
    moment = _moment(text, "at", visit.now) if text else None
    if moment is None or isinstance(moment, int):
        return moment
    return visit.call.use.history.calendar_at(visit.ws_id, moment).version


def of_run(visit: Visit) -> Answer:
    """Show what a run changed; of a plan, what made it move a block."""
    run_id, ws_id, name, zone = _run(visit)
    shown: dict[str, Any] = {"expired": None, "found": None}
    try:
        shown |= _compared(visit, visit.call.use.compare.run(run_id), ZoneInfo(zone or "UTC"))
    except CursorExpired as error:
        shown["expired"] = error.oldest
    return visit.render("run_changes.html", run_id=run_id, ws_id=ws_id, name=name, zone=zone, **shown)


def undo(visit: Visit) -> Answer:
    """Show what taking a run back comes to. Writes nothing."""
    run_id = _run(visit)[0]
    try:
        found = visit.call.use.undo_run.preview(run_id)
    except BadInput as error:
        return _undo_page(visit, None, trouble=error.complaint)
    return _undo_page(visit, found)


def take_back(visit: Visit) -> Answer:
    """Take the run back as it was shown; when it would come to something else by now, show that instead."""
    run_id, ws_id, _name, _zone = _run(visit)
    try:
        found = visit.call.use.undo_run(run_id, visit.field("fingerprint")[:64])
    except UndoChanged as changed:
        return _undo_page(visit, changed.fresh, changed=True)
    except BadInput as error:
        return _undo_page(visit, None, trouble=error.complaint)
    visit.call.audit("undo", ws_id, run_id, **found.counts)
    counts = found.counts
    done = f"{counts['restored']} back, {counts['set_back']} set back, {counts['removed']} removed"
    return visit.back(f"/console/runs/{run_id}", f"The run was taken back: {done}.")


def trace(visit: Visit) -> Answer:
    """Follow a change, from any id on its way."""
    text = visit.query("id")[:255]
    lines = []
    if text and "\0" not in text:
        with suppress(BadInput):
            lines = [*visit.call.use.trace(text, visit.call.principal.ws_ids)]
    names = visit.call.use.run_history.workspaces.workspace_names({line.ws_id for line in lines})
    return visit.render("trace.html", text=text, lines=lines, names=names)


def _compared(visit: Visit, found: Comparison, zone: ZoneInfo) -> dict[str, Any]:
    causes = dict(found.causes)
    rows = [
        {
            "each": each,
            "title": each.title,
            "when": span(each.state),
            "sides": _sides(each),
            "causes": [(cause, because(cause)) for cause in causes.get(each.event_id, ())],
        }
        for each in found.events[:_MOST]
    ]
    return {
        "found": found,
        "rows": rows,
        "rest": len(found.events) - len(rows),
        "whats": Counter(each.what for each in found.events),
        "who": Counter(each.by[-1].origin for each in found.events).most_common(),
        "pictures": _pictures(visit, found, zone),
    }


def _pictures(visit: Visit, found: Comparison, zone: ZoneInfo) -> tuple[date, date, str, str] | None:
    """The week of the first difference before and after; None when nothing differs that a page can go to."""
    begins = [begin for begin, _ in (span(each.state) for each in found.events) if YEARS[0] <= begin.year <= YEARS[1]]
    if not begins:
        return None
    first = min(begins).astimezone(zone).date()
    monday = first - timedelta(days=first.weekday())
    days = tuple(monday + timedelta(days=n) for n in range(7))
    since, until = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (monday, monday + timedelta(days=7)))
    calendar = visit.call.use.show_calendar
    kinds = {row["id"]: row["block"] for row in calendar(found.ws_id, since, until)}
    eve = since - timedelta(days=1)  # so that all of the week is drawn, and no line for now
    before, after = (
        week_agenda("", zone, state_rows(calendar.as_it_was(found.ws_id, at, since, until), kinds), eve, until)
        for at in (found.from_version, found.to_version)
    )
    return monday, days[-1], week_picture(before, days, after), week_picture(after, days, before)


def _sides(each: EventDiff) -> Sequence[tuple[str, object, object]]:
    """Each column from what to what; none of an event that came or went."""
    was, now = each.before or {}, each.after or {}
    return sides({name: (was.get(name), now.get(name)) for name in each.columns})


def _moment(text: str, field: str, now: datetime) -> Moment | None:
    """A version, a span before now, or an instant; None for nothing. Raises Problem 422."""
    if text in SPANS:
        return now - SPANS[text]
    if text.isdecimal() and len(text) < 19:
        return int(text)
    return None if text == "now" else instant(text, field)


def _undo_page(visit: Visit, found: UndoPreview | None, *, trouble: str | None = None, changed: bool = False) -> Answer:
    run_id, ws_id, name, zone = _run(visit)
    items = [] if found is None else found.items
    return visit.render(
        "undo.html",
        status=409 if changed else 200,
        run_id=run_id,
        ws_id=ws_id,
        name=name,
        zone=zone,
        found=found,
        trouble=trouble,
        changed=changed,
        items=[_undone(each) for each in items[:_MOST]],
        rest=max(len(items) - _MOST, 0),
    )


def _undone(each: Undoing) -> dict[str, Any]:
    held = None if each.held is None else HOLDS[each.held]
    was, now = (None if state is None else span(state)[0] for state in (each.was, each.now))
    return {"title": each.title, "deed": DEEDS[each.deed], "was": was, "now": now, "held": held}


def _run(visit: Visit) -> tuple[UUID, UUID, str, str | None]:
    """The run of the address with its workspace's id, name and zone. Raises Problem 404 for one that is not seen."""
    run_id = identified(visit.parameters["run_id"], "unknown_run")
    ws_id = visit.call.use.jobs.run(run_id, visit.call.principal).ws_id
    return (run_id, ws_id, *visit.call.use.directory.zone(ws_id))


PAGES = (
    Page("GET", "/console/workspaces/<ws>/compare", "read", compare, ("from", "to")),
    Page("GET", "/console/runs/<run_id>/changes", "read", of_run),
    Page("GET", "/console/runs/<run_id>/undo", "operate", undo),
    Page("POST", "/console/runs/<run_id>/undo", "operate", take_back),
    Page("GET", "/console/trace", "read", trace, ("id",)),
)
