"""Exports as jobs on real rows: once whatever happens, one mail, what upkeep takes away, and feeds."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from almanac.adapters.files import FolderFiles
from almanac.adapters.postgres.accounts import PostgresWorkspaces
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.exports.store import PostgresDueExports, PostgresExportRuns, PostgresExports
from almanac.adapters.postgres.maintenance import PostgresUpkeepStore
from almanac.adapters.postgres.plan.members import PostgresPeople
from almanac.domain.export.kinds import EXPORT_KINDS
from almanac.domain.operations.maintenance import Limits, UpkeepReport
from almanac.domain.operations.people import Digest, DigestChange
from almanac.errors import BadInput, FilesUnavailable, MailRefused, MailUnavailable, MailUncertain
from almanac.jobs import CalendarExport, CalendarSync, message_body
from almanac.services.export.ask import Exports
from almanac.services.export.due import AskForDue, Due
from almanac.services.export.ports import Export, ExportFiles, Letter, Mail, Wanted
from almanac.services.export.run import RunExport
from almanac.services.maintenance.steps import STEPS, Round
from almanac.wiring.command_line import Wiring
from functions.export.handler import lambda_handler
from tests.integration import rows
from tests.integration.stores import SyncStores
from tests.integration.team import RecordingQueue

pytestmark = pytest.mark.integration

MORNING = datetime(2026, 3, 29, 5, 30, tzinfo=UTC)
"""07:30 in Berlin, on the day on which its clocks have gone forward."""
MONDAY = datetime(2026, 3, 30, 5, 1, tzinfo=UTC)
"""07:01 in Berlin."""
DEADLINE = 60.0
HOSTILE = '=cmd()|<script>alert("x")</script>\u202eevil'


class PlayedMail(Mail):
    """Raises what it is told to, once each; else keeps what is sent."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles = list(troubles)
        self.sent: list[tuple[str, Letter]] = []

    def send(self, to: str, letter: Letter) -> None:
        assert "<html" in letter.html
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((to, letter))


class PlayedFiles(ExportFiles):
    """Keeps files in memory; `down` times it cannot be reached."""

    def __init__(self, down: int = 0) -> None:
        self.down = down
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, content: bytes, media_type: str) -> None:
        if self.down:
            self.down -= 1
            raise FilesUnavailable("played")
        self.kept[key] = content

    def link(self, key: str, name: str, seconds: int) -> str:
        return f"https://files.invalid/{key}"

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            del self.kept[key]


class Stage:
    """A workspace with Ada, who wants a digest, an event today and a queue that a test empties."""

    def __init__(self, database: Database, database_url: str, folder: Path) -> None:
        self.database = database
        environment = {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_EXPORT_FOLDER": str(folder),
            "ALMANAC_PUBLIC_URL": "https://almanac.example.org",
        }
        self.wiring = Wiring(environment)
        self.queue = RecordingQueue()
        self.files: Any = PlayedFiles()
        self.mail = PlayedMail()
        self.ws_id = rows.workspace(database)
        self.member("ada")
        self.event(HOSTILE, MORNING)

    def member(self, user_id: str, *, digest: bool = True, zone: str | None = None, weekly: bool = False) -> None:
        settings = {"digest": digest, "email": f"{user_id}@example.org", "weekly_report": weekly}
        self.database.run(
            "INSERT INTO workspace_members (ws_id, user_id, timezone, settings)"
            " VALUES (:ws, :user, :zone, :said::jsonb)",
            ws=self.ws_id,
            user=user_id,
            zone=zone,
            said=json.dumps(settings),
        )

    def pause(self) -> None:
        self.database.run("INSERT INTO workspace_pauses (ws_id, paused_by) VALUES (:ws, 'ops')", ws=self.ws_id)

    def event(self, title: str, start: datetime) -> UUID:
        sql = (
            "INSERT INTO workspace_calendar_events (ws_id, title, description, start_at, end_at)"
            " VALUES (:ws, :title, :title, :start, :start::timestamptz + interval '1 hour') RETURNING id"
        )
        event_id: UUID = self.database.run(sql, ws=self.ws_id, title=title, start=start)[0][0]
        return event_id

    def tick(self, now: datetime = MORNING, due: Due = "digests") -> Mapping[str, Any]:
        ask = AskForDue(PostgresDueExports(self.database), self.queue, lambda: now)
        return ask(lambda: DEADLINE, due).as_dict()

    def run(self, job: CalendarExport | None = None, now: datetime = MORNING) -> Any:
        """Make what was asked for, as the function does."""
        run = RunExport(
            PostgresExportRuns(self.database),
            self.wiring.makers,
            self.files,
            self.mail,
            lambda ws_id, export_id: f"https://almanac.example.org/{ws_id}/{export_id}",
            lambda: now,
        )
        wanted = job or self.queue.sent[-1].job
        assert isinstance(wanted, CalendarExport)
        return run(wanted, now, lambda: DEADLINE, "m-1")

    def rows(self) -> list[tuple[Any, ...]]:
        return [
            tuple(row) for row in self.database.run("SELECT kind, status, mail FROM exports ORDER BY created_at, id")
        ]

    def announced(self) -> list[Any]:
        return [row[0] for row in self.database.run("SELECT note FROM workspace_history WHERE kind = 'digest.ready'")]


