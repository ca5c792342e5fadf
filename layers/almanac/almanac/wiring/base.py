"""What every function has: its environment, one connection to Postgres, Secrets Manager."""

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import DatabaseSettings, Environment, load

if TYPE_CHECKING:
    from almanac.adapters.aws.secrets import SecretsManager
    from almanac.adapters.postgres.connection import Database


def utc_now() -> datetime:
    """Return the current instant: the clock of production."""
    return datetime.now(UTC)


def listed(keys: str) -> list[str]:
    """Return the keys of a setting or a secret, which are comma-separated."""
    return [key.strip() for key in keys.split(",") if key.strip()]


class Base:
    """Everything one process needs, built on first use from one environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @cached_property
    def database(self) -> "Database":
        """The process's one connection to Postgres."""
        from almanac.adapters.postgres.connection import Database
        from almanac.adapters.postgres.target import database_target

        settings = load(DatabaseSettings, self._environment)
        arn = settings.database_secret_arn if settings.database_url is None else None
        forget = None if arn is None else lambda: self.secrets.forget(arn)
        return Database(database_target(settings, lambda: self.secrets), settings.database_timeout_seconds, forget)

    @cached_property
    def secrets(self) -> "SecretsManager":
        """Secrets Manager."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.secrets import SecretsManager

        return SecretsManager(clients.client("secretsmanager"), utc_now)

    def close(self) -> None:
        """Close every connection that was opened; what is used after that opens its own again."""
        for name in ("database", "google", "google_tokens"):
            if name in self.__dict__:
                getattr(self, name).close()
