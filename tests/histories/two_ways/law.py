"""What must be true of writing out, whatever happens: I1 to I8, I13 and I14, seen in Google and in its request log.

Those of single runs, I9 to I11, are `limits.py`; of orders, I12: `order.py`.
"""

from collections import Counter
from collections.abc import Iterable, Set
from datetime import UTC

from local.google_simulator.world.event import Json
from tests.histories.law import assert_history_is_whole
from tests.histories.stage import BUDGET
from tests.histories.two_ways.appointments import Appointments
from tests.histories.two_ways.edits import assert_edits_have_ended, judge_write
from tests.histories.two_ways.hands import row_of
from tests.histories.two_ways.people import Place
from tests.histories.two_ways.plans import not_refused
from tests.histories.two_ways.world import World, instant

_SETTLED = {"agreed", "gone", "detached"}
_NEVER_SENT = {"attendees", "conferenceData", "attachments", "sequence", "iCalUID"}


class Watcher:
    """Looks at every request once, and at both sides after every step."""

    def __init__(self, world: World, appointments: Appointments) -> None:
        self._world = world
        self._appointments = appointments
        self._looked_at = 0
        self._rows: dict[str, str] = {}
        """By id of an event of ours, its row."""
        self.writes = 0

    def look(self) -> None:
        """I1 to I4, I10 and I13."""
        world = self._world
        if world.last_request() == self._looked_at:  # nothing was asked: nobody but people and the product was here
            return
        for entry in world.simulator.observation.requests(self._looked_at):
            self._looked_at = entry["number"]
            if entry["method"] in ("POST", "PATCH", "DELETE") and "/events" in entry["path"]:
                self._judge(entry)
        self._judge_budget()
        links = self._links()
        for calendar in world.calendars:
            doubled = _doubled(links, world.live_in(calendar))
            assert not doubled, f"I1: two live events of {doubled} in {calendar}"
        world.note_rows()

    def _links(self) -> dict[str, str]:
        """Event by id in Google, of links that were not given up to a person."""
        sql = (
            "SELECT external_event_id, event_id FROM calendar_event_links WHERE ws_id = :ws AND state <> 'detached'"
            " AND kind <> 'edit'"
        )
        carried = self._world.hands.carried
        return {row[0]: str(row[1]) for row in self._world.run(sql) if row[0] not in carried}

    def _judge(self, entry: Json) -> None:
        assert entry["params"].get("sendUpdates") == ["none"], f"I2: {entry['path']} may mail somebody"
        assert not _NEVER_SENT & set(entry["body"] or {}), f"I2: {sorted(entry['body'])} were sent"
        self._judge_account(entry)
        done = entry["status"] in (200, 204) or "error_after" in entry["faults"] or "cut_after" in entry["faults"]
        if not done or "error" in entry["faults"] or entry["method"] == "POST":
            return
        self.writes += 1
        event_id = entry["path"].rpartition("/")[2]
        if not event_id.startswith("alm"):
            judge_write(self._appointments, event_id, entry)
        assert entry["if_match"], "I4: a change without a guard"
        self._judge_version(event_id, entry)

    def _judge_account(self, entry: Json) -> None:
        """I13: a row is written where its person wants it, or has wanted it, and with the account that is meant."""
        event_id = (entry["body"] or {}).get("id") or entry["path"].rpartition("/")[2]
        if entry["method"] == "POST":
            self._rows[event_id] = row_of(entry["body"])
        row, place = self._rows.get(event_id), Place(entry["account"], entry["path"].split("/events")[0].split("/")[-1])
        if row is None or entry["account"] is None or event_id in self._world.hands.carried:
            return
        people = self._world.people
        made = entry["method"] == "POST" and "landed" not in entry["faults"]
        meant = (people.lately if made else people.aims).get(row, set())
        assert place in meant, f"I13: {entry['method']} of {row} at {place}, where nobody wants it: {meant}"

    def _judge_budget(self) -> None:
        """I10: what an account creates and deletes in a day."""
        asked = self._world.simulator.observation.requests(self._world.budget_from)
        made = Counter(e["account"] for e in asked if e["method"] in ("POST", "DELETE") and "/events" in e["path"])
        for account, times in made.items():
            assert times <= BUDGET, f"I10: {times} creations and deletions of {account} in a day"

    def _judge_version(self, event_id: str, entry: Json) -> None:
        """I4: what a person wrote is replaced only after it has been in the row."""
        before = self._version(event_id, entry["if_match"])
        if before is None:
            return
        row = before.get("extendedProperties", {}).get("private", {}).get("almanac-event", "")
        names = (row, event_id)
        title, start = before.get("summary", ""), _start(before)
        body = entry["body"] or {}
        if title in self._world.persons_titles.get(event_id, set()) and (
            entry["method"] == "DELETE" or "summary" in body
        ):
            assert self._was_here(title, names), f"I4: the title {title!r} of a person was replaced unseen"
        if start in self._world.persons_times.get(event_id, set()) and (entry["method"] == "DELETE" or "start" in body):
            assert self._was_here(start, names), f"I4: the time {start} of a person was replaced unseen"

    def _was_here(self, value: str, names: Iterable[str]) -> bool:
        self._world.note_rows()
        if value in self._world.hands.contested:
            return True
        return any(value in self._world.rows_seen.get(name, ()) for name in names)

    def _version(self, event_id: str, etag: str) -> Json | None:
        with self._world.simulator.world.lock:
            calendars = [self._world.simulator.world.calendar(name) for name in self._world.calendars]
            records = [found for calendar in calendars if (found := calendar.records.get(event_id)) is not None]
            versions = [version for record in records for _, version in record.history if version.etag == etag]
            return versions[-1].body if versions else None


