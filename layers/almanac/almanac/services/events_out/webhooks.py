"""Webhooks as people manage them: who is told, paused or enabled again, with which secret, from which version on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from almanac.domain.delivery.addresses import url_fault
from almanac.domain.delivery.body import probe_body
from almanac.domain.delivery.signature import SECRET_BYTES, secret_text, signed_headers
from almanac.domain.history.changes import KINDS
from almanac.errors import BadInput, PermanentError
from almanac.services.accounts.ports import TokenCipher
from almanac.services.clock import Clock
from almanac.services.events_out.ports import Answer, ListedEndpoint, WebhookSender, WebhookStore

ROTATION = timedelta(hours=24)
"""How long deliveries are signed with the old secret too."""


class WebhooksOff(PermanentError):
    """No keys are set, so nobody's secret could be kept."""

    code = "webhooks_off"

    def __init__(self) -> None:
        super().__init__("their keys are not set here: WebhookKeysSecretArn in docs/deploy.md")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The use case of `almanac webhook …` and of `/v1/webhooks`; `random_bytes` gives so many secret bytes."""

    store: WebhookStore
    sender: WebhookSender
    cipher: TokenCipher
    clock: Clock
    random_bytes: Callable[[int], bytes]
    allow_local: bool

    def add(self, url: str, ws_id: UUID | None, kinds: Sequence[str] = ()) -> tuple[UUID, str]:
        """Add an endpoint that hears from now on, of one workspace or of all; return its id and its secret, once.

        Raises BadInput, UnknownWorkspace.
        """
        fault = url_fault(url, allow_local=self.allow_local)
        if fault is not None:
            raise BadInput("url", fault)
        unknown = sorted(set(kinds) - KINDS.keys())
        if unknown:
            raise BadInput("kinds", f"{unknown[0]} is no kind of change; known are {', '.join(KINDS)}")
        endpoint_id, secret = uuid4(), self._new_secret()
        self.store.add(endpoint_id, ws_id, url, kinds, self.cipher.encrypt(secret))
        return endpoint_id, secret

    def all(self, ws_id: UUID | None = None) -> Sequence[ListedEndpoint]:
        """Return the endpoints, of one workspace or all of them, with how far each is behind."""
        return self.store.all(ws_id)

    def one(self, endpoint_id: UUID) -> ListedEndpoint:
        """Return an endpoint. Raises BadInput."""
        for found in self.store.all(None):
            if found.id == endpoint_id:
                return found
        raise _unknown(endpoint_id)

    def set_status(self, endpoint_id: UUID, status: str) -> None:
        """Pause an endpoint, or let it go on where it stands: `paused` or `active`. Raises BadInput."""
        if status not in ("active", "paused"):
            raise BadInput("status", "must be active or paused")
        if not self.store.set_status(endpoint_id, status):
            raise _unknown(endpoint_id)

    def remove(self, endpoint_id: UUID) -> None:
        """Forget an endpoint. Raises BadInput."""
        if not self.store.remove(endpoint_id):
            raise _unknown(endpoint_id)

    def rotate(self, endpoint_id: UUID) -> str:
        """Give an endpoint a new secret and return it; the old one is good for 24 hours more. Raises BadInput."""
        secret = self._new_secret()
        if not self.store.rotate(endpoint_id, self.cipher.encrypt(secret), self.clock() + ROTATION):
            raise _unknown(endpoint_id)
        return secret

    def replay(
        self, endpoint_id: UUID, ws_id: UUID, from_version: int | None = None, from_time: datetime | None = None
    ) -> int:
        """Tell this endpoint again what happened from a version or an instant on; return the version it begins with.

        Raises BadInput when there is no such endpoint, or it does not hear of that workspace, and CursorExpired.
        """
        if (from_version is None) == (from_time is None):
            raise BadInput("from_version", "give either a version or an instant to begin with")
        return self.store.replay(endpoint_id, ws_id, from_version, from_time)

    def test(self, endpoint_id: UUID) -> Answer:
        """Send `webhook.test` to an endpoint, whatever its status, and return how that ended. Raises BadInput."""
        endpoint = self.store.load(endpoint_id)
        if endpoint is None:
            raise _unknown(endpoint_id)
        now = self.clock()
        body = probe_body(endpoint_id, now)
        secrets = [self.cipher.decrypt(secret) for secret in endpoint.secrets]
        headers: Mapping[str, str] = signed_headers(secrets, str(uuid4()), now, body)
        return self.sender.post(endpoint.url, headers, body)

    def _new_secret(self) -> str:
        return secret_text(self.random_bytes(SECRET_BYTES))


def _unknown(endpoint_id: UUID) -> BadInput:
    return BadInput("id", f"no webhook endpoint {endpoint_id}")
