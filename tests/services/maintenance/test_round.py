"""The order of a round, its time, and that one step's failure is told at the end and costs no other step."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from almanac.domain.operations.maintenance import NAMED, Batch, Limits, LongInError, UpkeepReport
from almanac.errors import DatabaseUnavailable, StorageFailed
from almanac.services.maintenance.round import Upkeep, UpkeepFailed
from almanac.services.maintenance.steps import COUNTERS, RESERVE_SECONDS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = [
    "long_in_error",
    "stale_runs",
    "tokens",
    "orphans",
    "past_events",
    "keepsakes",
    "marks",
    "spent",
    "exports",
    "old_runs",
    "old_history",
]


@dataclass
class Clockwork:
    """Seconds that are left, and what a step takes of them."""

    left: float = 300.0
    each: float = 0.0

    def __call__(self) -> float:
        return self.left

    def tick(self) -> None:
        self.left -= self.each


@dataclass
class Store:
    """UpkeepStore that writes down what it was asked; `batches` of ten rows a step."""

    time: Clockwork
    batches: int = 2
    busy: bool = False
    trouble: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    limits: dict[str, datetime] = field(default_factory=dict)

    def close_stale_runs(self) -> Iterator[Batch]:
        return self._work("stale_runs")

    def delete_old_runs(self, before: datetime) -> Iterator[Batch]:
        return self._work("old_runs", before)

    def delete_old_history(self, before: datetime) -> Iterator[Batch]:
        return self._work("old_history", before)

    def delete_orphans(self, before: datetime) -> Iterator[Batch]:
        return self._work("orphans", before)

    def delete_past_events(self, before: datetime) -> Iterator[Batch]:
        return self._work("past_events", before)

    def delete_keepsakes(self, before: datetime) -> Iterator[Batch]:
        return self._work("keepsakes", before)

    def delete_marks(self) -> Iterator[Batch]:
        return self._work("marks")

    def delete_spent(self, before: datetime) -> Iterator[Batch]:
        return self._work("spent", before)

    def delete_exports(self, files: object) -> Iterator[Batch]:
        return self._work("exports")

    def long_in_error(self, before: datetime, limit: int) -> tuple[int, Sequence[LongInError]]:
        self.asked.append("long_in_error")
        self.limits["long_in_error"] = before
        return 250, [LongInError(UUID(int=1), UUID(int=n), "access_denied", NOW) for n in range(limit)]

    def forecast(self, limits: Limits) -> Mapping[str, int]:
        self.asked.append("forecast")
        return {"run_rows_deleted": 7, "orphans_deleted": 3}

    def _work(self, step: str, before: datetime | None = None) -> Iterator[Batch]:
        self.asked.append(step)
        if before is not None:
            self.limits[step] = before
        for _ in range(self.batches):
            if step in self.trouble:
                raise self.trouble[step]
            self.time.tick()
            yield Batch(10, self.busy)


class Round:
    def __init__(self, **time: float) -> None:
        self.time = Clockwork(**time)
        self.store = Store(self.time)
        self.tokens_may_take: float | None = None

    def __call__(self, *, dry_run: bool = False) -> UpkeepReport:
        upkeep = Upkeep(self.store, self._tokens, lambda: NOW, *(timedelta(days=n) for n in (90, 30, 365)))
        return upkeep(self.time, dry_run=dry_run)

    def _tokens(self, _since: datetime, _report: UpkeepReport, out_of_time: Callable[[], bool]) -> bool:
        """Takes all the time it is given."""
        self.store.asked.append("tokens")
        before = self.time.left
        while self.time.each and not out_of_time():
            self.time.tick()
        self.tokens_may_take = before - self.time.left
        return not self.time.each


def test_a_round_does_every_step_and_counts_its_rows() -> None:
    a_round = Round()
    report = a_round()

    assert a_round.store.asked == STEPS
    deleted = {name: 20 for name in COUNTERS if not name.startswith(("tokens_", "webhook_secrets"))}
    assert report.counts == dict.fromkeys(COUNTERS, 0) | deleted
    assert (report.left, report.failed, report.busy) == ([], [], 0)


def test_retention_and_grace_are_counted_back_from_now() -> None:
    a_round = Round()
    a_round()

    month = NOW - timedelta(days=30)
    assert a_round.store.limits == {
        "long_in_error": NOW - timedelta(days=7),
        "orphans": month,
        "past_events": NOW - timedelta(days=365),
        "keepsakes": month,
        "spent": NOW - timedelta(days=90),
        "old_runs": NOW - timedelta(days=90),
        "old_history": NOW - timedelta(days=90),
    }


def test_a_dry_run_asks_for_a_forecast_and_starts_nothing_that_writes() -> None:
    a_round = Round()
    report = a_round(dry_run=True)

    assert a_round.store.asked == ["long_in_error", "forecast", "tokens"]
    assert (report.counts["run_rows_deleted"], report.counts["orphans_deleted"]) == (7, 3)
    assert report.as_dict()["dry_run"] is True


def test_it_stops_before_the_deadline_and_names_what_is_left() -> None:
    a_round = Round(left=110.0, each=10.0)
    report = a_round()

    assert RESERVE_SECONDS - 10.0 <= a_round.time.left < RESERVE_SECONDS
    left = [
        "past_events_deleted",
        "keepsakes_deleted",
        "marks_deleted",
        "spent_deleted",
        "exports_deleted",
        "run_rows_deleted",
        "history_rows_deleted",
    ]
    assert report.left == ["tokens", *left]
    assert report.counts["orphans_deleted"] == 20


def test_tokens_may_take_half_of_the_time() -> None:
    a_round = Round(left=300.0, each=1.0)
    a_round()

    assert a_round.tokens_may_take == pytest.approx(150, abs=3)


def test_workspaces_that_were_left_alone_are_counted() -> None:
    a_round = Round()
    a_round.store.busy = True

    assert a_round().busy == 18


@pytest.mark.parametrize(
    "error",
    [
        StorageFailed("the database refused a statement (42P01)"),
        RuntimeError("a title"),
        DatabaseUnavailable("the database connection broke (TimeoutError)"),
    ],
)
def test_a_failing_step_costs_no_other_and_is_told_at_the_end(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    a_round = Round()
    a_round.store.trouble = {"orphans": error}

    with caplog.at_level(logging.INFO, "almanac"), pytest.raises(UpkeepFailed, match=r"orphans_deleted$") as raised:
        a_round()

    report = raised.value.report
    assert a_round.store.asked == STEPS
    assert [step["step"] for step in report.failed] == ["orphans_deleted"]
    assert report.counts["run_rows_deleted"] == 20
    assert "a title" not in caplog.text + str(report.as_dict())


def test_a_database_that_is_gone_ends_the_round_at_the_second_step_that_misses_it() -> None:
    a_round = Round()
    gone = DatabaseUnavailable("gone")
    a_round.store.trouble = dict.fromkeys(("orphans", "past_events", "keepsakes"), gone)

    with pytest.raises(DatabaseUnavailable):
        a_round()
    assert a_round.store.asked[-2:] == ["orphans", "past_events"]


def test_calendars_long_in_error_are_counted_and_the_oldest_named() -> None:
    said: dict[str, Any] = Round()().as_dict()

    assert said["connections_long_in_error"] == 250
    assert len(said["long_in_error"]) == NAMED
    assert said["long_in_error"][1] == {
        "ws_id": str(UUID(int=1)),
        "connection_id": str(UUID(int=1)),
        "error_type": "access_denied",
        "since": "2026-03-02T12:00:00+00:00",
    }


def test_failing_accounts_are_all_counted_and_some_named() -> None:
    report = UpkeepReport()
    for number in range(NAMED + 5):
        report.add_failing(UUID(int=1), UUID(int=number), "storage_failed")

    assert report.counts["tokens_failing"] == NAMED + 5
    assert len(report.failing_accounts) == NAMED
