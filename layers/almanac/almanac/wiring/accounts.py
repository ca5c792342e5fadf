"""What opens accounts: the providers, their OAuth, and encryption at rest. The only place that names a provider."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import GoogleSettings, KeySettings, load
from almanac.wiring.base import Base, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from almanac.adapters.crypto import FernetCipher
    from almanac.adapters.postgres.tokens import PostgresAccountTokens
    from almanac.providers.google.calendar import GoogleCalendar
    from almanac.providers.google.oauth import GoogleTokens
    from almanac.providers.google.provider import GoogleProvider
    from almanac.services.sync.provider import Provider, TokenEndpoint


class AccountWiring(Base):
    """Opens accounts."""

    @cached_property
    def cipher(self) -> "FernetCipher":
        """Encryption of tokens at rest."""
        from almanac.adapters.crypto import FernetCipher

        settings = load(KeySettings, self._environment)
        if settings.token_keys is not None:
            text = settings.token_keys.get_secret_value()
        else:
            text = self.secrets.text(settings.token_keys_secret_arn or "", "ALMANAC_TOKEN_KEYS_SECRET_ARN")
        return FernetCipher([key.strip() for key in text.split(",") if key.strip()])

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
        from almanac.providers.google.rate_limit import RateLimiter

        settings = load(GoogleSettings, self._environment)
        limit = settings.google_requests_per_minute
        pace = None if limit is None else RateLimiter(limit, time.monotonic, time.sleep)
        return GoogleCalendar(settings.google_api_url, settings.google_timeout_seconds, pace)

    @cached_property
    def google_tokens(self) -> "GoogleTokens":
        """Google's token endpoint."""
        from almanac.providers.google.oauth import GoogleTokens

        settings = load(GoogleSettings, self._environment)
        if settings.google_client_id is not None and settings.google_client_secret is not None:
            client_id, client_secret = settings.google_client_id, settings.google_client_secret.get_secret_value()
        else:
            arn, variable = settings.google_secret_arn or "", "ALMANAC_GOOGLE_SECRET_ARN"
            fields = self.secrets.json(arn, variable, "client_id", "client_secret")
            client_id, client_secret = fields["client_id"], fields["client_secret"]
        return GoogleTokens(
            settings.google_token_url,
            client_id,
            client_secret,
            settings.google_timeout_seconds,
            utc_now,
            settings.google_revoke_url,
        )

    @cached_property
    def account_tokens(self) -> "PostgresAccountTokens":
        """Tokens of accounts."""
        from almanac.adapters.postgres.tokens import PostgresAccountTokens

        return PostgresAccountTokens(self.database)
