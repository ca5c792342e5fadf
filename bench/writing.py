"""A plan of 100 blocks written out, beside the client's bare calls for the same events."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

from googleapiclient.discovery import build

from almanac.jobs import CalendarSync
from almanac.providers.google.connection import GoogleHttp
from bench.figures import Figure, Target
from bench.stage import Stage, stage

BLOCKS = 100
_PART = "writing"
_RATIO = Target("at least", 0.7)
_NONE = Target("at most", 0)


def writing(rounds: int, *, durable: bool) -> list[Figure]:
    """Requests a block, the share of the bare calls in a block's time, and what a second run writes.

    The pace of an account, two writes a second, is waited for and not counted: it is no work.
    """
    with ExitStack() as stack:
        around = stack.enter_context(stage(durable=durable))
        shares, requests, again = [], [], []
        for number in range(rounds):
            ws_id, calendar = _workspace(around, number)
            bare = _bare(around, calendar)
            before = _writes(around)
            seconds = _run(around, ws_id)
            written = _writes(around) - before
            shares.append(bare / seconds)
            requests.append(written / BLOCKS)
            _run(around, ws_id)
            again.append(_writes(around) - before - written)
        middle = rounds // 2
        return [
            Figure(_PART, "bare client calls beside a block's whole time", sorted(shares)[middle], "x", _RATIO),
            Figure(_PART, "write requests a block", sorted(requests)[middle], "requests", Target("at most", 1)),
            Figure(_PART, "written by a second run", max(again), "requests", _NONE),
        ]


def _workspace(around: Stage, number: int) -> tuple[UUID, str]:
    """A workspace with a target calendar and a plan of so many blocks."""
    ws_id, database = around.workspace(), around.wiring.database
    email = f"writer{number}@example.test"
    around.account(ws_id, email, [0])
    database.run(
        "INSERT INTO workspace_members (ws_id, user_id, target_connection_id)"
        " SELECT ws_id, user_id, (SELECT id FROM calendar_connections c WHERE c.auth_token_id = a.id AND c.is_primary)"
        " FROM calendar_auth_tokens a WHERE ws_id = :ws_id",
        ws_id=ws_id,
    )
    around.wiring.outbound.status(ws_id, dry_run=True, confirm=False)
    task, now = uuid4(), datetime.now(UTC).replace(microsecond=0)
    database.run("INSERT INTO tasks (id, ws_id, title) VALUES (:id, :ws_id, 'Report')", id=task, ws_id=ws_id)
    database.run(
        "WITH e AS (INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at, task_id)"
        " SELECT :ws_id, 'Report ' || n, :now::timestamptz + n * interval '1 hour',"
        " :now::timestamptz + (n + 1) * interval '1 hour', :task::uuid"
        " FROM generate_series(1, :blocks::integer) n RETURNING id)"
        " INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes)"
        " SELECT id, :ws_id, :task::uuid, 60 FROM e",
        ws_id=ws_id,
        now=now + timedelta(days=1),
        task=task,
        blocks=BLOCKS,
    )
    _run(around, ws_id, direction="inbound")  # the token and the first listing are not what is measured
    return ws_id, email


def _run(around: Stage, ws_id: UUID, direction: str = "outbound") -> float:
    """Seconds of work of one run: waiting for the account's pace left out."""
    waited = 0.0

    def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds

    object.__setattr__(around.wiring.write_out, "sleep", sleep)
    job = CalendarSync.model_validate({"ws_id": ws_id, "direction": direction, "force": True})
    began = perf_counter()
    around.wiring.sync_workspace(job, None, lambda: 10_000.0)
    return perf_counter() - began


def _bare(around: Stage, calendar: str) -> float:
    """Seconds that the client takes for as many inserts over one connection, and for nothing else."""
    token = around.google.call("issue_token", email=calendar)
    root = around.environment["ALMANAC_GOOGLE_API_URL"]
    options = {"api_endpoint": f"{root}/calendar/v3/"}
    service = build("calendar", "v3", http=GoogleHttp(20), static_discovery=True, client_options=options)
    start = datetime.now(UTC) + timedelta(days=40)
    began = perf_counter()
    for number in range(BLOCKS):
        times = {
            name: {"dateTime": (start + timedelta(hours=number + later)).isoformat(), "timeZone": "UTC"}
            for name, later in (("start", 0), ("end", 1))
        }
        body = {"id": uuid4().hex, "summary": f"Bare {number}", "reminders": {"useDefault": False}, **times}
        request = service.events().insert(calendarId=calendar, body=body, sendUpdates="none")
        request.headers["authorization"] = f"Bearer {token}"
        request.execute()
    return perf_counter() - began


def _writes(around: Stage) -> int:
    counted = around.google.counters()["by_operation"]
    return sum(counted.get(f"events.{name}", 0) for name in ("insert", "patch", "delete"))
