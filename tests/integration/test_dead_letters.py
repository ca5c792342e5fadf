"""Dead letters on a real queue server: who gets there, what they died of, and how they go home."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from almanac.adapters.aws import dead_letters
from almanac.adapters.aws.dead_letters import SqsDeadLetters
from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database
from almanac.errors import BadSettings, QueueUnavailable
from almanac.services.queues.message_run import SqsMessage
from almanac.services.queues.ports import DeadLetter
from almanac.services.sync.ports import Lease
from almanac.wiring.command_line import Wiring
from almanac.wiring.outside.api import ApiWiring
from functions.calendar_sync.handler import lambda_handler
from local.lambda_runtime.worker import sqs_event
from local.stack.ports import free_port
from local.stack.queues import MAX_RECEIVES, Queues, QueueServer
from tests.cli.shell import Shell
from tests.integration import rows
from tests.integration.planned import Planned
from tests.web.conftest import Client

pytestmark = pytest.mark.integration

CONTEXT = SimpleNamespace(
    function_name="calendar-sync",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:calendar-sync",
    aws_request_id="one-invocation",
    get_remaining_time_in_millis=lambda: 300_000,
)
KIND = "calendar.sync"
Message = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueServer]:
    with QueueServer.start(tmp_path_factory.mktemp("queues"), visibility_seconds=60) as server:
        yield server


@pytest.fixture
def queues(server: QueueServer, monkeypatch: pytest.MonkeyPatch) -> Queues:
    for name, value in server.queues.environment().items():
        monkeypatch.setenv(name, value)
    return server.queues


@pytest.fixture(scope="module")
def client(server: QueueServer) -> Iterator[Any]:
    given = server.queues.environment()
    names = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
    keys = {name: given[variable] for name, variable in names.items()}
    where = {"endpoint_url": given["AWS_ENDPOINT_URL"], "region_name": given["AWS_REGION"]}
    with closing(boto3.client("sqs", config=Config(proxies={}), **keys, **where)) as client:
        yield client


@pytest.fixture
def sqs(client: Any, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client; the queues are empty, and need no long poll on this machine."""
    monkeypatch.setattr(dead_letters, "POLL_SECONDS", 0)
    for url in (queues.sync_url, queues.schedule_url, queues.sync_dead_url, queues.schedule_dead_url):
        client.purge_queue(QueueUrl=url)
    return client


@pytest.fixture
def letters(sqs: Any, queues: Queues) -> SqsDeadLetters:
    return SqsDeadLetters(sqs, {KIND: queues.sync_url, "calendar.schedule": queues.schedule_url})


@pytest.fixture
def almanac(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], queues: Queues, database_url: str
) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(database_url=database_url, sync_queue_url=queues.sync_url, schedule_queue_url=queues.schedule_url)
    return shell


def send(sqs: Any, url: str, group: object, body: str) -> str:
    sent = sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=str(group), MessageDeduplicationId=str(uuid4())
    )
    return str(sent["MessageId"])


def receive(sqs: Any, url: str) -> list[Message]:
    """What is there now, shown again at once."""
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"], VisibilityTimeout=0
    )
    messages: list[Message] = found.get("Messages", [])
    return messages


def fail(sqs: Any, url: str, handle: Callable[[list[Message]], None] = lambda _: None) -> None:
    """Receive everything three times, and see it go."""
    for _ in range(MAX_RECEIVES):
        messages = receive(sqs, url)
        assert messages
        handle(messages)
    assert receive(sqs, url) == []


def take(sqs: Any, url: str) -> dict[str, list[str]]:
    """Bodies by group, in the order in which they come; the queue is empty then."""
    taken: dict[str, list[str]] = {}
    while found := receive(sqs, url):
        for message in found:
            taken.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return taken


def bury(sqs: Any, queues: Queues, groups: int, each: int) -> dict[str, list[str]]:
    """Messages that died on their way through the sync queue, groups interleaved; bodies by group."""
    buried: dict[str, list[str]] = {}
    for number in range(each):
        for group in (f"group {place}" for place in range(groups)):
            buried.setdefault(group, []).append(f"not even JSON: {group}, {number}")
            send(sqs, queues.sync_url, group, buried[group][-1])
    while receive(sqs, queues.sync_url):
        continue  # each look is one of the three receives
    return buried


