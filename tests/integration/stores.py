"""The stores of a sync over one database."""

from dataclasses import dataclass

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.pages import PostgresCalendarPages
from almanac.adapters.postgres.sync_runs import PostgresSyncRuns
from almanac.adapters.postgres.tokens import PostgresAccountTokens


@dataclass(frozen=True)
class SyncStores:
    runs: PostgresSyncRuns
    pages: PostgresCalendarPages
    tokens: PostgresAccountTokens

    @staticmethod
    def of(database: Database, *, lease_seconds: float, cooldown_seconds: float) -> "SyncStores":
        return SyncStores(
            PostgresSyncRuns(database, lease_seconds=lease_seconds, cooldown_seconds=cooldown_seconds),
            PostgresCalendarPages(database, lease_seconds=lease_seconds),
            PostgresAccountTokens(database),
        )
