"""Ended planning runs, told once each, for somebody who watches `make dev`."""

from almanac.adapters.postgres.connection import Database

_ENDED = """
SELECT r.id, w.name, r.source, r.outcome, r.inserted, r.moved, r.deleted, r.unchanged, r.total_ms
FROM workspace_scheduling_metadata r JOIN workspaces w ON w.id = r.ws_id
WHERE r.started_at >= :since::timestamptz AND r.status <> 'running'
ORDER BY r.finished_at, r.id
"""


class PlanWatch:
    """Tells every planning run that begins from now on, once it has ended."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since = database.run("SELECT clock_timestamp()")[0][0]
        self._told: set[object] = set()

    def ended(self) -> list[str]:
        """One line for each run that ended since the last call."""
        new = [row for row in self._database.run(_ENDED, since=self._since) if row[0] not in self._told]
        self._told.update(row[0] for row in new)
        return [
            f"{name}: plan ({source}) {outcome}, blocks +{inserted} ~{moved} -{deleted}, {kept} as they were, {ms} ms"
            for _, name, source, outcome, inserted, moved, deleted, kept, ms in new
        ]
