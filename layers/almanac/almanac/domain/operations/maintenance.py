"""What upkeep keeps and for how long, and what a round of it tells."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

UNUSED_FOR = timedelta(days=30)
"""An account whose tokens have not been used for so long is refreshed. Providers void a refresh token that is not used;
the shortest term known is six months, so that five are left for trying again."""
LONG_IN_ERROR = timedelta(days=7)
"""A calendar that has not been read for so long is no passing trouble."""
SILENCE = timedelta(minutes=15)
"""Past its lease's end: a Lambda lives no longer than that, so nothing of such a run is alive."""
NAMED = 100
"""Of accounts and calendars in trouble; all are counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The instants that a round judges by: what is older is due."""

    runs: datetime
    left_behind: datetime
    unused: datetime
    in_error: datetime
    past: datetime

    @staticmethod
    def at(now: datetime, retention: timedelta, grace: timedelta, past: timedelta) -> "Limits":
        """The limits of a round that begins `now`."""
        return Limits(now - retention, now - grace, now - UNUSED_FOR, now - LONG_IN_ERROR, now - past)


@dataclass(frozen=True, slots=True)
class Batch:
    """One short transaction: rows that it saw to, and whether it left a workspace alone because a run is at work."""

    rows: int
    busy: bool = False


@dataclass(frozen=True, slots=True)
class LongInError:
    """A calendar that should be read and is not; `since` is when it last was, or when it was connected."""

    ws_id: UUID
    connection_id: UUID
    error_type: str
    since: datetime


@dataclass(slots=True)
class UpkeepReport:
    """What one round did, or with `dry_run` would do. It names ids and error types, no address and no title."""

    dry_run: bool = False
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    failing_accounts: list[Mapping[str, str]] = field(default_factory=list)
    connections_long_in_error: int = 0
    long_in_error: list[Mapping[str, str]] = field(default_factory=list)
    busy: int = 0
    left: list[str] = field(default_factory=list)
    failed: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, counter: str, batch: Batch) -> None:
        """Count a batch."""
        self.counts[counter] += batch.rows
        self.busy += batch.busy

    def add_failing(self, ws_id: UUID, account_id: UUID, error_type: str) -> None:
        """Count an account whose tokens are of no use, and name it while there is room."""
        self.counts["tokens_failing"] += 1
        if len(self.failing_accounts) < NAMED:
            said = {"ws_id": str(ws_id), "account_id": str(account_id), "error_type": error_type}
            self.failing_accounts.append(said)

    def add_long_in_error(self, total: int, oldest: Iterable[LongInError]) -> None:
        """Note how many calendars have not been read for long, and which have waited longest."""
        self.connections_long_in_error = total
        self.long_in_error = [
            {
                "ws_id": str(each.ws_id),
                "connection_id": str(each.connection_id),
                "error_type": each.error_type,
                "since": each.since.isoformat(),
            }
            for each in oldest
        ]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "job": "calendar.upkeep",
            "dry_run": self.dry_run,
            **self.counts,
            "failing_accounts": self.failing_accounts,
            "connections_long_in_error": self.connections_long_in_error,
            "long_in_error": self.long_in_error,
            "busy": self.busy,
            "left": self.left,
            "failed": self.failed,
        }
