"""What a deployment needs from the outside."""

from dataclasses import dataclass
from typing import Protocol

from almanac.services.clock import Deadline


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade of the schema did. Names of migrations in their order.

    `applied` now; `version` is the last one that the database holds; `unknown` are those that this code does not have,
    because a newer version of it was deployed before.
    """

    applied: tuple[str, ...]
    version: str
    unknown: tuple[str, ...]


class Migrations(Protocol):
    """The numbered changes of the schema."""

    def upgrade(self, deadline: Deadline | None) -> Upgrade:
        """Apply what is missing: all of it or, when it fails or the time is up, none.

        Without a deadline only single waits have an end.

        Raises BadSettings, SecretsUnavailable, and DatabaseUnavailable or StorageFailed, which name the migration.
        """
        ...
