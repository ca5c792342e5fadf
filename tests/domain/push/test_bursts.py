"""A burst of rings is a few runs, and none of its changes is lost."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.admission import BURST_SECONDS, AdmissionFacts, LaterRun, WantedSync, refuse_sync

START = datetime(2026, 11, 29, 12, tzinfo=UTC)
CALENDAR = UUID(int=7)
GRACE = timedelta(seconds=1)  # of the statement that finds later runs
WANTED = WantedSync("auto", None, "both", "push", force=False, connection_id=CALENDAR)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Queue:
    """One message group: a message that waits holds up those behind it. A run takes `takes` seconds."""

    takes: float = 0.3
    runs: list[datetime] = field(default_factory=list)

    def drain(self, rings: list[float]) -> None:
        now = START
        for sent in sorted(rings):
            now = max(now, at(sent))
            while (wait := self._receive(at(sent), now)) is not None:
                now += timedelta(seconds=wait)
            if self.runs and self.runs[-1] == now:
                now += timedelta(seconds=self.takes)

    def _receive(self, sent: datetime, now: datetime) -> float | None:
        later = [
            LaterRun({"mode": "auto", "connection_id": str(CALENDAR)}, "incremental")
            for began in self.runs
            if began > sent + GRACE
        ]
        facts = AdmissionFacts(now, None, (), later, max(self.runs, default=None))
        refused = refuse_sync(facts, WANTED, 30)
        if refused is None:
            self.runs.append(now)
            return None
        outcome, wait = refused
        assert outcome in ("superseded", "too_soon")
        return wait

    def covers(self, ring: float) -> bool:
        return any(began >= at(ring) for began in self.runs)


@pytest.mark.parametrize("seconds", [3, 60])
def test_a_thousand_rings_are_as_many_runs_as_are_apart_enough(seconds: int) -> None:
    queue = Queue()
    rings = [n * seconds / 1000 for n in range(1000)]
    queue.drain(rings)
    assert len(queue.runs) <= 2 + seconds / BURST_SECONDS
    assert all(map(queue.covers, rings))
    assert queue.runs[0] == START, "the first is not kept waiting"


@given(st.lists(st.floats(0, 60), min_size=1, max_size=80), st.floats(0.01, 5))
def test_after_every_ring_a_run_begins(rings: list[float], takes: float) -> None:
    queue = Queue(takes)
    queue.drain(rings)
    assert all(map(queue.covers, rings))


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ({"mode": "auto"}, True),
        ({"mode": "auto", "connection_id": str(CALENDAR)}, True),
        ({"mode": "full"}, True),
        ({"mode": "auto", "connection_id": str(UUID(int=8))}, False),
        ({"mode": "auto", "calendar_id": "a"}, False),
    ],
)
def test_what_makes_a_ring_superfluous(scope: dict[str, str], covered: bool) -> None:
    facts = AdmissionFacts(START, None, (), [LaterRun(scope, "incremental")])
    assert refuse_sync(facts, WANTED, 30) == (("superseded", None) if covered else None)


def test_a_run_that_left_healthy_calendars_alone_covers_no_ring() -> None:
    facts = AdmissionFacts(START, None, (), [LaterRun({"mode": "auto"}, "incremental", paused=True)])
    assert refuse_sync(facts, WANTED, 30) is None


def test_one_calendars_run_covers_no_whole_sync() -> None:
    whole = WantedSync("auto", None, "both", "manual", force=False)
    facts = AdmissionFacts(START, None, (), [LaterRun({"mode": "auto", "connection_id": str(CALENDAR)}, "incremental")])
    assert refuse_sync(facts, whole, 0) is None
