"""The turns of those who wait for a plan, over one Database."""

from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.services.plan.ports import PreviewTurnStore


class PostgresPreviewTurns(PreviewTurnStore):
    """As many turns as `preview_turns` has rows."""

    def __init__(self, database: Database) -> None:
        self._run = database.statements("preview_turns.sql", "almanac.adapters.postgres.plan")

    @override
    def take(self, holder: UUID, seconds: float) -> float | None:
        if self._run.alone("take_turn", holder=holder, seconds=seconds):
            return None
        taken_for: float = self._run.alone("oldest_turn")[0][0]
        return taken_for

    @override
    def give_back(self, holder: UUID) -> None:
        self._run.alone("give_back_turn", holder=holder)
