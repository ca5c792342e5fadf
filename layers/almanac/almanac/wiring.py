"""The composition root: the only module that knows everybody.

A heavy adapter is imported by the function that needs it, so that a cold start pays for nothing it does not use:
the orchestrator loads no Google code.
"""

import os
import random
import time
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from almanac.adapters.aws.secrets import SecretsManager
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.target import database_target
from almanac.settings import (
    DatabaseSettings,
    Environment,
    GoogleSettings,
    KeySettings,
    PlanSettings,
    QueueSettings,
    SyncSettings,
    UpkeepSettings,
    load,
)

if TYPE_CHECKING:
    from almanac.adapters.aws.dead_letters import SqsDeadLetters
    from almanac.adapters.aws.queue import SqsJobQueue
    from almanac.adapters.aws.queue_depth import QueueInspection
    from almanac.adapters.crypto import FernetCipher
    from almanac.adapters.postgres.accounts import PostgresOperatorStore
    from almanac.adapters.postgres.connection import Target
    from almanac.adapters.postgres.pages import PostgresCalendarPages
    from almanac.adapters.postgres.plan import PostgresPlanStore
    from almanac.adapters.postgres.planning_runs import PostgresPlanningRuns
    from almanac.adapters.postgres.run_history import PostgresRunHistory
    from almanac.adapters.postgres.run_summary import PostgresRunSummary
    from almanac.adapters.postgres.sync_runs import PostgresSyncRuns
    from almanac.adapters.postgres.tokens import PostgresAccountTokens
    from almanac.domain.sync.report import SyncReport
    from almanac.domain.workspace_plan.report import PlanReport
    from almanac.jobs import CalendarSchedule, CalendarSync
    from almanac.providers.google.calendar import GoogleCalendar
    from almanac.providers.google.oauth import GoogleTokens
    from almanac.services.accounts.connect import ConnectAccount
    from almanac.services.deployment.upgrade import UpgradeDatabase
    from almanac.services.maintenance.round import Upkeep
    from almanac.services.operations.requests import FollowRequest, RequestSync
    from almanac.services.plan.run import PlanWorkspace
    from almanac.services.queues.dead_letters import ExplainDeadLetters
    from almanac.services.queues.dispatch import Dispatch
    from almanac.services.queues.message_run import MessageRun
    from almanac.services.sync.run import SyncWorkspace

CONNECT_SECONDS = 120
"""How long somebody at a terminal waits for an account to be connected, waits for Google included."""


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


