"""Following a request to the run that ends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal
from uuid import UUID

from almanac.domain.operations.runs import RequestedPlan, SyncRun
from almanac.errors import TransientError
from almanac.services.clock import Sleep
from almanac.services.operations.ports import FollowedRun, RunsOfRequests

FOLLOW_SECONDS = 0.5
"""Between two looks at a request's runs: one indexed read each."""


@dataclass(frozen=True, slots=True)
class RequestProgress:
    """Where a request stands: no run yet, a running one, or between two runs of which the second goes on.

    `calendars_done`, `events_listed` and `calendars` are those of a running sync.
    """

    status: Literal["waiting", "running", "continuing"]
    elapsed_seconds: float
    calendars_done: int | None = None
    events_listed: int | None = None
    calendars: int | None = None


_WHY = {
    True: "",
    False: ": no run of it has begun; its message waits for a free worker, or behind another one of its workspace "
    "(`almanac queues` counts them, `almanac queues --dead` shows what failed)",
}


class RequestNotDone(TransientError):
    """No run has ended the request within the time; it stays queued or goes on."""


@dataclass(frozen=True, slots=True)
class FollowRequest(Generic[FollowedRun]):
    """Watches the runs of a request, a sync's or a plan's. `monotonic` gives seconds that never go back."""

    runs: RunsOfRequests[FollowedRun]
    sleep: Sleep
    monotonic: Callable[[], float]

    def __call__(
        self, ws_id: UUID, request_id: str, timeout_seconds: float, tell: Callable[[RequestProgress], None]
    ) -> Sequence[FollowedRun]:
        """Return the request's runs, the one that ended it last. Raises RequestNotDone when none has in time.

        `tell` hears where it stands at every look. A message that met a running run comes back, so that refusal is no
        end; neither is a run that was continued.
        """
        began = self.monotonic()
        while True:
            seen = self.runs.runs_of_request(ws_id, request_id)
            runs = [run for run in seen if run.outcome != "already_running"]
            if runs and runs[-1].status != "running" and runs[-1].outcome != "continued":
                return runs
            elapsed = self.monotonic() - began
            if elapsed >= timeout_seconds:
                raise RequestNotDone(f"not done after {timeout_seconds:g} s{_WHY[bool(runs)]}")
            tell(self._progress(runs, elapsed))
            self.sleep(min(FOLLOW_SECONDS, timeout_seconds - elapsed))

    def _progress(self, runs: Sequence[SyncRun | RequestedPlan], elapsed: float) -> RequestProgress:
        if not runs:
            return RequestProgress("waiting", elapsed)
        if runs[-1].status != "running":
            return RequestProgress("continuing", elapsed)
        sync = self.runs.sync_progress(runs[-1].ws_id, runs[-1].run_id)
        if sync is None:
            return RequestProgress("running", elapsed)
        return RequestProgress("running", elapsed, sync.calendars_done, sync.events_listed, sync.calendars)
