"""Feeds over one Database."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.exports.store import PACKAGE
from almanac.services.feeds.ports import Feed, FeedStore, FoundFeed


class PostgresFeeds(FeedStore):
    """FeedStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("feeds.sql", PACKAGE)

    @override
    def add(self, feed_id: UUID, ws_id: UUID, user_id: str | None, name: str, token_hash: bytes) -> Feed:
        added = self._run.alone("add", id=feed_id, ws_id=ws_id, user_id=user_id, name=name, token_hash=token_hash)
        return Feed(*added[0])

    @override
    def all(self, ws_id: UUID) -> Sequence[Feed]:
        return [Feed(*row) for row in self._run.alone("all", ws_id=ws_id)]

    @override
    def rotate(self, ws_id: UUID, feed_id: UUID, token_hash: bytes) -> bool:
        return bool(self._run.alone("rotate", ws_id=ws_id, id=feed_id, token_hash=token_hash))

    @override
    def revoke(self, ws_id: UUID, feed_id: UUID) -> bool:
        return bool(self._run.alone("revoke", ws_id=ws_id, id=feed_id))

    @override
    def find(self, token_hash: bytes) -> FoundFeed | None:
        found = self._run.read("find", token_hash=token_hash)
        return FoundFeed(Feed(*found[0][:8]), *found[0][8:]) if found else None

    @override
    def note_use(self, feed_id: UUID, on: date) -> None:
        self._run.alone("note_use", id=feed_id, day=on)

    @override
    def members_of_events(self, ws_id: UUID) -> Mapping[UUID, Sequence[str] | None]:
        return {row[0]: row[1] for row in self._run.alone("members_of_events", ws_id=ws_id)}
