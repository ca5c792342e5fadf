"""Two moments of a calendar compared, as JSON and as text: what differs, who did it, and why a plan moved a block."""

import re
from collections.abc import Mapping, Sequence

from almanac.domain.history.causes import Cause
from almanac.domain.history.diff import EventDiff
from almanac.domain.readable_years import instant
from almanac.presentation.history.changes import change_fields, event_fields
from almanac.presentation.tables import instant_text, listing, unshown
from almanac.services.history.compare import Comparison

_ORIGINS = {
    "sync": "a sync",
    "import": "a first reading",
    "sweep": "a full reading",
    "plan": "a plan",
    "app": "the app",
    "operator": "an operator",
}
_NAMES = {"task": "task ", "habit": "habit ", "meeting": "meeting ", "dependency": "what it waits for, "}
_UNTITLED = {"event": "an event without a title", "hours": "opening hours", "preferences": "preferences"}
_WHAT: Mapping[str, Mapping[str, str]] = {
    "pinned": {"came": "was pinned there", "changed": "was pinned there"},
    "block": {"came": "was put there", "changed": "was put there"},
    "dependency": {"came": "has a place now", "changed": "moved", "went": "has no place any more"},
    **{item: {"came": "is new", "went": "is done or gone"} for item in ("task", "habit", "meeting")},
    **{setting: {"came": "were set", "went": "are gone"} for setting in ("hours", "preferences")},
}
_MOST_FIELDS = 3
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def document(found: Comparison) -> Mapping[str, object]:
    """Return the JSON document."""
    causes = dict(found.causes)
    return {
        "ws_id": str(found.ws_id),
        "run_id": None if found.run_id is None else str(found.run_id),
        "from_version": found.from_version,
        "to_version": found.to_version,
        "events": [_event(each, causes.get(each.event_id, ())) for each in found.events],
    }


def text(found: Comparison) -> str:
    """Return what differs as a table, with who did it below each line."""
    span = f"versions {found.from_version} to {found.to_version}"
    if not found.events:
        return f"{span}: no event differs"
    causes = dict(found.causes)
    head = ("WHAT", "START", "WAS", "TITLE")
    rows = ((_row(each), _told(each, causes.get(each.event_id, ()))) for each in found.events)
    return f"{span}\n{listing(head, rows)}"


def who(each: EventDiff) -> str:
    """Return who made the last change, in a word."""
    return _ORIGINS[each.by[-1].origin]


def _event(each: EventDiff, causes: Sequence[Cause]) -> Mapping[str, object]:
    first = next((cause for cause in causes if cause.kind in ("event", "pinned")), None)
    return {
        "event_id": str(each.event_id),
        "what": each.what,
        "columns": list(each.columns),
        "before": None if each.before is None else event_fields(each.event_id, each.before),
        "after": None if each.after is None else event_fields(each.event_id, each.after),
        "by": [change_fields(change) for change in each.by],
        "cause": None if first is None else _of_an_event(first),
        "causes": [cause_fields(cause) for cause in causes],
    }


def _of_an_event(cause: Cause) -> Mapping[str, object]:
    return {"version": cause.version, "event_id": cause.subject, "title": cause.title, "what": cause.what}


def cause_fields(cause: Cause) -> Mapping[str, object]:
    """Return a cause as JSON documents tell it."""
    return {
        "kind": cause.kind,
        "subject": cause.subject,
        "title": cause.title,
        "what": cause.what,
        "version": cause.version,
        "changed": [{"field": name, "was": was, "now": now} for name, was, now in cause.changed],
    }


def _row(each: EventDiff) -> tuple[object, ...]:
    state = each.state
    now = None if each.after is None else instant_text_of(each.after)
    was = None if each.before is None else instant_text_of(each.before)
    return (each.what, now, was if was != now else None, state.get("title"))


def _told(each: EventDiff, causes: Sequence[Cause]) -> list[str]:
    last = each.by[-1]
    columns = f", {', '.join(each.columns)}" if each.columns else ""
    told = [f"by {who(each)}, version {last.version}, {instant_text(last.at)}{columns}"]
    return told + [f"because {because(cause)}" for cause in causes]


def because(cause: Cause) -> str:
    """Return a cause as the end of a sentence."""
    if cause.kind == "preferences" and cause.subject and cause.what != "changed":
        return f"{cause.subject} {'is a member now' if cause.what == 'came' else 'is no member any more'}"
    title = cause.title or f"{_UNTITLED.get(cause.kind, 'something without a title')}{_whose(cause)}"
    version = "" if cause.version is None else f", version {cause.version}"
    what = _WHAT.get(cause.kind, {}).get(cause.what, cause.what)
    return f"{_NAMES.get(cause.kind, '')}{title} {what}{_fields(cause)}{version}"


def _whose(cause: Cause) -> str:
    """Whose hours or preferences, where they are one person's."""
    named = {"hours": cause.subject.rpartition(":")[0], "preferences": cause.subject}.get(cause.kind)
    return f" of {named}" if named else ""


def _fields(cause: Cause) -> str:
    """The fields that differ, the first ones from what to what."""
    said = [
        f"{name.replace('_', ' ')} {_value(was)} → {_value(now)}" for name, was, now in cause.changed[:_MOST_FIELDS]
    ]
    more = len(cause.changed) - len(said)
    return f": {', '.join(said)}{f' and {more} more' if more else ''}" if said else ""


def _value(value: object) -> str:
    if value in (None, "", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return text[:16].replace("T", " ") if _INSTANT.match(text) else text


def instant_text_of(state: Mapping[str, object]) -> str:
    """Return when an event begins, as people read it; a date of one that lasts all day."""
    day = state.get("start_date")
    if day is not None or "start_at" not in state:
        return str(day or "")
    return unshown(instant(str(state["start_at"]))) or str(state["start_at"])[:16].replace("T", " ")
