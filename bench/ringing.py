"""Push: how long from an edit to its row on one machine, and what a day of 1,000 workspaces asks of Google."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.jobs import CalendarSync
from almanac.providers.google.ring import ring_of
from almanac.services.push.ports import PushHome
from almanac.services.push.receive import ReceiveRing
from almanac.services.queues.ports import FailedSend, JobQueue, OutgoingJob
from almanac.wiring.command_line import Wiring
from bench.figures import Figure, Target
from bench.stage import Stage, postgres, stage
from local.http_front.server import HttpFront
from local.stack.ports import LOOPBACK, free_port

PART = "ringing"
_CALENDARS, _EVENTS = 40, 25
_WORKSPACES, _EACH = 1_000, 3
_CHANGES = 20
"""Changes of a calendar a day."""
_TICKS = 96
_RENEWALS = 1 / 5.5
"""A channel lives a week, and is renewed with a day and a half left."""
_SECONDS, _MOST_CALLS = Target("at most", 5), Target("at most", 200_000)

_WORKSPACE_ROWS = "INSERT INTO workspaces (id, name) SELECT gen_random_uuid(), 'Bench' FROM generate_series(1, 1000)"
_ACCOUNT_ROWS = (
    "INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)"
    " SELECT id, 'bench', 'bench@example.test', 'gAAAA-not-a-real-one' FROM workspaces"
)
_CONNECTION_ROWS = (
    "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id) SELECT a.ws_id, a.id, 'calendar ' || n"
    f" FROM calendar_auth_tokens a, generate_series(1, {_EACH}) n"
)
_FILL = (_WORKSPACE_ROWS, _ACCOUNT_ROWS, _CONNECTION_ROWS)
_CHANNELS = (
    "INSERT INTO calendar_push_channels (id, ws_id, account_id, connection_id, installation, address_fingerprint,"
    " resource_id, status, verified_at, expires_at)"
    " SELECT gen_random_uuid(), ws_id, auth_token_id, id, :installation, :fingerprint, 'r', 'active', now(),"
    " now() + interval '7 days' FROM calendar_connections"
)
_BEGIN = (
    "INSERT INTO calendar_sync_states AS s (connection_id, last_synced_at)"
    " SELECT id, now() - random() * interval '1 hour' FROM calendar_connections"
    " ON CONFLICT (connection_id) DO UPDATE SET last_synced_at = excluded.last_synced_at"
)
_TICK = (
    "WITH asked AS (SELECT c.id, s.last_synced_at <= now() - coalesce(p.pause, interval '0') AS due"
    " FROM calendar_connections c JOIN calendar_sync_states s ON s.connection_id = c.id"
    " LEFT JOIN almanac_poll_pauses(:installation::text, :fingerprint::text) p ON p.connection_id = c.id"
    "), later AS (UPDATE calendar_sync_states s SET last_synced_at ="
    " CASE WHEN a.due THEN now() ELSE s.last_synced_at END - interval '15 minutes'"
    " FROM asked a WHERE a.id = s.connection_id)"
    " SELECT count(*) FILTER (WHERE due) FROM asked"
)
"""Reads what is due, and lets a quarter of an hour pass. Returns how many calendars were read."""


def ringing() -> list[Figure]:
    """Seconds from an edit to its row, and Google calls a day with push and without."""
    seconds = _latencies()
    without, with_push = _calls_a_day()
    asked = f"{_WORKSPACES:,} workspaces, {_WORKSPACES * _EACH:,} calendars, {_CHANGES} changes of each a day"
    return [
        Figure(PART, f"edit to row, p50 of {len(seconds)} rings", median(seconds), "s"),
        Figure(PART, "— p95", quantiles(seconds, n=20)[-1], "s", _SECONDS),
        Figure(PART, f"Google calls a day without push: {asked}", without, "calls"),
        Figure(PART, "— with push: polls, a listing a ring, renewals and stops", with_push, "calls", _MOST_CALLS),
        Figure(PART, "— against those without", with_push / without, "×"),
    ]


class _Line(JobQueue):
    """A queue that hands on at once what it is given."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[CalendarSync] = SimpleQueue()

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        for envelope in envelopes:
            if isinstance(envelope.job, CalendarSync):
                self.jobs.put(envelope.job)
        return []

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        raise NotImplementedError("nothing is received from it")


