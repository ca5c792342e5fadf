"""Bring the schema up to date: for a deployment, which waits for a database that is not there yet, or for a person."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from almanac.errors import DatabaseRefused, TransientError
from almanac.services.clock import Deadline, Sleep
from almanac.services.deployment.ports import Migrations, Upgrade

UPGRADE_RESERVE_SECONDS = 30
"""What an upgrade leaves of the invocation, so that its end can still be told, in three tries if need be."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
"""Seconds between two tries, doubling: a new role's permissions take some, a new cluster minutes."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UpgradeDatabase:
    """The use case of migrate. Safe to repeat and from several places at once: a database is never half upgraded."""

    migrations: Migrations
    sleep: Sleep

    def __call__(self, deadline: Deadline, *, patient: bool) -> Upgrade:
        """Upgrade, within the deadline. What is away, refuses the login or keeps a table is tried again if `patient`.

        On a first deployment role and permission are seconds old, and the database may still be starting; a person
        wants to know at once. Raises BadSettings, SecretsUnavailable, DatabaseUnavailable, StorageFailed.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                return self._once(deadline)
            except (TransientError, DatabaseRefused) as error:
                if not patient or pause >= _left(deadline):
                    raise
                logger.info("the upgrade is tried again", extra={"error": str(error), "again_in": pause})
            self.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _once(self, deadline: Deadline) -> Upgrade:
        upgrade = self.migrations.upgrade(lambda: _left(deadline))
        if upgrade.unknown:
            logger.warning("the database is newer than this code", extra={"unknown": list(upgrade.unknown)})
        return upgrade


@dataclass(frozen=True, slots=True)
class MigrateDatabase:
    """The use case of `almanac migrate`: as UpgradeDatabase, for a person who waits for as long as it takes."""

    migrations: Migrations

    def __call__(self) -> Sequence[str]:
        """Upgrade, and return the names of the migrations that were applied now.

        Raises BadSettings, SecretsUnavailable, DatabaseUnavailable, StorageFailed.
        """
        return self.migrations.upgrade(None).applied


def _left(deadline: Deadline) -> float:
    return deadline() - UPGRADE_RESERVE_SECONDS
