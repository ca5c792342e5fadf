"""What a run may do: nothing once it is overtaken (I9), little in vain (I10), much only when asked to (I11)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from almanac.adapters.postgres.connection import Rows
from tests.histories.stage import MASS
from tests.histories.two_ways.people import Place
from tests.histories.two_ways.world import World

_CALENDARS = "/calendar/v3/calendars/"
_TRIES = 3
_BEFORE = (
    "SELECT a.account_email, c.calendar_id,"
    " coalesce(c.outbound_consent_until > now(), false) OR a.leaving_since IS NOT NULL,"
    " (SELECT count(*) FROM calendar_event_links l WHERE l.ws_id = c.ws_id AND l.account = a.account_email"
    " AND l.calendar_id = c.calendar_id AND l.base IS NOT NULL AND l.stopped IS DISTINCT FROM 'detached'),"
    " ARRAY (SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac')"
    " FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id WHERE c.ws_id = :ws"
)
_LOST = (
    "SELECT l.account, l.calendar_id, count(*) FROM calendar_event_links l WHERE ws_id = :ws AND current"
    " AND state = 'gone' AND event_id = ANY (:rows::uuid[])"
    " AND NOT EXISTS (SELECT 1 FROM workspace_calendar_events e WHERE e.id = l.event_id) GROUP BY 1, 2"
)
_MOVING = (
    "SELECT l.external_event_id FROM calendar_event_links l JOIN calendar_event_links n ON n.event_id = l.event_id"
    " WHERE l.ws_id = :ws AND NOT l.current AND n.current AND n.desired IS NOT NULL"
)
"""What goes from one calendar because it is in the other one is not lost."""


class Limits:
    """Compares before and after a run."""

    def __init__(self, world: World) -> None:
        self._world = world

    @contextmanager
    def of_a_run(self) -> Iterator[None]:
        """I10 and I11."""
        world = self._world
        before = world.run(_BEFORE)
        most = {Place(row[0], row[1]): max(MASS, row[3] / 2) for row in before if not row[2]}
        first, rows = world.last_request(), before[0][4]
        world.let_go.clear()
        moving = {row[0] for row in world.run(_MOVING)}
        yield
        asked = [e for e in world.simulator.observation.requests(first) if "/events" in e["path"]]
        self._judge_repeats(asked)
        if not world.target_on:  # whoever takes the target away consents to what that deletes
            return
        moving |= {row[0] for row in world.run(_MOVING)}
        deleted: dict[Place, set[str]] = {}
        for entry in asked:
            calendar, _, event_id = entry["path"].removeprefix(_CALENDARS).partition("/events/")
            if entry["method"] == "DELETE" and entry["status"] == 204 and event_id not in moving:
                deleted.setdefault(Place(entry["account"], calendar), set()).add(event_id)
        lost = {Place(account, calendar): count for account, calendar, count in world.run(_LOST, rows=rows)}
        for place, allowed in most.items():
            if place.account in world.let_go:
                continue
            gone = deleted.get(place, set())
            assert len(gone) <= allowed, f"I11: {len(gone)} deletions in {place} that nobody has consented to"
            assert lost.get(place, 0) <= allowed, f"I11: {lost[place]} rows were deleted, and nobody has consented"

    def _judge_repeats(self, asked: list[dict[str, Any]]) -> None:
        refused = [e for e in asked if e["method"] in ("POST", "PATCH", "DELETE") and e["status"] >= 400]
        names = Counter((e["body"] or {}).get("id") or e["path"] for e in refused)
        for name, times in names.items():
            assert times <= _TRIES, f"I10: {name} was written {times} times in vain in one run"

    def snapshot(self) -> tuple[Rows, Rows]:
        """Return rows and links, whole: what an overtaken run must leave as it is (I9)."""
        rows = self._world.run("SELECT e::text FROM workspace_calendar_events e WHERE ws_id = :ws ORDER BY id")
        return rows, self._world.run("SELECT l::text FROM calendar_event_links l WHERE ws_id = :ws ORDER BY id")
