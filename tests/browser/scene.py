"""What the console shows in the browser's test: a database with a life of its own, and letters that died."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.migrate import migrate
from almanac.domain.items.habits import HabitChange
from almanac.domain.items.meetings import NewMeeting
from almanac.domain.items.recurrences import RecurrenceChange
from almanac.domain.items.tasks import NewTask, Share
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.jobs import CalendarSync
from almanac.services.queues.dead_letters import ExplainedLetter, ExplainedLetters
from almanac.services.queues.ports import DeadLetter
from almanac.wiring.outside.api import ApiWiring
from local.http_front.server import HttpFront
from local.postgres import Postgres
from tests.integration import rows
from tests.web.conftest import SESSION_KEY, ListQueue
from tests.web.visitors import HOSTILE

NAMES = ("Harbour Design", "Nordlicht Studio", "Atelier Faber", HOSTILE)


class Letters:
    """Three dead letters; what is sent back is gone."""

    def __init__(self, ws_id: UUID) -> None:
        job = CalendarSync(ws_id=ws_id)
        self.left = [
            ExplainedLetter(
                "sync",
                DeadLetter(f"message-{n}", str(ws_id), "{}", 3, datetime.now(UTC) - timedelta(hours=n)),
                job,
                error,
                text,
            )
            for n, (error, text) in enumerate(
                [("google_unavailable", "Google answered 503"), ("internal", "unexpected KeyError"), (None, HOSTILE)], 1
            )
        ]

    def listed(self, *_: object) -> ExplainedLetters:
        return ExplainedLetters({"sync": len(self.left), "schedule": 0}, self.left)

    def redrive_chosen(self, job: str, limit: int, groups: object, ids: Any) -> list[str]:
        gone = [each.letter.message_id for each in self.left if each.queue == job and each.letter.message_id in ids]
        self.left = [each for each in self.left if each.letter.message_id not in gone]
        return gone

    def discard(self, _job: str, message_id: str) -> None:
        self.left = [each for each in self.left if each.letter.message_id != message_id]


class GoingOn:
    """A sync that goes on while somebody looks: it reads one of its calendars, and is over when told to be."""

    def __init__(self, database: Database, ws_id: UUID) -> None:
        self._database, self._ws_id, self._run_id = database, ws_id, uuid4()
        self._has_gone_on = False
        self.path = f"/console/runs/{self._run_id}"
        self._run(
            "INSERT INTO jobs (id, ws_id, kind, body, source, sent_at) VALUES (:run::text, :ws, 'sync', '{}', 'manual',"
            " now())"
        )
        self._run(
            "INSERT INTO runs (id, ws_id, job_id, kind, source, scope, status, sent_at)"
            " VALUES (:run::uuid, :ws, :run::text, 'sync', 'manual', '{\"mode\": \"auto\"}', 'running', now())"
        )
        self._run(
            "INSERT INTO workspace_sync_leases (ws_id, owner, fence, expires_at, reading) SELECT :ws, :run::uuid, 1,"
            " now() + interval '1 hour', array_agg(id ORDER BY id) FROM calendar_connections WHERE ws_id = :ws"
        )

    def before(self, event: Mapping[str, Any]) -> None:
        """Go on, if it is this run's page that asks for what has changed."""
        if event["rawPath"] != self.path or "part=" not in event["rawQueryString"]:
            return
        if "part=finish" in event["rawQueryString"]:
            self._run(
                "UPDATE runs SET status = 'completed', outcome = 'incremental', finished_at = now(), total_ms = 1900,"
                " report = '{\"inserted\": 41}' WHERE id = :run::uuid AND ws_id = :ws"
            )
        elif not self._has_gone_on:
            self._has_gone_on = True
            self._run(
                "INSERT INTO run_connections (run_id, connection_id, status, outcome, inserted, total_ms)"
                " SELECT :run::uuid, id, 'completed', 'incremental', 41, 900 FROM calendar_connections"
                " WHERE ws_id = :ws ORDER BY id LIMIT 1"
            )
            self._run(
                "UPDATE workspace_sync_leases SET reading = array_remove(reading, reading[1])"
                " WHERE ws_id = :ws AND owner = :run::uuid"
            )

    def _run(self, statement: str) -> None:
        self._database.run(statement, run=str(self._run_id), ws=self._ws_id)


