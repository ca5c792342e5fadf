"""What consents may see: Google's client, the token keys, accounts, the sync queue. No other HTTP function does."""

import os
import random
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from almanac.errors import BadSettings
from almanac.settings import ApiSettings, ConnectSettings, PublicSettings, load
from almanac.wiring.accounts import LeavingWiring
from almanac.wiring.base import utc_now
from almanac.wiring.outside.operating import OperatingWiring

if TYPE_CHECKING:
    from almanac.adapters.postgres.access.store import PostgresAuditLog
    from almanac.services.accounts.connect import ConnectAccount
    from almanac.services.accounts.consent import Consents
    from almanac.services.operations.accounts import Accounts
    from almanac.services.outbound.targets import Targets
    from almanac.services.sync.retrying import Retrier
    from almanac.web.api.application import Api
    from almanac.web.connect.application import ConnectWeb

_CONNECT_SECONDS = 20
"""How long a browser waits for an account to be connected, waits for the provider included; the gateway ends at 30."""


class ConnectWiring(OperatingWiring, LeavingWiring):
    """The use cases of consents."""

    @cached_property
    def connect_web(self) -> "ConnectWeb":
        """Everything that the function answers."""
        from almanac.web.connect.application import ConnectWeb

        return ConnectWeb(lambda: self.connect_api, lambda: self.consents)

    @cached_property
    def connect_api(self) -> "Api":
        """The route that begins a consent."""
        from almanac.web.api.application import Api
        from almanac.web.connect.routes import ROUTES

        settings = load(ApiSettings, self._environment)
        use: Any = self  # has what its routes ask for: keys, the audit log, consents
        return Api(use, settings.api_auth, settings.api_workspaces_claim, ROUTES)

    @cached_property
    def audit_log(self) -> "PostgresAuditLog":
        """Every write."""
        from almanac.adapters.postgres.access.store import PostgresAuditLog

        return PostgresAuditLog(self.database)

    @cached_property
    def consents(self) -> "Consents":
        """Consents. Raises BadSettings without the address at which this is reached."""
        from almanac.adapters.postgres.access.consents import PostgresConsents
        from almanac.providers.google.consent import GoogleConsent
        from almanac.services.accounts.consent import Consents

        settings = load(ConnectSettings, self._environment)
        url = load(PublicSettings, self._environment).public_url
        if url is None:
            raise BadSettings("ALMANAC_PUBLIC_URL", "missing; set it to the address at which this is reached")
        return Consents(
            store=PostgresConsents(self.database),
            endpoint=GoogleConsent(settings.google_auth_url, self.google_tokens),
            provider=self.google_provider,
            connect=self._connect_account,
            cipher=self.cipher,
            queue=self._asking_queue,
            clock=utc_now,
            public_url=url,
            return_urls=settings.return_urls,
        )

    def _connect_account(self) -> "ConnectAccount":
        from almanac.adapters.postgres.accounts import PostgresAccountStore
        from almanac.services.accounts.connect import ConnectAccount

        return ConnectAccount(
            store=PostgresAccountStore(self.database),
            provider=self.google_provider,
            cipher=self.cipher,
            retrier=self.patience(_CONNECT_SECONDS),
        )

    @cached_property
    def accounts(self) -> "Accounts":
        """Accounts that go."""
        from almanac.services.operations.accounts import Accounts

        store = self._workspace_store
        return Accounts(store, store, store, self.leave, self.stop_watching)

    def targets(self) -> "Targets":
        """Return where members' blocks are written; for one request, whose time it has."""
        from almanac.adapters.postgres.outbound.operating import PostgresTargets
        from almanac.services.outbound.targets import Targets

        store, retrier = PostgresTargets(self.database), self.patience(_CONNECT_SECONDS)
        return Targets(self._workspace_store, store, self.account_sessions, retrier, utc_now)

    @override
    def patience(self, seconds: float) -> "Retrier":
        from almanac.services.sync.retrying import Retrier

        ends_at = time.monotonic() + seconds  # a gateway waits: no request outlasts the rest of it
        return Retrier(time.sleep, random.random, lambda: ends_at - time.monotonic())


@cache
def container() -> ConnectWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return ConnectWiring(os.environ)
