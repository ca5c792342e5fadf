"""What smart_scheduling may see: plans' rows and its own queue. No token, no provider."""

import os
import random
import time
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from almanac.settings import PlanSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.history.nudges import NudgeWiring
from almanac.wiring.queues import Queues

if TYPE_CHECKING:
    from almanac.adapters.postgres.plan.store import PostgresPlanStore
    from almanac.domain.workspace_plan.report import PlanReport
    from almanac.jobs import CalendarSchedule
    from almanac.services.plan.run import PlanWorkspace
    from almanac.services.queues.message_run import MessageRun


class SmartSchedulingWiring(Queues, NudgeWiring):
    """The use case of one record of the schedule queue."""

    @cached_property
    def plan_store(self) -> "PostgresPlanStore":
        """Planning runs, and what plans are made of."""
        from almanac.adapters.postgres.leases import PostgresLeases
        from almanac.adapters.postgres.plan.store import PostgresPlanStore
        from almanac.adapters.postgres.runs import PostgresLedger
        from almanac.domain.sync.admission import refuse_here
        from almanac.services.plan.admission import plan_admission

        settings = load(PlanSettings, self._environment)
        leases = PostgresLeases(self.database, settings.sync_lease_seconds)
        ledger = PostgresLedger(self.database, leases, memory=self.memory_for("calendar.schedule"))
        if "calendar.schedule" in self.large_queue_urls:
            return PostgresPlanStore(self.database, ledger, lambda job: refuse_here(plan_admission(job)))
        return PostgresPlanStore(self.database, ledger, plan_admission)

    @cached_property
    def plan_workspace(self) -> "PlanWorkspace":
        """The use case of smart_scheduling."""
        from almanac.adapters.recurrence import dates_between
        from almanac.presentation.wording import words
        from almanac.services.plan.run import PlanWorkspace
        from almanac.services.plan.solve import solve_request

        settings = load(PlanSettings, self._environment)
        planner = partial(solve_request, wording=words, clock=time.monotonic)
        return PlanWorkspace(self.plan_store, planner, dates_between, utc_now, settings.plan_budget_seconds)

    @cached_property
    def receive_schedule(self) -> "MessageRun[CalendarSchedule, PlanReport]":
        """The use case of one record of the schedule queue."""
        from almanac.jobs import parse_schedule
        from almanac.services.events_out.nudge import nudging
        from almanac.services.queues.message_run import MessageRun

        return MessageRun(
            parse_schedule,
            # See CalendarSyncWiring.
            nudging(lambda *asked: self.plan_workspace(*asked), lambda ws_id: self.nudge(ws_id)),  # noqa: PLW0108
            self.queue,
            random.random,
            "calendar.schedule",
            larger="calendar.schedule" in self.large_queue_urls,
        )


@cache
def container() -> SmartSchedulingWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return SmartSchedulingWiring(os.environ)
