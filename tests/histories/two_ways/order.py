"""Rings and ticks come in any order: what a history without trouble ends with does not depend on it (I12)."""

from datetime import UTC, datetime
from typing import Any

from tests.histories.two_ways.world import World

End = dict[str, Any]


def end_of(world: World) -> End:
    """Return what stands on both sides, in words that are the same in every play of a history."""
    there = {body["id"]: body for body in world.live()}
    sql = (
        "SELECT e.id, e.title, e.start_at, e.locked, e.provider, l.external_event_id, l.theirs, l.conflict, l.state"
        " FROM workspace_calendar_events e LEFT JOIN calendar_event_links l ON l.event_id = e.id AND l.current"
        " WHERE e.ws_id = :ws ORDER BY e.id"
    )
    told: End = {}
    for row, title, start, locked, provider, event_id, theirs, conflict, state in world.run(sql):
        name = str(row.int - world.first_id) if provider == "almanac" else f"of Google: {title} {_when(world, start)}"
        here = (title, _when(world, start), locked, sorted(theirs or ()), sorted(conflict or ()), state)
        told[name] = (here, _there(world, there.get(event_id)))
    told["slots"] = sorted(
        _when(world, row[0]) for row in world.run("SELECT start_at FROM refused_slots WHERE ws_id = :ws")
    )
    told["in Google"] = sorted(str(_there(world, body)) for body in there.values())
    return told


def _there(world: World, body: dict[str, Any] | None) -> tuple[Any, ...] | None:
    if body is None:
        return None
    point = body["start"]
    start = point.get("date") or _when(world, datetime.fromisoformat(point["dateTime"]))
    return body.get("summary"), start, body.get("transparency", "opaque"), len(body.get("attendees", ()))


def _when(world: World, at: datetime) -> float:
    """Hours since the history began."""
    return (at.astimezone(UTC) - world.now.astimezone(UTC)).total_seconds() / 3600
