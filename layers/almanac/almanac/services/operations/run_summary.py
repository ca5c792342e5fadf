"""How runs went in numbers, and which workspaces are behind and why."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from almanac.domain.operations.run_statistics import RunSummaryReport, summarize
from almanac.services.clock import Clock
from almanac.services.operations.ports import CountedRuns, WorkspaceStore


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The use case of `almanac runs --summary`. `quota_per_minute` is what the provider allows in calls."""

    workspaces: WorkspaceStore
    runs: CountedRuns
    clock: Clock
    quota_per_minute: int

    def __call__(self, ws_id: UUID | None, span: timedelta, limit: int) -> RunSummaryReport:
        """Sum up the runs of that span until now, of one workspace or of all, naming `limit` that are behind at most.

        Raises UnknownWorkspace.
        """
        if ws_id is not None:
            self.workspaces.require_workspace(ws_id)
        now = self.clock()
        found = self.runs.statistics(ws_id, now - span, now, limit)
        report = summarize(found, ws_id, now - span, now, self.quota_per_minute)
        return replace(report, names=self.workspaces.workspace_names({each.ws_id for each in report.behind}))
