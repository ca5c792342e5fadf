"""What the command line may see: all that the functions do, and what operators look at."""

import random
import time
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.wiring.base import utc_now
from almanac.wiring.calendar_sync import CalendarSyncWiring
from almanac.wiring.migrate import MigrateWiring
from almanac.wiring.orchestrator import OrchestratorWiring
from almanac.wiring.smart_scheduling import SmartSchedulingWiring
from almanac.wiring.upkeep import UpkeepWiring

if TYPE_CHECKING:
    from almanac.adapters.aws.dead_letters import SqsDeadLetters
    from almanac.adapters.aws.queue_depth import QueueInspection
    from almanac.adapters.postgres.accounts import PostgresOperatorStore
    from almanac.adapters.postgres.planning_runs import PostgresPlanningRuns
    from almanac.adapters.postgres.run_history import PostgresRunHistory
    from almanac.adapters.postgres.run_summary import PostgresRunSummary
    from almanac.services.accounts.connect import ConnectAccount
    from almanac.services.operations.requests import FollowRequest, RequestSync
    from almanac.services.queues.dead_letters import ExplainDeadLetters
    from almanac.services.queues.recorded_queue import RecordedQueue

CONNECT_SECONDS = 120
"""How long somebody at a terminal waits for an account to be connected, waits for Google included."""


class Wiring(OrchestratorWiring, CalendarSyncWiring, SmartSchedulingWiring, UpkeepWiring, MigrateWiring):
    """Everything, for whoever sits at a terminal."""

    @cached_property
    def planning_runs(self) -> "PostgresPlanningRuns":
        """What an operator asks about planning runs."""
        from almanac.adapters.postgres.planning_runs import PostgresPlanningRuns

        return PostgresPlanningRuns(self.database)

    @cached_property
    def operator_store(self) -> "PostgresOperatorStore":
        """What the command line looks at."""
        from almanac.adapters.postgres.accounts import PostgresOperatorStore

        return PostgresOperatorStore(self.database)

    @cached_property
    def dead_letters(self) -> "SqsDeadLetters":
        """The queues' dead letters."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.dead_letters import SqsDeadLetters

        return SqsDeadLetters(clients.client("sqs"), self.queue_urls)

    @cached_property
    def explain_dead_letters(self) -> "ExplainDeadLetters":
        """The use case of `almanac queues --dead`."""
        from almanac.services.queues.dead_letters import ExplainDeadLetters

        return ExplainDeadLetters(self.dead_letters, self.run_history)

    @cached_property
    def run_history(self) -> "PostgresRunHistory":
        """Syncs and plans that ran."""
        from almanac.adapters.postgres.run_history import PostgresRunHistory

        return PostgresRunHistory(self.database)

    @cached_property
    def run_summary(self) -> "PostgresRunSummary":
        """How runs went, and who is behind."""
        from almanac.adapters.postgres.run_summary import PostgresRunSummary

        return PostgresRunSummary(self.database)

    @cached_property
    def queue_inspection(self) -> "QueueInspection":
        """Depth of the queues."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.queue_depth import QueueInspection

        # A local endpoint has queues but no metrics, so no ages.
        cloudwatch = None if self._environment.get("AWS_ENDPOINT_URL") else clients.client("cloudwatch")
        return QueueInspection(clients.client("sqs"), self.queue_urls, utc_now, cloudwatch)

    @cached_property
    def connect_account(self) -> "ConnectAccount":
        """The use case of `almanac account add`."""
        from almanac.adapters.postgres.accounts import PostgresAccountStore
        from almanac.services.accounts.connect import ConnectAccount
        from almanac.services.sync.retrying import Retrier

        ends_at = time.monotonic() + CONNECT_SECONDS
        return ConnectAccount(
            store=PostgresAccountStore(self.database),
            provider=self.google,
            endpoint=self.google_tokens,
            cipher=self.cipher,
            retrier=Retrier(time.sleep, random.random, lambda: ends_at - time.monotonic()),
        )

    @cached_property
    def asking_queue(self) -> "RecordedQueue":
        """The FIFO queues, for who asks: what is sent through them is in the ledger before it is in a queue."""
        from almanac.adapters.postgres.asked_jobs import PostgresAskedJobs
        from almanac.services.queues.recorded_queue import RecordedQueue

        return RecordedQueue(self.queue, PostgresAskedJobs(self.database))

    @cached_property
    def request_sync(self) -> "RequestSync":
        """The use case of `almanac sync`."""
        from almanac.adapters.postgres.due_workspaces import PostgresDueStore
        from almanac.services.operations.requests import RequestSync
        from almanac.services.queues.dispatch import Dispatch

        dispatch = Dispatch(PostgresDueStore(self.database), self.asking_queue, utc_now)
        return RequestSync(self.operator_store, self.asking_queue, dispatch, utc_now)

    @cached_property
    def follow_request(self) -> "FollowRequest":
        """The use case of `almanac sync --wait`."""
        from almanac.services.operations.requests import FollowRequest

        return FollowRequest(self.run_history, time.sleep, time.monotonic)