def _doubled(links: dict[str, str], bodies: Iterable[Json]) -> list[str]:
    alive = Counter(links[body["id"]] for body in bodies if body["id"] in links)
    return [event_id for event_id, count in alive.items() if count > 1]


def assert_the_end(world: World, appointments: Appointments) -> None:
    """I5, I7, I8: after the last fault both sides are one, and nothing is pinned or taken that nobody touched."""
    sql = (
        "SELECT l.state, l.external_event_id, e.id, e.title, e.start_at, e.locked, l.kind, l.theirs, l.reason, l.doubt"
        " FROM calendar_event_links l LEFT JOIN workspace_calendar_events e ON e.id = l.event_id"
        " AND e.provider = 'almanac' WHERE l.ws_id = :ws AND l.current AND l.kind <> 'edit'"
    )
    there = {body["id"]: body for body in world.live()}
    for state, event_id, row, title, start, locked, kind, theirs, reason, doubt in world.run(sql):
        about = f"{kind} {event_id} ({state}, {reason}, {doubt})"
        assert state in _SETTLED or reason is not None, f"I7: {about} is not settled"
        if state != "agreed":
            continue
        assert row is not None, f"I7: {about} has no row"
        assert event_id in there, f"I7: {about} is not in Google"
        body = there[event_id]
        if "title" in theirs:
            given = world.hands.given.get(str(row), set())
            assert body.get("summary", "") in given, f"I5: {about} has a title that nobody gave it"
        else:
            assert body.get("summary", "") == title, f"I7: {about}: {body.get('summary')!r} there, {title!r} here"
        assert _start(body) == start.astimezone(UTC).isoformat(), f"I7: {about}: another time there than here"
        if locked:
            assert _start(body) in world.hands.given.get(str(row), ()), f"I8: {about} is pinned where nobody put it"
        called = body.get("summary", "")
        wanted = world.hands.titles.get(str(row), called)
        assert called == wanted, f"I5: {about} is called {called!r}, not {wanted!r}"
    _assert_nothing_is_left_over(world, there)
    assert_edits_have_ended(world, appointments)
    assert_history_is_whole(lambda sql: world.run(sql.replace(":ws_id", ":ws")))


def _assert_nothing_is_left_over(world: World, there: dict[str, Json]) -> None:
    rows = {
        str(row[0])
        for row in world.run("SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac'")
    }
    links = {
        row[0]: row[1]
        for row in world.run(
            "SELECT external_event_id, state FROM calendar_event_links WHERE ws_id = :ws AND kind <> 'edit'"
        )
    }
    elsewhere = _not_where_wanted(world)
    assert not elsewhere, f"I13: rows that are elsewhere than where they are to go: {elsewhere}"
    ours = [key for key in there if key.startswith("alm") and key not in world.hands.carried]
    orphans = [key for key in ours if links.get(key) in (None, "gone")]
    assert not orphans, f"I7: left over in Google: {orphans}"
    counted = Counter(row_of(there[key]) for key in ours if links[key] != "detached")
    doubled = [row for row, count in counted.items() if count > 1]
    assert not doubled, f"I1: {doubled} are in two calendars"
    back = [row for row in world.hands.removed if row in rows or counted[row]]
    assert not back, f"I5: blocks that a person has deleted are back: {back}"
    free = not_refused(world)
    assert not free, f"I5: a plan may put again where a person has deleted it: {free}"


def assert_others_go_on(world: World, sick: Set[str]) -> None:
    """I14: whoever has an account that works has in it what goes there, whatever is wrong with another."""
    waits = {
        row: places for row, places in _not_where_wanted(world).items() if places[0] and places[0].account not in sick
    }
    assert not waits, f"I14: rows that wait for {sick}, of which they are not: {waits}"


def _not_where_wanted(world: World) -> dict[str, tuple[Place | None, Place | None]]:
    """Rows, where each is to go, and where it is."""
    sql = "SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac'"
    rows = {str(row[0]) for row in world.run(sql)}
    sql = (
        "SELECT event_id, account, calendar_id FROM calendar_event_links WHERE ws_id = :ws AND current"
        " AND state IN ('agreed', 'failed', 'conflict') AND kind <> 'edit'"
    )
    there = {str(row): Place(account, calendar) for row, account, calendar in world.run(sql)}
    wanted = {row: world.people.target(row) if row in rows else None for row in rows | there.keys()}
    return {row: (place, there.get(row)) for row, place in wanted.items() if place != there.get(row)}


def _start(body: Json) -> str:
    return instant(body.get("start", {}))
