"""One run in a process of its own, so that its time and memory are nobody else's: `python -m bench.measured_run`.

The argument is a JSON object: `run` (a name of _RUNS) and what that run takes. The answer is one JSON line.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from uuid import UUID

from almanac.adapters.postgres.history.publish import PostgresPublishing
from almanac.jobs import CalendarSync, Tick
from almanac.services.events_out.ports import EventBus
from almanac.services.events_out.replay import ReplayOntoBus
from almanac.wiring.command_line import Wiring

_PLENTY_SECONDS = 3600.0
_STATUS = Path("/proc/self/status")


def main() -> int:
    """Build the use case, time one call of it, and print `seconds`, `peak_mb` and what the call says of itself."""
    asked = json.loads(sys.argv[1])
    wiring = Wiring(os.environ)
    call = _RUNS[asked.pop("run")](wiring, **asked)
    began = perf_counter()
    said = call()
    seconds = perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), "trips": wiring.database.round_trips, **said}))
    wiring.close()
    return 0


def peak_mb() -> float:
    """The most memory that this process had in RAM.

    Linux carries `ru_maxrss` over from the parent that started the process; VmHWM begins anew with the program.
    """
    if _STATUS.exists():
        lines = _STATUS.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


def _sync(wiring: Wiring, *, ws_id: str, mode: str, now: str) -> Callable[[], dict[str, Any]]:
    """`now` stands still, so that every repetition asks the simulator for the same window."""
    instant = datetime.fromisoformat(now)
    use_case = replace(wiring.sync_workspace, clock=lambda: instant)
    job = CalendarSync.model_validate({"ws_id": UUID(ws_id), "mode": mode, "source": "schedule"})

    def call() -> dict[str, Any]:
        report = use_case(job, None, lambda: _PLENTY_SECONDS)
        return {"status": report.status, "outcome": report.outcome, **report.tally.as_dict()}

    return call


def _dispatch(wiring: Wiring) -> Callable[[], dict[str, Any]]:
    use_case = wiring.dispatch
    return lambda: use_case(Tick(job="calendar.sync")).as_dict()


def _retention(wiring: Wiring) -> Callable[[], dict[str, Any]]:
    """The step of upkeep that deletes run rows, and the longest of its transactions."""
    use_case = wiring.upkeep

    def call() -> dict[str, Any]:
        batches = use_case.store.delete_old_runs(use_case.clock() - use_case.retention)
        rows, longest, began = 0, 0.0, perf_counter()
        for batch in batches:
            rows += batch.rows
            longest, began = max(longest, perf_counter() - began), perf_counter()
        return {"rows": rows, "longest_ms": longest * 1000}

    return call


def _changes(wiring: Wiring, *, ws_id: str) -> Callable[[], dict[str, Any]]:
    """All changes of a workspace, as somebody reads them who has lost what it knew."""
    history = wiring.history

    def call() -> dict[str, Any]:
        read = after = 0
        while items := history.changes(UUID(ws_id), after).items:
            read, after = read + len(items), items[-1].version
        return {"changes": read}

    return call


def _replay(wiring: Wiring, *, ws_id: str) -> Callable[[], dict[str, Any]]:
    """The same, put onto a bus that takes everything, for one subscriber."""
    replay = ReplayOntoBus(PostgresPublishing(wiring.database), _TakesAll(), "bench", sleep)
    return lambda: {"changes": replay("bench", UUID(ws_id), 1, None).events}


class _TakesAll(EventBus):
    """A bus that takes everything, and keeps none of it."""

    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        """Take the events."""
        return [True] * len(events)


_RUNS: Mapping[str, Callable[..., Callable[[], dict[str, Any]]]] = {
    "sync": _sync,
    "dispatch": _dispatch,
    "retention": _retention,
    "changes": _changes,
    "replay": _replay,
}

if __name__ == "__main__":
    sys.exit(main())