class TestLooking:
    def test_takes_nothing_away_and_may_be_repeated(self, sqs: Any, queues: Queues, letters: SqsDeadLetters) -> None:
        buried = bury(sqs, queues, groups=3, each=3)

        for _ in range(3):
            look = letters.peek(KIND, 100)
            assert {group: [each.body for each in look if each.group == group] for group in buried} == buried

        assert letters.count(KIND) == 9
        assert take(sqs, queues.sync_dead_url) == buried, "the order within each group is as it was"

    def test_tells_id_group_body_receives_and_age(self, sqs: Any, queues: Queues, letters: SqsDeadLetters) -> None:
        before = datetime.now(UTC).replace(microsecond=0)
        message_id = send(sqs, queues.sync_url, "g", "poison")
        fail(sqs, queues.sync_url)

        (letter,) = letters.peek(KIND, 10)

        assert letter == DeadLetter(message_id, "g", "poison", MAX_RECEIVES, letter.since)
        assert before <= letter.since <= datetime.now(UTC)

    def test_stops_at_its_limit(self, sqs: Any, queues: Queues, letters: SqsDeadLetters) -> None:
        bury(sqs, queues, groups=13, each=1)

        assert len(letters.peek(KIND, 11)) == 11
        assert len(letters.peek(KIND, 100)) == 13

    def test_of_one_group_shows_what_one_receive_gives(self, sqs: Any, queues: Queues, letters: SqsDeadLetters) -> None:
        for number in range(12):
            send(sqs, queues.sync_dead_url, "g", str(number))

        send(sqs, queues.sync_dead_url, "another", "one more")

        assert [letter.body for letter in letters.peek(KIND, 100)] == [*map(str, range(10)), "one more"]

    def test_that_breaks_off_leaves_them_to_come_back_by_themselves(
        self, sqs: Any, queues: Queues, letters: SqsDeadLetters, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bury(sqs, queues, groups=2, each=1)

        def breaks(**_call: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://queues.invalid")

        monkeypatch.setattr(sqs, "change_message_visibility_batch", breaks)
        with pytest.raises(QueueUnavailable, match="could not be read: EndpointConnectionError"):
            letters.peek(KIND, 10)

        monkeypatch.undo()
        hidden = sqs.get_queue_attributes(QueueUrl=queues.sync_dead_url, AttributeNames=["All"])["Attributes"]
        assert hidden["ApproximateNumberOfMessagesNotVisible"] == "2"

    def test_a_queue_without_dead_letters_says_so(self, sqs: Any, queues: Queues) -> None:
        with pytest.raises(BadSettings, match="ALMANAC_SYNC_QUEUE_URL: that queue has no dead-letter queue"):
            SqsDeadLetters(sqs, {KIND: queues.sync_dead_url}).peek(KIND, 10)


@pytest.fixture
def a_minute_later(sqs: Any, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What a killed process has received comes back after a minute; here at once, when this is called."""
    held: list[str] = []
    real = sqs.receive_message

    def remembered(**call: Any) -> Any:
        answer = real(**call)
        held.extend(message["ReceiptHandle"] for message in answer.get("Messages", ()))
        return answer

    def pass_by() -> None:
        for handle in held:
            with suppress(ClientError):  # deleted since
                sqs.change_message_visibility(QueueUrl=queues.sync_dead_url, ReceiptHandle=handle, VisibilityTimeout=0)

    monkeypatch.setattr(sqs, "receive_message", remembered)
    return pass_by


class TestThrowingAway:
    def test_takes_the_one_and_leaves_the_others_in_their_order(
        self, almanac: Shell, sqs: Any, queues: Queues, letters: SqsDeadLetters
    ) -> None:
        buried = bury(sqs, queues, groups=2, each=3)
        (doomed,) = [each for each in letters.peek(KIND, 10) if each.body == buried["group 1"][1]]

        ended = almanac("discard", "sync", doomed.message_id, "--json")

        assert (ended.code, ended.json) == (0, {"queue": "sync", "discarded": doomed.message_id})
        del buried["group 1"][1]
        assert take(sqs, queues.sync_dead_url) == buried

    def test_of_what_is_not_there_is_bad_usage(self, almanac: Shell, sqs: Any, queues: Queues) -> None:
        bury(sqs, queues, groups=1, each=1)

        ended = almanac("discard", "sync", "another")

        assert (ended.code, ended.complaint.startswith("almanac: MESSAGE: no dead letter of that id")) == (2, True)
        assert len(take(sqs, queues.sync_dead_url)) == 1


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


class TestGoingHome:
    def test_is_in_order_within_each_group_with_bodies_unchanged(
        self, sqs: Any, queues: Queues, letters: SqsDeadLetters
    ) -> None:
        buried = bury(sqs, queues, groups=4, each=7)

        assert letters.redrive(KIND, 100) == 28

        assert letters.count(KIND) == 0
        assert take(sqs, queues.sync_url) == buried

    def test_up_to_a_limit_leaves_the_later_ones(self, sqs: Any, queues: Queues, letters: SqsDeadLetters) -> None:
        buried = bury(sqs, queues, groups=1, each=15)["group 0"]

        assert letters.redrive(KIND, 12) == 12
        assert take(sqs, queues.sync_url) == {"group 0": buried[:12]}

        assert letters.redrive(KIND, 12) == 3
        assert take(sqs, queues.sync_url) == {"group 0": buried[12:]}

    def test_only_of_the_groups_and_ids_that_are_chosen(
        self, sqs: Any, queues: Queues, letters: SqsDeadLetters
    ) -> None:
        buried = bury(sqs, queues, groups=3, each=2)
        ids = {each.group: each.message_id for each in reversed(letters.peek(KIND, 100))}

        assert letters.redrive_chosen(KIND, 100, {"group 1"}, set(ids.values())) == [ids["group 1"]]
        assert letters.redrive_chosen(KIND, 100, {"group 1"}, [ids["group 1"], ids["group 0"]]) == []
        assert len(letters.redrive_chosen(KIND, 100, {"group 0"}, None)) == 2
        assert letters.count(KIND) == 3

        sent = take(sqs, queues.sync_url)
        assert sent == {"group 0": buried["group 0"], "group 1": buried["group 1"][:1]}
        assert len(letters.redrive_chosen(KIND, 2, None, None)) == 2
        assert letters.count(KIND) == 1

    @pytest.mark.parametrize("step", ["send_message", "delete_message"])
    @pytest.mark.parametrize("after", [0, 3, 8])
    def test_killed_anywhere_and_begun_again_loses_doubles_and_overtakes_nothing(
        self,
        sqs: Any,
        queues: Queues,
        letters: SqsDeadLetters,
        monkeypatch: pytest.MonkeyPatch,
        a_minute_later: Callable[[], None],
        step: str,
        after: int,
    ) -> None:
        """The one that was sent and not deleted is sent again under the same deduplication id."""
        buried = bury(sqs, queues, groups=3, each=4)
        done, real = iter(range(100)), getattr(sqs, step)

        def killed_before(**call: Any) -> Any:
            if next(done) == after:
                raise Killed
            return real(**call)

        monkeypatch.setattr(sqs, step, killed_before)
        with pytest.raises(Killed):
            letters.redrive(KIND, 100)
        monkeypatch.setattr(sqs, step, real)
        a_minute_later()

        letters.redrive(KIND, 100)

        assert letters.count(KIND) == 0
        assert take(sqs, queues.sync_url) == buried

    def test_what_cannot_be_sent_stays(
        self,
        sqs: Any,
        queues: Queues,
        letters: SqsDeadLetters,
        monkeypatch: pytest.MonkeyPatch,
        a_minute_later: Callable[[], None],
    ) -> None:
        bury(sqs, queues, groups=1, each=2)

        def breaks(**_call: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://ada:hunter2@queue.invalid")

        monkeypatch.setattr(sqs, "send_message", breaks)
        with pytest.raises(QueueUnavailable, match="redrive stopped after 0 messages: Endpoint") as caught:
            letters.redrive(KIND, 10)

        assert "hunter2" not in str(caught.value)
        a_minute_later()
        assert letters.count(KIND) == 2

    def test_is_a_new_life_with_three_more_receives(self, sqs: Any, queues: Queues, letters: SqsDeadLetters) -> None:
        first = send(sqs, queues.sync_url, "g", "poison")
        fail(sqs, queues.sync_url)

        letters.redrive(KIND, 10)
        fail(sqs, queues.sync_url)

        (letter,) = letters.peek(KIND, 10)
        assert (letter.body, letter.received) == ("poison", MAX_RECEIVES)
        assert letter.message_id != first


class Post:
    """Sends jobs, and lets the real handler fail them."""

    def __init__(self, sqs: Any, queues: Queues, wiring: Wiring) -> None:
        self.sqs, self.queues, self.wiring = sqs, queues, wiring

    def send(self, body: str | dict[str, Any], group: object = "g") -> str:
        text = body if isinstance(body, str) else json.dumps(body)
        return send(self.sqs, self.queues.sync_url, group, text)

    def handle(self, messages: list[Message]) -> None:
        event = sqs_event(messages, "arn:aws:sqs:us-east-1:000000000000:sync.fifo")
        answer = lambda_handler(event, CONTEXT, receive=self.wiring.receive_sync)  # type: ignore[arg-type] # a stand-in for Lambda's context
        assert {entry["itemIdentifier"] for entry in answer["batchItemFailures"]} == {m["MessageId"] for m in messages}
        for message in messages:  # a test cannot wait for as long as a bug does
            self.sqs.change_message_visibility(
                QueueUrl=self.queues.sync_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    def begin(self, messages: list[Message]) -> None:
        """As a process that is killed in the middle of its run."""
        (message,) = messages
        ws_id = UUID(message["Attributes"]["MessageGroupId"])
        job = self.wiring.receive_sync.parse(json.dumps({"ws_id": str(ws_id)}))
        begun = self.wiring.sync_runs.begin_run(job, uuid4(), datetime.now(UTC), message["MessageId"])
        assert isinstance(begun, Lease)
        self.wiring.database.run("UPDATE workspace_sync_leases SET expires_at = now()")


@pytest.fixture
def post(sqs: Any, queues: Queues, database_url: str) -> Iterator[Post]:
    wiring = Wiring(
        {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_SYNC_QUEUE_URL": queues.sync_url,
            "ALMANAC_SCHEDULE_QUEUE_URL": queues.schedule_url,
            "ALMANAC_GOOGLE_API_URL": f"http://127.0.0.1:{free_port()}",
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "not-a-secret",
            "ALMANAC_TOKEN_KEYS": new_key(),
        }
    )
    yield Post(sqs, queues, wiring)
    wiring.close()


class TestOverHttp:
    @pytest.fixture
    def caller(self, database_url: str, queues: Queues, sqs: Any) -> Iterator[Client]:
        wiring = ApiWiring(
            {
                "ALMANAC_DATABASE_URL": database_url,
                "ALMANAC_SYNC_QUEUE_URL": queues.sync_url,
                "ALMANAC_SCHEDULE_QUEUE_URL": queues.schedule_url,
            }
        )
        yield Client(wiring, wiring.api_keys.add("operator", {"operate"}, None).token)
        wiring.close()

    def test_letters_of_a_workspace_are_sent_back_once(
        self, caller: Client, sqs: Any, queues: Queues, database: Database
    ) -> None:
        mine, other = rows.workspace(database), rows.workspace(database)
        for ws_id in (mine, mine, other):
            send(sqs, queues.sync_url, ws_id, json.dumps({"job": "calendar.sync", "ws_id": str(ws_id)}))
        fail(sqs, queues.sync_url)

        listed = caller("GET", "/v1/dead-letters", ws_id=mine).json["items"]
        assert {row["ws_id"] for row in listed} == {str(mine)}
        once = {"Idempotency-Key": "k"}
        first, again = (caller("POST", "/v1/dead-letters/redrive", {"ws_id": str(mine)}, once).json for _ in range(2))
        assert first == again
        assert first["redriven"] == 2
        (left,) = caller("GET", "/v1/dead-letters").json["items"]
        assert left["ws_id"] == str(other)
        assert database.run("SELECT action, ws_id FROM audit_log") == [["redrive", mine]]
        depths = {row["queue"]: row for row in caller("GET", "/v1/queues").json["items"]}
        assert (depths["sync"]["waiting"], depths["sync"]["dead"]) == (2, 1)
        gone = {"job": "sync", "message_id": left["message_id"]}
        assert caller("POST", "/v1/dead-letters/discard", gone).json == {"discarded": left["message_id"]}
        assert caller("POST", "/v1/dead-letters/discard", gone).status == 404


class TestCauses:
    """What one command says of a message that failed three times in the real handler."""

    def dead(self, almanac: Shell, post: Post, body: str | dict[str, Any], group: object = "g", **how: Any) -> Any:
        message_id = post.send(body, group)
        fail(post.sqs, post.queues.sync_url, how.get("handle", post.handle))
        (letter,) = almanac("queues", "--dead", "sync", "--bodies", "--json").json["letters"]
        assert letter["message_id"] == message_id
        assert letter["body"] == (body if isinstance(body, str) else json.dumps(body)), "unchanged"
        assert letter["received"] == MAX_RECEIVES
        return letter

    @pytest.mark.parametrize(
        ("body", "cause"),
        [
            ("not JSON", "body: Invalid JSON"),
            ('{"job": "calendar.sync"}', "ws_id: missing"),
            ('{"ws_id": "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01", "mode": "fast"}', "mode: must be 'auto'"),
        ],
    )
    def test_of_poison_it_is_the_field(self, almanac: Shell, post: Post, body: str, cause: str) -> None:
        letter = self.dead(almanac, post, body)

        assert (letter["error_type"], letter["ws_id"], letter["run_id"]) == ("bad_job", "g", None)
        assert letter["error"].startswith(cause)

    def test_an_unknown_workspace_is_named(self, almanac: Shell, post: Post) -> None:
        ws_id = str(uuid4())

        letter = self.dead(almanac, post, {"ws_id": ws_id}, ws_id)

        assert (letter["error_type"], letter["error"]) == ("unknown_workspace", f"ws_id: no workspace {ws_id}")

    def test_of_a_bug_it_is_the_last_run_of_the_message(self, almanac: Shell, post: Post, database: Database) -> None:
        ws_id = rows.workspace(database)
        rows.connection(database, ws_id, rows.account(database, ws_id))  # its token is under no key of ours

        letter = self.dead(almanac, post, {"ws_id": str(ws_id), "force": True, "request_id": "r-1"}, ws_id)

        sql = "SELECT id::text FROM workspace_calendar_sync_log WHERE message_id = :id ORDER BY started_at"
        runs = [row[0] for row in database.run(sql, id=letter["message_id"])]
        assert (len(runs), letter["run_id"]) == (MAX_RECEIVES, runs[-1])
        assert (letter["error_type"], letter["ws_id"], letter["request_id"]) == ("storage_failed", str(ws_id), "r-1")

    def test_a_bug_beside_a_failure_of_googles_is_the_cause(
        self, almanac: Shell, post: Post, database: Database
    ) -> None:
        ws_id = rows.workspace(database)
        letter = self.dead(almanac, post, {"ws_id": str(ws_id)}, ws_id, handle=lambda _: None)
        run_id = uuid4()
        database.run(
            "INSERT INTO workspace_calendar_sync_log (id, ws_id, source, requested_mode, direction, status, outcome,"
            " finished_at, message_id, error_type) VALUES (:id, :ws_id, 'manual', 'auto', 'both', 'failed', 'failed',"
            " now(), :message_id, 'google_unavailable')",
            id=run_id,
            ws_id=ws_id,
            message_id=letter["message_id"],
        )
        for error_type in ("google_unavailable", "internal"):
            database.run(
                "INSERT INTO workspace_calendar_sync_log_connections (run_id, connection_id, status, outcome,"
                " error_type) VALUES (:run_id, gen_random_uuid(), 'failed', 'failed', :error_type)",
                run_id=run_id,
                error_type=error_type,
            )

        (letter,) = almanac("queues", "--dead", "--json").json["letters"]

        assert (letter["error_type"], letter["run_id"]) == ("internal", str(run_id))

    def test_of_a_killed_run_it_is_that_it_never_ended(self, almanac: Shell, post: Post, database: Database) -> None:
        ws_id = rows.workspace(database)

        letter = self.dead(almanac, post, {"ws_id": str(ws_id)}, ws_id, handle=post.begin)

        (running,) = database.run("SELECT id::text FROM workspace_calendar_sync_log WHERE status = 'running'")
        assert (letter["error_type"], letter["run_id"]) == (None, running[0])
        assert letter["error"].startswith("its run never said how it ended")

    def test_where_nothing_could_be_recorded_it_says_so(self, almanac: Shell, post: Post, database: Database) -> None:
        ws_id = rows.workspace(database)

        letter = self.dead(almanac, post, {"ws_id": str(ws_id)}, ws_id, handle=lambda _: None)

        assert (letter["error_type"], letter["run_id"]) == (None, None)
        assert letter["error"].startswith("no run of it is recorded: database, secret or setting")

    def test_of_a_plan_it_is_its_run(self, almanac: Shell, sqs: Any, queues: Queues, database: Database) -> None:
        ws_id = rows.workspace(database)
        message_id = send(sqs, queues.schedule_dead_url, ws_id, json.dumps({"ws_id": str(ws_id)}))
        database.run(
            "INSERT INTO workspace_scheduling_metadata (id, ws_id, source, window_days, force_reschedule, apply,"
            " status, outcome, finished_at, message_id, error_type, error) VALUES (gen_random_uuid(), :ws_id, 'manual',"
            " 30, false, 'full', 'failed', 'failed', now(), :message_id, 'internal', 'unexpected KeyError')",
            ws_id=ws_id,
            message_id=message_id,
        )

        (letter,) = almanac("queues", "--dead", "schedule", "--json").json["letters"]

        assert (letter["queue"], letter["error_type"], letter["error"]) == (
            "schedule",
            "internal",
            "unexpected KeyError",
        )


class TestTheList:
    def test_is_a_table_with_the_cause_and_without_bodies(self, almanac: Shell, sqs: Any, queues: Queues) -> None:
        send(sqs, queues.sync_dead_url, "g", "a private\u202e word")

        text, with_body = (almanac("queues", "--dead", *more).out for more in ((), ("--bodies",)))

        assert text.splitlines()[0].split() == (
            ["QUEUE", "MESSAGE", "WORKSPACE", "SOURCE", "RECEIVED", "SINCE", "RUN", "CAUSE"]
        )
        assert "bad_job: body: Invalid JSON" in text
        assert "private" not in text
        assert "a private  word" in with_body, "and nothing steers the terminal"

    def test_says_how_many_it_does_not_show(self, almanac: Shell, sqs: Any, queues: Queues) -> None:
        for number in range(3):
            send(sqs, queues.sync_dead_url, f"g{number}", "poison")

        ended = almanac("queues", "--dead", "sync", "--limit", "2")

        assert ended.out.splitlines()[-1].startswith("2 of about 3: --limit shows more")
        assert almanac("queues", "--dead", "--json").json["dead"] == {"sync": 3, "schedule": 0}

    def test_of_nothing_is_said(self, almanac: Shell, sqs: Any) -> None:
        assert almanac("queues", "--dead").out == "no dead letter\n"


def test_a_plan_remembers_its_message_too(database_url: str, database: Database) -> None:
    team = Planned(database_url)
    body, sent_at = json.dumps({"ws_id": str(team.ws_id)}), datetime(2026, 3, 2, tzinfo=UTC)
    team.wiring.__dict__["queue"] = None  # nothing is sent

    team.wiring.receive_schedule(SqsMessage(body, "m-7", "r", 1, sent_at), lambda: 100.0)

    sql = "SELECT message_id, sent_at FROM workspace_scheduling_metadata"
    assert database.run(sql) == [["m-7", sent_at]]
    team.wiring.close()
