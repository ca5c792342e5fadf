"""Two moments of a calendar compared, as JSON and as text: what differs, who did it, and why a plan moved a block."""

from collections.abc import Mapping

from almanac.domain.history.diff import Cause, EventDiff
from almanac.presentation.history.changes import change_fields, event_fields
from almanac.presentation.tables import instant_text, listing
from almanac.services.history.compare import Comparison

_ORIGINS = {
    "sync": "a sync",
    "import": "a first reading",
    "sweep": "a full reading",
    "plan": "a plan",
    "app": "the app",
    "operator": "an operator",
}


def document(found: Comparison) -> Mapping[str, object]:
    """Return the JSON document."""
    causes = dict(found.causes)
    return {
        "ws_id": str(found.ws_id),
        "run_id": None if found.run_id is None else str(found.run_id),
        "from_version": found.from_version,
        "to_version": found.to_version,
        "events": [_event(each, causes.get(each.event_id)) for each in found.events],
    }


def text(found: Comparison) -> str:
    """Return what differs as a table, with who did it below each line."""
    span = f"versions {found.from_version} to {found.to_version}"
    if not found.events:
        return f"{span}: no event differs"
    causes = dict(found.causes)
    head = ("WHAT", "START", "WAS", "TITLE")
    rows = ((_row(each), _told(each, causes.get(each.event_id))) for each in found.events)
    return f"{span}\n{listing(head, rows)}"


def who(each: EventDiff) -> str:
    """Return who made the last change, in a word."""
    return _ORIGINS[each.by[-1].origin]


def _event(each: EventDiff, cause: Cause | None) -> Mapping[str, object]:
    return {
        "event_id": str(each.event_id),
        "what": each.what,
        "columns": list(each.columns),
        "before": None if each.before is None else event_fields(each.event_id, each.before),
        "after": None if each.after is None else event_fields(each.event_id, each.after),
        "by": [change_fields(change) for change in each.by],
        "cause": None if cause is None else _cause(cause),
    }


def _cause(cause: Cause) -> Mapping[str, object]:
    return {
        "version": cause.version,
        "event_id": str(cause.event_id),
        "title": cause.title,
        "what": cause.what,
    }


def _row(each: EventDiff) -> tuple[object, ...]:
    state = each.after or each.before or {}
    now = None if each.after is None else instant_text_of(each.after)
    was = None if each.before is None else instant_text_of(each.before)
    return (each.what, now, was if was != now else None, state.get("title"))


def _told(each: EventDiff, cause: Cause | None) -> list[str]:
    last = each.by[-1]
    columns = f", {', '.join(each.columns)}" if each.columns else ""
    told = [f"by {who(each)}, version {last.version}, {instant_text(last.at)}{columns}"]
    if cause is not None:
        told.append(f"because {cause.title or 'an event without a title'} {cause.what}, version {cause.version}")
    return told


def instant_text_of(state: Mapping[str, object]) -> str:
    """Return when an event begins, as people read it; a date of one that lasts all day."""
    day = state.get("start_date")
    return str(day) if day is not None else str(state.get("start_at", ""))[:16].replace("T", " ")
