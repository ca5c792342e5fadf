"""A push channel as an operator sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListedChannel:
    """One channel. `ours`: of this installation; `here`: rings at its address; `healthy`: polls may slow down."""

    id: UUID
    ws_id: UUID
    workspace: str
    connection_id: UUID | None
    calendar: str | None
    calendar_id: str | None
    status: str
    verified_at: datetime | None
    expires_at: datetime | None
    last_message_at: datetime | None
    missed_pushes: int
    retry_at: datetime | None
    last_error_type: str | None
    ours: bool | None
    here: bool | None
    healthy: bool | None
