"""Push: where this installation is rung at, and the keys that tell its rings from forged ones."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.errors import BadSettings
from almanac.settings import PushSettings, load
from almanac.wiring.base import Base, listed

if TYPE_CHECKING:
    from almanac.domain.push.token import PushKeys
    from almanac.services.push.ports import PushHome


class PushWiring(Base):
    """Settings of push, as use cases take them."""

    @cached_property
    def push_home(self) -> "PushHome | None":
        """Where rings arrive, and the installation's name; None where push is off."""
        from almanac.providers.google.ring import PUSH_PATH
        from almanac.services.push.ports import PushHome

        settings = load(PushSettings, self._environment)
        if settings.public_url is None or not settings.has_keys:
            return None
        return PushHome(f"{settings.public_url}{PUSH_PATH}", settings.installation or self._stored_installation())

    def push_keys(self) -> "PushKeys":
        """Return the keys as they are now: a rotated secret is picked up within minutes. Raises BadSettings."""
        from almanac.domain.push.token import PushKeys, UnusableKey

        settings = load(PushSettings, self._environment)
        if settings.push_keys is not None:
            text = settings.push_keys.get_secret_value()
        elif settings.push_keys_secret_arn is not None:
            text = self.secrets.text(settings.push_keys_secret_arn, "ALMANAC_PUSH_KEYS_SECRET_ARN")
        else:
            raise BadSettings("ALMANAC_PUSH_KEYS", "missing; set it to a key (`almanac new-key` prints one)")
        try:
            return PushKeys(listed(text))
        except UnusableKey as error:
            raise BadSettings("ALMANAC_PUSH_KEYS", f"{error} (`almanac new-key` prints one)") from None

    def _stored_installation(self) -> str:
        from almanac.adapters.postgres.push.channels import stored_installation

        return stored_installation(self.database)