@contextmanager
def console(folder: Path) -> Iterator[tuple[str, ApiWiring, dict[str, str], str]]:
    """A console at an address of 127.0.0.1; yields it, its wiring, its pages by name, and the page of a live run."""
    with Postgres.start(folder / "postgres", durable=False) as server:
        url = server.create_database("console")
        migrate(url)
        wiring = ApiWiring(
            {
                "ALMANAC_DATABASE_URL": url,
                "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",
                "ALMANAC_SCHEDULE_QUEUE_URL": "https://queue.invalid/schedule.fifo",
                "ALMANAC_SESSION_KEYS": SESSION_KEY,
                "ALMANAC_WEBHOOK_KEYS": SESSION_KEY,
                "ALMANAC_EXPORT_FOLDER": str(folder / "exports"),
                "ALMANAC_CADENCES": "sync=cron(0/15 * * * ? *);schedule=cron(0 0/6 * * ? *);relay=rate(1 minute)",
                "ALMANAC_PLAN_BUDGET_SECONDS": "0.05",  # a plan is looked at, however good it is
            }
        )
        vars(wiring)["queue"] = ListQueue()
        guard = threading.Lock()

        def answer(event: Mapping[str, Any]) -> Mapping[str, Any]:
            with guard:  # one request at a time, as a function of its own would
                going_on.before(event)
                return wiring.web(event, None)

        pages, ids = furnished(wiring)
        going_on = GoingOn(wiring.database, ids[1])
        front, now = HttpFront(0, {"api": answer}).listen(), datetime.now(UTC)
        try:
            with patch("almanac.wiring.outside.operating.utc_now", lambda: now):  # a plan is applied as it was shown
                yield front.url, wiring, pages, going_on.path
        finally:
            front.stop()
            wiring.close()
    server.delete()


def furnished(wiring: ApiWiring) -> tuple[dict[str, str], list[UUID]]:
    """Fill the database; return the pages there are, by name, and the workspaces."""
    database = wiring.database
    ids = [rows.workspace(database) for _ in NAMES]
    for ws_id, name in zip(ids, NAMES, strict=True):
        database.run("UPDATE workspaces SET name = :name WHERE id = :id", name=name, id=ws_id)
    _calendars(database, ids)
    ws_id = ids[0]
    _week(database, ws_id)
    run_id = _runs(database, ids)
    for title, minutes in (("Write the proposal", 180), ("Review the drawings", 90), (HOSTILE, 60)):
        database.run(
            "INSERT INTO tasks (ws_id, title, total_minutes, is_splittable) VALUES (:ws, :title, :minutes, true)",
            ws=ws_id,
            title=title,
            minutes=minutes,
        )
    wiring.api_keys.add("web app", {"read", "run"}, [ws_id])
    wiring.pauses.pause(ids[-1], HOSTILE)
    vars(wiring)["dead_letters"] = Letters(ws_id)
    vars(wiring)["queue_depths"] = lambda: {"sync": QueueDepth(4, 1, None, 3), "schedule": QueueDepth(0, 0, None, 0)}
    job = wiring.request_sync(ws_id, "auto", None, force=False)
    endpoint = _told(wiring, ids)
    swept = _swept(database, ws_id)
    _written(database, ws_id)
    (meeting, no_time), (task, late) = _met(wiring, ws_id), _late_task(wiring, ws_id)
    _planned(database, ws_id, no_time, late)
    habit = _wanted(wiring, ws_id)
    _exported(wiring, ws_id)
    base = f"/console/workspaces/{ws_id}"
    pages = {
        "overview": "/console",
        "workspaces": "/console/workspaces",
        "workspace": base,
        "week": f"{base}/week",
        "plan": f"{base}/plan",
        "tasks-change": f"{base}/tasks?change={task}",
        "habits-change": f"{base}/habits?change={habit}",
        "hours-change": f"{base}/hours?change=work",
        "hours-member": f"{base}/hours?user=ada",
        "people": f"{base}/people",
        "people-change": f"{base}/people?change={meeting}",
        "people-nobody": f"/console/workspaces/{ids[1]}/people",
        "writing": f"{base}/outbound",
        "changes": f"{base}/changes",
        "changes-choose": "/console/changes",
        "exports": f"{base}/exports",
        "exports-nothing": f"/console/workspaces/{ids[1]}/exports",
        "exports-choose": "/console/exports",
        "compare": f"{base}/compare?from=12",
        "compare-nothing": f"{base}/compare?from=1&to=1",
        "run-changes": f"/console/runs/{swept}/changes",
        "undo": f"/console/runs/{swept}/undo",
        "undo-nothing": f"/console/runs/{run_id}/undo",
        "trace": f"/console/trace?id={swept}",
        "trace-nothing": "/console/trace",
        "webhooks": "/console/webhooks",
        "webhook": f"/console/webhooks/{endpoint}",
        "runs": "/console/runs",
        "run": f"/console/runs/{run_id}",
        "job": f"/console/jobs/{job.request_id}",
        "dead-letters": "/console/dead-letters",
        "settings": "/console/settings",
        "search": "/console/search?q=a",
        "late": "/console/late",
        "failed-runs": "/console/runs?status=failed",
        "empty-runs": "/console/runs?error_type=none_such",
        "hostile-paused": f"/console/workspaces/{ids[-1]}",
    }
    return pages, ids


