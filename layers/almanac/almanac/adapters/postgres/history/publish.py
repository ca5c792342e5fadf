"""What the bus has not heard, and which lanes are due: the PublishingStore and LaneStore of the services."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.services.events_out.ports import Lane, LaneStore, PublishingStore, Unpublished


class PostgresPublishing(PublishingStore, LaneStore):
    """PublishingStore and LaneStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("history/publish.sql")

    @override
    def claim(self, workspaces: int, changes: int, seconds: float) -> Sequence[Unpublished]:
        limits = {"workspaces": workspaces, "changes": changes, "seconds": seconds}
        rows = self._run.alone("claim", **limits, of_events=arrays.texts(sorted(OF_EVENTS)))
        claimed = []
        for (ws_id, head), group in groupby(rows, key=lambda row: (row[0], row[1])):
            found = [Change(*row[2:]) for row in group if row[2] is not None]
            claimed.append(Unpublished(ws_id, found, found[-1].version if len(found) == changes else head))
        return claimed

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
    def due(self, limit: int) -> Sequence[Lane]:
        return [Lane(*row[:2]) for row in self._run.alone("due_lanes", limit=limit)]
