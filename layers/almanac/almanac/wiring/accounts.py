"""What opens accounts: the providers, their OAuth, and encryption at rest. The only place that names a provider."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import GoogleSettings, KeySettings, load
from almanac.wiring.base import Base, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from almanac.adapters.postgres.tokens import PostgresAccountTokens
    from almanac.providers.google.calendar import GoogleCalendar
    from almanac.providers.google.oauth import GoogleTokens
    from almanac.providers.google.provider import GoogleProvider
    from almanac.services.accounts.ports import TokenCipher
    from almanac.services.sync.account_access import AccountSessions
    from almanac.services.sync.provider import Provider, TokenEndpoint


class AccountWiring(Base):
    """Opens accounts."""

    @cached_property
    def cipher(self) -> "TokenCipher":
        """Encryption of tokens at rest. Keys of a secret may be rotated while the process lives."""
        from almanac.adapters.crypto import FernetCipher, RotatingCipher

        settings = load(KeySettings, self._environment)
        if settings.token_keys is not None:
            return FernetCipher(_keys(settings.token_keys.get_secret_value()))
        arn, variable = settings.token_keys_secret_arn or "", "ALMANAC_TOKEN_KEYS_SECRET_ARN"
        return RotatingCipher(lambda: _keys(self.secrets.text(arn, variable)), lambda: self.secrets.forget(arn))

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


def _keys(text: str) -> list[str]:
    return [key.strip() for key in text.split(",") if key.strip()]
