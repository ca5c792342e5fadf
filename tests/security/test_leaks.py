"""What is logged, measured, answered, recorded and sent, whatever fails, holds no secret and nothing personal.

Canaries stand for both. Every logger of the process is at DEBUG, as Lambda has them in a stage that logs at DEBUG.
"""

import io
import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from almanac.adapters.aws import clients
from almanac.adapters.aws.queue import SqsJobQueue
from almanac.adapters.aws.secrets import SecretsManager
from almanac.errors import AlmanacError
from almanac.jobs import CalendarSchedule, CalendarSync, message_body
from almanac.providers.google import provider
from almanac.services.queues.ports import OutgoingJob
from almanac.services.sync.provider import FreshToken
from almanac.wiring.base import utc_now
from almanac.wiring.command_line import Wiring
from local.google_simulator.simulator import Simulator
from tests.adapters.conftest import aws as aws_account
from tests.integration import rows
from tests.integration.planned import Planned
from tests.integration.team import RecordingQueue, Team

__all__ = ["aws_account"]

pytestmark = pytest.mark.integration

EMAIL = "canary-ada@example.test"
TITLE, DETAIL, PLACE, GUEST = "Canary salary talk", "Canary diagnosis", "Canary street 1", "canary-guest@example.test"
CLIENT_SECRET, REFRESH_TOKEN = "canary-client-secret", "1//canary-refresh-token"
CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:f",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 300_000,
)
RECORDED = (
    "SELECT concat_ws('|', error_type, error, outcome, retry_after) FROM workspace_calendar_sync_log",
    "SELECT concat_ws('|', error_type, error, outcome, problems) FROM workspace_calendar_sync_log_connections",
    "SELECT concat_ws('|', last_error_type, last_error) FROM calendar_connections",
    "SELECT concat_ws('|', status, last_error) FROM calendar_auth_tokens",
    "SELECT concat_ws('|', error_type, error, outcome) FROM workspace_scheduling_metadata",
)


def record(body: str, ws_id: UUID) -> dict[str, Any]:
    """The last receive of a message."""
    return {
        "messageId": "m-1",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "3",
            "SentTimestamp": "1760000000000",
            "MessageGroupId": str(ws_id),
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo",
    }


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    module = import_module("functions.calendar_sync.handler")
    module.logger.setLevel(logging.DEBUG)
    yield module
    ours.handlers[:], ours.propagate, ours.level = before


class Everything(logging.Handler):
    """Keeps all that a record holds, for a formatter may print any of it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.lines.append(f"{record.getMessage()} {record.__dict__} {told}")


@pytest.fixture
def logged(handler: ModuleType) -> Iterator[list[str]]:
    """What any logger of the process is told, at any level."""
    listener, root = Everything(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for name in ("", "almanac"):
        logging.getLogger(name).addHandler(listener)
    yield listener.lines
    for name in ("", "almanac"):
        logging.getLogger(name).removeHandler(listener)
    root.setLevel(level)


class Watched:
    """A team of canaries, its runs through the real handler, and everything that was said about them."""

    def __init__(self, team: Team, handler: ModuleType, said: Callable[[], str], secrets: list[str]) -> None:
        self.team, self.handler, self._said = team, handler, said
        self.secrets = secrets
        self.answers: list[str] = []

    def run(self, **job: Any) -> Any:
        """One receive of a message that asks for a sync; returns the handler's answer."""
        body = message_body(CalendarSync(ws_id=self.team.ws_id, source="batch", **job))
        event = {"Records": [record(body, self.team.ws_id)]}
        answer = self.handler.lambda_handler(event, CONTEXT, receive=self.team.wiring.receive_sync)
        self.answers.append(json.dumps(answer))
        return answer

    def everything(self) -> str:
        """Log lines and metrics, answers, rows about runs, and messages that were sent."""
        recorded = [str(row[0]) for sql in RECORDED for row in self.team.database.run(sql)]
        bodies = [message_body(envelope.job) for envelope in self.team.queue.sent]
        return "\n".join([self._said(), *self.answers, *recorded, *bodies])


