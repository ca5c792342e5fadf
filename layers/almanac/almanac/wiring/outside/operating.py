"""What those see who operate: the command line, and the API. Reading, asking for work, keys. No token, no provider."""

from contextlib import nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING

from almanac.settings import PlanSettings, PublicSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.outside.past import PastWiring
from almanac.wiring.outside.planned import PlannedWiring

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from almanac.adapters.postgres.run_history import PostgresRunHistory
    from almanac.services.access.api_keys import ApiKeys
    from almanac.services.access.console_logins import ConsoleLogins
    from almanac.services.operations.connections import Connections
    from almanac.services.operations.pauses import Pauses
    from almanac.services.operations.queues import QueueDepths
    from almanac.services.operations.requests import RequestPlan, RequestSync
    from almanac.services.operations.run_summary import RunSummary
    from almanac.services.operations.runs import RunHistory
    from almanac.services.operations.workspaces import Workspaces
    from almanac.services.plan.apply import ApplyPlan
    from almanac.services.queues.dead_letters import DeadLetters
    from almanac.services.queues.recorded_queue import RecordedQueue

LONGEST_PREVIEW = 20.0
"""Seconds that a plan may be improved while somebody waits for it; the gateway of the API gives up after 30."""


class OperatingWiring(PlannedWiring, PastWiring):
    """Use cases of operators, whichever way they come."""

    @cached_property
    def api_keys(self) -> "ApiKeys":
        """The use case of `almanac api-key …`, and of a call that brings a key."""
        from almanac.adapters.postgres.access.store import PostgresKeys
        from almanac.services.access.api_keys import ApiKeys

        return ApiKeys(PostgresKeys(self.database), self._workspace_store, utc_now)

    @cached_property
    def console_logins(self) -> "ConsoleLogins":
        """The use case of `almanac console login`, and of the link that it prints."""
        from almanac.adapters.postgres.access.store import PostgresLogins
        from almanac.services.access.console_logins import ConsoleLogins

        url = load(PublicSettings, self._environment).public_url
        return ConsoleLogins(PostgresLogins(self.database), self._workspace_store, url)

    @cached_property
    def connections(self) -> "Connections":
        """The use case of `almanac connections`."""
        from almanac.services.operations.connections import Connections

        return Connections(self._workspace_store, self._workspace_store)

    @cached_property
    def _asking_queue(self) -> "RecordedQueue":
        """The FIFO queues, for who asks: what is sent through them is in the ledger before it is in a queue."""
        from almanac.adapters.postgres.runs import PostgresAskedJobs
        from almanac.services.queues.recorded_queue import RecordedQueue

        return RecordedQueue(self.queue, PostgresAskedJobs(self.database))

    @cached_property
    def request_sync(self) -> "RequestSync":
        """The use case of `almanac sync`."""
        from almanac.adapters.postgres.due_workspaces import PostgresDueStore
        from almanac.services.operations.requests import RequestSync
        from almanac.services.queues.dispatch import Dispatch

        # Of lists: nobody asks it who is due.
        dispatch = Dispatch(PostgresDueStore(self.database), self._asking_queue, utc_now)
        return RequestSync(self._workspace_store, self._workspace_store, self._asking_queue, dispatch, utc_now)

    @cached_property
    def pauses(self) -> "Pauses":
        """The use case of `almanac workspace pause` and `almanac workspace resume`."""
        from almanac.adapters.postgres.operations.ledger import PostgresJobs
        from almanac.services.operations.pauses import Pauses

        return Pauses(self._workspace_store, PostgresJobs(self.database), lambda: self.request_sync)

    @cached_property
    def request_plan(self) -> "RequestPlan":
        """The use case of `almanac schedule`."""
        from almanac.services.operations.requests import RequestPlan

        return RequestPlan(self._workspace_store, self._asking_queue, utc_now)

    @cached_property
    def apply_plan(self) -> "ApplyPlan":
        """Plans as they are shown: bounded by work and not by a clock, so that the same rows give the same plan."""
        from almanac.adapters.recurrence import dates_between
        from almanac.presentation.wording import words
        from almanac.services.history.preview_causes import PreviewCauses
        from almanac.services.plan.apply import ApplyPlan
        from almanac.services.plan.run import PlanWorkspace
        from almanac.services.plan.solve import solve_request

        budget = min(load(PlanSettings, self._environment).plan_budget_seconds, LONGEST_PREVIEW)
        planner = partial(solve_request, wording=words)
        plan = PlanWorkspace(self.plan_store, planner, dates_between, utc_now, budget)
        causes = PreviewCauses(self.compare)
        return ApplyPlan(self._workspace_store, plan, self.plan_store, self.nudge, causes, self._preview_turn(budget))

    def _preview_turn(self, _budget: float) -> "Callable[[], AbstractContextManager[None]]":
        """Whoever plans on a machine of their own takes nobody's turn."""
        return nullcontext

    @cached_property
    def workspaces(self) -> "Workspaces":
        """The use case of `almanac workspace …`."""
        from almanac.services.operations.workspaces import Workspaces

        return Workspaces(self._workspace_store)

    @cached_property
    def run_history(self) -> "RunHistory":
        """The use case of `almanac runs`."""
        from almanac.services.operations.runs import RunHistory

        return RunHistory(self._workspace_store, self._recorded_runs)

    @cached_property
    def run_summary(self) -> "RunSummary":
        """The use case of `almanac runs --summary`."""
        from almanac.providers.google.pace.quota import CALLS_PER_MINUTE
        from almanac.services.operations.run_summary import RunSummary

        return RunSummary(self._workspace_store, self._counted_runs, utc_now, CALLS_PER_MINUTE)

    @cached_property
    def queue_depths(self) -> "QueueDepths":
        """The use case of `almanac queues`."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.queue_depth import SqsQueueDepths
        from almanac.services.operations.queues import QueueDepths

        sqs = self.sqs
        # A local endpoint has queues but no metrics, so no ages.
        cloudwatch = (
            None if self._environment.get("AWS_ENDPOINT_URL") else clients.client("cloudwatch", self.queues_region)
        )
        measured = SqsQueueDepths(sqs, self.queue_urls, utc_now, cloudwatch)
        return QueueDepths(measured, self.queue_urls.keys())

    @cached_property
    def dead_letters(self) -> "DeadLetters":
        """The use case of `almanac queues --dead`, `almanac redrive` and `almanac discard`."""
        from almanac.adapters.aws.dead_letters import SqsDeadLetters
        from almanac.services.queues.dead_letters import DeadLetters

        queues = SqsDeadLetters(self.sqs, self.queue_urls)
        return DeadLetters(queues, lambda: self._recorded_runs, self.queue_urls.keys())

    @cached_property
    def _recorded_runs(self) -> "PostgresRunHistory":
        from almanac.adapters.postgres.run_history import PostgresRunHistory

        return PostgresRunHistory(self.database)
