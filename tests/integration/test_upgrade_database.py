"""The migrate function as a deployment meets it: real handler, real Postgres, a real server at the answer's address."""

import importlib.resources
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from importlib import import_module
from importlib.resources import files
from itertools import count
from pathlib import Path
from shutil import copytree
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from almanac.adapters.postgres import migrate
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.errors import BadJob, BadSettings, StorageFailed, TransientError
from almanac.services.deployment.upgrade import UPGRADE_RESERVE_SECONDS, UpgradeDatabase
from almanac.wiring.command_line import Wiring
from local.postgres import Postgres
from local.stack.ports import free_port
from tests.scripted_server import ScriptedServer

pytestmark = pytest.mark.integration

EVENTS = Path(__file__).parents[2] / "events"
SHIPPED = sorted(file.name for file in (files("almanac") / "migrations").iterdir() if file.name.endswith(".sql"))
_numbers = count(1)


@pytest.fixture
def empty_url(postgres: Postgres) -> Iterator[str]:
    """A database without a table."""
    name = f"undeployed_{next(_numbers)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    with closing(Database(lambda: parse_url(empty_url))) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of a package that a test may change: a copy of the shipped ones."""
    copytree(str(importlib.resources.files("almanac") / "migrations"), tmp_path / "migrations")
    monkeypatch.setattr(migrate, "files", lambda _package: tmp_path)
    return tmp_path / "migrations"


@pytest.fixture
def cloudformation() -> Iterator[ScriptedServer]:
    """Where the pre-signed address leads; it takes one answer."""
    server = ScriptedServer()
    server.answers({})
    yield server
    server.stop()


@pytest.fixture
def handler() -> Iterator[ModuleType]:
    """The module; what its import does to the package's logger is undone, for other tests listen there."""
    ours = logging.getLogger("almanac")
    before = (ours.handlers[:], ours.propagate, ours.level)
    yield import_module("functions.migrate.handler")
    ours.handlers[:], ours.propagate, ours.level = before


