"""Is it well, and if not, where: everything in numbers, who is late, how full the queues are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.overview import Overview
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.domain.operations.run_statistics import BehindWorkspace
from almanac.errors import BadSettings, QueueUnavailable
from almanac.services.clock import Clock
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.operations.queues import QueueDepths
from almanac.services.watching.health import WorkspaceHealth
from almanac.services.watching.ports import OverviewStore

SHOWN_LATE = 12


@dataclass(frozen=True, slots=True)
class WholeOverview:
    """What an overview shows. `queues` is None when the queues cannot be asked just now."""

    counts: Overview
    late: Sequence[BehindWorkspace]
    all_late: int
    names: Mapping[UUID, str]
    queues: Mapping[JobName, QueueDepth] | None
    quota_per_minute: int


@dataclass(frozen=True, slots=True)
class ShowOverview:
    """The use case of the overview. `quota_per_minute` is what the provider allows in calls."""

    workspaces: WorkspaceStore
    store: OverviewStore
    health: WorkspaceHealth
    queues: QueueDepths
    clock: Clock
    quota_per_minute: int

    def __call__(self, ws_ids: Collection[UUID] | None, hours: int) -> WholeOverview:
        """Return the last so many hours, the current one included, of these workspaces or (None) of all."""
        now = self.clock()
        counts = self.store.overview(ws_ids, _whole_hour(now) - timedelta(hours=hours - 1), now)
        late, all_late = self.health.stalest(ws_ids, SHOWN_LATE)
        names = self.workspaces.workspace_names({each.ws_id for each in late})
        return WholeOverview(counts, late, all_late, names, self._depths(), self.quota_per_minute)

    def _depths(self) -> Mapping[JobName, QueueDepth] | None:
        try:
            return self.queues()
        except (QueueUnavailable, BadSettings):
            return None  # the page says so: an overview that fails with a queue would hide what else is wrong


def _whole_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
