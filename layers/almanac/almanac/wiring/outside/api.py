"""What the API and the console may see: rows, plans, the queues and their dead letters. No provider, no token key."""

import os
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.settings import (
    ApiSettings,
    CadenceSettings,
    PlanSettings,
    PublicSettings,
    SessionSettings,
    SyncSettings,
    load,
)
from almanac.wiring.base import listed, utc_now
from almanac.wiring.exports.makers import ExportWiring
from almanac.wiring.outside.operating import OperatingWiring
from almanac.wiring.webhooks import WebhookWiring

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from almanac.adapters.postgres.access.store import PostgresAuditLog
    from almanac.adapters.postgres.operations.directory import PostgresDirectory
    from almanac.services.access.once import Once
    from almanac.services.export.ask import Exports
    from almanac.services.ledger.jobs import Jobs
    from almanac.services.operations.accounts import ListAccounts
    from almanac.services.operations.channels import Channels
    from almanac.services.operations.queues import QueueDepths
    from almanac.services.outbound.waiting import Outbound
    from almanac.services.queues.recorded_queue import RecordedQueue
    from almanac.services.watching.calendar import ShowCalendar, SwitchConnection
    from almanac.services.watching.health import WorkspaceHealth
    from almanac.services.watching.overview import ShowOverview
    from almanac.web.api.application import Api
    from almanac.web.api.routes import Route
    from almanac.web.application import Web
    from almanac.web.console.application import Console
    from almanac.web.console.session import Sessions
    from almanac.web.console.sign_in import SignIn
    from almanac.web.feed import FeedWeb


