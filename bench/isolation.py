"""What a few workspaces in trouble cost all the others: from message to done, with them and without them, in turns."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

from bench.crowd import Crowd, Ran, crowd, until
from bench.figures import Figure, Target
from bench.rounds import Rounds, progress
from local.google_simulator.control.faults import Fault

PART = "isolation"
WORKSPACES, WORKERS = 200, 20
"""All in all, and how many are synced at once: as in the template's stage `prod`."""
GOOGLE_SECONDS, SLOW_SECONDS = 0.4, 2.5
"""What an answer takes, and what it takes longer for the slow one. Long enough to wait for, so that it is the waiting
that is shared out and not the two cores of one machine; a function on Lambda has a processor of its own."""
LARGE_EVENTS = 50_000
_EVENTS, _CHANGES = 20, 3
_SLOW_CALENDARS = 3
_PATIENCE_SECONDS = 300
_ALONE, _TOGETHER = "without them", "with them"
_BOUND = Target("at most", 1.5)
_FORGET = (
    "DELETE FROM workspace_calendar_events WHERE ws_id = :ws_id",
    "DELETE FROM calendar_sync_states s USING calendar_connections c WHERE c.id = s.connection_id AND c.ws_id = :ws_id",
)
_REVIVE = "UPDATE calendar_auth_tokens SET status = 'active', last_error = NULL WHERE ws_id = :ws_id"


SLOW, REVOKED, LARGE = (UUID(int=n) for n in (1, 2, 3))
"""The workspaces in trouble: its Google is slow, its grant is gone, it has very many events. A fourth is poisoned."""
TROUBLE = (SLOW, REVOKED, LARGE)
POISON = '{"job": "calendar.sync", "ws_id": "poison"}'


@dataclass(frozen=True, slots=True)
class Town:
    """Healthy workspaces and those in trouble, of which one has so many events."""

    around: Crowd
    healthy: Sequence[UUID]
    large_events: int

    @classmethod
    def found(
        cls, around: Crowd, healthy: int, *, large_events: int, google_seconds: float, slow_seconds: float
    ) -> "Town":
        """Connect everybody; nothing is synced yet."""
        town = cls(around, [uuid4() for _ in range(healthy)], large_events)
        for ws_id in town.healthy:
            around.connect(ws_id, _email(ws_id), [_EVENTS])
        for ws_id, events in (SLOW, [_EVENTS] * _SLOW_CALENDARS), (REVOKED, [_EVENTS]), (LARGE, [large_events]):
            around.connect(ws_id, _email(ws_id), events)
        around.google.revoke_account(_email(REVOKED))
        _delay(around, google_seconds, None)
        _delay(around, slow_seconds, _email(SLOW))
        return town

    def change(self) -> None:
        """Something for every healthy workspace's next sync to bring, and all for those in trouble to do again."""
        for ws_id in self.healthy:
            self.around.google.churn(_email(ws_id), _CHANGES, seed=ws_id.int % 150)
            self.around.google.insert_event(_email(ws_id), _meeting())  # what is churned may come to nothing
        database = self.around.wiring.database
        for statement in _FORGET:
            database.run(statement, ws_id=LARGE)
        database.run(_REVIVE, ws_id=REVOKED)

    def poison(self) -> None:
        """A body that no schema accepts, in a group of its own: a dead letter within seconds."""
        self.around.send(uuid4(), POISON)

    def quiet(self) -> bool:
        """Whether nothing is left to do."""
        return self.around.waiting() == (0, 0)


def isolation(
    rounds: int, *, workspaces: int = WORKSPACES, workers: int = WORKERS, large_events: int = LARGE_EVENTS
) -> list[Figure]:
    """Each round asks the healthy workspaces for a sync twice: alone, and with the troubled ones in front of them."""
    values: dict[str, list[float]] = {}
    progress(f"connecting {workspaces} workspaces, one of them with {large_events:,} events")
    with _town(workspaces - 4, large_events) as town, town.around.workers(workers):
        progress("their first full pass")
        _round(town, [*TROUBLE, *town.healthy])  # and every worker's first job
        for turn in range(rounds):
            progress(f"round {turn + 1} of {rounds}")
            for arm in (_ALONE, _TOGETHER) if turn % 2 == 0 else (_TOGETHER, _ALONE):
                town.change()
                done = _round(town, [*(TROUBLE if arm == _TOGETHER else []), *town.healthy], arm)
                cuts = quantiles([ran.message_to_done for ran in done], n=100)
                for name, value in ("p50", cuts[49]), ("p95", cuts[94]):
                    values.setdefault(f"{name} {arm}", []).append(value)
    return _figures(Rounds(values), workspaces)


@contextmanager
def _town(healthy: int, large_events: int) -> Iterator[Town]:
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder, crowd(Path(folder)) as around:
        yield Town.found(
            around, healthy, large_events=large_events, google_seconds=GOOGLE_SECONDS, slow_seconds=SLOW_SECONDS
        )


def _round(town: Town, ws_ids: Sequence[UUID], arm: str = _ALONE) -> list[Ran]:
    """The healthy workspaces' runs, when the others have ended, too. RuntimeError if somebody did something else."""
    around = town.around
    since = around.now()
    if arm == _TOGETHER:
        town.poison()
    around.ask(ws_ids)
    healthy = len(town.healthy)
    until(lambda: around.ended(since, TROUBLE) >= healthy, seconds=_PATIENCE_SECONDS, what="a round")
    until(town.quiet, seconds=_PATIENCE_SECONDS, what="the end of a round")
    runs = around.runs(since)
    done = [ran for ran in runs if ran.ws_id not in TROUBLE]
    if {ran.status for ran in done} != {"completed"}:
        raise RuntimeError("a healthy workspace's run did not complete")
    refused = [ran.outcome for ran in runs if ran.ws_id == REVOKED]
    large = sum(ran.changes for ran in runs if ran.ws_id == LARGE)  # in several runs, where one has no time for all
    if arm == _TOGETHER and (refused, large) != (["reconnect_required"], town.large_events):
        raise RuntimeError(f"those in trouble did something else: {refused}, {large:,} events")
    return done


def _figures(found: Rounds, workspaces: int) -> list[Figure]:
    figures = []
    for name in ("p50", "p95"):
        alone, together = f"{name} {_ALONE}", f"{name} {_TOGETHER}"
        said = f"message to done of {workspaces - 4} healthy workspaces, {name}"
        figures += [
            Figure(PART, f"{said}, {_ALONE}", found.median(alone), "s"),
            Figure(PART, f"{said}, {_TOGETHER}", found.median(together), "s"),
            Figure(PART, "— against that", found.ratio(together, alone), "×", _BOUND),
        ]
    return figures


def _delay(around: Crowd, seconds: float, account: str | None) -> None:
    around.google.inject(Fault(action="delay", path="*/events", account=account, times=None, delay_seconds=seconds))


def _email(ws_id: UUID) -> str:
    return f"{ws_id}@example.test"


def _meeting() -> dict[str, Any]:
    """An event of tomorrow."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    times = {"start": start, "end": start + timedelta(minutes=30)}
    return {"summary": "A meeting", **{name: {"dateTime": at.isoformat()} for name, at in times.items()}}
