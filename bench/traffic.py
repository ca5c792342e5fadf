"""What one run of a workspace asks of Google and of Postgres: calls, round trips and bytes, by what has changed."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

from almanac.jobs import CalendarSync
from almanac.wiring.command_line import Wiring
from bench.figures import Figure
from bench.meter import Meter
from bench.stage import Stage, stage

PART = "traffic"
CALENDARS, EVENTS = 2, 250
"""A workspace of middling size: as many calendars as bench/costs.py assumes, and events in each."""
_SMALL, _LARGE = 5, 500
_PLENTY_SECONDS = 3600.0
_KILOBYTE = 1000

Reading = Callable[[], int]
"""A counter that only rises."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run. Bytes are counted on the sockets, both ways together."""

    calls: int
    trips: int
    google_bytes: int
    database_bytes: int

    def figures(self, name: str) -> list[Figure]:
        """The rows of the table."""
        return [
            Figure(PART, f"{name}: Calendar API calls", self.calls, "calls"),
            Figure(PART, "— database round trips", self.trips, "trips"),
            Figure(PART, "— with Google", self.google_bytes / _KILOBYTE, "kB"),
            Figure(PART, "— with Postgres", self.database_bytes / _KILOBYTE, "kB"),
        ]


def traffic() -> list[Figure]:
    """The first run of a workspace, one without news, and one after few and after many changes."""
    with stage(durable=False) as around, ExitStack() as stack:
        google = stack.enter_context(Meter(around.environment["ALMANAC_GOOGLE_API_URL"]))
        database = stack.enter_context(Meter(around.environment["ALMANAC_DATABASE_URL"]))
        addresses = {"ALMANAC_GOOGLE_API_URL": google.url, "ALMANAC_DATABASE_URL": database.url}
        wiring = Wiring({**around.environment, **addresses})
        stack.callback(wiring.close)
        ws_id, email = around.workspace(), "traffic@example.test"
        around.account(ws_id, email, [EVENTS] * CALENDARS)
        run = _Measured(wiring, around, ws_id, google, database)
        first = run(f"first sync, {CALENDARS} calendars of {EVENTS} events", CALENDARS * EVENTS)
        run.again()  # the first run of a process also opens its connections
        idle = run("nothing has changed", 0)
        return [*first, *idle, *_after(run, around, email, _SMALL), *_after(run, around, email, _LARGE)]


class _Measured:
    """Runs of one workspace, and what the counters say of each."""

    def __init__(self, wiring: Wiring, around: Stage, ws_id: UUID, google: Meter, database: Meter) -> None:
        self._wiring = wiring
        self._job = CalendarSync(ws_id=ws_id, source="schedule")
        self._counters: dict[str, Reading] = {
            "calls": lambda: int(around.google.counters()["by_operation"].get("events.list", 0)),
            "trips": lambda: wiring.database.round_trips,
            "google_bytes": lambda: google.sent + google.received,
            "database_bytes": lambda: database.sent + database.received,
        }

    def again(self) -> int:
        """One run; the rows that it wrote."""
        report = self._wiring.sync_workspace(self._job, None, lambda: _PLENTY_SECONDS)
        if report.status != "completed":
            raise RuntimeError(f"the run ended as {report.status}, {report.outcome}")
        return report.tally.inserted + report.tally.updated + report.tally.deleted

    def __call__(self, name: str, changes: int) -> list[Figure]:
        """The figures of one run. Raises RuntimeError if it wrote something else."""
        before = {counter: read() for counter, read in self._counters.items()}
        written = self.again()
        if written != changes:
            raise RuntimeError(f"{name}: {written} rows were written")
        spent = {counter: read() - before[counter] for counter, read in self._counters.items()}
        return Cost(**spent).figures(name)


def _after(run: _Measured, around: Stage, calendar: str, changes: int) -> list[Figure]:
    around.google.add_flat_events(calendar, changes, seed=changes)
    return run(f"{changes} new events", changes)
