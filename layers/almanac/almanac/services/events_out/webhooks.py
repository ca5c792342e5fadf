"""Webhooks as people manage them: who is told, paused or enabled again, with which secret, from which version on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from almanac.domain.delivery.addresses import url_fault
from almanac.domain.delivery.body import probe_body
from almanac.domain.delivery.listed import BehindLane, ListedDelivery, ListedTest
from almanac.domain.delivery.signature import SECRET_BYTES, secret_text, signed_headers
from almanac.domain.history.changes import KINDS
from almanac.errors import BadInput, PermanentError
from almanac.services.accounts.ports import TokenCipher
from almanac.services.clock import Clock
from almanac.services.events_out.ports import Answer, Endpoint, ListedEndpoint, WebhookSender, WebhookStore

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

    def add(
        self, url: str, ws_id: UUID | None, kinds: Sequence[str] = (), endpoint_id: UUID | None = None
    ) -> tuple[UUID, str]:
        """Add an endpoint that hears from now on, of one workspace or of all; return its id and its secret, once.

        Under a given id it is added once however often, with the secret of the first time: `secret` tells that.
        Raises BadInput, UnknownWorkspace.
        """
        fault = url_fault(url, allow_local=self.allow_local)
        if fault is not None:
            raise BadInput("url", fault)
        if not KINDS.keys() >= set(kinds):
            raise BadInput("kinds", f"holds what is no kind of change; known are {', '.join(KINDS)}")
        added, secret = endpoint_id or uuid4(), self._new_secret()
        self.store.add(added, ws_id, url, kinds, self.cipher.encrypt(secret))
        return added, secret

    def all(self, ws_id: UUID | None = None) -> Sequence[ListedEndpoint]:
        """Return the endpoints, of one workspace or all of them, with how far each is behind.

        Raises UnknownWorkspace.
        """
        return self.store.all(ws_id)

    def one(self, endpoint_id: UUID) -> ListedEndpoint:
        """Return an endpoint. Raises BadInput."""
        found = self.store.one(endpoint_id)
        if found is None:
            raise _unknown(endpoint_id)
        return found

    def set_status(self, endpoint_id: UUID, status: str, *, skip: bool = False) -> None:
        """Pause an endpoint, or let it go on: `paused` or `active`, where it stood or (`skip`) with what comes now.

        Raises BadInput.
        """
        if status not in ("active", "paused"):
            raise BadInput("status", "must be active or paused")
        if not self.store.set_status(endpoint_id, status, skip=skip and status == "active"):
            raise _unknown(endpoint_id)

    def secret(self, endpoint_id: UUID) -> str:
        """Return the secret again, for whoever has made it and lost the answer. Raises BadInput."""
        endpoint = self.store.load(endpoint_id)
        if endpoint is None:
            raise _unknown(endpoint_id)
        return self.cipher.decrypt(endpoint.secrets[0])

    def deliveries(
        self, endpoint_id: UUID, ws_ids: Sequence[UUID] | None = None, limit: int = 50
    ) -> Sequence[ListedDelivery]:
        """Return the last deliveries, the newest first, each with its last attempt."""
        return self.store.deliveries(endpoint_id, ws_ids, limit)

    def last_deliveries(
        self, endpoint_ids: Sequence[UUID], ws_ids: Sequence[UUID] | None = None
    ) -> Mapping[UUID, ListedDelivery]:
        """Return the last delivery of each endpoint that has had one."""
        return self.store.last_deliveries(endpoint_ids, ws_ids)

    def behind(self, endpoint_id: UUID, limit: int = 50) -> Sequence[BehindLane]:
        """Return the workspaces of which an endpoint has not heard everything."""
        return self.store.behind(endpoint_id, limit)

    def ask_test(self, endpoint_id: UUID) -> None:
        """Have an endpoint tested by whoever may call strangers, within about a minute; `last_test` tells the end."""
        self.store.ask_test(endpoint_id)

    def last_test(self, endpoint_id: UUID) -> ListedTest | None:
        """Return the last test of an endpoint; None when there was none."""
        return self.store.last_test(endpoint_id)

    def remove(self, endpoint_id: UUID) -> None:
        """Forget an endpoint. Raises BadInput."""
        if not self.store.remove(endpoint_id):
            raise _unknown(endpoint_id)

    def rotate(self, endpoint_id: UUID, request_id: UUID | None = None) -> str:
        """Give an endpoint a new secret and return it; the old one is good for 24 hours more. Raises BadInput.

        `request_id` is for whoever asks again: the same one gives one new secret, however often.
        """
        secret = self.cipher.encrypt(self._new_secret())
        self.store.rotate(endpoint_id, secret, self.clock() + ROTATION, request_id or uuid4())
        return self.secret(endpoint_id)

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
        return send_test(endpoint, self.sender, self.cipher, self.clock())

    def _new_secret(self) -> str:
        return secret_text(self.random_bytes(SECRET_BYTES))


def send_test(endpoint: Endpoint, sender: WebhookSender, cipher: TokenCipher, now: datetime) -> Answer:
    """Send `webhook.test` once and return how that ended."""
    body = probe_body(endpoint.id, now)
    secrets = [cipher.decrypt(secret) for secret in endpoint.secrets]
    return sender.post(endpoint.url, signed_headers(secrets, str(uuid4()), now, body), body)


def _unknown(endpoint_id: UUID) -> BadInput:
    return BadInput("id", f"no webhook endpoint {endpoint_id}")
