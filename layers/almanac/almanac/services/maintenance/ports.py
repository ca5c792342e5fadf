"""What upkeep needs from the outside."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.operations.maintenance import Batch, Limits, LongInError, UpkeepReport
from almanac.services.accounts.ports import Account

TokenRound = Callable[[datetime, UpkeepReport, Callable[[], bool]], bool]
"""A round over all accounts: unused since when, where to count, whether the time is up. Whether it came to its end."""

SecretRound = Callable[[UpkeepReport, Callable[[], bool]], bool]
"""A round over all webhooks' secrets: where to count, whether the time is up. Whether it came to its end."""


class UpkeepStore(Protocol):
    """What grows, and what was left behind.

    Each Batch is one short transaction that is made when it is asked for: whoever stops asking stops the work, and
    nothing done is lost. Rows that others hold are passed by. All raise DatabaseUnavailable and StorageFailed.
    """

    def close_stale_runs(self) -> Iterator[Batch]:
        """Close runs of both kinds that are `running` and can no longer be alive; free their leases."""
        ...

    def delete_old_runs(self, before: datetime) -> Iterator[Batch]:
        """Delete run rows of both kinds that began before; never a running one, never a workspace's newest."""
        ...

    def delete_old_history(self, before: datetime) -> Iterator[Batch]:
        """Delete changes that were made before, from each workspace's oldest on."""
        ...

    def delete_orphans(self, before: datetime) -> Iterator[Batch]:
        """Delete events of calendars that have had no reader since before, and void their sync tokens with them."""
        ...

    def delete_past_events(self, before: datetime) -> Iterator[Batch]:
        """Delete providers' events that ended before, and before any window, that the app has given nothing."""
        ...

    def delete_keepsakes(self, before: datetime) -> Iterator[Batch]:
        """Delete keepsakes of events that went before and have not come back."""
        ...

    def delete_marks(self) -> Iterator[Batch]:
        """Delete marks of full passes that were given up."""
        ...

    def delete_spent(self, before: datetime) -> Iterator[Batch]:
        """Delete links, consents and Idempotency-Keys that are over, and hours of the roll-up from before."""
        ...

    def delete_exports(self, files: "FileBin | None") -> Iterator[Batch]:
        """Delete exports that are over, each file before its row: a row that is left leads to its file the next day."""
        ...

    def long_in_error(self, before: datetime, limit: int) -> tuple[int, Sequence[LongInError]]:
        """How many calendars should be read and have not been since before, and those that wait longest."""
        ...

    def forecast(self, limits: Limits) -> Mapping[str, int]:
        """What the deleting and closing steps would find now, by the report's names. Writes nothing."""
        ...


class FileBin(Protocol):
    """Where files of exports are. Raises FilesUnavailable and FilesRefused."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete files; one that is not there is no error."""
        ...


class AccountDirectory(Protocol):
    """Every account there is, in id order. Raises DatabaseUnavailable and StorageFailed."""

    def accounts(self, after: UUID | None, limit: int) -> Sequence[tuple[datetime, Account]]:
        """The next accounts, each with when it was connected; fewer than `limit` = the end."""
        ...

    def reencrypt(self, account: Account, access: str | None, refresh: str) -> bool:
        """Put the same tokens under another key; False when they are no longer those of the account given."""
        ...

    def progress(self) -> UUID | None:
        """The last account that an unfinished round has seen to."""
        ...

    def remember(self, after: UUID | None) -> None:
        """Keep that for the next round; None: this one came to its end."""
        ...


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """Ciphertext of an endpoint's secret, and of the one before while deliveries are signed with that too."""

    endpoint_id: UUID
    secret: str
    old_secret: str | None

    @property
    def texts(self) -> Sequence[str]:
        """Both, the newer one first."""
        return (self.secret,) if self.old_secret is None else (self.secret, self.old_secret)


class SecretDirectory(Protocol):
    """Every endpoint of webhooks there is, in id order. Raises DatabaseUnavailable and StorageFailed."""

    def secrets(self, after: UUID | None, limit: int) -> Sequence[StoredSecrets]:
        """The next endpoints' secrets; none = the end."""
        ...

    def reencrypt_secrets(self, stored: StoredSecrets, secret: str, old_secret: str | None) -> bool:
        """Put the same secrets under another key; False when they are no longer those that were given."""
        ...