class ApiWiring(OperatingWiring, WebhookWiring, ExportWiring):
    """The use cases of HTTP, each built when a route first needs it."""

    @cached_property
    def web(self) -> "Web":
        """Everything that the function answers."""
        from almanac.web.application import Web

        return Web(lambda: self.api, lambda: self.console, lambda: self.feed_web, self._ask_the_database)

    def _ask_the_database(self) -> None:
        with self.database.transaction():  # opens a connection that has died meanwhile again
            self.database.run("SELECT 1")

    @cached_property
    def feed_web(self) -> "FeedWeb":
        """What readers of feeds get."""
        from almanac.web.feed import FeedWeb

        return FeedWeb(lambda: self.feeds)

    @cached_property
    def api(self) -> "Api":
        """The JSON API."""
        from almanac.web.api.application import Api
        from almanac.web.api.table import ROUTES

        settings = load(ApiSettings, self._environment)
        return Api(self, settings.api_auth, settings.api_workspaces_claim, ROUTES, _answered_elsewhere)

    @property
    def has_own_keys(self) -> bool:
        """Whether callers are known by keys of ours."""
        return load(ApiSettings, self._environment).api_auth == "key"

    @cached_property
    def console(self) -> "Console":
        """The pages."""
        from almanac.web.console.application import Console
        from almanac.web.console.session import Sessions
        from almanac.web.console.table import PAGES

        api, settings = load(ApiSettings, self._environment), load(SessionSettings, self._environment)
        sessions = Sessions(lambda: self._session_keys(settings), time.time)
        url = settings.public_url
        return Console(self, sessions, url, self._sign_in(api, sessions, url), utc_now, PAGES)

    def _session_keys(self, settings: SessionSettings) -> list[str]:
        text = settings.session_keys.get_secret_value() if settings.session_keys is not None else ""
        if not text and settings.session_keys_secret_arn:
            text = self.secrets.text(settings.session_keys_secret_arn, "ALMANAC_SESSION_KEYS_SECRET_ARN")
        return listed(text)

    def _sign_in(self, api: ApiSettings, sessions: "Sessions", public_url: str | None) -> "SignIn | None":
        """At the issuer, where one is set."""
        if api.api_issuer is None or api.console_client_id is None or public_url is None:
            return None
        from almanac.adapters.oidc import OidcIssuer
        from almanac.web.console.sign_in import SignIn

        return SignIn(
            issuer=OidcIssuer(api.api_issuer),
            issuer_url=api.api_issuer,
            client_id=api.console_client_id,
            callback_url=f"{public_url}/console/callback",
            role_claim=api.console_role_claim,
            workspaces_claim=api.api_workspaces_claim,
            sessions=sessions,
            now=time.time,
        )

    @cached_property
    def jobs(self) -> "Jobs":
        """Jobs and runs."""
        from almanac.adapters.postgres.operations.ledger import PostgresJobs
        from almanac.services.ledger.jobs import Jobs

        return Jobs(PostgresJobs(self.database), self._asking_queue, utc_now, self._workspace_store)

    @cached_property
    def exports(self) -> "Exports":
        """Files that callers ask for."""
        from almanac.adapters.postgres.exports.store import PostgresExports
        from almanac.services.export.ask import Exports

        return Exports(
            self._workspace_store,
            self._people_store,
            PostgresExports(self.database),
            self._asking_queue,
            lambda: self.export_files,
            utc_now,
        )

    @cached_property
    def once(self) -> "Once":
        """Requests that come twice."""
        from almanac.adapters.postgres.access.store import PostgresRequests
        from almanac.services.access.once import Once

        return Once(PostgresRequests(self.database), time.sleep)

    @cached_property
    def audit_log(self) -> "PostgresAuditLog":
        """Every write."""
        from almanac.adapters.postgres.access.store import PostgresAuditLog

        return PostgresAuditLog(self.database)

    @cached_property
    def directory(self) -> "PostgresDirectory":
        """Workspaces, found."""
        from almanac.adapters.postgres.operations.directory import PostgresDirectory

        return PostgresDirectory(self.database)

    @cached_property
    def workspace_health(self) -> "WorkspaceHealth":
        """How a workspace does."""
        from almanac.services.watching.health import WorkspaceHealth

        store = self._workspace_store
        return WorkspaceHealth(store, store, self._counted_runs, self.directory, utc_now)

    @cached_property
    def show_overview(self) -> "ShowOverview":
        """Everything in numbers."""
        from almanac.adapters.postgres.operations.overview import PostgresOverview
        from almanac.providers.google.pace.quota import CALLS_PER_MINUTE
        from almanac.services.watching.overview import ShowOverview

        return ShowOverview(
            self._workspace_store,
            PostgresOverview(self.database),
            self.workspace_health,
            self.queue_depths,
            utc_now,
            CALLS_PER_MINUTE,
        )

    @cached_property
    def show_calendar(self) -> "ShowCalendar":
        """A calendar between two instants."""
        from almanac.services.watching.calendar import ShowCalendar

        return ShowCalendar(self._workspace_store, self.directory, self.history)

    @cached_property
    def accounts(self) -> "ListAccounts":
        """The accounts of a workspace."""
        from almanac.services.operations.accounts import ListAccounts

        return ListAccounts(self._workspace_store, self._workspace_store)

    @cached_property
    def outbound(self) -> "Outbound":
        """What waits to be written, and what people decide about it."""
        from almanac.adapters.postgres.outbound.operating import PostgresWaiting
        from almanac.services.outbound.waiting import Outbound

        return Outbound(self._workspace_store, PostgresWaiting(self.database, _grants_writing))

    @cached_property
    def channels(self) -> "Channels":
        """Push channels."""
        from almanac.adapters.postgres.push.channels import PostgresChannelDirectory
        from almanac.services.operations.channels import Channels

        home = self.push_home
        return Channels(self._workspace_store, PostgresChannelDirectory(self.database, home), home is not None)

    def _preview_turn(self, budget: float) -> "Callable[[], AbstractContextManager[None]]":
        from almanac.adapters.postgres.plan.preview_turns import PostgresPreviewTurns
        from almanac.services.plan.preview_turns import PreviewTurns

        return PreviewTurns(PostgresPreviewTurns(self.database), budget)

    @cached_property
    def switch_connection(self) -> "SwitchConnection":
        """A calendar's switches."""
        from almanac.services.watching.calendar import SwitchConnection

        return SwitchConnection(self._workspace_store, self._workspace_store, self.directory)

    @cached_property
    def cadences(self) -> "Mapping[str, str]":
        """When each rule ticks."""
        return load(CadenceSettings, self._environment).by_rule

    @cached_property
    def facts(self) -> "Sequence[tuple[str, str, str]]":
        """What is set, for people to read; no secret, no address of one."""
        sync, plan = load(SyncSettings, self._environment), load(PlanSettings, self._environment)
        api, public = load(ApiSettings, self._environment), load(PublicSettings, self._environment)
        return (
            (
                "Window",
                f"{sync.sync_past_days} days back, {sync.sync_future_days} ahead",
                "What is kept of a calendar.",
            ),
            ("Between two syncs by hand", f"{sync.sync_cooldown_seconds} s", "Of one workspace."),
            ("Lease", f"{sync.sync_lease_seconds} s", "How long a silent run keeps its workspace."),
            ("Time to improve a plan", f"{plan.plan_budget_seconds:g} s", "More makes better plans, slowly."),
            ("Callers", {"jwt": "tokens", "iam": "IAM", "key": "keys"}[api.api_auth], "How the API knows who calls."),
            ("Public address", public.public_url or "none", "Where the world reaches this."),
        )

    @cached_property
    def queue_depths(self) -> "QueueDepths":
        """How full the queues are. Ages would need a permission on every metric of the account."""
        from almanac.adapters.aws.queue_depth import SqsQueueDepths
        from almanac.services.operations.queues import QueueDepths

        return QueueDepths(SqsQueueDepths(self.sqs, self.queue_urls, utc_now), self.queue_urls.keys())

    @cached_property
    def _asking_queue(self) -> "RecordedQueue":
        """A caller whose job was not taken is told so: nothing of it is left."""
        from almanac.adapters.postgres.runs import PostgresAskedJobs
        from almanac.services.queues.recorded_queue import RecordedQueue

        return RecordedQueue(self.queue, PostgresAskedJobs(self.database), withdrawing=True)


def _grants_writing(provider: str, scopes: "Collection[str]", owned: bool, made_here: bool) -> bool:
    """Say it of stored scopes: to open an account takes keys that this function does not have."""
    from almanac.providers.google import NAME
    from almanac.providers.google.scopes import grants_writing

    return provider == NAME and grants_writing(scopes, owned=owned, made_here=made_here)


def _answered_elsewhere() -> "Sequence[Route]":
    from almanac.web.connect.routes import ROUTES

    return ROUTES


@cache
def container() -> ApiWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return ApiWiring(os.environ)
