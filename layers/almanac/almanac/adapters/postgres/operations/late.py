"""Tells of workspaces that have begun to be late, and of those that have caught up: each episode once."""

import json
from datetime import datetime, timedelta
from typing import Any

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.run_summary import PostgresRunSummary
from almanac.domain.operations.lag import SYNC_BEHIND_AFTER, Lag, why_behind
from almanac.services.push.ports import PushHome

_MOST = 100_000
"""Workspaces that are looked at: who is not among them has caught up."""


class PostgresLate:
    """Episodes of lateness over one Database."""

    def __init__(
        self, database: Database, home: PushHome | None = None, sync_behind_after: timedelta = SYNC_BEHIND_AFTER
    ) -> None:
        """`home` is None where push is off."""
        self._db = database
        self._summary = PostgresRunSummary(database, home, sync_behind_after)
        self._run = database.statements("operations/late.sql")

    def tell(self, now: datetime) -> int:
        """Note who is late that was not, and who is not that was; return how many."""
        found = self._summary.behind(None, now, _MOST).stalest
        late = [(str(each.ws_id), each.job, why_behind(each.progress, now)) for each in found]
        who = {
            "ws_ids": arrays.texts(ws_id for ws_id, _, _ in late),
            "jobs": arrays.texts(job for _, job, _ in late),
        }
        with self._db.transaction():
            caught_up = self._run("tell_caught_up", **who)
            fresh = self._run(
                "tell_late",
                **who,
                reasons=arrays.texts(lag.reason for _, _, lag in late),
                notes=arrays.texts(json.dumps(_note(job, lag)) for _, job, lag in late),
            )
        return len(caught_up) + len(fresh)


def _note(job: str, lag: Lag) -> dict[str, Any]:
    until = {} if lag.until is None else {"until": lag.until.isoformat()}
    return {"job": job, "reason": lag.reason, "since": lag.since.isoformat(), **until}
