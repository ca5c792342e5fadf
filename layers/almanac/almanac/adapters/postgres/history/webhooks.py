"""Endpoints of webhooks in Postgres: the WebhookStore of the services."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.delivery.listed import BehindLane, ListedDelivery, ListedTest
from almanac.errors import BadInput, CursorExpired, UnknownWorkspace
from almanac.services.events_out.ports import Endpoint, ListedEndpoint, WebhookStore


class PostgresWebhooks(WebhookStore):
    """WebhookStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("history/webhooks.sql")

    @override
    def add(self, endpoint_id: UUID, ws_id: UUID | None, url: str, kinds: Sequence[str], secret: str) -> None:
        with self._db.transaction():
            if ws_id is not None and not self._run("workspace", ws_id=ws_id):
                raise UnknownWorkspace(ws_id)
            if self._run("add", id=endpoint_id, ws_id=ws_id, url=url, kinds=arrays.texts(kinds), secret=secret):
                self._run("begin_at_heads", id=endpoint_id, ws_id=ws_id)

    @override
    def all(self, ws_id: UUID | None) -> Sequence[ListedEndpoint]:
        found = [ListedEndpoint(*row) for row in self._run.alone("all", ws_id=ws_id, id=None)]
        if not found and ws_id is not None and not self._run.alone("workspace", ws_id=ws_id):
            raise UnknownWorkspace(ws_id)
        return found

    @override
    def one(self, endpoint_id: UUID) -> ListedEndpoint | None:
        found = self._run.alone("all", ws_id=None, id=endpoint_id)
        return ListedEndpoint(*found[0]) if found else None

    def given_up(self, ws_ids: Sequence[UUID] | None) -> int:
        """Return how many endpoints of these workspaces (None: of all, and of none in particular) were given up."""
        named = arrays.ids(ws_ids)
        found: int = self._run.alone("given_up", ws_ids=named)[0][0]
        return found

    @override
    def load(self, endpoint_id: UUID) -> Endpoint | None:
        found = self._run.alone("load", id=endpoint_id)
        return Endpoint(*found[0]) if found else None

    @override
    def set_status(self, endpoint_id: UUID, status: str, *, skip: bool) -> bool:
        with self._db.transaction():
            if skip:
                self._run("skip_to_heads", id=endpoint_id)  # first, as in a replay
                self._run("cancel_all_pending", id=endpoint_id)
            self._run("repeat_now", id=endpoint_id)
            return bool(self._run("set_status", id=endpoint_id, status=status))

    @override
    def remove(self, endpoint_id: UUID) -> bool:
        return bool(self._run.alone("remove", id=endpoint_id))

    @override
    def rotate(self, endpoint_id: UUID, secret: str, old_until: datetime, request_id: UUID) -> None:
        self._run.alone("rotate", id=endpoint_id, secret=secret, old_until=old_until, request_id=request_id)

    @override
    def deliveries(self, endpoint_id: UUID, ws_ids: Sequence[UUID] | None, limit: int) -> Sequence[ListedDelivery]:
        named = arrays.ids(ws_ids)
        return [
            ListedDelivery(*row) for row in self._run.alone("deliveries", id=endpoint_id, ws_ids=named, limit=limit)
        ]

    @override
    def last_deliveries(
        self, endpoint_ids: Sequence[UUID], ws_ids: Sequence[UUID] | None
    ) -> Mapping[UUID, ListedDelivery]:
        named = arrays.ids(ws_ids)
        found = self._run.alone("last_deliveries", ids=arrays.texts(map(str, endpoint_ids)), ws_ids=named)
        return {row[0]: ListedDelivery(*row[1:]) for row in found}

    @override
    def behind(self, endpoint_id: UUID, limit: int) -> Sequence[BehindLane]:
        return [BehindLane(*row) for row in self._run.alone("behind", id=endpoint_id, limit=limit)]

    @override
    def ask_test(self, endpoint_id: UUID) -> None:
        self._run.alone("ask_test", id=endpoint_id)

    @override
    def last_test(self, endpoint_id: UUID) -> ListedTest | None:
        found = self._run.alone("last_test", id=endpoint_id)
        return ListedTest(*found[0]) if found else None

    @override
    def replay(self, endpoint_id: UUID, ws_id: UUID, version: int | None, moment: datetime | None) -> int:
        with self._db.transaction():
            found = self._run("lane", id=endpoint_id, ws_id=ws_id)
            if not found:
                raise BadInput("id", f"no webhook endpoint {endpoint_id} that hears of workspace {ws_id}")
            head, oldest = found[0]
            if version is None:
                version = self._run("first_since", ws_id=ws_id, moment=moment, head=head)[0][0]
            first = max(version, 1)
            if first > head + 1:
                raise BadInput("from_version", f"must be at most {head}, the last version")
            if first < oldest:
                raise CursorExpired("from_version", oldest)
            # The cursor first: its lock waits for who is cutting a range, which would be missed and move it on again.
            self._run("set_back", id=endpoint_id, ws_id=ws_id, version=first - 1)
            self._run("cancel_pending", id=endpoint_id, ws_id=ws_id)
            return first
