"""What telling others needs from the outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from almanac.domain.delivery.listed import BehindLane, ListedDelivery, ListedTest
from almanac.domain.history.changes import Change


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Changes of one workspace that the bus has not heard of, in order; `until` is the version that they reach.

    Not all versions have one: events of a first reading are not told one by one.
    """

    ws_id: UUID
    changes: Sequence[Change]
    until: int
    epoch: int = 0


class NewsStore(Protocol):
    """Which workspaces have changed since somebody was told. Raises DatabaseUnavailable and StorageFailed."""

    def take_news(self, ws_id: UUID) -> bool:
        """Whether the workspace's head has moved since this was asked last; the next who asks hears of later ones."""
        ...


class NudgeQueue(Protocol):
    """Wakes the relay. Raises QueueUnavailable."""

    def send(self, ws_id: UUID) -> None:
        """Send that a workspace has changed."""
        ...


class PublishingStore(Protocol):
    """Up to where the bus has heard of each workspace. All raise DatabaseUnavailable and StorageFailed."""

    def claim(
        self, workspaces: int, changes: int, seconds: float, among: Collection[UUID] | None = None
    ) -> Sequence[Unpublished]:
        """Claim workspaces (None: of all) with something to publish for so long, at most `changes` changes of each."""
        ...

    def notice_restore(self) -> int | None:
        """Begin a new epoch if this database was read from another server's dump; which, or None."""
        ...

    def feed_held(self) -> float:
        """How long the feed of all workspaces has been held back by a transaction that stays open, in seconds."""
        ...

    def published(self, until: Mapping[UUID, int], held: Mapping[UUID, float]) -> None:
        """Note up to which version each claimed workspace was published, and give the claims back.

        `held` are kept for so many seconds more: their events were refused, and are to be put again later.
        """
        ...

    def skip_all(self) -> None:
        """Note everything as published: nobody listens."""
        ...

    def disabled_endpoints(self) -> Sequence[tuple[UUID, UUID | None, str]]:
        """Webhook endpoints that were disabled and that nobody was told of: id, workspace if it has one, why."""
        ...

    def told_disabled(self, endpoint_ids: Sequence[UUID]) -> None:
        """Note that the bus has heard of them."""
        ...


class EventBus(Protocol):
    """A bus with many subscribers."""

    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        """Put CloudEvents onto the bus, in order; whether each was accepted. Raises nothing for what may pass."""
        ...


@dataclass(frozen=True, slots=True)
class Lane:
    """One endpoint in one workspace."""

    endpoint_id: UUID
    ws_id: UUID


class LaneStore(Protocol):
    """Lanes in which something is due. Raises DatabaseUnavailable and StorageFailed."""

    def due(self, limit: int, among: Collection[UUID] | None = None, endpoint_id: UUID | None = None) -> Sequence[Lane]:
        """Lanes of active endpoints, in these workspaces or in all, with changes to deliver or repeat now.

        Not those that somebody works on; of an endpoint that one worker has to try first, one lane. With an
        `endpoint_id` that endpoint's alone.
        """
        ...


