"""What operators ask of the database."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID


class OperatorStore(Protocol):
    """What the use cases here read; records are rows by column name. Raises DatabaseUnavailable, StorageFailed."""

    def require_workspace(self, ws_id: UUID) -> None:
        """Raises UnknownWorkspace unless it is there."""
        ...

    def live_workspaces(self) -> Sequence[UUID]:
        """Workspaces with a calendar to read through an account that works."""
        ...

    def connections(self, ws_id: UUID) -> Sequence[Mapping[str, Any]]:
        """`calendar_id`, `primary`, `is_read` and more of each connection."""
        ...


class RunsOfRequests(Protocol):
    """What became of a request; records are run rows by column name. Raises DatabaseUnavailable, StorageFailed."""

    def runs_of_request(self, ws_id: UUID, request_id: str) -> Sequence[Mapping[str, Any]]:
        """Run rows of one request, oldest first."""
        ...

    def progress(self, ws_id: UUID, run_id: UUID) -> tuple[int, int]:
        """Calendars done and events listed by a running run."""
        ...
