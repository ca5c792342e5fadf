"""What the bus has not heard, and which lanes are due: ports of the relay and of who wakes it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.errors import UnknownWorkspace
from almanac.services.events_out.ports import Lane, LaneStore, NewsStore, PublishingStore, ReplayStore, Unpublished


class PostgresPublishing(PublishingStore, LaneStore, NewsStore, ReplayStore):
    """PublishingStore, LaneStore, NewsStore and ReplayStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("history/publish.sql")

    @override
    def claim(
        self, workspaces: int, changes: int, seconds: float, among: Collection[UUID] | None = None
    ) -> Sequence[Unpublished]:
        limits = {"workspaces": workspaces, "changes": changes, "seconds": seconds, "among": arrays.ids(among)}
        rows = self._run.alone("claim", **limits, of_events=arrays.texts(sorted(OF_EVENTS)))
        claimed = []
        for (ws_id, head, epoch), group in groupby(rows, key=lambda row: (row[0], row[1], row[2])):
            found = [Change(*row[3:]) for row in group if row[3] is not None]
            claimed.append(Unpublished(ws_id, found, found[-1].version if len(found) == changes else head, epoch))
        return claimed

    @override
    def take_news(self, ws_id: UUID) -> bool:
        return bool(self._run.alone("take_news", ws_id=ws_id))

    @override
    def told(self, ws_id: UUID, after: int, limit: int) -> Sequence[Change]:
        kinds = arrays.texts(sorted(OF_EVENTS))
        rows = self._run.alone("told", ws_id=ws_id, after=after, limit=limit, of_events=kinds)
        return [Change(*row) for row in rows]

    @override
    def first_since(self, ws_id: UUID, moment: datetime) -> int:
        first: int = self._run.alone("first_since", ws_id=ws_id, moment=moment)[0][0]
        return first

    @override
    def stands(self, ws_id: UUID) -> tuple[int, int, int]:
        found = self._run.alone("stands", ws_id=ws_id)
        if not found:
            raise UnknownWorkspace(ws_id)
        return found[0][0], found[0][1], found[0][2]

    @override
    def workspaces(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        return [row[0] for row in self._run.alone("workspaces", after=after, limit=limit)]

    @override
    def notice_restore(self) -> int | None:
        epoch: int | None = self._run.alone("notice_restore")[0][0]
        return epoch

    @override
    def feed_held(self) -> float:
        seconds: float = self._run.alone("feed_held")[0][0]
        return seconds

    @override
    def published(self, until: Mapping[UUID, int], held: Mapping[UUID, float]) -> None:
        self._run.alone(
            "published",
            ws_ids=arrays.texts(map(str, until)),
            versions=arrays.integers(until.values()),
            held=arrays.texts(None if each not in held else str(held[each]) for each in until),
        )

    @override
    def skip_all(self) -> None:
        self._run.alone("skip_all")

    @override
    def disabled_endpoints(self) -> Sequence[tuple[UUID, UUID | None, str]]:
        return [(row[0], row[1], row[2]) for row in self._run.alone("disabled_endpoints")]

    @override
    def told_disabled(self, endpoint_ids: Sequence[UUID]) -> None:
        self._run.alone("told_disabled", ids=arrays.texts(map(str, endpoint_ids)))

    @override
    def due(self, limit: int, among: Collection[UUID] | None = None, endpoint_id: UUID | None = None) -> Sequence[Lane]:
        rows = self._run.alone("due_lanes", limit=limit, among=arrays.ids(among), endpoint_id=endpoint_id)
        return [Lane(*row[:2]) for row in rows]
