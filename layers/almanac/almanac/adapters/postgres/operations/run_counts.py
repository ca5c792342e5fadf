"""Runs counted over one Database: by the quarter of an hour where that is over, run by run where it is not."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.operations.ledger import PACKAGE
from almanac.jobs import JOBS

_KINDS = arrays.texts(kind.name for kind in JOBS.values())
QUARTERS_A_TICK = 24
"""Quarters of an hour that one call adds at most: one in fifteen minutes is the rule, more after an outage."""


@dataclass(frozen=True, slots=True)
class CountedEnding:
    """So many runs of one kind that began in one hour ended like this; `outcome` is None while they run."""

    hour: datetime
    kind: str
    status: str
    outcome: str | None
    error_type: str | None
    runs: int


@dataclass(frozen=True, slots=True)
class CountedTime:
    """So many runs of one kind that began in one hour, in one bucket: of what they took, and of message to done."""

    hour: datetime
    kind: str
    bucket: int
    took: int
    waited: int


@dataclass(slots=True)
class RunCounts:
    """What runs came to, with the provider's calls and their fullest minute. Endings and times may come in parts."""

    endings: list[CountedEnding] = field(default_factory=list)
    times: list[CountedTime] = field(default_factory=list)
    calls: int = 0
    peak: int = 0
    peak_minute: datetime | None = None

    def add_calls(self, calls: int, peak: int, minute: datetime | None) -> None:
        """Add the calls of some time, with its fullest minute; of two that are equally full the earlier one counts."""
        self.calls += calls
        earlier = minute is not None and (self.peak_minute is None or minute < self.peak_minute)
        if peak > self.peak or (peak == self.peak > 0 and earlier):
            self.peak, self.peak_minute = peak, minute


class PostgresRunCounts:
    """Counts runs, and adds quarters to the roll-up."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("overview.sql", PACKAGE)

    def roll_up(self) -> int:
        """Count the quarters of an hour that are over, and again those whose last runs have ended; return how many.

        When they are, what there is of the one that goes on is counted too.
        """
        counted = 0
        with self._db.transaction():
            for late in self._run("late_quarters") if self._run("hold_rollup")[0][0] else ():
                self._count(*late)
                counted += 1
        for _ in range(QUARTERS_A_TICK):
            with self._db.transaction():
                found = self._run("next_quarter") if self._run("hold_rollup")[0][0] else ()
                if not found:
                    break
                self._count(*found[0])
                if found[0][2]:
                    break
                counted += 1
        return counted

    def _count(self, began: datetime, until: datetime, young: bool) -> None:
        self._run("count_quarter", began=began, until=until, young=young, kinds=_KINDS)

    def since(self, ws_ids: Collection[UUID] | None, since: datetime) -> RunCounts:
        """Count the runs that began since then, of these workspaces or (None) of all, as they stand at one moment.

        Of some workspaces everything is counted run by run: the roll-up does not tell them apart.
        """
        ids = arrays.ids(ws_ids)
        counts = RunCounts()
        with self._db.transaction(snapshot=True):
            begin, end = self._run("rolled_span", since=since)[0] if ids is None else (None, None)
            begin, end = begin or since, end or since
            if begin < end:
                self._rolled(counts, begin, end)
            _add(counts, self._run("live", since=since, begin=begin, end=end, ws_ids=ids, kinds=_KINDS))
        return counts

    def _rolled(self, counts: RunCounts, begin: datetime, end: datetime) -> None:
        span: dict[str, Any] = {"since": begin, "until": end}
        for hour, kind, status, outcome, error_type, runs in self._run("rolled_counts", **span):
            counts.endings.append(CountedEnding(hour, kind, status, outcome, error_type or None, int(runs)))
        for hour, kind, bucket, took, waited in self._run("rolled_times", **span):
            counts.times.append(CountedTime(hour, kind, bucket, int(took), int(waited)))
        for calls, peak, minute in self._run("rolled_calls", **span):
            counts.add_calls(int(calls), int(peak), minute)


def _add(counts: RunCounts, rows: Iterable[Sequence[Any]]) -> None:
    """Add the rows of the statement `live`."""
    for what, hour, kind, status, outcome, error_type, bucket, minute, runs, calls in rows:
        if what == "calls":
            counts.add_calls(int(calls), int(calls), minute)
        elif what == "ending":
            counts.endings.append(CountedEnding(hour, kind, status, outcome, error_type or None, int(runs)))
        elif bucket is not None:
            took, waited = (int(runs), 0) if what == "took" else (0, int(runs))
            counts.times.append(CountedTime(hour, kind, bucket, took, waited))