@pytest.fixture
def log(handler: ModuleType, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Everything that was logged: the handler's JSON lines, and the records of the package with their fields."""
    stream = io.StringIO()
    monkeypatch.setattr(handler.logger.registered_handler, "stream", stream)  # its former one may be closed
    return lambda: stream.getvalue() + "".join(str(vars(record)) for record in caplog.records)


class Deploy:
    """Sends sample events to the function, which works on one database."""

    def __init__(self, handler: ModuleType, url: str, address: str) -> None:
        self.handler, self.url, self.address = handler, url, address

    def __call__(self, name: str, seconds: float = 60) -> dict[str, Any]:
        event = json.loads((EVENTS / f"migrate-{name}.json").read_text())
        if "ResponseURL" in event:
            event["ResponseURL"] = f"{self.address}/answer?X-Amz-Signature=s3cr3t"
        return self.invoke(event, seconds)

    def invoke(self, event: dict[str, Any] | None, seconds: float = 60) -> dict[str, Any]:
        ends_at = time.monotonic() + seconds
        context = SimpleNamespace(
            function_name="migrate",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:migrate",
            aws_request_id="one-invocation",
            get_remaining_time_in_millis=lambda: (ends_at - time.monotonic()) * 1000,
        )
        wiring = Wiring({"ALMANAC_DATABASE_URL": self.url})
        answer: dict[str, Any] = self.handler.lambda_handler(event, context, upgrade=wiring.migrations_resource)
        return answer


@pytest.fixture
def deploy(handler: ModuleType, empty_url: str, cloudformation: ScriptedServer, log: Callable[[], str]) -> Deploy:
    return Deploy(handler, empty_url, cloudformation.url)


@pytest.fixture
def told(cloudformation: ScriptedServer) -> Callable[[], dict[str, Any]]:
    """The one answer that CloudFormation has got."""

    def told() -> dict[str, Any]:
        (request,) = cloudformation.requests
        answer: dict[str, Any] = json.loads(request.body)
        return answer

    return told


def tables(database: Database) -> set[str]:
    return {row[0] for row in database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_a_first_deployment_gets_every_migration_and_the_version(
    deploy: Deploy, database: Database, told: Callable[[], dict[str, Any]]
) -> None:
    deploy("create")

    sent = json.loads((EVENTS / "migrate-create.json").read_text())
    assert told() == {
        "Status": "SUCCESS",
        "Data": {"Version": SHIPPED[-1], "Digest": told()["Data"]["Digest"]},
        "PhysicalResourceId": "almanac-migrations",
        **{name: sent[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    assert "workspace_calendar_events" in tables(database)


def test_a_later_deployment_applies_what_is_new_under_the_same_physical_id(
    deploy: Deploy, folder: Path, database: Database, told: Callable[[], dict[str, Any]]
) -> None:
    deploy("by-hand")
    (folder / "9999_new.sql").write_text("CREATE TABLE new (id integer);")

    deploy("update")

    physical_id = json.loads((EVENTS / "migrate-update.json").read_text())["PhysicalResourceId"]
    assert (told()["Data"]["Version"], told()["PhysicalResourceId"]) == ("9999_new.sql", physical_id)
    assert "new" in tables(database)


def test_deleting_the_stack_touches_no_database(
    handler: ModuleType, cloudformation: ScriptedServer, told: Callable[[], dict[str, Any]]
) -> None:
    Deploy(handler, f"postgresql://gone@127.0.0.1:{free_port()}/gone", cloudformation.url)("delete")

    assert told()["Status"] == "SUCCESS"


def test_going_back_to_an_older_version_succeeds_and_the_log_says_so(
    deploy: Deploy, folder: Path, told: Callable[[], dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "9999_newer.sql").write_text("CREATE TABLE newer (id integer);")
    deploy("by-hand")
    (folder / "9999_newer.sql").unlink()

    deploy("update")

    assert (told()["Status"], told()["Data"]["Version"]) == ("SUCCESS", "9999_newer.sql")
    (warning,) = [vars(record) for record in caplog.records if record.message == "the database is newer than this code"]
    assert (warning["levelname"], warning["unknown"]) == ("WARNING", ["9999_newer.sql"])


def test_a_failing_migration_fails_the_deployment_by_name_and_leaves_nothing(
    deploy: Deploy, folder: Path, database: Database, told: Callable[[], dict[str, Any]]
) -> None:
    (folder / "9999_broken.sql").write_text("CREATE TABLE half (id integer); SELECT nonsense;")

    deploy("create")

    assert (told()["Status"], told()["PhysicalResourceId"]) == ("FAILED", "almanac-migrations")
    assert told()["Reason"].startswith("migration 9999_broken.sql: the database refused a statement (42703")
    assert tables(database) == set()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "postgresql://almanac:hunter2@127.0.0.1:{free}/almanac",
            "ALMANAC_DATABASE_URL: no database answers at 127.0.0.1:",
        ),
        ("postgresql://almanac:hunter2@127.0.0.1:{port}/almanac", "ALMANAC_DATABASE_URL: the database refuses the"),
        ("", "ALMANAC_DATABASE_URL: missing"),
    ],
    ids=["unreachable", "wrong password", "not configured"],
)
def test_a_database_that_cannot_be_used_fails_the_deployment_without_a_secret(
    handler: ModuleType,
    postgres: Postgres,
    cloudformation: ScriptedServer,
    told: Callable[[], dict[str, Any]],
    log: Callable[[], str],
    url: str,
    reason: str,
) -> None:
    deploy = Deploy(handler, url.format(free=free_port(), port=postgres.port), cloudformation.url)
    deploy("create", seconds=UPGRADE_RESERVE_SECONDS + 0.5)  # no time for another try

    assert (told()["Status"], told()["Reason"][: len(reason)]) == ("FAILED", reason)
    assert "hunter2" not in told()["Reason"] + log()


def test_a_role_that_is_made_while_the_deployment_waits_is_met(postgres: Postgres, empty_url: str) -> None:
    owner = parse_url(empty_url)
    newcomer, pauses = f"newcomer_{next(_numbers)}", []

    def somebody_makes_it(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            with closing(Database(lambda: owner)) as database:
                database.run(f"CREATE ROLE {newcomer} LOGIN SUPERUSER PASSWORD 'secret'")

    upgrade = UpgradeDatabase(
        migrate.PostgresMigrations(lambda: replace(owner, user=newcomer, password="secret")),
        somebody_makes_it,
    )
    done = upgrade(lambda: 270.0, patient=True)

    assert (done.applied, pauses) == (tuple(SHIPPED), [1.0, 2.0])


@pytest.mark.parametrize("held", ["lock", "statement"])
def test_time_that_runs_out_fails_the_deployment_before_lambda_ends_it(
    deploy: Deploy, folder: Path, database: Database, told: Callable[[], dict[str, Any]], empty_url: str, held: str
) -> None:
    if held == "statement":
        for shipped in folder.iterdir():
            shipped.unlink()  # on a busy machine they alone take longer than the second that there is
        (folder / "9999_slow.sql").write_text("SELECT pg_sleep(60);")
    with closing(Database(lambda: parse_url(empty_url))) as other, other.transaction():
        if held == "lock":
            other.run("SELECT pg_advisory_xact_lock(:key)", key=migrate._LOCK)
        began = time.monotonic()
        deploy("create", seconds=UPGRADE_RESERVE_SECONDS + 1)
        assert time.monotonic() - began < UPGRADE_RESERVE_SECONDS / 2, "and long before the invocation ends"

    assert told()["Status"] == "FAILED"
    assert "the database is not available (57014" in told()["Reason"]
    assert held == "lock" or told()["Reason"].startswith("migration 9999_slow.sql: ")
    assert tables(database) == set()
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
    assert database.run(busy) == [[1]], "the server has let go of it as well"


def test_a_table_that_somebody_reads_for_long_holds_up_the_upgrade_and_nobody_behind_it(
    folder: Path, database: Database, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.migrate(empty_url)
    (folder / "9999_new.sql").write_text("ALTER TABLE workspaces ADD COLUMN new integer;")
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.05)
    reading = ExitStack()

    def others_go_on(_seconds: float) -> None:
        database.run("INSERT INTO workspaces (name) VALUES ('Team')")
        reading.close()

    with closing(Database(lambda: parse_url(empty_url))) as backup:
        reading.enter_context(backup.transaction()).run("SELECT FROM workspaces")
        upgrade = UpgradeDatabase(migrate.PostgresMigrations(lambda: parse_url(empty_url)), others_go_on)

        assert upgrade(lambda: UPGRADE_RESERVE_SECONDS + 10, patient=True).applied == ("9999_new.sql",)


def test_no_time_at_all_is_told_too(deploy: Deploy, told: Callable[[], dict[str, Any]]) -> None:
    deploy("create", seconds=UPGRADE_RESERVE_SECONDS - 1)

    assert (told()["Status"], told()["Reason"]) == ("FAILED", "there is no time left for it")


def test_a_deployment_that_cannot_be_told_fails_the_invocation_and_may_be_repeated(
    deploy: Deploy, cloudformation: ScriptedServer, told: Callable[[], dict[str, Any]]
) -> None:
    cloudformation.script.clear()
    for _ in range(3):
        cloudformation.answers({}, status=503)
    with pytest.raises(TransientError, match="HTTP 503"):
        deploy("create")
    cloudformation.requests.clear()
    cloudformation.answers({})

    deploy("create")

    assert told()["Data"]["Version"] == SHIPPED[-1]


def test_by_hand_it_says_what_was_applied(deploy: Deploy) -> None:
    assert deploy("by-hand") == {"applied": SHIPPED, "version": SHIPPED[-1], "unknown": []}
    again = {"applied": [], "version": SHIPPED[-1], "unknown": []}
    assert (deploy.invoke({}), deploy.invoke(None)) == (again, again)


def test_by_hand_a_failure_is_raised(deploy: Deploy, folder: Path) -> None:
    (folder / "9999_broken.sql").write_text("SELECT nonsense;")

    with pytest.raises(StorageFailed, match=r"^migration 9999_broken\.sql: "):
        deploy("by-hand")


@pytest.mark.parametrize("event", [{"job": "calendar.sync"}, {"Records": []}, {"ResponseURL": "https://a.invalid/"}])
def test_an_event_of_another_kind_is_refused_by_its_field(deploy: Deploy, event: dict[str, Any]) -> None:
    with pytest.raises(BadJob, match=r"^(job|Records|RequestType): "):
        deploy.invoke(event)


def test_a_kind_of_request_that_does_not_exist_is_answered(
    deploy: Deploy, cloudformation: ScriptedServer, told: Callable[[], dict[str, Any]], database: Database
) -> None:
    event = json.loads((EVENTS / "migrate-create.json").read_text())

    deploy.invoke(event | {"RequestType": "Destroy", "ResponseURL": cloudformation.url})

    assert told()["Status"] == "FAILED"
    assert tables(database) == set()


def test_a_bug_is_told_by_its_type_only(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, told: Callable[[], dict[str, Any]], log: Callable[[], str]
) -> None:
    def bug(*_: object) -> list[str]:
        raise KeyError("ada@example.org")

    monkeypatch.setattr(migrate, "apply_missing", bug)

    deploy("create")

    assert (told()["Status"], told()["Reason"]) == ("FAILED", "unexpected KeyError")
    assert "ada@example.org" not in log()


def test_the_address_is_a_credential_and_stays_out_of_the_log(deploy: Deploy, log: Callable[[], str]) -> None:
    deploy("create")

    assert "SUCCESS" in log()
    assert "s3cr3t" not in log()
    assert "/answer" not in log()


def test_without_settings_by_hand_says_which_is_missing(handler: ModuleType) -> None:
    with pytest.raises(BadSettings, match=r"^ALMANAC_DATABASE_URL: "):
        Deploy(handler, "", "")("by-hand")
