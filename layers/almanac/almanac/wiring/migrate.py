"""What migrate may see: the schema, and CloudFormation's answer address."""

import os
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.adapters.postgres.target import database_target
from almanac.settings import DatabaseSettings, MigrateSettings, load
from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.adapters.aws.custom_resource import MigrationsResource
    from almanac.adapters.postgres.connection import Target
    from almanac.adapters.postgres.deployment.app_role import AppRole


class MigrateWiring(Base):
    """The use case of a deployment."""

    @cached_property
    def migrations_resource(self) -> "MigrationsResource":
        """What invokes migrate, and the use case behind it."""
        from almanac.adapters.aws.cloudformation import PresignedAnswers
        from almanac.adapters.aws.custom_resource import MigrationsResource
        from almanac.adapters.postgres.migrate import PostgresMigrations
        from almanac.services.deployment.upgrade import UpgradeDatabase

        upgrade = UpgradeDatabase(PostgresMigrations(self._target, app_role=self._app_role), time.sleep)
        return MigrationsResource(upgrade, PresignedAnswers(time.sleep).send)

    def _target(self) -> "Target":
        """Asked inside the use case: a deployment is told of settings that are unusable, too."""
        return database_target(load(DatabaseSettings, self._environment), lambda: self.secrets)()

    def _app_role(self) -> "AppRole | None":
        """Asked there too, for the same reason."""
        from almanac.adapters.postgres.deployment.app_role import app_role

        return app_role(load(MigrateSettings, self._environment), lambda: self.secrets)


@cache
def container() -> MigrateWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return MigrateWiring(os.environ)
