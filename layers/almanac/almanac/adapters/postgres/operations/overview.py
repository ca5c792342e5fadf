"""The overview of runs over one Database."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.operations.ledger import PACKAGE
from almanac.adapters.postgres.operations.run_counts import CountedEnding, CountedTime, PostgresRunCounts
from almanac.domain.operations.overview import HourlyRuns, KindTotals, Overview, at_share
from almanac.jobs import JOBS
from almanac.services.watching.ports import OverviewStore


class PostgresOverview(OverviewStore):
    """The OverviewStore of the services."""

    def __init__(self, database: Database) -> None:
        self._counts = PostgresRunCounts(database)
        self._run = database.statements("overview.sql", PACKAGE)

    @override
    def overview(self, ws_ids: Collection[UUID] | None, since: datetime, now: datetime) -> Overview:
        counts = self._counts.since(ws_ids, since)
        ids = arrays.ids(ws_ids)
        waiting = self._run.alone("waiting", ws_ids=ids)[0]
        by_hour, by_kind, errors = _counted(counts.endings)
        took, took_by_hour, waited = _timed(counts.times)
        return Overview(
            since=since,
            until=now,
            totals={kind.name: _totals(kind.name, by_kind, took, waited) for kind in JOBS.values()},
            hours=[_hour(key, by_hour[key], took_by_hour[key]) for key in sorted(by_hour)],
            errors=[(kind, error, runs) for (kind, error), runs in errors.most_common()],
            calls=counts.calls,
            peak=counts.peak,
            peak_minute=counts.peak_minute,
            oldest_queued_at=waiting[0],
            reconnect_required=int(waiting[1]),
            paused=int(waiting[2]),
        )


_Hour = tuple[str, datetime]
_Buckets = dict[str, Counter[int]]


def _counted(
    endings: list[CountedEnding],
) -> tuple[dict[_Hour, Counter[str]], dict[str, Counter[str]], Counter[tuple[str, str]]]:
    by_hour: dict[_Hour, Counter[str]] = defaultdict(Counter)
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    errors: Counter[tuple[str, str]] = Counter()
    for each in endings:
        by_hour[each.kind, each.hour][each.status] += each.runs
        by_kind[each.kind][each.status] += each.runs
        if each.error_type:
            errors[each.kind, each.error_type] += each.runs
    return by_hour, by_kind, errors


def _timed(times: list[CountedTime]) -> tuple[_Buckets, dict[_Hour, Counter[int]], _Buckets]:
    took: _Buckets = defaultdict(Counter)
    took_by_hour: dict[_Hour, Counter[int]] = defaultdict(Counter)
    waited: _Buckets = defaultdict(Counter)
    for each in times:
        took[each.kind][each.bucket] += each.took
        took_by_hour[each.kind, each.hour][each.bucket] += each.took
        waited[each.kind][each.bucket] += each.waited
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