def _calendars(database: Database, ids: list[UUID]) -> None:
    for n, ws_id in enumerate(ids):
        account = rows.account(database, ws_id, f"person{n}@example.test")
        for calendar in ("Team", "Private", HOSTILE if n == 3 else "Holidays"):
            connection = rows.connection(database, ws_id, account, f"{calendar[:9]}{n}@group.example")
            database.run(
                "UPDATE calendar_connections SET calendar_name = :name, status = 'synced' WHERE id = :id",
                name=calendar,
                id=connection,
            )
            database.run(
                "INSERT INTO calendar_sync_states (connection_id, last_synced_at) VALUES (:id, now())", id=connection
            )
    database.run(
        "UPDATE calendar_auth_tokens SET status = 'reconnect_required', updated_at = now() - interval '3 hours'"
        " WHERE ws_id = :ws",
        ws=ids[2],
    )
    database.run(
        "UPDATE calendar_connections SET status = 'error', last_error_type = 'google_rate_limited', failures = 2,"
        " retry_at = now() + interval '20 minutes' WHERE ws_id = :ws",
        ws=ids[1],
    )
    database.run(
        "UPDATE calendar_sync_states SET last_synced_at = now() - interval '41 minutes' FROM calendar_connections c"
        " WHERE c.id = connection_id AND c.ws_id = ANY (ARRAY[:a::uuid, :b::uuid])",
        a=ids[1],
        b=ids[2],
    )


def _exported(wiring: ApiWiring, ws_id: UUID) -> None:
    """Files that are made, being made, and could not be; a feed."""
    for n, (kind, status, error) in enumerate(
        [("csv", "queued", None), ("report", "completed", None), ("ics", "failed", "files_unavailable")]
    ):
        wiring.database.run(
            "INSERT INTO exports (id, ws_id, kind, status, error_type, object_key, bytes, created_at, expires_at)"
            " VALUES (gen_random_uuid(), :ws, :kind, :status, :error, :key, :bytes::bigint,"
            " now() - :n * interval '1 hour', now() + interval '6 days')",
            ws=ws_id,
            kind=kind,
            status=status,
            error=error,
            key="report.html" if status == "completed" else None,
            bytes=48_000 if status == "completed" else None,
            n=n,
        )
    sql = "INSERT INTO calendar_feeds (ws_id, name, token_hash) VALUES (:ws, :name, sha256('feed'))"
    wiring.database.run(sql, ws=ws_id, name=HOSTILE)


