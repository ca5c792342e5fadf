"""A scene about people: four in three zones, a meeting that finds its time, one that cannot, a plan of one person."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from almanac.adapters.postgres.connection import Database
from almanac.domain.items.meetings import ListedMeeting, NewMeeting
from local.demo.stage import Stage
from local.stack.screen import counted

_NAME = "Lighthouse Crew"
_PEOPLE = {
    "ada": ("Ada", "Europe/Berlin"),
    "ben": ("Ben", "America/New_York"),
    "chidi": ("Chidi", "Europe/London"),
    "dora": ("Dora", "Europe/Berlin"),
}
_TASKS = (
    ("ada", "Draft the offer", 120),
    ("ben", "Fix the import", 180),
    ("chidi", "Review", 90),
    ("dora", "Budget", 120),
)
_OFFICE = [{"startTime": "09:00", "endTime": "17:00"}]
_WEEK = {day: {"timeBlocks": _OFFICE} for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
_MORNINGS = {day: {"timeBlocks": [{"startTime": "08:00", "endTime": "12:00"}]} for day in _WEEK}
_HOURS = (("work", None, _WEEK), ("meeting", None, _WEEK), ("retro", None, _WEEK), ("retro", "ada", _MORNINGS))
_RUNS = """
SELECT outcome, scheduled, unscheduled, inserted, moved, unchanged, warnings FROM workspace_scheduling_metadata
WHERE ws_id = :ws_id AND status <> 'running' ORDER BY started_at DESC
"""
_BLOCKS = """
SELECT e.id, e.xmin::text, coalesce(t.user_id, ''), e.title FROM workspace_calendar_events e
LEFT JOIN task_calendar_events t ON t.event_id = e.id
WHERE e.ws_id = :ws_id AND e.provider = 'almanac'
"""


def a_team(stage: Stage) -> None:
    """Scene 11."""
    why = "Everybody has hours, days and limits of their own; a meeting needs an hour that all have."
    stage.screen.headline(11, "Four people in three zones", why)
    database, meetings = stage.stack.wiring.database, stage.stack.wiring.meetings
    ws_id = _furnish(stage, database)
    _plan(stage, ws_id)
    kickoff, retro = sorted(meetings.all(ws_id), key=lambda meeting: meeting.title)
    when = ", ".join(f"{name} {_at(kickoff, zone):%a %H:%M}" for name, zone in _PEOPLE.values())
    stage.say(f"{kickoff.title}: {when}, everybody by their own clock")
    fits = all(9 <= _at(kickoff, zone).hour < 17 for _, zone in _PEOPLE.values())
    stage.require(fits and len(kickoff.attending) == len(_PEOPLE), f"'{kickoff.title}' is in everybody's hours")
    (note,) = [note for note in database.run(_RUNS, ws_id=ws_id)[0][6] if note["kind"] == "meeting"]
    stage.tell(f"{retro.title}: {note['reason']}")
    stage.tell(f"{retro.title} would do: {note['hint']}")
    told = retro.start is None and {each["code"] for each in note["suggestions"]} == {"near_miss"}
    stage.require(told, f"'{retro.title}' finds no time, and the run says whose it is and what was near")
    _one_person(stage, ws_id)


def _one_person(stage: Stage, ws_id: UUID) -> None:
    database = stage.stack.wiring.database
    before = {row[0]: row for row in database.run(_BLOCKS, ws_id=ws_id)}
    _add_task(database, ws_id, "ben", "Production is down", 240, priority="critical")
    stage.tell("Ben gets 4 h of urgent work; only he is planned again")
    _plan(stage, ws_id, user_id="ben")
    after = {row[0]: row for row in database.run(_BLOCKS, ws_id=ws_id)}
    changed = {row[2] for key, row in after.items() if before.get(key) != row}
    kept = sum(before.get(key) == row for key, row in after.items())
    stage.require(
        changed == {"ben"}, f"Ben's blocks have changed, {counted(kept, 'block')} of others and meetings have not"
    )


def _furnish(stage: Stage, database: Database) -> UUID:
    """Add the workspace with its people, a task each, and two meetings; return its id."""
    wiring, ws_id = stage.stack.wiring, uuid4()
    wiring.workspaces.add(_NAME, "Europe/Berlin", ws_id)
    for user, (name, zone) in _PEOPLE.items():
        wiring.people.add(ws_id, user, name, zone)
    for category, owner, week in _HOURS:
        database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data)"
            " VALUES (:ws, :type, :user, :data::jsonb)",
            ws=ws_id,
            type=category,
            user=owner,
            data=json.dumps(week),
        )
    for user, title, minutes in _TASKS:
        _add_task(database, ws_id, user, title, minutes)
    soon = datetime.now(UTC) + timedelta(days=10)
    everybody = tuple(_PEOPLE)
    for title, required, hours in (("Kick-off", everybody, "meeting"), ("Retrospective", ("ada", "ben"), "retro")):
        meeting = NewMeeting(title, required, (), 60, "high", hours, None, soon, hard_deadline=True)
        wiring.meetings.add(ws_id, meeting)
    stage.tell(f"{_NAME}: {counted(len(_PEOPLE), 'member')}, {counted(len(_TASKS), 'task')}, 2 meetings")
    return ws_id


def _add_task(
    database: Database, ws_id: UUID, user: str, title: str, minutes: int, *, priority: str = "normal"
) -> None:
    sql = (
        "WITH task AS (INSERT INTO tasks (ws_id, title, total_minutes, priority, calendar_hours)"
        " VALUES (:ws, :title, :minutes, :priority, 'work') RETURNING id)"
        " INSERT INTO task_assignees (task_id, ws_id, user_id) SELECT id, :ws::uuid, :user FROM task"
    )
    database.run(sql, ws=ws_id, title=title, minutes=minutes, priority=priority, user=user)


def _plan(stage: Stage, ws_id: UUID, **job: str) -> None:
    """Put a job into the queue and wait for its run. Raises DemoFailed, Interrupted."""
    database = stage.stack.wiring.database
    known = len(database.run(_RUNS, ws_id=ws_id))
    body = json.dumps({"job": "calendar.schedule", "ws_id": str(ws_id), "window_days": 14, **job})
    stage.tell(f"message: {body}")
    stage.stack.send(ws_id, body, queue_url=stage.stack.queues.schedule_url)
    stage.follow(lambda: len(database.run(_RUNS, ws_id=ws_id)) > known)
    outcome, scheduled, unscheduled, inserted, moved, unchanged, _ = database.run(_RUNS, ws_id=ws_id)[0]
    counts = f"blocks +{inserted} ~{moved}, {unchanged} as they were"
    stage.tell(f"{_NAME}: {outcome}, {counts}; {scheduled} scheduled, {unscheduled} without a place")


def _at(meeting: ListedMeeting, zone: str) -> datetime:
    start = meeting.start or datetime.max.replace(tzinfo=UTC)
    return start.astimezone(ZoneInfo(zone))
