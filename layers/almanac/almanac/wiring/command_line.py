"""What the command line may see: all that the functions do, and the use cases of those who operate them."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import DatabaseSettings, ExportSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.calendar_sync import CalendarSyncWiring
from almanac.wiring.deliver import DeliverWiring
from almanac.wiring.exports.function import ExportFunctionWiring
from almanac.wiring.migrate import MigrateWiring
from almanac.wiring.orchestrator import OrchestratorWiring
from almanac.wiring.outside.operating import OperatingWiring
from almanac.wiring.relay import RelayWiring
from almanac.wiring.upkeep import UpkeepWiring

if TYPE_CHECKING:
    from almanac.domain.operations.runs import RequestedPlan, SyncRun
    from almanac.services.accounts.connect import ConnectAccount
    from almanac.services.accounts.new_key import NewKey
    from almanac.services.deployment.upgrade import MigrateDatabase
    from almanac.services.export.to_file import ExportToFile
    from almanac.services.operations.accounts import Accounts
    from almanac.services.operations.channels import Channels
    from almanac.services.operations.follow_request import FollowRequest
    from almanac.services.outbound.repair import RepairLinks
    from almanac.services.outbound.targets import Targets
    from almanac.services.outbound.waiting import Outbound

CONNECT_SECONDS = 120
"""How long somebody at a terminal waits for an account to be connected, waits for the provider included."""


class Wiring(
    OperatingWiring,
    OrchestratorWiring,
    CalendarSyncWiring,
    UpkeepWiring,
    MigrateWiring,
    RelayWiring,
    DeliverWiring,
    ExportFunctionWiring,
):
    """Everything, for whoever sits at a terminal."""

    @cached_property
    def migrate_database(self) -> "MigrateDatabase":
        """The use case of `almanac migrate`."""
        from almanac.adapters.postgres.migrate import PostgresMigrations
        from almanac.services.deployment.upgrade import MigrateDatabase

        settings = load(DatabaseSettings, self._environment)
        return MigrateDatabase(PostgresMigrations(self._target, settings.database_timeout_seconds, self._app_role))

    @cached_property
    def new_key(self) -> "NewKey":
        """The use case of `almanac new-key`."""
        from almanac.adapters.crypto import new_key

        return new_key

    @cached_property
    def accounts(self) -> "Accounts":
        """The use case of `almanac account list`, `almanac account disconnect` and `almanac calendar switch`."""
        from almanac.services.operations.accounts import Accounts

        return Accounts(
            self._workspace_store, self._workspace_store, self._workspace_store, self.leave, self.stop_watching
        )

    @cached_property
    def channels(self) -> "Channels":
        """The use case of `almanac channels`."""
        from almanac.adapters.postgres.push.channels import PostgresChannelDirectory
        from almanac.services.operations.channels import Channels

        home = self.push_home
        return Channels(self._workspace_store, PostgresChannelDirectory(self.database, home), home is not None)

    @cached_property
    def connect_account(self) -> "ConnectAccount":
        """The use case of `almanac account add`."""
        from almanac.adapters.postgres.accounts import PostgresAccountStore
        from almanac.services.accounts.connect import ConnectAccount

        return ConnectAccount(
            store=PostgresAccountStore(self.database),
            provider=self.google_provider,
            cipher=self.cipher,
            retrier=self.patience(CONNECT_SECONDS),
        )

    @cached_property
    def targets(self) -> "Targets":
        """The use case of `almanac member target`."""
        from almanac.adapters.postgres.outbound.operating import PostgresTargets
        from almanac.services.outbound.targets import Targets

        store, retrier = PostgresTargets(self.database), self.patience(CONNECT_SECONDS)
        return Targets(self._workspace_store, store, self.account_sessions, retrier, utc_now)

    @cached_property
    def outbound(self) -> "Outbound":
        """The use case of `almanac outbound`, `almanac conflicts` and `almanac resolve`."""
        from almanac.adapters.postgres.outbound.operating import PostgresWaiting
        from almanac.services.outbound.waiting import Outbound

        return Outbound(self._workspace_store, PostgresWaiting(self.database, self._grants_writing))

    @cached_property
    def repair_links(self) -> "RepairLinks":
        """The use case of `almanac links repair` and `almanac installation renew`."""
        from almanac.adapters.postgres.outbound.repair import PostgresRepair
        from almanac.services.outbound.repair import RepairLinks

        store = PostgresRepair(self.database)
        return RepairLinks(self._workspace_store, store, self.account_sessions, self.patience(CONNECT_SECONDS), utc_now)

    @cached_property
    def export_to_file(self) -> "ExportToFile":
        """The use case of `almanac export`."""
        from almanac.adapters.files import FolderFiles
        from almanac.services.export.to_file import ExportToFile

        files = FolderFiles(load(ExportSettings, self._environment).export_folder)
        return ExportToFile(self.makers, files, utc_now)

    @cached_property
    def follow_sync(self) -> "FollowRequest[SyncRun]":
        """The use case of `almanac sync --wait`."""
        from almanac.services.operations.follow_request import FollowRequest

        return FollowRequest(self._recorded_runs, time.sleep, time.monotonic)

    @cached_property
    def follow_plan(self) -> "FollowRequest[RequestedPlan]":
        """The use case of `almanac schedule --wait`."""
        from almanac.adapters.postgres.plan.requested import PostgresRequestedPlans
        from almanac.services.operations.follow_request import FollowRequest

        return FollowRequest(PostgresRequestedPlans(self.database), time.sleep, time.monotonic)
