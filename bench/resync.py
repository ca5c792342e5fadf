"""What a sync costs when nothing has changed: requests, round trips, rows written, time."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from almanac.jobs import CalendarSync
from bench.figures import Figure, Target
from bench.stage import Stage

PART = "re-sync"
_CALENDARS = 10
_EVENTS = 500
_REPETITIONS = 7
_WRITTEN = (
    "SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = 'workspace_calendar_events'"
)


class Repeated:
    """A workspace that is in sync, and its counters over one more run."""

    def __init__(self, stage: Stage, calendars: int) -> None:
        self._stage = stage
        self._ws_id = stage.workspace()
        self.calendars = calendars
        stage.account(self._ws_id, f"resync{calendars}@example.test", [_EVENTS] * calendars)
        self.run("redirected_to_full")

    def run(self, outcome: str = "incremental") -> None:
        """One run. Raises RuntimeError if it did something else."""
        job = CalendarSync(ws_id=self._ws_id, source="schedule")
        report = self._stage.wiring.sync_workspace(job, None, lambda: 3600.0)
        if (report.status, report.outcome) != ("completed", outcome):
            raise RuntimeError(f"the run ended as {report.status}, {report.outcome}")

    def difference(self, counter: Callable[[], int]) -> int:
        """By how much one run moves a counter."""
        before = counter()
        self.run()
        return counter() - before

    def milliseconds(self) -> float:
        """The median time of a run."""
        times = []
        for _ in range(_REPETITIONS):
            began = perf_counter()
            self.run()
            times.append((perf_counter() - began) * 1000)
        return median(times)


def resync(stage: Stage) -> list[Figure]:
    """Runs over one calendar and over several: the difference is what a calendar costs, the rest what a run does."""
    stage.reset()
    one, several = Repeated(stage, 1), Repeated(stage, _CALENDARS)
    database = stage.wiring.database
    trips = {each.calendars: each.difference(lambda: database.round_trips) for each in (one, several)}
    a_calendar = (trips[_CALENDARS] - trips[1]) / (_CALENDARS - 1)
    listings = several.difference(lambda: _listings(stage)) / _CALENDARS
    written = several.difference(lambda: _written(stage))
    run = f"run over {_CALENDARS} calendars"
    return [
        Figure(PART, "list calls a calendar", listings, "calls", Target("at most", 1)),
        Figure(PART, "database round trips a calendar", a_calendar, "trips", Target("at most", 4)),
        Figure(PART, "— and of the run itself, however many calendars", trips[1] - a_calendar, "trips"),
        Figure(PART, f"event rows written, {run}", written, "rows", Target("at most", 0)),
        Figure(PART, f"time, {run}, a calendar", several.milliseconds() / _CALENDARS, "ms"),
        Figure(PART, "time, run over 1 calendar", one.milliseconds(), "ms"),
    ]


def _listings(stage: Stage) -> int:
    return int(stage.google.counters()["by_operation"]["events.list"])


def _written(stage: Stage) -> int:
    """Rows inserted, updated or deleted since the table was made, as Postgres itself counts them."""
    stage.wiring.database.run("SELECT pg_stat_force_next_flush()")
    return int(stage.wiring.database.run(_WRITTEN)[0][0])
