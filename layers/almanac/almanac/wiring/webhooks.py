"""What managing webhooks may see: endpoints, the keys of their secrets, and the way to them."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import WebhookKeySettings, WebhookSettings, load
from almanac.wiring.base import Base, listed, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from almanac.adapters.webhook_http import HttpWebhookSender
    from almanac.services.accounts.ports import TokenCipher
    from almanac.services.events_out.webhooks import Webhooks

_KEYS = "ALMANAC_WEBHOOK_KEYS"


class WebhookWiring(Base):
    """Endpoints of webhooks."""

    @property
    def has_webhooks(self) -> bool:
        """Whether keys are set, or where they are."""
        names = ("ALMANAC_WEBHOOK_KEYS", "ALMANAC_WEBHOOK_KEYS_SECRET_ARN")
        return any(self._environment.get(name) for name in names)

    @cached_property
    def webhook_cipher(self) -> "TokenCipher":
        """Encryption of webhooks' secrets at rest. Keys of a secret may be rotated while the process lives."""
        from almanac.adapters.crypto import FernetCipher, RotatingCipher

        settings = load(WebhookKeySettings, self._environment)
        if settings.webhook_keys is not None:
            return FernetCipher(listed(settings.webhook_keys.get_secret_value()), _KEYS)
        arn = settings.webhook_keys_secret_arn or ""
        return RotatingCipher(
            lambda: listed(self.secrets.text(arn, f"{_KEYS}_SECRET_ARN")), lambda: self.secrets.forget(arn), _KEYS
        )

    @cached_property
    def webhook_sender(self) -> "HttpWebhookSender":
        """One POST to a stranger."""
        from almanac.adapters.webhook_http import HttpWebhookSender

        return HttpWebhookSender(allow_local=load(WebhookSettings, self._environment).webhook_allow_local)

    @cached_property
    def webhooks_given_up(self) -> "Callable[[Sequence[UUID] | None], int]":
        """What the overview says of webhooks: without the keys of their secrets."""
        from almanac.adapters.postgres.history.webhooks import PostgresWebhooks

        return PostgresWebhooks(self.database).given_up

    @cached_property
    def webhooks(self) -> "Webhooks":
        """The use case of `almanac webhook …`."""
        from almanac.adapters.postgres.history.webhooks import PostgresWebhooks
        from almanac.services.events_out.webhooks import Webhooks

        return Webhooks(
            store=PostgresWebhooks(self.database),
            sender=self.webhook_sender,
            cipher=self.webhook_cipher,
            clock=utc_now,
            random_bytes=os.urandom,
            allow_local=load(WebhookSettings, self._environment).webhook_allow_local,
        )