@pytest.fixture
def stage(database: Database, database_url: str, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(database, database_url, tmp_path / "exports")
    yield made
    made.wiring.close()


def test_a_digest_is_due_once_a_day_in_each_persons_morning(stage: Stage) -> None:
    stage.member("ben", zone="America/New_York")
    stage.member("cleo", digest=False)

    assert stage.tick(datetime(2026, 3, 29, 4, 59, tzinfo=UTC))["digests"] == 0  # 06:59 in Berlin
    assert [stage.tick() for _ in range(2)] == [
        {"digests": 1, "reports": 0, "sent": 1, "failed": 0, "given_up": 0},
        {"digests": 0, "reports": 0, "sent": 0, "failed": 0, "given_up": 0},
    ]
    stage.run()
    assert stage.tick()["digests"] == 0
    assert stage.tick(datetime(2026, 3, 29, 11, 1, tzinfo=UTC))["digests"] == 1  # 07:01 in New York
    assert stage.tick(datetime(2026, 3, 30, 5, 1, tzinfo=UTC))["digests"] == 1  # Ada's next morning
    found = stage.database.run("SELECT user_id, day::text FROM exports ORDER BY day, user_id")
    assert [tuple(row) for row in found] == [("ada", "2026-03-29"), ("ben", "2026-03-29"), ("ada", "2026-03-30")]


def test_a_digest_comes_at_the_time_that_its_person_has_chosen(stage: Stage) -> None:
    people = stage.wiring.people
    people.set_digest(stage.ws_id, "ada", DigestChange(at=time(8, 30)))
    stage.member("ben", digest=False)
    people.set_digest(stage.ws_id, "ben", DigestChange(on=True, at=time(6), email="ben@example.net"))
    said = {each.user_id: each.digest for each in people.members(stage.ws_id)}

    due = [stage.tick(datetime(2026, 3, 29, *at, tzinfo=UTC))["digests"] for at in ((4, 0), (5, 30), (6, 29), (6, 30))]

    assert said == {"ada": Digest(True, "08:30", "ada@example.org"), "ben": Digest(True, "06:00", "ben@example.net")}
    assert due == [1, 0, 0, 1]
    people.set_digest(stage.ws_id, "ada", DigestChange(on=False))
    assert stage.tick(datetime(2026, 3, 30, 8, tzinfo=UTC))["digests"] == 1, "Ben's; Ada wants none any more"
    with pytest.raises(BadInput, match="user"):
        people.set_digest(stage.ws_id, "nobody", DigestChange(on=True))
    for wrong in (DigestChange(at=time(18)), DigestChange(email="no address")):
        with pytest.raises(BadInput):
            people.set_digest(stage.ws_id, "ada", wrong)


def test_a_report_of_the_week_is_due_once_on_each_mondays_morning(stage: Stage) -> None:
    off = stage.tick(MONDAY, "reports")["reports"]
    stage.wiring.workspaces.set(stage.ws_id, weekly_report=True)

    due = [stage.tick(at, "reports")["reports"] for at in (MONDAY - timedelta(minutes=2), MONDAY, MONDAY)]
    stage.run(now=MONDAY)
    (event,) = stage.database.run("SELECT note FROM workspace_history WHERE kind = 'report.ready'")

    assert (off, due) == (0, [0, 1, 0])
    assert stage.tick(MONDAY + timedelta(days=1), "reports")["reports"] == 0
    found = stage.database.run("SELECT kind, user_id, day::text, status FROM exports")
    assert [tuple(row) for row in found] == [("report", None, "2026-03-30", "completed")]
    assert event[0]["day"] == "2026-03-30"
    assert event[0]["link"].startswith(f"https://almanac.example.org/{stage.ws_id}/")
    (content,) = stage.files.kept.values()
    assert "23" in content.decode()
    assert "29" in content.decode()
    assert stage.wiring.workspaces.set(stage.ws_id, weekly_report=False)[2] is False
    assert stage.tick(MONDAY + timedelta(days=7), "reports")["reports"] == 0


def test_a_paused_workspace_gets_no_digest_and_no_report_by_itself(stage: Stage) -> None:
    stage.wiring.workspaces.set(stage.ws_id, weekly_report=True)
    stage.pause()

    paused = [stage.tick(), stage.tick(MONDAY, "reports")]
    PostgresExports(stage.database).add(Export(uuid4(), Wanted(stage.ws_id, "csv")))
    stage.database.run("UPDATE exports SET sent_at = now() - interval '1 hour'")
    asked = stage.tick(MONDAY)["sent"]
    stage.database.run("DELETE FROM workspace_pauses")
    late = [stage.tick(), stage.tick(MONDAY, "reports")]

    assert [(each["digests"], each["reports"], each["sent"]) for each in paused] == [(0, 0, 0)] * 2
    assert asked == 1, "what somebody asked for is sent again, the digest of that morning not at all"
    assert [(each["digests"], each["reports"]) for each in late] == [(1, 0), (0, 1)]


class TestAReportByMail:
    @pytest.fixture
    def weekly(self, stage: Stage) -> Stage:
        """Ben and Cleo want the report of this workspace by mail, Ada her digest alone; it is Monday."""
        stage.wiring.workspaces.set(stage.ws_id, weekly_report=True)
        stage.member("ben", weekly=True, digest=False)
        stage.member("cleo", digest=False)
        stage.wiring.people.set_digest(stage.ws_id, "cleo", DigestChange(weekly=True))
        stage.tick(MONDAY, "reports")
        return stage

    def readers(self, stage: Stage) -> dict[str, str]:
        return dict(stage.database.run("SELECT user_id, mail FROM export_mails"))

    def test_goes_to_each_who_wants_it_and_is_announced_too(self, weekly: Stage) -> None:
        outcome = weekly.run(now=MONDAY).outcome

        assert (outcome, weekly.run(now=MONDAY).outcome) == ("mailed", "superseded")
        assert [to for to, _ in weekly.mail.sent] == ["ben@example.org", "cleo@example.org"]
        letter = weekly.mail.sent[0][1]
        ((note,),) = weekly.database.run("SELECT note FROM workspace_history WHERE kind = 'report.ready'")
        assert note["link"] in letter.text
        assert note["link"] in letter.html
        assert "23 March to 29 March 2026" in letter.subject
        assert self.readers(weekly) == {"ben": "sent", "cleo": "sent"}

    def test_whom_it_has_reached_gets_no_second_one(self, weekly: Stage) -> None:
        weekly.mail.troubles = [MailUncertain("played"), MailUnavailable("played")]

        first, second = weekly.run(now=MONDAY), weekly.run(now=MONDAY)

        assert (first.error_type, second.outcome) == ("mail_unavailable", "mailed")
        assert [to for to, _ in weekly.mail.sent] == ["cleo@example.org"]
        assert self.readers(weekly) == {"ben": "unknown", "cleo": "sent"}

    def test_who_has_no_address_or_is_refused_keeps_no_other_from_theirs(self, weekly: Stage) -> None:
        weekly.member("ann", weekly=True)
        weekly.wiring.people.set_digest(weekly.ws_id, "ann", DigestChange(email=""))
        weekly.mail.troubles = [MailRefused("played")]

        assert weekly.run(now=MONDAY).outcome == "mailed"
        assert [to for to, _ in weekly.mail.sent] == ["cleo@example.org"]

    def test_who_wants_none_any_more_gets_none(self, weekly: Stage) -> None:
        for user in ("ben", "cleo"):
            weekly.wiring.people.set_digest(weekly.ws_id, user, DigestChange(weekly=False))

        assert (weekly.run(now=MONDAY).outcome, weekly.mail.sent) == ("announced", [])

    def test_one_that_somebody_asks_for_is_mailed_to_nobody(self, weekly: Stage) -> None:
        assert weekly.run(CalendarExport(ws_id=weekly.ws_id, kind="report"), MONDAY).outcome == "exported"
        assert weekly.mail.sent == []


@pytest.mark.parametrize("due", ["digests", "reports"])
def test_a_pause_that_begins_while_the_message_waits_holds_it_up(stage: Stage, due: Due) -> None:
    stage.wiring.workspaces.set(stage.ws_id, weekly_report=True)
    stage.tick(MONDAY, due)
    stage.pause()

    paused = stage.run(now=MONDAY)
    asked = stage.run(CalendarExport(ws_id=stage.ws_id, kind="csv"))
    stage.database.run("DELETE FROM workspace_pauses")
    stage.database.run("UPDATE exports SET sent_at = now() - interval '1 hour'")
    again = stage.tick(MONDAY, due)["sent"]

    assert (paused.status, paused.outcome, stage.mail.sent) == ("skipped", "paused", [])
    assert asked.outcome == "exported", "somebody waits for it"
    assert (again, stage.run(now=MONDAY).status) == (1, "completed")


@pytest.mark.parametrize("paused", [True, False])
def test_what_was_due_before_a_pause_waits_and_alarms_nobody(stage: Stage, *, paused: bool) -> None:
    stage.tick()
    stage.database.run("UPDATE exports SET sent_at = now() - interval '1 hour'")
    if paused:
        stage.pause()

    again = stage.tick()["sent"]
    stage.database.run("UPDATE exports SET created_at = now() - interval '1 day'")
    given_up = stage.tick()["given_up"]

    assert (again, given_up) == ((0, 0) if paused else (1, 1))
    assert stage.rows() == [("digest", "failed", None)]


def test_files_and_mail_may_be_down_and_there_is_one_mail(stage: Stage) -> None:
    stage.tick()
    stage.files.down = 1
    stage.mail.troubles = [MailUnavailable("played")]

    failures = [stage.run() for _ in range(2)]
    mailed = stage.run()
    again = stage.run()

    assert [(each.outcome, each.error_type) for each in failures] == [
        ("failed", "files_unavailable"),
        ("failed", "mail_unavailable"),
    ]
    assert all(each.retry_after is not None for each in failures)
    assert (mailed.outcome, again.outcome) == ("mailed", "superseded")
    ((to, letter),) = stage.mail.sent
    assert to == "ada@example.org"
    assert "\n" not in letter.subject
    assert (stage.rows(), stage.announced()) == ([("digest", "completed", "sent")], [])
    runs = stage.database.run("SELECT status, outcome FROM runs WHERE kind = 'export' ORDER BY started_at")
    assert [tuple(row) for row in runs] == [
        ("failed", "failed"),
        ("failed", "failed"),
        ("completed", "mailed"),
        ("skipped", "superseded"),
    ]


@pytest.mark.parametrize("died", [True, False])
def test_a_mail_of_unknown_fate_is_not_sent_again(stage: Stage, *, died: bool) -> None:
    stage.tick()
    if died:
        stage.database.run("UPDATE exports SET mail = 'begun'")
    else:
        stage.mail.troubles = [MailUncertain("played")]

    assert stage.run().outcome == "mailed"

    assert stage.mail.sent == []
    assert stage.rows() == [("digest", "completed", "unknown")]


def test_without_mail_a_digest_is_announced_once_with_a_link(stage: Stage) -> None:
    stage.tick()
    stage.mail.troubles = [MailRefused("played")]

    outcomes = [stage.run().outcome for _ in range(2)]

    assert outcomes == ["announced", "superseded"]
    (note,) = stage.announced()
    assert (note["user_id"], note["day"]) == ("ada", "2026-03-29")
    assert note["link"].startswith(f"https://almanac.example.org/{stage.ws_id}/")


def test_what_is_lost_on_its_way_is_sent_again_and_in_the_end_given_up(stage: Stage) -> None:
    stage.queue.refuse = True
    assert stage.tick()["failed"] == 1
    stage.queue.refuse = False
    assert stage.tick()["sent"] == 1
    stage.database.run("UPDATE exports SET sent_at = now() - interval '16 minutes'")
    assert stage.tick()["sent"] == 1
    assert len({each.reason for each in stage.queue.sent}) == 2, "the queue would drop the second"
    stage.database.run("UPDATE exports SET created_at = now() - interval '13 hours'")
    assert stage.tick()["given_up"] == 1
    assert stage.rows() == [("digest", "failed", None)]


@pytest.mark.parametrize("kind", EXPORT_KINDS)
def test_a_typed_message_makes_each_kind(stage: Stage, kind: Any) -> None:
    report = stage.run(CalendarExport(ws_id=stage.ws_id, kind=kind))

    assert (report.status, report.outcome, stage.mail.sent) == ("completed", "exported", [])
    (content,) = stage.files.kept.values()
    text = content.decode()
    assert "<script>" not in text or kind in ("csv", "ics", "ics_series")
    if kind == "ics":
        (found,) = Calendar.from_ical(text).walk("VEVENT")
        assert str(found["SUMMARY"]) == HOSTILE
    if kind == "csv":
        assert f"'{HOSTILE[:6]}" in text


def test_exports_and_runs_under_the_lease_leave_each_other_alone(stage: Stage) -> None:
    store = SyncStores.of(stage.database, lease_seconds=60, cooldown_seconds=30)
    exports = PostgresExportRuns(stage.database)
    sync = CalendarSync(ws_id=stage.ws_id, source="schedule")
    csv = CalendarExport(ws_id=stage.ws_id, kind="csv")

    def running() -> list[str]:
        rows = stage.database.run("SELECT kind FROM runs WHERE status = 'running' ORDER BY kind")
        return [row[0] for row in rows]

    store.runs.begin_run(sync, uuid4(), None)
    exports.begin(csv, uuid4(), None, "m-1")
    assert running() == ["export", "sync"]
    stage.database.run("UPDATE workspace_sync_leases SET owner = NULL, expires_at = NULL")
    store.runs.begin_run(sync, uuid4(), None)
    assert running() == ["export", "sync"], "the dead sync is closed, the export is not"
    exports.begin(csv, uuid4(), None, "m-2")
    assert running() == ["export", "sync"], "the dead export is closed, the sync is not"


def test_a_person_who_is_no_member_is_said(stage: Stage) -> None:
    report = stage.run(CalendarExport(ws_id=stage.ws_id, kind="digest", user_id="nobody"))

    assert (report.status, report.error_type, report.retry_after) == ("failed", BadInput.code, None)
    assert stage.rows() == [("digest", "failed", None)]


def test_the_handler_takes_messages_and_ticks(stage: Stage) -> None:
    context: Any = SimpleNamespace(
        function_name="export",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:export",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: 60_000,
    )
    vars(stage.wiring)["queue"] = stage.queue
    body = message_body(CalendarExport(ws_id=stage.ws_id, kind="csv", request_id=str(uuid4())))
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1767261600000", "MessageGroupId": str(stage.ws_id)}
    record = {"messageId": "m", "receiptHandle": "r", "body": body, "attributes": attributes, "eventSource": "aws:sqs"}

    answered = lambda_handler({"Records": [record]}, context, receive=stage.wiring.receive_export)
    ticked = lambda_handler({"job": "calendar.export", "due": "digests"}, context, ask=stage.wiring.ask_for_due)

    assert answered == {"batchItemFailures": []}
    assert ticked["failed"] == 0
    assert ("csv", "completed", None) in stage.rows()


def test_upkeep_takes_files_and_rows_away_after_their_time(stage: Stage) -> None:
    folder = Path(stage.wiring._environment["ALMANAC_EXPORT_FOLDER"])
    stage.files = FolderFiles(str(folder))
    for kind in ("csv", "ics"):
        stage.run(CalendarExport(ws_id=stage.ws_id, kind=kind, request_id=str(uuid4())))
    stage.database.run("UPDATE exports SET expires_at = now() - interval '1 second' WHERE kind = 'csv'")
    limits = Limits.at(MORNING, *(timedelta(days=1),) * 3)
    store = PostgresUpkeepStore(stage.database)
    work = Round(store, lambda *_: True, limits, UpkeepReport(), lambda: DEADLINE, stage.files)

    (step,) = (each for each in STEPS if each.name == "exports_deleted")
    assert step.run is not None
    assert step.run(work)

    assert work.report.counts["exports_deleted"] == 1
    assert stage.rows() == [("ics", "completed", None)]
    assert [each.suffix for each in (folder / str(stage.ws_id)).iterdir()] == [".ics"]


class TestAFeed:
    def test_gives_the_calendar_to_whoever_has_its_address_until_it_is_revoked(self, stage: Stage) -> None:
        feeds = stage.wiring.feeds
        feed, url = feeds.add(stage.ws_id, "phone", None)
        token = url.removeprefix("https://almanac.example.org/ics/").removesuffix(".ics")
        stage.event("soon", datetime.now(UTC))

        read = feeds.read(token, lambda _tag: False)
        assert read is not None
        assert read.text is not None
        (soon,) = Calendar.from_ical(read.text).walk("VEVENT")
        assert str(soon["SUMMARY"]) == "soon"
        known = feeds.read(token, lambda tag: tag == read.tag)
        assert known is not None
        assert known.text is None
        stage.event("later", datetime.now(UTC))
        changed = feeds.read(token, lambda tag: tag == read.tag)
        assert changed is not None
        assert changed.text is not None

        other = feeds.rotate(stage.ws_id, feed.id).rsplit("/", 1)[1].removesuffix(".ics")
        assert feeds.read(token, lambda _tag: False) is None
        assert feeds.read(other, lambda _tag: False) is not None
        feeds.revoke(stage.ws_id, feed.id)
        assert feeds.read(other, lambda _tag: False) is None
        kept = stage.database.run("SELECT calendar_feeds::text FROM calendar_feeds")[0][0]
        assert token not in kept
        assert other not in kept

    def test_of_nobody_is_refused(self, stage: Stage) -> None:
        with pytest.raises(BadInput, match="user_id: is no member"):
            stage.wiring.feeds.add(stage.ws_id, "phone", "nobody")
        assert stage.wiring.feeds.all(stage.ws_id) == []

    def test_of_a_person_holds_what_is_theirs(self, stage: Stage) -> None:
        stage.database.run("DELETE FROM workspace_calendar_events")
        mine, theirs = (stage.event(name, datetime.now(UTC)) for name in ("mine", "theirs"))
        for event_id, user in ((mine, "ada"), (theirs, "ben")):
            stage.database.run(
                "INSERT INTO task_calendar_events (event_id, ws_id, scheduled_minutes, user_id)"
                " VALUES (:e, :ws, 30, :u)",
                e=event_id,
                ws=stage.ws_id,
                u=user,
            )
        _, url = stage.wiring.feeds.add(stage.ws_id, "phone", "ada")

        read = stage.wiring.feeds.read(url.rsplit("/", 1)[1].removesuffix(".ics"), lambda _tag: False)

        assert read is not None
        found = Calendar.from_ical(read.text or "").walk("VEVENT")
        assert [str(each["SUMMARY"]) for each in found] == ["mine"]


def test_what_a_caller_asks_for_is_there_before_it_runs(stage: Stage) -> None:
    exports = Exports(
        PostgresWorkspaces(stage.database),
        PostgresPeople(stage.database),
        PostgresExports(stage.database),
        stage.queue,
        lambda: stage.files,
        lambda: MORNING,
    )
    request_id = str(uuid4())
    exports.ask(Wanted(stage.ws_id, "csv"), request_id)
    before = exports.one(stage.ws_id, UUID(request_id))
    stage.run()
    after = exports.one(stage.ws_id, UUID(request_id))

    assert (before[0].status, before[1]) == ("queued", None)
    assert (after[0].status, after[1]) == ("completed", f"https://files.invalid/{stage.ws_id}/{request_id}.csv")
    assert [each.id for each in exports.all(stage.ws_id, None, 10)] == [UUID(request_id)]

    with pytest.raises(BadInput, match="user_id: is no member"):
        exports.ask(Wanted(stage.ws_id, "digest", "nobody"), str(uuid4()))
    assert len(exports.all(stage.ws_id, None, 10)) == 1, "nothing was asked for"
