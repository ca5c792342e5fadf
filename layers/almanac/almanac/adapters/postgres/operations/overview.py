"""Runs counted by the quarter of an hour over one Database."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.operations.ledger import PACKAGE
from almanac.domain.operations.overview import HourlyRuns, KindTotals, Overview, at_share
from almanac.jobs import JOBS
from almanac.services.watching.ports import OverviewStore

_KINDS = arrays.texts(kind.name for kind in JOBS.values())
QUARTERS_A_TICK = 24
"""Quarters of an hour that one call adds at most: one a tick is the rule, more after an outage."""


class PostgresOverview(OverviewStore):
    """The OverviewStore of the services, and what adds quarters to the roll-up."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("overview.sql", PACKAGE)

    def roll_up(self) -> int:
        """Add the quarters of an hour that are over; return how many were."""
        for added in range(QUARTERS_A_TICK):
            with self._db.transaction():
                found = self._run("next_quarter")
                if not found or not self._run("claim_quarter", began=found[0][0]):
                    return added
                self._run("add_counts", began=found[0][0], kinds=_KINDS)
                self._run("add_times", began=found[0][0], kinds=_KINDS)
        return QUARTERS_A_TICK

    @override
    def overview(self, ws_ids: Collection[UUID] | None, since: datetime, now: datetime) -> Overview:
        """Of some workspaces everything is counted anew: the roll-up does not tell them apart."""
        ids = None if ws_ids is None else arrays.texts(map(str, ws_ids))
        with self._db.transaction():
            rolled = self._run("rolled_until")[0][0] if ws_ids is None else None
            border = max(since, rolled) if rolled else since
            past: dict[str, Any] = {"since": since, "until": border}
            live: dict[str, Any] = {"since": border, "ws_ids": ids}
            counts = [*self._run("rolled_counts", **past), *self._run("live_counts", kinds=_KINDS, **live)]
            times = [*self._run("rolled_times", **past), *self._run("live_times", kinds=_KINDS, **live)]
            calls = [*self._run("rolled_calls", **past), *self._run("live_calls", **live)]
            waiting = self._run("waiting", ws_ids=ids)[0]
        by_hour, by_kind, errors = _counted(counts)
        took, took_by_hour, waited = _timed(times)
        peak = max(calls, key=lambda row: row[1] or 0)
        return Overview(
            since=since,
            until=now,
            totals={kind.name: _totals(kind.name, by_kind, took, waited) for kind in JOBS.values()},
            hours=[_hour(key, by_hour[key], took_by_hour[key]) for key in sorted(by_hour)],
            errors=[(kind, error, runs) for (kind, error), runs in errors.most_common()],
            calls=sum(int(row[0] or 0) for row in calls),
            peak=int(peak[1] or 0),
            peak_minute=peak[2],
            oldest_queued_at=waiting[0],
            reconnect_required=int(waiting[1]),
        )


_Hour = tuple[str, datetime]
_Buckets = dict[str, Counter[int]]


def _counted(
    rows: Iterable[Sequence[Any]],
) -> tuple[dict[_Hour, Counter[str]], dict[str, Counter[str]], Counter[tuple[str, str]]]:
    by_hour: dict[_Hour, Counter[str]] = defaultdict(Counter)
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    errors: Counter[tuple[str, str]] = Counter()
    for hour, kind, status, error_type, runs in rows:
        by_hour[kind, hour][status] += int(runs)
        by_kind[kind][status] += int(runs)
        if error_type:
            errors[kind, error_type] += int(runs)
    return by_hour, by_kind, errors


def _timed(rows: Iterable[Sequence[Any]]) -> tuple[_Buckets, dict[_Hour, Counter[int]], _Buckets]:
    took: _Buckets = defaultdict(Counter)
    took_by_hour: dict[_Hour, Counter[int]] = defaultdict(Counter)
    waited: _Buckets = defaultdict(Counter)
    for hour, kind, bucket, runs, messages in rows:
        took[kind][bucket] += int(runs)
        took_by_hour[kind, hour][bucket] += int(runs)
        waited[kind][bucket] += int(messages)
    return took, took_by_hour, waited


def _totals(kind: str, by_kind: dict[str, Counter[str]], took: _Buckets, waited: _Buckets) -> KindTotals:
    counts, ran, done = by_kind.get(kind, Counter()), took.get(kind, Counter()), waited.get(kind, Counter())
    return KindTotals(
        kind=kind,
        runs=sum(counts.values()),
        tried=sum(runs for status, runs in counts.items() if status not in ("running", "skipped")),
        completed=counts["completed"],
        partial=counts["partial"],
        failed=counts["failed"],
        p50_ms=at_share(ran, 0.5),
        p95_ms=at_share(ran, 0.95),
        done_p50_ms=at_share(done, 0.5),
        done_p95_ms=at_share(done, 0.95),
    )


def _hour(key: _Hour, counts: Counter[str], took: Counter[int]) -> HourlyRuns:
    kind, hour = key
    return HourlyRuns(
        kind,
        hour,
        completed=counts["completed"],
        partial=counts["partial"],
        failed=counts["failed"],
        skipped=counts["skipped"],
        p95_ms=at_share(took, 0.95),
    )
