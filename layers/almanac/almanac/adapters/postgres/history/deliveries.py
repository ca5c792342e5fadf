"""Lanes of webhooks and their deliveries in Postgres: the DeliveryStore of the services."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.delivery.body import MOST_CHANGES, fitting
from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.services.events_out.ports import Answer, Delivery, DeliveryStore, Endpoint, Lane, Settlement

_HEAD_LENGTH = 256


class PostgresDeliveries(DeliveryStore):
    """DeliveryStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("history/deliveries.sql")

    @override
    def claim(self, lane: Lane, seconds: float) -> Endpoint | None:
        found = self._run.alone("claim", **_of(lane), seconds=seconds)
        return Endpoint(*found[0]) if found else None

    @override
    def next(self, lane: Lane, kinds: Sequence[str]) -> Delivery | None:
        with self._db.transaction():
            at = self._run("cursor", **_of(lane))
            pending = self._run("pending", **_of(lane))
            if pending:
                delivery_id, first, last, attempts, replayed, more, cut_at, epoch, due = pending[0]
                if not due:
                    return None
                changes = self._changes(lane, kinds, first - 1, last)
                return Delivery(delivery_id, first, last, attempts, replayed, more, cut_at, changes, epoch)
            if not at or at[0][0] >= at[0][1]:
                return None
            return self._cut(lane, kinds, *at[0])

    @override
    def settle(self, lane: Lane, delivery: Delivery, answer: Answer, settlement: Settlement) -> bool:
        known = {"id": delivery.id, "n": delivery.attempts + 1, "endpoint_id": lane.endpoint_id}
        said = {"status_code": answer.status_code, "ms": answer.ms, "error_type": answer.error_type}
        comes = {name: getattr(settlement, name) for name in ("delivered", "wait", "pause", "alone")}
        values = {**known, **said, **comes, "head": answer.head[:_HEAD_LENGTH]}
        if settlement.disabled is None:
            moved = self._run.alone("settle", **values)
        else:
            with self._db.transaction():
                moved = self._run("settle", **values)
                self._run("disable", endpoint_id=lane.endpoint_id, reason=settlement.disabled)
        return not moved or bool(moved[0][0])

    @override
    def release(self, lane: Lane) -> bool:
        found = self._run.alone("release", **_of(lane))
        return bool(found and found[0][0])

    @override
    def give_back(self, endpoint_id: UUID) -> None:
        self._run.alone("give_back", endpoint_id=endpoint_id)

    @override
    def claim_test(self, endpoint_id: UUID) -> Endpoint | None:
        found = self._run.alone("claim_test", endpoint_id=endpoint_id)
        return Endpoint(*found[0]) if found else None

    @override
    def settle_test(self, endpoint_id: UUID, answer: Answer) -> None:
        said = {"status_code": answer.status_code, "ms": answer.ms, "error_type": answer.error_type}
        self._run.alone("settle_test", endpoint_id=endpoint_id, head=answer.head[:_HEAD_LENGTH], **said)

    def _cut(self, lane: Lane, kinds: Sequence[str], cursor: int, head: int, replayed_until: int) -> Delivery | None:
        """A new range after the cursor. What the endpoint is not told of is passed by, or is in the range unsaid."""
        found = self._changes(lane, kinds, cursor, head)
        if not found:
            self._run("advance", **_of(lane), version=head)
            return None
        changes = found[: fitting(found)]
        more = len(changes) < len(found)
        last = changes[-1].version if more else head
        delivery_id, replayed = uuid4(), cursor < replayed_until
        span = {"first": cursor + 1, "last": last}
        cut_at, epoch = self._run("cut", **_of(lane), **span, id=delivery_id, more=more, replayed=replayed)[0]
        return Delivery(delivery_id, cursor + 1, last, 0, replayed, more, cut_at, changes, epoch)

    def _changes(self, lane: Lane, kinds: Sequence[str], after: int, until: int) -> Sequence[Change]:
        rows = self._run(
            "changes",
            ws_id=lane.ws_id,
            after=after,
            until=until,
            kinds=arrays.texts(kinds),
            of_events=arrays.texts(sorted(OF_EVENTS)),
            limit=MOST_CHANGES + 1,
        )
        return [Change(*row) for row in rows]


def _of(lane: Lane) -> dict[str, Any]:
    return {"endpoint_id": lane.endpoint_id, "ws_id": lane.ws_id}