@pytest.fixture
def watched(
    simulator: Simulator,
    make_team: Callable[..., Team],
    database_url: str,
    handler: ModuleType,
    logged: list[str],
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Watched]:
    stream = io.StringIO()
    output = handler.logger.registered_handler
    before, output.stream = output.stream, stream
    team = make_team(ALMANAC_GOOGLE_CLIENT_SECRET=CLIENT_SECRET, ALMANAC_SYNC_PAGE_SIZE="1")
    object.__setattr__(team.wiring.sync_workspace, "sleep", team.waited.append)
    tokens = simulator.commands.add_account(EMAIL, refresh_token=REFRESH_TOKEN)
    account = rows.account(team.database, team.ws_id, EMAIL)
    team.give_token(account, tokens["refresh_token"])
    rows.connection(team.database, team.ws_id, account, EMAIL)
    for day in (1, 2):
        people = [{"email": GUEST, "displayName": "Canary Guest"}]
        team.add(EMAIL, TITLE, days=day, description=DETAIL, location=PLACE, attendees=people)
    key = team.wiring._environment["ALMANAC_TOKEN_KEYS"]
    password = urlsplit(database_url).password or "?"
    secrets = [key, CLIENT_SECRET, REFRESH_TOKEN, tokens["access_token"], "ya29.", password]

    def said() -> str:
        out = capsys.readouterr()
        return "\n".join([*logged, stream.getvalue(), out.out, out.err])

    yield Watched(team, handler, said, secrets)
    output.stream = before


def refuse_rows(watched: Watched) -> None:
    """Postgres then says `Failing row contains (…)`, with every column of the event."""
    watched.team.database.run(
        "ALTER TABLE workspace_calendar_events ADD CONSTRAINT no_talks CHECK (title NOT LIKE 'Canary%')"
    )


def reject_keys(watched: Watched) -> None:
    """Postgres then says `Key (title)=(…) already exists.`"""
    watched.team.database.run("CREATE UNIQUE INDEX one_title ON workspace_calendar_events (title)")


def fail(**fault: Any) -> Callable[[Watched], object]:
    return lambda watched: watched.team.inject(**{"times": None, **fault})


def revoke(watched: Watched) -> None:
    watched.team.google.revoke_account(EMAIL)