def _told(wiring: ApiWiring, ids: list[UUID]) -> UUID:
    """Three endpoints: one is well, one was given up, one is paused. Returns the second, which has a past."""
    database = wiring.database
    wiring.webhooks.add("https://hooks.nordlicht.example/almanac", ids[1])
    failing, _secret = wiring.webhooks.add("https://crm.example.com/hooks/almanac?team=harbour", ids[0])
    paused, _secret = wiring.webhooks.add("https://data.example.org/all", None)
    database.run(
        "UPDATE workspace_calendar_events SET title = 'Client: Hafenkante II' WHERE title = 'Client: Hafenkante'"
    )
    database.run("DELETE FROM workspace_calendar_events WHERE title = 'Market'")
    database.run(
        "UPDATE workspace_calendar_events SET start_at = start_at + interval '1 hour', end_at = end_at + interval"
        " '1 hour', location = :place WHERE title = 'Interview'",
        place=HOSTILE,
    )
    database.run("UPDATE webhook_endpoints SET status = 'paused' WHERE id = :id", id=paused)
    database.run(
        "UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'failing', failures = 12,"
        " failing_since = now() - interval '3 days' WHERE id = :id",
        id=failing,
    )
    for n, (state, code, error, head) in enumerate(
        [("given_up", 500, None, HOSTILE), ("given_up", None, "timeout", None), ("delivered", 204, None, "")]
    ):
        delivery_id, at = uuid4(), datetime.now(UTC) - timedelta(hours=3 * n + 1)
        database.run(
            "INSERT INTO webhook_deliveries (id, endpoint_id, ws_id, from_version, to_version, more, replayed, status,"
            " attempts, created_at)"
            " VALUES (:id, :endpoint, :ws, :first::bigint, :first::bigint + 1, false, false, :state, 3, :at)",
            id=delivery_id,
            endpoint=failing,
            ws=ids[0],
            first=2 * n + 1,
            state=state,
            at=at,
        )
        database.run(
            "INSERT INTO webhook_attempts (delivery_id, n, at, status_code, ms, error_type, response_head)"
            " VALUES (:id, 3, :at, :code, :ms, :error, :head)",
            id=delivery_id,
            at=at,
            code=code,
            ms=15_000 if code is None else 212,
            error=error,
            head=head,
        )
    database.run(
        "INSERT INTO webhook_tests (endpoint_id, at, status_code, ms, response_head)"
        " VALUES (:id, now(), 500, 212, :head)",
        id=failing,
        head="upstream is down",
    )
    return failing


def _swept(database: Database, ws_id: UUID) -> UUID:
    """A full reading that no longer found a part of the week."""
    run_id = uuid4()
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at, total_ms,"
        " report) VALUES (:id, :ws, 'sync', 'schedule', '{\"mode\": \"full\"}', 'completed', 'full', now(), now(),"
        " now(), 900, '{\"deleted\": 3}')",
        id=run_id,
        ws=ws_id,
    )
    with database.transaction():
        database.run(
            "SELECT set_config('almanac.run', :run, true), set_config('almanac.origin', 'sweep', true)", run=str(run_id)
        )
        database.run(
            "DELETE FROM workspace_calendar_events WHERE ws_id = :ws AND title IN ('Stand-up', :hostile)",
            ws=ws_id,
            hostile=HOSTILE,
        )
    return run_id


