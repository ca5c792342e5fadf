"""What must be true of Google's own events, and of the product's edits of them: I3, I5 and I7, as far as they go."""

from datetime import UTC, datetime
from typing import Any

from local.google_simulator.world.event import Json
from tests.histories.two_ways.appointments import Appointments
from tests.histories.two_ways.world import World

_LINKS = (
    "SELECT external_event_id, state, reason, conflict, doubt, calendar_id FROM calendar_event_links"
    " WHERE ws_id = :ws AND kind = 'edit'"
)
_OURS = (
    "SELECT external_event_id FROM calendar_event_links"
    " WHERE ws_id = :ws AND kind <> 'edit' AND state NOT IN ('gone', 'detached')"
)
_ROWS = (
    "SELECT external_event_id, title, start_at FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'google'"
)


def judge_write(appointments: Appointments, event_id: str, entry: Json) -> None:
    """I3: an event that is not ours is written for an edit of the product's only, and only while edits are on."""
    about = f"{entry['method']} of {event_id}, number {entry['number']}"
    assert event_id in appointments.touched, f"I3: nobody here has changed it: {about}"
    calendar = entry["path"].split("/")[-3]
    on = calendar in appointments.edits_on() or entry["number"] <= appointments.off_since.get(calendar, 0)
    assert on, f"I3: edits were off: {about}"


def assert_edits_have_ended(world: World, appointments: Appointments) -> None:
    """I5 and I7: rows are as Google has the events, and no edit is lost without a word."""
    links: dict[str, list[Any]] = {}
    on = appointments.edits_on()
    for event_id, state, reason, conflict, doubt, calendar in world.run(_LINKS):
        about = f"edit of {event_id} ({state}, {reason}, {doubt})"
        assert state not in ("wanted", "dirty", "sent"), f"I7: {about} is not settled"
        assert state in ("gone", "detached") or conflict or reason, f"I7: {about} is left over"
        assert calendar in on or state in ("gone", "detached"), f"I7: {about}, and edits are off"
        links.setdefault(event_id, []).append((state, reason, conflict or {}))
    truth = appointments.truth()
    _assert_rows_are_as_there(world, appointments, truth, links)
    for event_id, edit in appointments.edits.items():
        there = [body for body in truth if event_id in (body["id"], body.get("recurringEventId"))]
        if not there:
            continue
        titles = {body.get("summary", "") for body in there}
        series = {body.get("recurringEventId", "") for body in there}
        given = [title for name in {event_id, *series} for title in world.persons_titles.get(name, ())]
        later = max((int(title.rpartition(" ")[2]) for title in given), default=0)
        told = [state for state, reason, conflict in links.get(event_id, ()) if _tells(edit.title, reason, conflict)]
        lost = edit.title not in titles and later < edit.number and not told
        assert not lost, f"I5: {edit.title!r} of {event_id} is lost: {titles} there, {links.get(event_id)}"


def _tells(title: str, reason: str | None, conflict: Json) -> bool:
    """Whether a link tells somebody of it: in its conflict, or as what Google refused, or has deleted."""
    wanted = [conflict.get("title", {}).get("ours"), (conflict.get("existence", {}).get("ours") or {}).get("title")]
    return title in wanted or (not conflict and reason is not None)


def _assert_rows_are_as_there(
    world: World, appointments: Appointments, truth: list[Json], links: dict[str, list[Any]]
) -> None:
    ours = {row[0] for row in world.run(_OURS)}
    told = {name for name, found in links.items() if any(state in ("conflict", "failed") for state, *_ in found)}
    rows = {row[0]: (row[1], row[2].astimezone(UTC)) for row in world.run(_ROWS)}
    there = {body["id"]: (body.get("summary", ""), _start(body)) for body in truth if body["id"] not in ours}
    aside = told | appointments.local
    differ = {
        name: (rows.get(name), there.get(name))
        for name in (rows.keys() | there.keys()) - aside
        if rows.get(name) != there.get(name)
    }
    assert not differ, f"I7: rows of Google's events and the events differ: {differ}"


def _start(body: Json) -> datetime:
    return datetime.fromisoformat(body["start"]["dateTime"]).astimezone(UTC)
