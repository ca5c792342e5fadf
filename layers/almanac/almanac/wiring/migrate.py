"""What migrate may see: the schema, and CloudFormation's answer address."""

import os
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.adapters.postgres.target import database_target
from almanac.settings import DatabaseSettings, load
from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.adapters.postgres.connection import Target
    from almanac.services.deployment.upgrade import UpgradeDatabase


class MigrateWiring(Base):
    """The use case of a deployment."""

    @cached_property
    def upgrade_database(self) -> "UpgradeDatabase":
        """The use case of migrate."""
        from almanac.adapters.aws.cloudformation import PresignedAnswers
        from almanac.adapters.postgres.migrate import PostgresMigrations
        from almanac.services.deployment.upgrade import UpgradeDatabase

        return UpgradeDatabase(PostgresMigrations(self._target), PresignedAnswers(time.sleep))

    def _target(self) -> "Target":
        """Asked inside the use case: a deployment is told of settings that are unusable, too."""
        return database_target(load(DatabaseSettings, self._environment), lambda: self.secrets)()


@cache
def container() -> MigrateWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return MigrateWiring(os.environ)
