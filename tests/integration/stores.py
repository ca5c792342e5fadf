"""The stores of a sync over one database."""

from dataclasses import dataclass
from functools import partial

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases
from almanac.adapters.postgres.pages import PostgresCalendarPages
from almanac.adapters.postgres.runs import PostgresLedger, PostgresSyncRuns
from almanac.adapters.postgres.tokens import PostgresAccountTokens
from almanac.services.sync.admission import sync_admission


def sync_runs(database: Database, *, lease_seconds: float, cooldown_seconds: float) -> PostgresSyncRuns:
    ledger = PostgresLedger(database, PostgresLeases(database, lease_seconds))
    return PostgresSyncRuns(database, ledger, partial(sync_admission, cooldown_seconds=cooldown_seconds))


@dataclass(frozen=True)
class SyncStores:
    runs: PostgresSyncRuns
    pages: PostgresCalendarPages
    tokens: PostgresAccountTokens

    @staticmethod
    def of(database: Database, *, lease_seconds: float, cooldown_seconds: float) -> "SyncStores":
        return SyncStores(
            sync_runs(database, lease_seconds=lease_seconds, cooldown_seconds=cooldown_seconds),
            PostgresCalendarPages(database, lease_seconds=lease_seconds),
            PostgresAccountTokens(database),
        )
