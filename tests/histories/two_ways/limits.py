"""What a run may do: nothing once it is overtaken (I9), little in vain (I10), much only when asked to (I11)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from almanac.adapters.postgres.connection import Rows
from tests.histories.stage import MASS
from tests.histories.two_ways.world import World

_TRIES = 3
_BEFORE = (
    "SELECT (SELECT coalesce(bool_or(outbound_consent_until > now()), false) FROM calendar_connections"
    " WHERE ws_id = :ws),"
    " (SELECT count(*) FROM calendar_event_links WHERE ws_id = :ws AND base IS NOT NULL"
    " AND stopped IS DISTINCT FROM 'detached'),"
    " ARRAY (SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND provider = 'almanac')"
)
_LOST = (
    "SELECT count(*) FROM calendar_event_links l WHERE ws_id = :ws AND current AND state = 'gone'"
    " AND event_id = ANY (:rows::uuid[])"
    " AND NOT EXISTS (SELECT 1 FROM workspace_calendar_events e WHERE e.id = l.event_id)"
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
        consented, live, rows = world.run(_BEFORE)[0]
        most, first = max(MASS, live / 2), world.last_request()
        if len(world.calendars) > 1:  # each is counted by itself
            most = len(world.calendars) * MASS + live / 2
        moving = {row[0] for row in world.run(_MOVING)}
        yield
        asked = [e for e in world.simulator.observation.requests(first) if "/events" in e["path"]]
        self._judge_repeats(asked)
        if consented or not world.target_on:  # whoever takes the target away consents to what that deletes
            return
        moving |= {row[0] for row in world.run(_MOVING)}
        deleted = {e["path"] for e in asked if e["method"] == "DELETE" and e["status"] == 204}
        deleted = {path for path in deleted if path.rpartition("/")[2] not in moving}
        assert len(deleted) <= most, f"I11: {len(deleted)} deletions in Google that nobody has consented to"
        (lost,) = world.run(_LOST, rows=rows)[0]
        assert lost <= most, f"I11: {lost} rows were deleted, and nobody has consented"

    def _judge_repeats(self, asked: list[dict[str, Any]]) -> None:
        refused = [e for e in asked if e["method"] in ("POST", "PATCH", "DELETE") and e["status"] >= 400]
        names = Counter((e["body"] or {}).get("id") or e["path"] for e in refused)
        for name, times in names.items():
            assert times <= _TRIES, f"I10: {name} was written {times} times in vain in one run"

    def snapshot(self) -> tuple[Rows, Rows]:
        """Return rows and links, whole: what an overtaken run must leave as it is (I9)."""
        rows = self._world.run("SELECT e::text FROM workspace_calendar_events e WHERE ws_id = :ws ORDER BY id")
        return rows, self._world.run("SELECT l::text FROM calendar_event_links l WHERE ws_id = :ws ORDER BY id")
