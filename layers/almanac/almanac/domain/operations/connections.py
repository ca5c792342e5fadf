"""What is stored about a workspace's connected calendars, as operators look at it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

SWITCHES = ("enabled", "inbound", "outbound", "deletes")
"""What of a calendar can be turned on and off."""


@dataclass(frozen=True, slots=True)
class ConnectedCalendar:
    """One calendar of an account that a workspace is connected to. Instants are UTC.

    `is_read` says whether a sync reads it; `inbound`, `outbound` and `deletes` are its switches. `failures` counts the
    passes in a row that failed, with `error_type` and `error` of the last one and a pause until `retry_at`.
    """

    connection_id: UUID
    calendar_id: str
    name: str
    account_id: UUID
    account_email: str
    user_id: str
    account_status: str
    access_role: str
    primary: bool
    enabled: bool
    inbound: bool
    outbound: bool
    deletes: bool
    is_read: bool
    last_synced_at: datetime | None
    full_synced_at: datetime | None
    status: str
    error_type: str | None
    error: str | None
    failures: int
    retry_at: datetime | None