TROUBLE: dict[str, tuple[Callable[[Watched], object], str | None]] = {
    "none": (lambda _: None, None),
    "expired access token": (lambda w: w.team.google.expire_access_tokens(EMAIL), None),
    "invalid_grant": (revoke, "reconnect_required"),
    "refused client": (
        fail(action="error", path="/token", status=401, reason="invalid_client"),
        "google_project_refused",
    ),
    "token endpoint quotes": (
        fail(action="text", path="/token", status=400, body=REFRESH_TOKEN),
        "google_project_refused",
    ),
    "403 quotes": (fail(action="error", path="*/events", status=403, reason=EMAIL, message=TITLE), "access_denied"),
    "404 quotes": (fail(action="error", path="*/events", status=404, message=TITLE), "calendar_unreachable"),
    "503 in HTML": (fail(action="text", path="*/events", status=503, body=TITLE), "google_unavailable"),
    "200 in HTML": (fail(action="text", path="*/events", status=200, body=TITLE), "google_unavailable"),
    "cut": (fail(action="cut_within", path="*/events"), "google_unavailable"),
    "no end": (fail(action="garbage", path="*/events", garbage="missing_end"), None),
    "NUL": (fail(action="garbage", path="*/events", garbage="nul"), None),
    "huge text": (fail(action="garbage", path="*/events", garbage="huge_text"), None),
    "row refused": (refuse_rows, "storage_failed"),
    "key refused": (reject_keys, "storage_failed"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_run_tells_nothing_whatever_happens(watched: Watched, trouble: str) -> None:
    make, error_type = TROUBLE[trouble]
    make(watched)

    watched.run()
    watched.run(mode="full")

    said = watched.everything()
    assert ("run ended" in said) or ("message stays" in said)
    assert error_type is None or error_type in said
    for canary in ("anary", "example.test", *watched.secrets):
        assert canary not in said, trouble


def test_a_bug_tells_its_place_and_not_its_text(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ValueError(f"could not read {TITLE} of {EMAIL}")

    monkeypatch.setattr(provider, "map_page", stumble)

    assert watched.run()["batchItemFailures"]

    said = watched.everything()
    assert "unexpected ValueError" in said
    assert "stumble" in said
    assert "anary" not in said


def test_a_continuation_carries_ids_only(watched: Watched) -> None:
    assert watched.team.sync(seconds=1).outcome == "continued"  # time for one page of two

    assert len(watched.team.queue.sent) == 1
    assert str(watched.team.ws_id) in watched.everything()
    assert "anary" not in watched.everything()


class Function:
    """A function's handler in this process; `said()` is all that it logged, measured and answered."""

    def __init__(self, name: str, logged: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        self._module = import_module(f"functions.{name}.handler")
        self._logged, self._capsys = logged, capsys
        self._stream = io.StringIO()
        self._answers: list[str] = []
        self._output = self._module.logger.registered_handler
        self._before, self._output.stream = self._output.stream, self._stream

    def __call__(self, event: Any, **given: Any) -> None:
        """One invocation. A failed one ends as Lambda sees it: the error's text is logged by the runtime."""
        try:
            self._answers.append(json.dumps(self._module.lambda_handler(event, CONTEXT, **given)))
        except AlmanacError as error:
            self._answers.append(logging.Formatter().formatException((type(error), error, error.__traceback__)))

    def said(self) -> str:
        out = self._capsys.readouterr()
        return "\n".join([*self._logged, self._stream.getvalue(), out.out, out.err, *self._answers])

    def close(self) -> None:
        self._output.stream = self._before


@pytest.fixture
def function(logged: list[str], capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str], Function]]:
    made: list[Function] = []

    def make(name: str) -> Function:
        made.append(Function(name, logged, capsys))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("refused", [False, True])
def test_a_plan_tells_nothing_about_what_it_plans(
    function: Callable[[str], Function], database_url: str, refused: bool
) -> None:
    planned = Planned(database_url)
    planned.wiring.__dict__["queue"] = RecordingQueue()
    for n in range(3):
        planned.task(f"{TITLE} {n}", 30_000 if n else 60)
    planned.habit(f"{DETAIL} of a habit")
    if refused:
        planned.database.run("ALTER TABLE workspace_calendar_events ADD CHECK (title NOT LIKE 'Canary%')")
    body = message_body(CalendarSchedule(ws_id=planned.ws_id, window_days=7, user_id="7d9f"))
    plan = function("smart_scheduling")

    plan({"Records": [record(body, planned.ws_id)]}, receive=planned.wiring.receive_schedule)

    said = plan.said()
    planned.wiring.close()
    assert ("storage_failed" if refused else "plan ended") in said
    assert "anary" not in said


def test_upkeep_tells_nothing_about_the_accounts_it_cares_for(
    function: Callable[[str], Function], watched: Watched
) -> None:
    assert watched.team.sync().status == "completed"
    revoke(watched)
    age = "expires_at = now() - interval '60 days', updated_at = now() - interval '60 days'"
    watched.team.database.run(f"UPDATE calendar_auth_tokens SET {age}, created_at = now() - interval '90 days'")
    upkeep = function("upkeep")

    upkeep({"job": "calendar.upkeep"}, upkeep=watched.team.wiring.upkeep)

    said = upkeep.said() + watched.everything()
    assert '"tokens_failing": 1' in said
    for canary in ("anary", "example.test", *watched.secrets):
        assert canary not in said


def test_a_tick_tells_nothing_when_the_database_and_the_queue_fail(
    function: Callable[[str], Function], watched: Watched
) -> None:
    watched.team.queue.refuse = True
    tick = function("orchestrator")

    tick({"job": "calendar.sync"}, dispatch=watched.team.wiring.dispatch)
    watched.team.database.run("ALTER TABLE calendar_connections RENAME TO gone")
    tick({"job": "calendar.sync"}, dispatch=watched.team.wiring.dispatch)

    said = tick.said()
    assert "dispatch_failed" in said or "could not be sent" in said
    assert "StorageFailed" in said
    for canary in ("anary", "example.test", *watched.secrets):
        assert canary not in said


def test_a_database_that_refuses_the_password_does_not_hear_it_again(database_url: str) -> None:
    wrong = database_url.replace(urlsplit(database_url).password or "", "canary-password")
    wiring = Wiring({"ALMANAC_DATABASE_URL": wrong})

    with pytest.raises(AlmanacError) as raised:
        wiring.database.run("SELECT 1")

    assert "anary" not in str(raised.value)
    assert "anary" not in str(raised.value.__cause__)


def test_what_holds_a_secret_does_not_print_it(database_url: str) -> None:
    fresh = FreshToken("canary-access", utc_now(), "canary-refresh")
    target = Wiring({"ALMANAC_DATABASE_URL": database_url}).database._target()

    assert "canary" not in f"{fresh!r}{fresh}"
    assert (urlsplit(database_url).password or "?") not in f"{target!r}{target}"


@pytest.mark.usefixtures("aws_account")
class TestTheAwsClients:
    def use(self) -> None:
        client = clients.client("secretsmanager")
        arn = client.create_secret(Name="google", SecretString='{"client_secret": "canary"}')["ARN"]
        assert SecretsManager(client, utc_now).json(arn, "ALMANAC_GOOGLE_SECRET_ARN")["client_secret"] == "canary"
        sqs = clients.client("sqs")
        url = sqs.create_queue(QueueName="sync.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        job = CalendarSchedule(ws_id="7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01", user_id="canary")
        assert SqsJobQueue(sqs, {"calendar.schedule": url}, lambda _: None).send([OutgoingJob(job, "r")]) == []

    def test_log_no_secret_at_any_level_of_the_root(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

        self.use()

        assert "canary" not in caplog.text
        assert "testing" not in caplog.text  # the key that requests are signed with

    def test_would_log_every_answer_if_they_were_let(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="botocore")

        self.use()

        assert "canary" in caplog.text
