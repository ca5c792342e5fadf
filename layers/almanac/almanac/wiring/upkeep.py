"""What upkeep may see: old rows, accounts whose tokens it refreshes, webhooks' secrets, files of exports. No queue."""

import os
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.settings import UpkeepSettings, load
from almanac.wiring.accounts import AccountWiring
from almanac.wiring.base import utc_now
from almanac.wiring.exports.makers import ExportWiring
from almanac.wiring.webhooks import WebhookWiring

if TYPE_CHECKING:
    from almanac.services.maintenance.round import Upkeep


class UpkeepWiring(AccountWiring, ExportWiring, WebhookWiring):
    """The use case of the daily round."""

    @cached_property
    def upkeep(self) -> "Upkeep":
        """The use case of the daily round."""
        from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
        from almanac.services.accounts.refresh import TokenUpkeep
        from almanac.services.events_out.refresh_secrets import SecretUpkeep
        from almanac.services.maintenance.round import Upkeep

        settings = load(UpkeepSettings, self._environment)
        store = PostgresUpkeepStore(self.database)
        tokens = TokenUpkeep(store, self.account_tokens, self.token_endpoints, self.cipher)
        files = self.export_files if self.has_export_files else None
        secrets = SecretUpkeep(store, self.webhook_cipher) if self.has_webhooks else None
        return Upkeep(store, tokens, utc_now, settings.retention, settings.grace, settings.past, files, secrets)


@cache
def container() -> UpkeepWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return UpkeepWiring(os.environ)
