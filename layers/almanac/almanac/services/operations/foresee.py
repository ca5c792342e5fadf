"""Whether a workspace will be late: when each of its jobs should be done next, and what it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from almanac.domain.operations.forecast import Forecast, forecast
from almanac.domain.operations.lag import behind_after
from almanac.services.clock import Clock
from almanac.services.operations.ports import CountedRuns, ProgressStore, WorkspaceStore

MEASURED = timedelta(hours=24)
"""Of the workspace's own runs."""


@dataclass(frozen=True, slots=True)
class Foresee:
    """The use case of the forecast in `almanac why`, and of `…/forecast`.

    `sync_behind_after` is two periods of the sync rule.
    """

    workspaces: WorkspaceStore
    runs: CountedRuns
    progress: ProgressStore
    sync_behind_after: timedelta
    clock: Clock

    def __call__(self, ws_id: UUID) -> Sequence[Forecast]:
        """Return a forecast a job that the workspace has work for. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        now = self.clock()
        latencies = self.runs.statistics(ws_id, now - MEASURED, now, 1).latencies
        usual = {each.job: each.message_to_done_ms[1] for each in latencies if each.message_to_done_ms}
        after = behind_after(self.sync_behind_after)
        return [
            forecast(each.job, each.progress, usual.get(each.job), after[each.job], now)
            for each in self.progress.progress(ws_id, now)
        ]
