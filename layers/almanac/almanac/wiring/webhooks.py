"""What managing webhooks may see: endpoints, the keys of their secrets, and the way to them."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import WebhookSettings, load
from almanac.wiring.base import Base, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from almanac.adapters.crypto import FernetCipher
    from almanac.adapters.webhook_http import HttpWebhookSender
    from almanac.services.events_out.webhooks import Webhooks


class WebhookWiring(Base):
    """Endpoints of webhooks."""

    @property
    def has_webhooks(self) -> bool:
        """Whether keys are set, or where they are."""
        names = ("ALMANAC_WEBHOOK_KEYS", "ALMANAC_WEBHOOK_KEYS_SECRET_ARN")
        return any(self._environment.get(name) for name in names)

    @cached_property
    def webhook_cipher(self) -> "FernetCipher":
        """Encryption of webhooks' secrets at rest."""
        from almanac.adapters.crypto import FernetCipher

        settings = load(WebhookSettings, self._environment)
        if settings.webhook_keys is not None:
            text = settings.webhook_keys.get_secret_value()
        else:
            text = self.secrets.text(settings.webhook_keys_secret_arn or "", "ALMANAC_WEBHOOK_KEYS_SECRET_ARN")
        return FernetCipher([key.strip() for key in text.split(",") if key.strip()], "ALMANAC_WEBHOOK_KEYS")

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
