"""A workspace's lease: at most one run a workspace, whatever it does (docs/jobs.md)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.adapters.postgres.connection import Database
from almanac.errors import LeaseLost
from almanac.services.sync.ports import Lease


class PostgresLeases:
    """Leases inside the caller's transaction. `seconds` is how long a silent run keeps its workspace."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._db = database
        self._run = database.statements("runs.sql")
        self.seconds = seconds

    def take(self, ws_id: UUID, run_id: UUID) -> Lease | None:
        """The lease, unless another run holds it."""
        taken = self._run("take_lease", ws_id=ws_id, run_id=run_id, seconds=self.seconds)
        return Lease(ws_id, run_id, taken[0][0]) if taken else None

    def renew(self, lease: Lease) -> datetime:
        """Prolong it. Returns the database's time. Raises LeaseLost when another run holds it now."""
        renewed = self._run("renew_lease", **self.under(lease))
        if not renewed:
            raise lease_lost()
        now: datetime = renewed[0][0]
        return now

    def under(self, lease: Lease) -> dict[str, Any]:
        """What a statement needs to check the fence and prolong the lease itself."""
        return {"ws_id": lease.ws_id, "run_id": lease.run_id, "fence": lease.fence, "seconds": self.seconds}


def lease_lost() -> LeaseLost:
    """What every statement that met another run's fence ends in."""
    return LeaseLost("another run holds the workspace's lease; nothing more was written")