class Wiring:
    """Everything one process needs, built on first use from one environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @cached_property
    def database(self) -> Database:
        """The process's one connection to Postgres."""
        settings = load(DatabaseSettings, self._environment)
        return Database(database_target(settings, lambda: self.secrets), settings.database_timeout_seconds)

    @cached_property
    def secrets(self) -> SecretsManager:
        """Secrets Manager."""
        from almanac.adapters.aws import clients

        return SecretsManager(clients.client("secretsmanager"), utc_now)

    @cached_property
    def queue_urls(self) -> dict[str, str]:
        """URL per job kind, of those that are configured."""
        settings = load(QueueSettings, self._environment)
        urls = {"calendar.sync": settings.sync_queue_url, "calendar.schedule": settings.schedule_queue_url}
        return {kind: url for kind, url in urls.items() if url is not None}

    @cached_property
    def queue(self) -> "SqsJobQueue":
        """The FIFO queues."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.queue import SqsJobQueue

        return SqsJobQueue(clients.client("sqs"), self.queue_urls, time.sleep)

    @cached_property
    def cipher(self) -> "FernetCipher":
        """Encryption of tokens at rest."""
        from almanac.adapters.crypto import FernetCipher

        settings = load(KeySettings, self._environment)
        if settings.token_keys is not None:
            text = settings.token_keys.get_secret_value()
        else:
            text = self.secrets.text(settings.token_keys_secret_arn or "", "ALMANAC_TOKEN_KEYS_SECRET_ARN")
        return FernetCipher([key.strip() for key in text.split(",") if key.strip()])

    @cached_property
    def google(self) -> "GoogleCalendar":
        """Google Calendar."""
        from almanac.providers.google.calendar import GoogleCalendar
        from almanac.providers.google.rate_limit import RateLimiter

        settings = load(GoogleSettings, self._environment)
        limit = settings.google_requests_per_minute
        pace = None if limit is None else RateLimiter(limit, time.monotonic, time.sleep)
        return GoogleCalendar(settings.google_api_url, settings.google_timeout_seconds, pace)

    @cached_property
    def google_tokens(self) -> "GoogleTokens":
        """Google's token endpoint."""
        from almanac.providers.google.oauth import GoogleTokens

        settings = load(GoogleSettings, self._environment)
        if settings.google_client_id is not None and settings.google_client_secret is not None:
            client_id, client_secret = settings.google_client_id, settings.google_client_secret.get_secret_value()
        else:
            arn, variable = settings.google_secret_arn or "", "ALMANAC_GOOGLE_SECRET_ARN"
            fields = self.secrets.json(arn, variable, "client_id", "client_secret")
            client_id, client_secret = fields["client_id"], fields["client_secret"]
        return GoogleTokens(
            settings.google_token_url, client_id, client_secret, settings.google_timeout_seconds, utc_now
        )

    @cached_property
    def sync_runs(self) -> "PostgresSyncRuns":
        """Runs of syncs."""
        from almanac.adapters.postgres.sync_runs import PostgresSyncRuns

        settings = load(SyncSettings, self._environment)
        return PostgresSyncRuns(
            self.database,
            lease_seconds=settings.sync_lease_seconds,
            cooldown_seconds=settings.sync_cooldown_seconds,
        )

    @cached_property
    def calendar_pages(self) -> "PostgresCalendarPages":
        """Calendars and their pages."""
        from almanac.adapters.postgres.pages import PostgresCalendarPages

        settings = load(SyncSettings, self._environment)
        return PostgresCalendarPages(self.database, lease_seconds=settings.sync_lease_seconds)

    @cached_property
    def account_tokens(self) -> "PostgresAccountTokens":
        """Tokens of accounts."""
        from almanac.adapters.postgres.tokens import PostgresAccountTokens

        return PostgresAccountTokens(self.database)

    @cached_property
    def sync_workspace(self) -> "SyncWorkspace":
        """The use case of calendar_sync."""
        from almanac.services.sync.run import SyncRules, SyncWorkspace

        settings = load(SyncSettings, self._environment)
        return SyncWorkspace(
            runs=self.sync_runs,
            pages=self.calendar_pages,
            tokens=self.account_tokens,
            provider=self.google,
            endpoint=self.google_tokens,
            cipher=self.cipher,
            queue=self.queue,
            clock=utc_now,
            sleep=time.sleep,
            chance=random.random,
            rules=SyncRules(settings.past, settings.future, settings.sync_page_size, settings.sync_reserve_seconds),
        )

    @cached_property
    def receive_sync(self) -> "MessageRun[CalendarSync, SyncReport]":
        """The use case of one record of the sync queue."""
        from almanac.jobs import parse_sync
        from almanac.services.queues.message_run import MessageRun

        return MessageRun(parse_sync, self.sync_workspace, self.queue, random.random)

    @cached_property
    def plan_store(self) -> "PostgresPlanStore":
        """Planning runs, and what plans are made of."""
        from almanac.adapters.postgres.leases import PostgresLeases
        from almanac.adapters.postgres.plan import PostgresPlanStore

        settings = load(PlanSettings, self._environment)
        return PostgresPlanStore(self.database, PostgresLeases(self.database, settings.sync_lease_seconds))

    @cached_property
    def planning_runs(self) -> "PostgresPlanningRuns":
        """What an operator asks about planning runs."""
        from almanac.adapters.postgres.planning_runs import PostgresPlanningRuns

        return PostgresPlanningRuns(self.database)

    @cached_property
    def plan_workspace(self) -> "PlanWorkspace":
        """The use case of smart_scheduling."""
        from almanac.adapters.recurrence import dates_between
        from almanac.services.plan.run import PlanWorkspace
        from almanac.services.plan.solve import solve

        settings = load(PlanSettings, self._environment)
        planner = partial(solve, clock=time.monotonic)
        return PlanWorkspace(self.plan_store, planner, dates_between, utc_now, settings.plan_budget_seconds)

    @cached_property
    def receive_schedule(self) -> "MessageRun[CalendarSchedule, PlanReport]":
        """The use case of one record of the schedule queue."""
        from almanac.jobs import parse_schedule
        from almanac.services.queues.message_run import MessageRun

        return MessageRun(parse_schedule, self.plan_workspace, self.queue, random.random)

    @cached_property
    def dispatch(self) -> "Dispatch":
        """The use case of the orchestrator."""
        from almanac.adapters.postgres.due_workspaces import PostgresDueStore
        from almanac.services.queues.dispatch import Dispatch

        return Dispatch(PostgresDueStore(self.database), self.queue, utc_now)

    @cached_property
    def upgrade_database(self) -> "UpgradeDatabase":
        """The use case of migrate."""
        from almanac.adapters.aws.cloudformation import PresignedAnswers
        from almanac.adapters.postgres.migrate import PostgresMigrations
        from almanac.services.deployment.upgrade import UpgradeDatabase

        def target() -> "Target":  # asked inside the use case: a deployment is told of settings that are unusable, too
            return database_target(load(DatabaseSettings, self._environment), lambda: self.secrets)()

        return UpgradeDatabase(PostgresMigrations(target), PresignedAnswers(time.sleep))

    @cached_property
    def upkeep(self) -> "Upkeep":
        """The use case of the daily round."""
        from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
        from almanac.services.accounts.refresh import TokenUpkeep
        from almanac.services.maintenance.round import Upkeep

        settings = load(UpkeepSettings, self._environment)
        store = PostgresUpkeepStore(self.database)
        tokens = TokenUpkeep(store, self.account_tokens, self.google_tokens, self.cipher)
        return Upkeep(store, tokens, utc_now, settings.retention, settings.grace)

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
    def request_sync(self) -> "RequestSync":
        """The use case of `almanac sync`."""
        from almanac.services.operations.requests import RequestSync

        return RequestSync(self.operator_store, self.queue, self.dispatch, utc_now)

    @cached_property
    def follow_request(self) -> "FollowRequest":
        """The use case of `almanac sync --wait`."""
        from almanac.services.operations.requests import FollowRequest

        return FollowRequest(self.run_history, time.sleep, time.monotonic)

    def close(self) -> None:
        """Close every connection that was opened; what is used after that opens its own again."""
        for name in ("database", "google", "google_tokens"):
            if name in self.__dict__:
                getattr(self, name).close()


@cache
def container() -> Wiring:
    """The process's wiring: kept for the life of a Lambda container."""
    return Wiring(os.environ)