def _written(database: Database, ws_id: UUID) -> None:
    """Two members, a conflict, a calendar that is held and writes that wait for consent."""
    for user, name in (("ada", "Ada Lindqvist"), ("ben", HOSTILE)):
        database.run(
            "INSERT INTO workspace_members (ws_id, user_id, name) VALUES (:ws, :user, :name)",
            ws=ws_id,
            user=user,
            name=name,
        )
    database.run(
        "UPDATE workspace_members m SET target_connection_id = c.id FROM calendar_connections c WHERE c.ws_id = m.ws_id"
        " AND m.ws_id = :ws AND c.calendar_name = 'Team' AND m.user_id = 'ada'",
        ws=ws_id,
    )
    database.run(
        "UPDATE calendar_connections SET outbound_held = 'mass_change' WHERE ws_id = :ws AND calendar_name = 'Team'",
        ws=ws_id,
    )
    # What of the week is still to come is wanted in that calendar by itself: more on a Monday than on a Sunday.
    database.run("DELETE FROM calendar_event_links WHERE ws_id = :ws", ws=ws_id)
    insert = (
        "INSERT INTO calendar_event_links (ws_id, event_id, kind, provider, account, calendar_id, external_event_id,"
        " desired, stopped, reason, conflict) SELECT ws_id, id, :kind, 'google', 'person0@example.test',"
        " 'Team0@group.example', 'g' || id, :desired::jsonb, :stopped::text, :reason::text, :conflict::jsonb"
        " FROM workspace_calendar_events WHERE ws_id = :ws AND title = :title"
    )
    when = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z"}
    moved = {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"}
    conflict = {"title": {"ours": "Interview with Mara", "theirs": HOSTILE}, "when": {"ours": when, "theirs": moved}}
    said = {"title": "Client: Hafenkante II", "when": when}
    database.run(
        insert,
        ws=ws_id,
        title="Interview",
        kind="edit",
        desired="{}",
        stopped="conflict",
        reason="both_sides",
        conflict=json.dumps(conflict),
    )
    database.run(
        insert,
        ws=ws_id,
        title="Client: Hafenkante II",
        kind="event",
        desired=json.dumps(said),
        stopped=None,
        reason=None,
        conflict=None,
    )


def _met(wiring: ApiWiring, ws_id: UUID) -> tuple[UUID, Mapping[str, object]]:
    """Three meetings: one has its time, one has none and the last plan says why, one has not been planned yet.

    Returns the second, and what the plan says of it.
    """
    database, soon = wiring.database, datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    wiring.people.add(ws_id, "chidi", "Chidi", "America/New_York")
    kick_off, review, _new = (
        wiring.meetings.add(
            ws_id,
            NewMeeting(title, ("ada", "ben"), ("chidi",), 45, "high", "meeting", None, deadline, hard_deadline=True),
        )
        for title, deadline in (("Kick-off", None), ("Review of the drawings", soon), (HOSTILE, None))
    )
    database.run(
        "WITH block AS (INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at, locked)"
        " VALUES (:ws, 'almanac', 'Kick-off', :at, :at::timestamptz + interval '45 minutes', true) RETURNING id)"
        " INSERT INTO meeting_calendar_events (event_id, ws_id, meeting_id, scheduled_minutes, attending)"
        " SELECT id, :ws, :meeting, 45, '{ada,ben,chidi}' FROM block",
        ws=ws_id,
        at=soon,
        meeting=kick_off,
    )
    return review, {
        "kind": "meeting",
        "id": str(review),
        "status": "unscheduled",
        "reason": "while the hours of all are open, the time of Ada Lindqvist is taken 6 h and that of Ben 4 h",
        "hint": "Thu 05 Mar 15:00 would do without Ada Lindqvist (has Client: Hafenkante II then); a later deadline",
    }


def _late_task(wiring: ApiWiring, ws_id: UUID) -> tuple[UUID, Mapping[str, object]]:
    """A task of two people that waits for another one and is late for one of them.

    Returns it, and what the plan says of it.
    """
    database, soon = wiring.database, datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    first = database.run("SELECT id FROM tasks WHERE ws_id = :ws AND title = 'Review the drawings'", ws=ws_id)[0][0]
    task = wiring.tasks.add(
        ws_id,
        NewTask(
            *("Costs of the façade, with all that the supplier has asked", 240, 0),
            *((Share("ada", 120), Share("ben", None)), "high", "work"),
            *(True, 45, 120, None, soon, True, (first,), ()),
        ),
    )
    for hours, user in ((2, "ada"), (26, "ben"), (28, "ben"), (50, "ada")):
        database.run(
            "WITH block AS (INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at)"
            " VALUES (:ws, 'almanac', 'Costs', :at, :at::timestamptz + interval '1 hour') RETURNING id)"
            " INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes, user_id)"
            " SELECT id, :ws, :task, 60, :user FROM block",
            ws=ws_id,
            at=soon + timedelta(hours=hours),
            task=task,
            user=user,
        )
    return task, {
        "kind": "task",
        "id": str(task),
        "status": "late",
        "reason": "while work hours are open until its deadline, the time of Ben is taken 7 h 30 min",
        "hint": "4 h of work hours kept free before its deadline, or a deadline 22 h 15 min later",
        "people": ["ben"],
    }


def _planned(database: Database, ws_id: UUID, *notes: Mapping[str, object]) -> None:
    """A plan of everybody that found that."""
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at, total_ms,"
        " report) VALUES (gen_random_uuid(), :ws, 'schedule', 'schedule', '{}', 'completed', 'planned', now(), now(),"
        " now(), 300, :report::jsonb)",
        ws=ws_id,
        report=json.dumps({"scheduled": 2, "unscheduled": 1, "warnings": notes}),
    )