def _latencies() -> list[float]:
    """An edit each on many calendars: Google's ring over HTTP, the receiver, the run, the row; without SQS."""
    with stage(durable=False) as around, _rung(around) as (wiring, line):
        ws_id = around.workspace()
        around.account(ws_id, "ada@example.test", [_EVENTS] * _CALENDARS)
        calendars = [each.calendar_id for each in wiring.connections(ws_id)]
        wiring.sync_workspace(CalendarSync(ws_id=ws_id), None, lambda: 600.0)
        for _ in calendars:
            _run(wiring, line.jobs.get(timeout=30))
        wiring.database.run("UPDATE runs SET started_at = started_at - interval '5 minutes'")
        return [_edit_to_row(around, wiring, line, calendar) for calendar in calendars]


def _edit_to_row(around: Stage, wiring: Wiring, line: _Line, calendar: str) -> float:
    day = datetime.now(UTC).date().isoformat()
    event = {"summary": "Rings", "start": {"dateTime": f"{day}T10:00:00Z"}, "end": {"dateTime": f"{day}T11:00:00Z"}}
    began = perf_counter()
    around.google.insert_event(calendar, event)
    if _run(wiring, line.jobs.get(timeout=30)) != 1:
        raise RuntimeError("the ring did not bring its row")
    return perf_counter() - began


def _run(wiring: Wiring, job: CalendarSync) -> int:
    return wiring.sync_workspace(job, datetime.now(UTC), lambda: 600.0).tally.inserted


@contextmanager
def _rung(around: Stage) -> Iterator[tuple[Wiring, _Line]]:
    """The composition of the stage with push, its receiver behind real HTTP, and its queue."""
    port, line = free_port(), _Line()
    push = {"ALMANAC_PUBLIC_URL": f"http://{LOOPBACK}:{port}", "ALMANAC_PUSH_KEYS": new_key()}
    wiring = Wiring({**around.environment, **push})
    wiring.__dict__["queue"] = line
    wiring.__dict__["cipher"] = around.wiring.cipher
    receive = ReceiveRing(ring_of, wiring.push_keys, line, lambda: datetime.now(UTC))

    def answer(event: Mapping[str, Any]) -> dict[str, int]:
        return {"statusCode": 204 if receive(event["headers"]).verdict == "rang" else 404}

    front = HttpFront(port, {"push_receiver": answer}).listen()
    try:
        yield wiring, line
    finally:
        front.stop()
        wiring.close()


def _calls_a_day() -> tuple[float, float]:
    """Calls of a day without push, and of one with it."""
    home = PushHome("https://almanac.example/google/push", "bench")
    with postgres(durable=False) as url, closing(Database(lambda: parse_url(url))) as database:
        for statement in _FILL:
            database.run(statement)
        without = _polls_a_day(database, None)
        database.run(_CHANNELS, **_whose(home))
        database.run("ANALYZE")
        polls = _polls_a_day(database, home)
    return without, polls + _WORKSPACES * _EACH * (_CHANGES + 2 * _RENEWALS)


def _polls_a_day(database: Database, home: PushHome | None) -> float:
    """A day of ticks through the real statement of who is due, a quarter of an hour apart."""
    database.run(_BEGIN)
    due, polls = PostgresDueStore(database, home), 0
    for _ in range(_TICKS):
        any_due = bool(due.due_for_sync(None, _WORKSPACES))
        read = database.run(_TICK, **_whose(home))[0][0]
        polls += read if any_due else 0
    return float(polls)


def _whose(home: PushHome | None) -> dict[str, str | None]:
    return {"installation": home.installation if home else None, "fingerprint": home.fingerprint if home else None}
