"""What the orchestrator may see: who is due, and the queues. No token, no provider."""

import os
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.settings import BehindSettings, BudgetSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.push import PushWiring
from almanac.wiring.queues import Queues

if TYPE_CHECKING:
    from almanac.services.queues.dispatch import Dispatch


class OrchestratorWiring(Queues, PushWiring):
    """The use case of the orchestrator."""

    traced = False

    @cached_property
    def dispatch(self) -> "Dispatch":
        """The use case of the orchestrator."""
        from almanac.adapters.postgres.due_workspaces import PostgresDueStore
        from almanac.services.queues.dispatch import Dispatch

        budget = load(BudgetSettings, self._environment).outbound_daily_budget
        behind_after = load(BehindSettings, self._environment).sync_behind_after
        store = PostgresDueStore(self.database, self.push_home, budget, behind_after)
        return Dispatch(store, self.queue, utc_now)


@cache
def container() -> OrchestratorWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return OrchestratorWiring(os.environ)
