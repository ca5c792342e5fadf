"""A workspace whose member has a target calendar in the simulator: what tests of both directions drive."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from local.google_simulator.simulator import Simulator
from tests.integration.team import Json, Team

ADA = "ada@example.test"
QUEUES = {"ALMANAC_SCHEDULE_QUEUE_URL": "http://127.0.0.1:1/schedule.fifo"}


class Writing(Team):
    """Ada's primary calendar is connected and is where her blocks go."""

    def __init__(
        self,
        simulator: Simulator,
        database_url: str,
        *,
        calendar: str | None = ADA,
        connected: bool = True,
        **settings: str,
    ) -> None:
        super().__init__(simulator, database_url, **QUEUES, **settings)
        self.run("UPDATE workspaces SET creator_id = 'ada' WHERE id = :ws")
        (self.calendar,) = self.connect() if connected else (ADA,)
        self.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, 'ada')")
        write_out = self.wiring.write_out
        object.__setattr__(write_out, "sleep", self.waited.append)
        if calendar is not None and connected:
            self.target(calendar)

    def target(self, calendar: str | None, *, reviewed: bool = True) -> None:
        """What `almanac member target` and a dry run leave behind."""
        self.run(
            "UPDATE workspace_members SET target_connection_id = (SELECT id FROM calendar_connections"
            " WHERE ws_id = :ws AND calendar_id = :calendar::text) WHERE ws_id = :ws",
            calendar=calendar,
        )
        if reviewed:
            self.run("UPDATE workspace_members SET target_reviewed_at = now() WHERE ws_id = :ws")

    def second_calendar(self) -> str:
        """Another calendar of Ada's that is connected; returns its id."""
        calendar = self.google.add_calendar(ADA, "Work")
        self.run(
            "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id, access_role)"
            " SELECT ws_id, id, :calendar, 'owner' FROM calendar_auth_tokens WHERE ws_id = :ws",
            calendar=calendar,
        )
        return calendar

    def run(self, sql: str, **values: Any) -> Any:
        """A statement about the workspace, as the product could send it."""
        return self.database.run(sql.replace(":ws", ":ws_id"), ws_id=self.ws_id, **values)

    def at(self, hours: float) -> datetime:
        """So many hours from now."""
        return self.now + timedelta(hours=hours)

    def event(self, title: str = "Review", *, hours: float = 24, length: float = 1, **columns: Any) -> UUID:
        """An event that the product makes."""
        values = {
            "id": uuid4(),
            "title": title,
            "start_at": self.at(hours),
            "end_at": self.at(hours + length),
            **columns,
        }
        names = ", ".join(values)
        given = ", ".join(f":{name}" for name in values)
        self.run(f"INSERT INTO workspace_calendar_events (ws_id, {names}) VALUES (:ws, {given})", **values)
        return UUID(str(values["id"]))

    def block(self, title: str = "Report", *, hours: float = 24, length: float = 1, task: UUID | None = None) -> UUID:
        """A block of a task, as a plan makes it: event and link in one statement."""
        task = task or self.task(title)
        event_id = uuid4()
        self.run(
            "WITH e AS (INSERT INTO workspace_calendar_events (id, ws_id, title, start_at, end_at, time_zone, task_id)"
            " VALUES (:id, :ws, :title, :start, :end, 'Europe/Berlin', :task) RETURNING id)"
            " INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes)"
            " SELECT id, :ws, :task, :minutes FROM e",
            id=event_id,
            title=title,
            start=self.at(hours),
            end=self.at(hours + length),
            task=task,
            minutes=round(length * 60),
        )
        return event_id

    def task(self, title: str = "Report", minutes: int = 60) -> UUID:
        task = uuid4()
        sql = "INSERT INTO tasks (id, ws_id, title, total_minutes) VALUES (:id, :ws, :title, :minutes)"
        self.run(sql, id=task, title=title, minutes=minutes)
        return task

    def habit_block(self, name: str = "Lunch", *, hours: float = 24) -> tuple[UUID, UUID]:
        """A block of a habit: the ids of its event and of the habit."""
        habit, event_id = uuid4(), uuid4()
        self.run("INSERT INTO workspace_habits (id, ws_id, name) VALUES (:id, :ws, :name)", id=habit, name=name)
        self.run(
            "WITH e AS (INSERT INTO workspace_calendar_events (id, ws_id, title, start_at, end_at)"
            " VALUES (:id, :ws, :name, :start, :end) RETURNING id)"
            " INSERT INTO habit_calendar_events (event_id, ws_id, habit_id, occurrence_date, scheduled_minutes)"
            " SELECT id, :ws, :habit, :day, 60 FROM e",
            id=event_id,
            name=name,
            start=self.at(hours),
            end=self.at(hours + 1),
            habit=habit,
            day=self.at(hours).date(),
        )
        return event_id, habit

    def move(self, event_id: UUID, hours: float, length: float = 1) -> None:
        """A plan, or the product, moves an event."""
        sql = "UPDATE workspace_calendar_events SET start_at = :start, end_at = :end WHERE id = :id AND ws_id = :ws"
        self.run(sql, id=event_id, start=self.at(hours), end=self.at(hours + length))

    def change(self, event_id: UUID, **columns: Any) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in columns)
        self.run(f"UPDATE workspace_calendar_events SET {sets} WHERE id = :id AND ws_id = :ws", id=event_id, **columns)

    def delete(self, event_id: UUID) -> None:
        self.run("DELETE FROM workspace_calendar_events WHERE id = :id AND ws_id = :ws", id=event_id)

    def row(self, event_id: UUID, *columns: str) -> Any:
        """Columns of an event's row, None when it is gone."""
        names = ", ".join(columns or ("title", "start_at", "end_at", "locked"))
        found = self.run(f"SELECT {names} FROM workspace_calendar_events WHERE id = :id AND ws_id = :ws", id=event_id)
        return found[0] if found else None

    def link(self, event_id: UUID, *columns: str) -> Any:
        """Columns of an event's newest link: its state, unless others are named."""
        names = ", ".join(columns or ("state",))
        sql = f"SELECT {names} FROM calendar_event_links WHERE event_id = :id AND ws_id = :ws ORDER BY generation DESC"
        found = self.run(sql, id=event_id)
        return None if not found else found[0] if columns else found[0][0]

    def states(self) -> list[str]:
        """The states of all links, sorted."""
        return [row[0] for row in self.run("SELECT state FROM calendar_event_links WHERE ws_id = :ws ORDER BY 1")]

    def held(self, calendar: str | None = None) -> str | None:
        sql = "SELECT outbound_held FROM calendar_connections WHERE ws_id = :ws AND calendar_id = :calendar"
        found: str | None = self.run(sql, calendar=calendar or self.calendar)[0][0]
        return found

    def there(self, calendar: str | None = None) -> list[Json]:
        """The live events of a calendar in Google, series whole, by start."""
        records = self.simulator.world.calendar(calendar or self.calendar).records.values()
        bodies = [record.current.body for record in records if record.current.live and not record.current.series]
        return sorted(bodies, key=lambda body: str(body["start"]))

    def of(self, event_id: UUID, calendar: str | None = None) -> Json:
        """The event in Google of a row."""
        marked = [
            body
            for body in self.there(calendar)
            if body.get("extendedProperties", {}).get("private", {}).get("almanac-event") == str(event_id)
        ]
        assert len(marked) == 1, f"{len(marked)} events of {event_id}"
        return marked[0]

    def writes(self, since: int = 0) -> list[Json]:
        """The requests so far that write events or calendars."""
        kinds = ("POST", "PATCH", "PUT", "DELETE")
        asked = self.simulator.observation.requests(since)
        return [entry for entry in asked if entry["method"] in kinds and entry["path"].startswith("/calendar/v3/cal")]

    def requests(self) -> int:
        """How many requests there were."""
        found = self.simulator.observation.requests()
        return found[-1]["number"] if found else 0

    def drag(self, event_id: UUID, hours: float, length: float = 1) -> None:
        """A person moves the event in Google."""
        times = {
            "start": {"dateTime": self.at(hours).isoformat()},
            "end": {"dateTime": self.at(hours + length).isoformat()},
        }
        self.google.patch_event(self.calendar, self.of(event_id)["id"], times)

    def edit(self, event_id: UUID, **fields: Any) -> None:
        """A person changes something else of it there."""
        self.google.patch_event(self.calendar, self.of(event_id)["id"], fields)

    def remove(self, event_id: UUID) -> None:
        """A person deletes it there."""
        self.google.delete_event(self.calendar, self.of(event_id)["id"])

    def again(self) -> None:
        """Whatever waits for a time has waited long enough."""
        self.run("UPDATE calendar_event_links SET next_attempt_at = NULL WHERE ws_id = :ws")
        self.run(
            "UPDATE calendar_connections SET outbound_held_until = now()"
            " WHERE ws_id = :ws AND outbound_held_until > now()"
        )
        self.run("UPDATE outbound_budget SET next_write_at = now() WHERE :ws::uuid IS NOT NULL")

    def plans_asked_for(self) -> int:
        """How many plans runs have asked for."""
        return sum(envelope.job.job == "calendar.schedule" for envelope in self.queue.sent)
