"""Delivers to one endpoint what changed in one workspace: range after range, each until it is taken.

A range is frozen before it is sent, so a repetition has its id and content; what comes meanwhile is the next range. An
endpoint that is away for days collects nothing, and goes on where it stood.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.delivery.body import range_body
from almanac.domain.delivery.schedule import SLOW_DOWN, Attempt, disable_reason, wait_after
from almanac.domain.delivery.signature import signed_headers
from almanac.services.accounts.ports import TokenCipher
from almanac.services.clock import Clock, Deadline
from almanac.services.events_out.ports import (
    Answer,
    Delivery,
    DeliveryStore,
    Endpoint,
    Lane,
    LaneQueue,
    Settlement,
    WebhookSender,
)
from almanac.services.events_out.webhooks import send_test

CLAIM_SECONDS = 60.0
"""How long a lane is one worker's: longer than an attempt, and prolonged by each range."""
RESERVE_SECONDS = 20.0
"""An attempt may take 15 seconds, and its end has to be written."""
LONGEST_DELAY = 900
"""Seconds that a message can wait in its queue; what has to wait longer is found by the relay."""
ENDPOINT_PAUSE = 300.0
"""Seconds at most that all lanes of an endpoint wait when it does not answer at all or asks to slow down."""


@dataclass(slots=True)
class DeliverReport:
    """What came of a lane: ranges delivered and failed, the code of the last failure, why the endpoint was disabled."""

    endpoint_id: UUID
    ws_id: UUID
    delivered: int = 0
    failed: int = 0
    error_type: str | None = None
    disabled: str | None = None

    def as_dict(self) -> Mapping[str, object]:
        """JSON-ready; no address, for one may hold a secret."""
        return {
            "endpoint_id": str(self.endpoint_id),
            "ws_id": str(self.ws_id),
            "delivered": self.delivered,
            "failed": self.failed,
            "error_type": self.error_type,
            "disabled": self.disabled,
        }


@dataclass(frozen=True, slots=True)
class DeliverLane:
    """The use case of the function that delivers; `chance` gives a number from 0 to 1."""

    store: DeliveryStore
    sender: WebhookSender
    cipher: TokenCipher
    queue: LaneQueue | None
    clock: Clock
    chance: Callable[[], float]

    def __call__(self, lane: Lane, deadline: Deadline) -> DeliverReport:
        """Deliver what is due in the lane, until nothing is, an attempt fails, or the time is nearly up.

        A test of the endpoint that somebody has asked for goes first, whatever its status.
        """
        report = DeliverReport(lane.endpoint_id, lane.ws_id)
        tested = self.store.claim_test(lane.endpoint_id)
        if tested is not None:
            self.store.settle_test(tested.id, send_test(tested, self.sender, self.cipher, self.clock()))
        endpoint = self.store.claim(lane, CLAIM_SECONDS)
        if endpoint is None:
            return report  # paused, disabled, gone, or somebody else's at the moment
        again: float | None = None
        try:
            while again is None and deadline() > RESERVE_SECONDS:
                delivery = self.store.next(lane, endpoint.kinds)
                if delivery is None:
                    return report
                again = self._attempt(lane, endpoint, delivery, report)
        finally:
            self.store.release(lane)
        self._wake_later(lane, again, report)
        return report

    def _attempt(self, lane: Lane, endpoint: Endpoint, delivery: Delivery, report: DeliverReport) -> float | None:
        """Send a range once and write down how that ended; the seconds until its repetition, None when it was taken."""
        answer = self._post(lane, endpoint, delivery)
        attempt = Attempt(answer.status_code, answer.error_type, answer.retry_after)
        if attempt.succeeded:
            report.delivered += 1
            self.store.settle(lane, delivery, answer, Settlement(delivered=True))
            return None
        now = self.clock()
        failures = endpoint.failures + report.failed + 1
        report.failed += 1
        report.error_type = answer.error_type or f"http_{answer.status_code}"
        report.disabled = disable_reason(attempt, failures, endpoint.failing_since or now, now)
        wait = wait_after(delivery.attempts + 1, attempt, self.chance())
        whole = answer.status_code is None or answer.status_code in SLOW_DOWN
        pause = min(wait, max(ENDPOINT_PAUSE, answer.retry_after or 0.0)) if whole else None
        self.store.settle(lane, delivery, answer, Settlement(False, wait, pause, report.disabled))
        return wait

    def _post(self, lane: Lane, endpoint: Endpoint, delivery: Delivery) -> Answer:
        span = (delivery.from_version, delivery.to_version)
        body = range_body(
            lane.ws_id,
            span,
            delivery.changes,
            more=delivery.more,
            replayed=delivery.replayed,
            at=delivery.cut_at,
            epoch=delivery.epoch,
        )
        secrets = [self.cipher.decrypt(secret) for secret in endpoint.secrets]
        return self.sender.post(endpoint.url, signed_headers(secrets, str(delivery.id), self.clock(), body), body)

    def _wake_later(self, lane: Lane, again: float | None, report: DeliverReport) -> None:
        """Of a lane that has more, or that repeats soon; of others the relay thinks."""
        if self.queue is not None and report.disabled is None and (again is None or again <= LONGEST_DELAY):
            self.queue.send([lane], 0 if again is None else int(again) + 1)