def _wanted(wiring: ApiWiring, ws_id: UUID) -> UUID:
    """Habits: one has its times and a date that is left out, one is paused; hours of one member cannot be read.

    Returns the first.
    """
    today = datetime.now(UTC).date()
    weekly = RecurrenceChange(weekdays=(0, 2, 4))
    run = wiring.habits.add(ws_id, HabitChange(name="Run along the river", ideal_time=450, recurrence=weekly))
    wiring.habits.add(ws_id, HabitChange(name=HOSTILE, user_id="ada", hours="work", time_preference="evening"))
    wiring.habits.add(ws_id, HabitChange(name="Rest", recurrence=RecurrenceChange(month_day=31), active=False))
    left_out = next(day for n in range(7) if (day := today + timedelta(days=7 + n)).weekday() == 0)
    wiring.habits.skip(ws_id, run, left_out)
    week = dict.fromkeys(range(5), ((540, 750), (810, 1020)))
    wiring.opening_hours.set(ws_id, "work", None, week)
    wiring.opening_hours.set(ws_id, "nights", "ada", {4: ((1320, 120),)})
    database = wiring.database
    database.run(
        "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:ws, 'odd', '{\"monday\": 7}')",
        ws=ws_id,
    )
    for days in [n for n in range(1, 8) if (today + timedelta(days=n)).weekday() in (0, 2, 4)]:
        database.run(
            "WITH block AS (INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at, locked)"
            " VALUES (:ws, 'almanac', 'Run', :at, :at::timestamptz + interval '30 minutes', :days > 5) RETURNING id)"
            " INSERT INTO habit_calendar_events (event_id, ws_id, habit_id, occurrence_date, scheduled_minutes)"
            " SELECT id, :ws, :habit, :day, 30 FROM block",
            ws=ws_id,
            at=datetime.now(UTC) + timedelta(days=days),
            day=today + timedelta(days=days),
            days=days,
            habit=run,
        )
    return run


def _week(database: Database, ws_id: UUID) -> None:
    monday = datetime.now(ZoneInfo("Europe/Berlin")).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    for day, hour, hours, title in (
        (0, 8, 1, "Stand-up"),
        (0, 9, 2, "Client: Hafenkante"),
        (1, 8, 1, "Stand-up"),
        (1, 13, 1.5, "Design review with everybody who has an opinion"),
        (2, 8, 1, "Stand-up"),
        (2, 8.5, 2, "Interview"),
        (3, 8, 1, "Stand-up"),
        (4, 12, 3, HOSTILE),
        (5, 10, 4, "Market"),
    ):
        start = monday + timedelta(days=day, hours=hour)
        database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, :title, :s, :e)",
            ws=ws_id,
            title=title,
            s=start,
            e=start + timedelta(hours=hours),
        )


def _runs(database: Database, ids: list[UUID]) -> UUID:
    """Two days of runs, most of them well; returns one that failed in part."""
    now = datetime.now(UTC)
    last = uuid4()
    for n in range(400):
        failed, partial = n % 57 == 5, n % 41 == 3
        status = "failed" if failed else "partial" if partial else "completed"
        error = "google_unavailable" if failed else "access_denied" if partial else None
        kind = "schedule" if n % 9 == 0 else "sync"
        began = now - timedelta(minutes=6 * n + 3)
        counts = {
            "inserted": n % 5,
            "updated": n % 3,
            "unchanged": 800,
            "api_calls": 3,
            "fetch_ms": 700,
            "write_ms": 90,
        }
        database.run(
            "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at,"
            " error_type, error, total_ms, report) VALUES (:id, :ws, :kind, 'schedule', :scope, :status, :outcome,"
            " :sent, :began, :ended, :error, :error, :ms, :report)",
            id=uuid4(),
            ws=ids[n % 3],
            kind=kind,
            scope=json.dumps({"mode": "auto", "direction": "both"} if kind == "sync" else {"window_days": 30}),
            status=status,
            outcome="planned" if kind == "schedule" and not failed else "failed" if failed else "incremental",
            sent=began - timedelta(seconds=2),
            began=began,
            ended=began + timedelta(seconds=1),
            error=error,
            ms=600 + n % 700,
            report=json.dumps(counts),
        )
    database.run(
        "INSERT INTO runs (id, ws_id, kind, source, scope, status, outcome, sent_at, started_at, finished_at,"
        " error_type, error, total_ms, report, message_id) VALUES (:id, :ws, 'sync', 'manual', :scope, 'partial',"
        " 'partial', :at, :at, :at, 'access_denied', 'one calendar is not ours to read', 1840, :report, 'm-1')",
        id=last,
        ws=ids[0],
        scope='{"mode": "auto", "direction": "both"}',
        at=now,
        report='{"inserted": 12, "updated": 3, "deleted": 1, "unchanged": 840, "token_ms": 90, "fetch_ms": 1100,'
        ' "map_ms": 60, "write_ms": 300, "api_calls": 4, "pages": 2}',
    )
    for row in database.run("SELECT id FROM calendar_connections WHERE ws_id = :ws", ws=ids[0]):
        database.run(
            "INSERT INTO run_connections (run_id, connection_id, status, outcome, inserted, unchanged, total_ms)"
            " VALUES (:run, :connection, 'completed', 'incremental', 4, 280, 400)",
            run=last,
            connection=row[0],
        )
    return last
