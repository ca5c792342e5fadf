"""What became of requests for a plan, in Postgres. Every statement only reads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.runs import PlanCounts, RequestedPlan
from almanac.domain.people_names import people_names
from almanac.services.operations.ports import RunsOfRequests


class PostgresRequestedPlans(RunsOfRequests[RequestedPlan]):
    """RunsOfRequests of plans over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("runs.sql")

    @override
    def runs_of_request(self, ws_id: UUID, request_id: str) -> Sequence[RequestedPlan]:
        """Return the newest run of the request, its notes with titles, if there is one."""
        found = self._run("run_of_request", ws_id=ws_id, request_id=request_id)
        return [_requested(*row) for row in found]

    @override
    def sync_progress(self, ws_id: UUID, run_id: UUID) -> None:
        return None


def _requested(*row: Any) -> RequestedPlan:
    *columns, notes, error_type, error, members = row
    names = people_names(members)
    for note in notes:
        note["names"] = [names.get(user, user) for user in note.get("people", ())]
    return RequestedPlan(*(*columns[:10], PlanCounts(*columns[10:24]), *columns[24:], notes, error_type, error))
