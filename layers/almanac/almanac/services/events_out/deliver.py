"""Delivers to one endpoint what changed in one workspace: range after range, each until it is taken.

A range is frozen before it is sent, so a repetition has its id and content; what comes meanwhile is the next range. An
endpoint that is away for days collects nothing, and goes on where it stood.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
    LaneStore,
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

OTHERS_AT_ONCE = 1000
"""Lanes that are woken when their endpoint has answered; the relay finds the rest."""


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
    lanes: LaneStore
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
            again = self._deliver(lane, endpoint, deadline, report)
        finally:
            if endpoint.alone and not (report.delivered or report.failed):
                self.store.give_back(endpoint.id)
            came = self.store.release(lane)
        if again is None and report.delivered and came:
            again = 0.0
        if again is not None:
            self._wake_later(lane, again, report)
        return report

    def _deliver(self, lane: Lane, endpoint: Endpoint, deadline: Deadline, report: DeliverReport) -> float | None:
        """Send range after range; the seconds after which the lane has to be woken again, None when nothing is left."""
        while deadline() > RESERVE_SECONDS:
            delivery = self.store.next(lane, endpoint.kinds)
            if delivery is None:
                return None
            answer = self._post(lane, endpoint, delivery)
            attempt = Attempt(answer.status_code, answer.error_type, answer.retry_after)
            if not attempt.succeeded:
                return self._failed(lane, endpoint, delivery, (answer, attempt), report)
            more = self.store.settle(lane, delivery, answer, Settlement(delivered=True, alone=endpoint.alone))
            report.delivered += 1
            if endpoint.alone and endpoint.ws_id is None:
                self._wake_others(lane)
            endpoint = replace(endpoint, failures=0, failing_since=None, alone=False)
            if not more:
                return None
        return 0.0

    def _failed(
        self,
        lane: Lane,
        endpoint: Endpoint,
        delivery: Delivery,
        ended: tuple[Answer, Attempt],
        report: DeliverReport,
    ) -> float:
        """Write a failure down; the seconds until the repetition."""
        answer, attempt = ended
        now = self.clock()
        failures = endpoint.failures + 1
        report.failed += 1
        report.error_type = answer.error_type or f"http_{answer.status_code}"
        report.disabled = disable_reason(attempt, failures, endpoint.failing_since or now, now)
        chance = self.chance()
        wait = wait_after(delivery.attempts + 1, attempt, chance)
        pause: float | None = None
        if answer.status_code is None or answer.status_code in SLOW_DOWN:
            # By the endpoint's failures in a row: each of its lanes fails for the first time once.
            pause = min(wait_after(failures, attempt, chance), max(ENDPOINT_PAUSE, answer.retry_after or 0.0))
        self.store.settle(lane, delivery, answer, Settlement(False, wait, pause, report.disabled, alone=endpoint.alone))
        return max(wait, pause or 0.0)

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

    def _wake_later(self, lane: Lane, again: float, report: DeliverReport) -> None:
        """Of a lane that has more, or that repeats soon; of others the relay thinks."""
        if self.queue is not None and report.disabled is None and again <= LONGEST_DELAY:
            self.queue.send([lane], int(again) + 1 if again else 0)

    def _wake_others(self, lane: Lane) -> None:
        """The endpoint answers: its lanes that were sent away meanwhile need not wait for the relay."""
        if self.queue is not None:
            self.queue.send(self.lanes.due(OTHERS_AT_ONCE, endpoint_id=lane.endpoint_id))