class LaneQueue(Protocol):
    """Wakes whoever delivers. Raises QueueUnavailable."""

    def send(self, lanes: Sequence[Lane], delay_seconds: int = 0) -> None:
        """Send a message a lane, which arrives after the delay (at most 900 seconds)."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A subscriber. `secrets` are ciphertext, the newest first; one that has been replaced is valid for a day.

    `alone`: whoever has claimed it is the only one who calls it, until it has answered.
    """

    id: UUID
    ws_id: UUID | None
    url: str
    kinds: Sequence[str]
    status: str
    secrets: Sequence[str]
    failures: int
    failing_since: datetime | None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A range of versions for one endpoint; `attempts` were made before. `changes` are those that it is told of."""

    id: UUID
    from_version: int
    to_version: int
    attempts: int
    replayed: bool
    more: bool
    cut_at: datetime
    changes: Sequence[Change]
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended: the endpoint's status code, or None and the code of what went wrong."""

    status_code: int | None
    error_type: str | None
    ms: int
    head: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a delivery after an attempt: taken, or repeated after `wait` seconds.

    `pause` seconds all lanes of the endpoint wait, for it did not answer or asked for that; `disabled` is why the
    endpoint is given up. `alone` as of the endpoint: what has answered is open to all lanes again.
    """

    delivered: bool
    wait: float = 0.0
    pause: float | None = None
    disabled: str | None = None
    alone: bool = False


class DeliveryStore(Protocol):
    """Lanes and their deliveries. All raise DatabaseUnavailable and StorageFailed."""

    def claim(self, lane: Lane, seconds: float) -> Endpoint | None:
        """Take a lane of an active endpoint for so long; None when somebody has it, or the endpoint is not active.

        None too while somebody else has the endpoint alone: it pauses, or all workspaces share it and it has not
        answered lately.
        """
        ...

    def next(self, lane: Lane, kinds: Sequence[str]) -> Delivery | None:
        """Return the range that is due now, one that is repeated or a new one; prolong the claim. None: nothing is."""
        ...

    def settle(self, lane: Lane, delivery: Delivery, answer: Answer, settlement: Settlement) -> bool:
        """Write down how an attempt ended, all or nothing; whether the lane has more to deliver."""
        ...

    def release(self, lane: Lane) -> bool:
        """Give a lane back; whether it has something to deliver or to repeat."""
        ...

    def give_back(self, endpoint_id: UUID) -> None:
        """Let others try an endpoint that was claimed alone and not called."""
        ...

    def claim_test(self, endpoint_id: UUID) -> Endpoint | None:
        """Take the test that somebody asked for, of an endpoint of any status; None when nobody did."""
        ...

    def settle_test(self, endpoint_id: UUID, answer: Answer) -> None:
        """Write down how a test ended."""
        ...


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """An endpoint as people see it: no secret. `behind` counts versions of all its workspaces that it has not heard."""

    id: UUID
    ws_id: UUID | None
    url: str
    kinds: Sequence[str]
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    failures: int
    old_until: datetime | None
    created_at: datetime
    behind: int


class WebhookStore(Protocol):
    """Endpoints. Changes return whether there is such an endpoint. All raise DatabaseUnavailable and StorageFailed."""

    def add(self, endpoint_id: UUID, ws_id: UUID | None, url: str, kinds: Sequence[str], secret: str) -> None:
        """Store an endpoint with the ciphertext of its secret, unless it was before; it begins at the heads.

        Raises UnknownWorkspace.
        """
        ...

    def all(self, ws_id: UUID | None) -> Sequence[ListedEndpoint]:
        """Endpoints of one workspace alone, or all, by creation."""
        ...

    def one(self, endpoint_id: UUID) -> ListedEndpoint | None:
        """An endpoint as people see it."""
        ...

    def load(self, endpoint_id: UUID) -> Endpoint | None:
        """An endpoint with the ciphertext of its secrets."""
        ...

    def set_status(self, endpoint_id: UUID, status: str, *, skip: bool) -> bool:
        """Pause it, or let it go on at its cursors or (`skip`) after what has happened, its failures forgotten."""
        ...

    def deliveries(self, endpoint_id: UUID, ws_ids: Sequence[UUID] | None, limit: int) -> Sequence[ListedDelivery]:
        """Its last deliveries in these workspaces (None: all), the newest first, with the last attempt at each."""
        ...

    def last_deliveries(
        self, endpoint_ids: Sequence[UUID], ws_ids: Sequence[UUID] | None
    ) -> Mapping[UUID, ListedDelivery]:
        """The last delivery of each endpoint that has had one, likewise."""
        ...

    def behind(self, endpoint_id: UUID, limit: int) -> Sequence[BehindLane]:
        """Workspaces of which it has not heard everything, those that are behind most first."""
        ...

    def ask_test(self, endpoint_id: UUID) -> None:
        """Note that a test is wanted, unless one has been for less than two minutes."""
        ...

    def last_test(self, endpoint_id: UUID) -> ListedTest | None:
        """Its last test."""
        ...

    def remove(self, endpoint_id: UUID) -> bool:
        """Delete it with all that belongs to it."""
        ...

    def rotate(self, endpoint_id: UUID, secret: str, old_until: datetime, request_id: UUID) -> None:
        """Give it a new secret, unless this request has; the one before stays valid until then."""
        ...

    def replay(self, endpoint_id: UUID, ws_id: UUID, version: int | None, moment: datetime | None) -> int:
        """Set its cursor in a workspace back, and cancel what is under way there; the first version it hears again.

        Raises BadInput when it does not hear of that workspace or the version is to come, and CursorExpired.
        """
        ...


class WebhookSender(Protocol):
    """One signed POST."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it; follow nothing. Never raises for what the other side does."""
        ...


class ReplayStore(Protocol):
    """Changes as they are told. All raise DatabaseUnavailable and StorageFailed."""

    def told(self, ws_id: UUID, after: int, limit: int) -> Sequence[Change]:
        """The changes after a version that subscribers are told of, in their order."""
        ...

    def first_since(self, ws_id: UUID, moment: datetime) -> int:
        """The first version at or after an instant; the one after the head, when there is none."""
        ...

    def stands(self, ws_id: UUID) -> tuple[int, int, int]:
        """Head, oldest version that is kept, and epoch. Raises UnknownWorkspace."""
        ...

    def workspaces(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Workspaces that have a history, by id, from one on."""
        ...
