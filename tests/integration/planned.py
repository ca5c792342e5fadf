"""A workspace with tasks, habits and events in a real Postgres, and the planning use case over it."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from almanac.domain.workspace_plan.report import PlanReport
from almanac.jobs import CalendarSchedule
from almanac.services.clock import Deadline
from almanac.wiring.command_line import Wiring
from tests.integration import rows

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""07:00 in Berlin, before anybody's hours begin."""
NINE_TO_FIVE = {
    day: {"enabled": True, "timeBlocks": [{"startTime": "09:00", "endTime": "17:00"}]}
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
}


@dataclass(frozen=True)
class Shown:
    """A block as its owner sees it, times on the workspace's wall clock."""

    id: UUID
    title: str
    day: str
    start: str
    end: str
    minutes: int


class Planned:
    """One workspace; `plan()` runs a job through the real use case at `now`."""

    def __init__(self, database_url: str, *, zone: str | None = "Europe/Berlin", **settings: str) -> None:
        self.wiring = Wiring({"ALMANAC_DATABASE_URL": database_url, "ALMANAC_PLAN_BUDGET_SECONDS": "0.05", **settings})
        self.database = self.wiring.database
        self.now = MONDAY
        self.zone = zone or "UTC"
        self.ws_id = rows.workspace(self.database, zone=zone)
        self.use_case = self.wiring.plan_workspace
        object.__setattr__(self.use_case, "clock", lambda: self.now)
        self.hours("work", NINE_TO_FIVE)

    def at(self, text: str) -> datetime:
        """A wall time of the workspace: "03-02 09:00" (of 2026)."""
        return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZoneInfo(self.zone))

    def hours(self, category: str, week: Any) -> None:
        self.database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:ws, :type, :data::jsonb)"
            " ON CONFLICT (ws_id, type) DO UPDATE SET data = excluded.data",
            ws=self.ws_id,
            type=category,
            data=json.dumps(week),
        )

    def prefer(self, **scheduling: Any) -> None:
        self.database.run(
            "UPDATE workspaces SET settings = :settings::jsonb WHERE id = :ws",
            settings=json.dumps({"scheduling": scheduling}),
            ws=self.ws_id,
        )

    def task(self, title: str = "Report", minutes: int | None = 60, *, category: str = "work", **columns: Any) -> UUID:
        return self._insert("tasks", title=title, total_minutes=minutes, calendar_hours=category, **columns)

    def after(self, task: UUID, predecessor: UUID) -> None:
        sql = "INSERT INTO task_dependencies (ws_id, task_id, depends_on_task_id) VALUES (:ws, :task, :other)"
        self.database.run(sql, ws=self.ws_id, task=task, other=predecessor)

    def habit(self, name: str = "Lunch", minutes: int = 30, **columns: Any) -> UUID:
        columns = {"start_date": date(2026, 1, 1), **columns}
        return self._insert("workspace_habits", name=name, duration_minutes=minutes, **columns)

    def skip(self, habit: UUID, day: date) -> None:
        sql = "INSERT INTO habit_skipped_occurrences (ws_id, habit_id, occurrence_date) VALUES (:ws, :habit, :day)"
        self.database.run(sql, ws=self.ws_id, habit=habit, day=day)

    def event(self, start: str, end: str, **columns: Any) -> UUID:
        """A Google event on a calendar that is connected, wall times."""
        given = {"provider": "google", "external_calendar_id": "ada@example.test", "external_event_id": uuid4().hex}
        values = {**given, **columns}
        if values["provider"] == "google":
            self.connect(values["external_calendar_id"])
        return self._insert("workspace_calendar_events", start_at=self.at(start), end_at=self.at(end), **values)

    def connect(self, calendar_id: str = "ada@example.test", email: str = "ada@example.test") -> None:
        """The calendar, of the account of that address; it may be connected already."""
        sql = "SELECT id FROM calendar_auth_tokens WHERE ws_id = :ws AND account_email = :email"
        found = self.database.run(sql, ws=self.ws_id, email=email)
        account = found[0][0] if found else rows.account(self.database, self.ws_id, email)
        sql = "SELECT 1 FROM calendar_connections WHERE auth_token_id = :account AND calendar_id = :calendar"
        if not self.database.run(sql, account=account, calendar=calendar_id):
            rows.connection(self.database, self.ws_id, account, calendar_id)

    def whole_day(self, day: date, **columns: Any) -> UUID:
        text = f"{day:%m-%d} 00:00", f"{day + timedelta(days=1):%m-%d} 00:00"
        return self.event(*text, all_day=True, start_date=day, end_date=day + timedelta(days=1), **columns)

    def change(self, table: str, key: UUID, **columns: Any) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        name = "event_id" if table.endswith("_calendar_events") and table != "workspace_calendar_events" else "id"
        self.database.run(f"UPDATE {table} SET {sets} WHERE {name} = :key", key=key, **columns)

    def plan(self, *, sent_at: datetime | None = None, deadline: Deadline = lambda: 100.0, **job: Any) -> PlanReport:
        asked = CalendarSchedule(**{"ws_id": self.ws_id, "window_days": 7, **job})
        return self.use_case(asked, sent_at, deadline)

    def blocks(self, title: str | None = None) -> list[Shown]:
        """Generated blocks in time order."""
        found = self.database.run(
            "SELECT e.id, e.title, e.start_at, e.end_at, coalesce(t.scheduled_minutes, h.scheduled_minutes)"
            " FROM workspace_calendar_events e LEFT JOIN task_calendar_events t ON t.event_id = e.id"
            " LEFT JOIN habit_calendar_events h ON h.event_id = e.id"
            " WHERE e.ws_id = :ws AND (t.event_id IS NOT NULL OR h.event_id IS NOT NULL) ORDER BY e.start_at, e.title",
            ws=self.ws_id,
        )
        return [self._shown(row) for row in found if title is None or row[1] == title]

    def times(self, title: str | None = None) -> list[str]:
        """ "03-02 09:00-10:00" of each block."""
        return [f"{block.day} {block.start}-{block.end}" for block in self.blocks(title)]

    def written(self) -> list[Any]:
        """The row versions of everything a plan writes but its own metadata."""
        tables = ("workspace_calendar_events", "task_calendar_events", "habit_calendar_events")
        return [self.database.run(f"SELECT xmin::text, ctid::text FROM {table} ORDER BY ctid") for table in tables]

    def runs(self) -> list[Any]:
        """(status, outcome, attempts, warnings) of the runs, oldest first."""
        sql = (
            "SELECT status, outcome, attempts, warnings FROM workspace_scheduling_metadata"
            " WHERE ws_id = :ws ORDER BY started_at"
        )
        return list(self.database.run(sql, ws=self.ws_id))

    def _shown(self, row: Any) -> Shown:
        start, end = (moment.astimezone(ZoneInfo(self.zone)) for moment in row[2:4])
        return Shown(row[0], row[1], f"{start:%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}", row[4])

    def _insert(self, table: str, **columns: Any) -> UUID:
        names = ", ".join(columns)
        values = ", ".join(f":{name}" for name in columns)
        sql = f"INSERT INTO {table} (ws_id, {names}) VALUES (:ws, {values}) RETURNING id"
        key: UUID = self.database.run(sql, ws=self.ws_id, **columns)[0][0]
        return key
