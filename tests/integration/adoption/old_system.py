"""A Tuturuuu-like system's database, and Almanac in a schema of its own beside it, under a role that owns only that."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.migrate import migrate
from local.postgres import Postgres

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "tests" / "fixtures" / "legacy" / "schema.sql"
VIEWS = ROOT / "docs" / "adopt" / "legacy_views.sql"
ADA = "ada@example.test"
_ROLE = "newcomer"
_PASSWORD = "made-up-for-a-test"

Values = dict[str, Any]


class OldSystem:
    """Rows of one workspace to invent. Everything that is not given is what the old system would put there."""

    def __init__(self, owner: Database, url: str) -> None:
        self.owner = owner
        """The old system's own connection: it owns the old tables."""
        self.url = url
        """Where Almanac connects: a role that owns schema `almanac` and may read the views."""
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.ada = uuid4()
        self.ws_id = self.put("workspaces", name="Design team", timezone="Asia/Ho_Chi_Minh", creator_id=self.ada)

    def put(self, table: str, **values: Any) -> UUID:
        """Insert a row and return its id (a new one where the table has none)."""
        names = ", ".join(values)
        bound = ", ".join(f":{name}" for name in values)
        has_id = (
            table not in ("task_user_scheduling_settings", "workspace_calendar_hour_settings")
            and "private" not in table
        )
        end = " RETURNING id" if has_id else " RETURNING gen_random_uuid()"
        made: UUID = self.owner.run(f"INSERT INTO {table} ({names}) VALUES ({bound}){end}", **values)[0][0]
        return made

    def account(self, refresh_token: str = "1//made-up", **values: Any) -> UUID:
        given = {
            "user_id": self.ada,
            "ws_id": self.ws_id,
            "access_token": "ya29.made-up",
            "account_email": ADA,
            **values,
        }
        return self.put("calendar_auth_tokens", refresh_token=refresh_token, **given)

    def connection(self, account: UUID | None, calendar_id: str = ADA, **values: Any) -> UUID:
        given = {
            "ws_id": self.ws_id,
            "calendar_name": calendar_id,
            "color": "#0078d4",
            "access_role": "owner",
            **values,
        }
        return self.put("calendar_connections", auth_token_id=account, calendar_id=calendar_id, **given)

    def event(self, title: str = "Review", *, days: float = 1, hours: float = 1, **values: Any) -> UUID:
        start = values.pop("start_at", self.now + timedelta(days=days))
        times = {"start_at": start, "end_at": values.pop("end_at", start + timedelta(hours=hours))}
        return self.put(
            "workspace_calendar_events", **{"ws_id": self.ws_id, "title": title, "color": "BLUE"} | times | values
        )

    def from_google(self, event_id: str, title: str = "Review", *, calendar: str = ADA, **values: Any) -> UUID:
        """As the old sync writes it: locked, whatever it is."""
        identity = {"provider": "google", "external_calendar_id": calendar, "external_event_id": event_id}
        return self.event(title, locked=True, sync_status="synced", last_synced_at=self.now, **identity, **values)

    def board_list(self, status: str = "active") -> UUID:
        return self.put("task_lists", board_id=self.put("workspace_boards", ws_id=self.ws_id), status=status)

    def task(self, name: str = "Report", *, status: str = "active", **values: Any) -> UUID:
        given = {"creator_id": self.ada, "list_id": self.board_list(status), **values}
        return self.put("tasks", name=name, **given)

    def settings(self, task: UUID, *, user: UUID | None = None, hours: float = 2, **values: Any) -> None:
        given = {"calendar_hours": "work_hours", "auto_schedule": True, **values}
        self.put("task_user_scheduling_settings", task_id=task, user_id=user or self.ada, total_duration=hours, **given)

    def habit(self, name: str = "Run", **values: Any) -> UUID:
        return self.put("workspace_habits", ws_id=self.ws_id, creator_id=self.ada, name=name, **values)


def before_adoption(postgres: Postgres) -> str:
    """Make a database with the old schema, the shipped views, and a migrated schema `almanac`; return its name."""
    url = postgres.create_database("before_adoption")
    owner = _owner(url)
    try:
        owner.run(SCHEMA.read_text(encoding="utf-8"))
        owner.run(f"CREATE ROLE {_ROLE} LOGIN PASSWORD '{_PASSWORD}'")
        owner.run(f"CREATE SCHEMA almanac AUTHORIZATION {_ROLE}")
        owner.run(f"ALTER ROLE {_ROLE} SET search_path = almanac")
        owner.run(VIEWS.read_text(encoding="utf-8").replace("TO almanac;", f"TO {_ROLE};"))
        migrate(_as_newcomer(url))
    finally:
        owner.close()
    return "before_adoption"


@contextmanager
def old_system(url: str) -> Iterator[OldSystem]:
    """One workspace in the old tables of a database."""
    owner = _owner(url)
    try:
        yield OldSystem(owner, _as_newcomer(url))
    finally:
        owner.close()


def _owner(url: str) -> Database:
    """The server's own user is called almanac, as our schema is: what it means is always the old tables."""
    owner = Database(lambda: parse_url(url))
    owner.run("SET search_path = public")
    return owner


def _as_newcomer(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{_ROLE}:{_PASSWORD}@{parts.hostname}:{parts.port}"))
