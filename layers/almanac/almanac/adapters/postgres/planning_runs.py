"""What an operator asks about planning runs, in Postgres. Every statement only reads."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.domain.workspace_plan.report import CHANGES, COUNTS
from almanac.services.plan.ports import PlanningRuns

_COLUMNS = (
    *("run_id", "ws_id", "status", "outcome", "request_id", "started_at", "finished_at", "retry_after"),
    *("window_start", "window_end", "attempts", "tasks", "habits", *COUNTS, *CHANGES, "objective", "total_ms"),
    *("warnings", "error_type", "error"),
)


class PostgresPlanningRuns(PlanningRuns):
    """PlanningRuns over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("runs.sql")

    @override
    def of_request(self, ws_id: UUID, request_id: str) -> Mapping[str, Any] | None:
        """The newest run of a request, its notes with titles; None while there is none."""
        found = self._run("run_of_request", ws_id=ws_id, request_id=request_id)
        return dict(zip(_COLUMNS, found[0], strict=True)) if found else None

    @override
    def workspace_name(self, ws_id: UUID) -> str:
        """What people call the workspace, which must exist."""
        return str(self._run("workspace_name", ws_id=ws_id)[0][0])
