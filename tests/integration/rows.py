"""Rows that integration tests start from, and events to write."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import Database
from almanac.domain.calendar.events import EventPage, EventRow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def workspace(database: Database, *, zone: str | None = "Europe/Berlin") -> UUID:
    ws_id = uuid4()
    database.run("INSERT INTO workspaces (id, name, timezone) VALUES (:id, 'Team', :zone)", id=ws_id, zone=zone)
    return ws_id


def account(database: Database, ws_id: UUID, email: str = "ada@example.test", *, status: str = "active") -> UUID:
    sql = (
        "INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token, status)"
        " VALUES (:ws_id, 'ada', :email, 'gAAAA-not-a-real-one', :status) RETURNING id"
    )
    account_id: UUID = database.run(sql, ws_id=ws_id, email=email, status=status)[0][0]
    return account_id


def connection(
    database: Database, ws_id: UUID, account_id: UUID, calendar_id: str = "ada@example.test", *, role: str = "owner"
) -> UUID:
    sql = (
        "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id, access_role, is_primary)"
        " VALUES (:ws_id, :account_id, :calendar_id, :role, :calendar_id = 'ada@example.test') RETURNING id"
    )
    values = {"ws_id": ws_id, "account_id": account_id, "calendar_id": calendar_id, "role": role}
    connection_id: UUID = database.run(sql, **values)[0][0]
    return connection_id


def event(event_id: str = "e1", *, start: datetime = NOON, etag: str | None = '"1"', **other: object) -> EventRow:
    row = EventRow(
        external_event_id=event_id,
        title="Review",
        description="",
        location="",
        start_at=start,
        end_at=start + timedelta(hours=1),
        all_day=False,
        start_date=None,
        end_date=None,
        time_zone="Europe/Berlin",
        status="confirmed",
        transparency="opaque",
        response=None,
        event_type="default",
        visibility="default",
        recurring_event_id=None,
        original_start_at=None,
        original_start_date=None,
        ical_uid=f"{event_id}@google.com",
        etag=etag,
        sequence=0,
        color="BLUE",
        provider_color=None,
        html_link=None,
        attendees=None,
        creator_email=None,
        organizer_email=None,
        own_block=False,
        external_updated_at=None,
    )
    return row._replace(**other)


def page(*rows: EventRow, tombstones: tuple[str, ...] = (), unreadable: tuple[str, ...] = ()) -> EventPage:
    return EventPage(rows, tombstones, (), unreadable, mapping_version=1)
