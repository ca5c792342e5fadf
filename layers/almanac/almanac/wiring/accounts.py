"""What opens accounts, and lets them go: the providers, their OAuth, encryption at rest. Here a provider is named."""

import random
import time
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import GoogleSettings, KeySettings, SyncSettings, load
from almanac.wiring.base import Base, listed, utc_now
from almanac.wiring.push import PushWiring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from almanac.adapters.postgres.push.channels import PostgresChannels
    from almanac.adapters.postgres.tokens import PostgresAccountTokens
    from almanac.providers.google.calendar import GoogleCalendar
    from almanac.providers.google.oauth import GoogleTokens
    from almanac.providers.google.provider import GoogleProvider
    from almanac.services.accounts.ports import Account, TokenCipher
    from almanac.services.outbound.leaving import Leave
    from almanac.services.sync.account_access import AccountSession, AccountSessions
    from almanac.services.sync.provider import Provider, TokenEndpoint
    from almanac.services.sync.retrying import Retrier


_STOPPING_SECONDS = 20
"""How long the channels of an account that goes may take to stop: whoever asked over HTTP waits for 29."""


class AccountWiring(Base):
    """Opens accounts."""

    @cached_property
    def cipher(self) -> "TokenCipher":
        """Encryption of tokens at rest. Keys of a secret may be rotated while the process lives."""
        from almanac.adapters.crypto import FernetCipher, RotatingCipher

        settings = load(KeySettings, self._environment)
        if settings.token_keys is not None:
            return FernetCipher(listed(settings.token_keys.get_secret_value()))
        arn, variable = settings.token_keys_secret_arn or "", "ALMANAC_TOKEN_KEYS_SECRET_ARN"
        return RotatingCipher(lambda: listed(self.secrets.text(arn, variable)), lambda: self.secrets.forget(arn))

    @cached_property
    def providers(self) -> "Mapping[str, Provider]":
        """Every provider by its name."""
        from almanac.providers.registry import by_name

        return by_name(self.google_provider)

    @cached_property
    def token_endpoints(self) -> "Mapping[str, TokenEndpoint]":
        """The token endpoints by their provider's name: what keeps accounts alive without reading calendars."""
        from almanac.providers.google import NAME

        return {NAME: self.google_tokens}

    @cached_property
    def google_provider(self) -> "GoogleProvider":
        """Google behind the contract."""
        from almanac.providers.google.provider import GoogleProvider

        return GoogleProvider(self.google, self.google_tokens)

    @cached_property
    def google(self) -> "GoogleCalendar":
        """Google's Calendar API."""
        from almanac.providers.google.calendar import GoogleCalendar
        from almanac.providers.google.pace.rate_limit import RateLimiter

        settings = load(GoogleSettings, self._environment)
        limit = settings.google_requests_per_minute
        pace = None if limit is None else RateLimiter(limit, time.monotonic, time.sleep)
        return GoogleCalendar(settings.google_api_url, settings.google_timeout_seconds, pace)

    @cached_property
    def google_tokens(self) -> "GoogleTokens":
        """Google's token endpoint."""
        from almanac.providers.google.oauth import GoogleTokens

        settings = load(GoogleSettings, self._environment)
        url, patience = settings.google_token_url, settings.google_timeout_seconds
        revoke_url = settings.google_revoke_url
        if settings.google_client_id is not None and settings.google_client_secret is not None:
            secret = settings.google_client_secret.get_secret_value()
            return GoogleTokens(url, settings.google_client_id, secret, patience, utc_now, revoke_url=revoke_url)
        arn = settings.google_secret_arn or ""

        def renewed() -> tuple[str, str]:
            self.secrets.forget(arn)
            return self._google_client(arn)

        client = self._google_client(arn)
        return GoogleTokens(url, *client, patience, utc_now, revoke_url=revoke_url, renewed=renewed)

    def _google_client(self, arn: str) -> tuple[str, str]:
        fields = self.secrets.json(arn, "ALMANAC_GOOGLE_SECRET_ARN", "client_id", "client_secret")
        return fields["client_id"], fields["client_secret"]

    @cached_property
    def account_tokens(self) -> "PostgresAccountTokens":
        """Tokens of accounts."""
        from almanac.adapters.postgres.tokens import PostgresAccountTokens

        return PostgresAccountTokens(self.database)

    @cached_property
    def account_sessions(self) -> "AccountSessions":
        """Opens accounts in a run, with their tokens."""
        from almanac.services.sync.account_access import AccountSessions

        return AccountSessions(self.providers, self.account_tokens, self.cipher)


class LeavingWiring(AccountWiring, PushWiring):
    """Lets accounts go."""

    @cached_property
    def leave(self) -> "Leave":
        """The use case of an account that goes."""
        from almanac.adapters.postgres.outbound.operating import PostgresLeaving
        from almanac.services.outbound.leaving import Leave

        return Leave(PostgresLeaving(self.database), self.token_endpoints, self.cipher, self.stop_watching)

    @cached_property
    def channel_store(self) -> "PostgresChannels":
        """Push channels."""
        from almanac.adapters.postgres.leases import PostgresLeases
        from almanac.adapters.postgres.push.channels import PostgresChannels

        settings = load(SyncSettings, self._environment)
        return PostgresChannels(self.database, PostgresLeases(self.database, settings.sync_lease_seconds))

    def stop_watching(self, ws_id: "UUID", account_id: "UUID") -> int:
        """Stop the channels of an account that is about to go; return how many were. None are where push is off."""
        from almanac.services.push.leave import StopChannels

        home = self.push_home
        if home is None:
            return 0
        retrier = self.patience(_STOPPING_SECONDS)
        return StopChannels(self.channel_store, home, self._open_session, retrier)(ws_id, account_id)

    def patience(self, seconds: float) -> "Retrier":
        """Return how work waits that no invocation ends: again for so long, each request in its own time."""
        from almanac.services.sync.retrying import Retrier

        ends_at = time.monotonic() + seconds
        return Retrier(time.sleep, random.random, lambda: ends_at - time.monotonic(), ends_requests=False)

    def _open_session(self, account: "Account") -> "AccountSession | None":
        return self.account_sessions.open(account, utc_now)
