"""template.yaml on a local AWS, as `make deploy-local` deploys it: from rule to row, from message to dead letter.

Nothing here plays a tick, polls a queue or runs a handler: the deployed stack does.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from subprocess import PIPE
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.config import Config

from almanac.adapters.postgres.connection import Rows
from almanac.wiring.command_line import Wiring
from local.cloud_test import CHECKS
from local.deploy.cloud import STACK
from local.deploy.package import read_template
from local.deploy.stack import WORKSPACE
from local.google_simulator.control.client import Control
from local.stack.stack import ROOT
from local.stack.truth import compare
from tests.end_to_end.conftest import session_members
from tests.end_to_end.test_demo import Program

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(180)]

TRIAL = [sys.executable, "-m", "local.cloud_test", "--stack", STACK, "--deployed"]
_RULE_SECONDS = 90  # a rule fires on the minute, the local scheduler looks every ten seconds


@dataclass(frozen=True)
class Deployed:
    """A running `make deploy-local`, reached as an operator reaches it: by the file that it writes."""

    wiring: Wiring
    google: Control
    client: Callable[[str], Any]
    outputs: dict[str, str]
    ws_id: UUID
    trial: subprocess.Popen[str]

    def query(self, sql: str, **values: Any) -> Rows:
        return self.wiring.database.run(sql, **values)

    def send(self, body: str, reason: str) -> None:
        """Put a message into the sync queue as a person would."""
        self.client("sqs").send_message(
            QueueUrl=self.outputs["SyncQueueUrl"],
            MessageBody=body,
            MessageGroupId=str(self.ws_id),
            MessageDeduplicationId=reason,
        )

    def insert_event(self, title: str) -> str:
        """A new event in the simulated Google; returns its id."""
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86_400))
        times = {end: {"dateTime": f"{day}T{hour}:00:00Z"} for end, hour in (("start", 10), ("end", 11))}
        return str(self.google.insert_event(WORKSPACE[2], {"summary": title, **times})["id"])

    def has_row(self, event_id: str) -> bool:
        sql = "SELECT 1 FROM workspace_calendar_events WHERE ws_id = :ws_id AND external_event_id = :event_id"
        return bool(self.query(sql, ws_id=self.ws_id, event_id=event_id))

    def made(self, stack: str) -> dict[str, str]:
        """Logical id → physical id of what a stack has made."""
        answer = self.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        done = [each for each in answer if each["ResourceStatus"] == "CREATE_COMPLETE"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in done}

    def log(self, function: str) -> str:
        """What a function has printed so far, in the group that the template gives it."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId=f"{function}Logs"
        )
        group = found["StackResourceDetail"]["PhysicalResourceId"]
        return "".join(
            event["message"] for event in self.client("logs").filter_log_events(logGroupName=group)["events"]
        )

    def runs(self) -> set[tuple[str, str]]:
        """Source and status of the syncs so far."""
        found = self.query("SELECT source, status FROM workspace_calendar_sync_log")
        return {(row[0], row[1]) for row in found}


def eventually(held: Callable[[], bool], seconds: float) -> bool:
    """Whether it holds before that time is over."""
    ends_at = time.monotonic() + seconds
    while not held():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Started once and ended by Ctrl-C, which must leave nothing behind."""
    folder = tmp_path_factory.mktemp("deploy") / "stack"
    exports = folder.with_name("stack.env")
    program = Program("local.deploy", folder)
    program.read_until("the rules fire each minute")
    assert exports.stat().st_mode & 0o777 == 0o600, "it holds a password and a key"
    words = shlex.split(exports.read_text())
    environment = dict(word.split("=", 1) for word in words if word != "export")

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}),
        )

    with closing(Wiring(environment)) as wiring:
        (stack,) = client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        ws_id = wiring.database.run("SELECT id FROM workspaces WHERE name = :name", name=WORKSPACE[0])[0][0]
        google = Control(environment["ALMANAC_GOOGLE_API_URL"])
        given = os.environ | environment
        with subprocess.Popen(TRIAL, env=given, cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as trial:
            yield Deployed(wiring, google, client, outputs, ws_id, trial)
            trial.kill()
    assert program.end(signal.SIGINT) == 0
    left = partial(session_members, program.process.pid)
    assert eventually(lambda: left() == [], 10), left()  # a function that was at work ends with its runtime
    assert not exports.exists(), "what it points at is gone"
    assert not (folder / "postgres" / "server").exists()


def test_every_resource_is_there_but_what_is_made_elsewhere_or_not_served(deployed: Deployed) -> None:
    resources = read_template(ROOT)["Resources"] | read_template(ROOT, "observability.yaml")["Resources"]
    outer = deployed.made(STACK)
    made = outer | deployed.made(outer["Observability"])
    # SAM adds a hash of its content to a layer's name.
    missing = {name for name in resources if not any(found.startswith(name) for found in made)}
    conditional = {name for name, each in resources.items() if "Condition" in each}
    formulas = {name for name, each in resources.items() if "Metrics" in each.get("Properties", {})}
    assert missing - conditional == formulas
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in guide for name in formulas), "what the local AWS does not serve is told"
    assert {
        "Migrations",
        "SyncQueue",
        "OrchestratorSyncTick",
        "SyncJobs",
        "TicksMissingAlarm",
        "Dashboard",
    } <= made.keys()


def test_the_alarms_watch_what_was_deployed(deployed: Deployed) -> None:
    inside = deployed.made(deployed.made(STACK)["Observability"])
    answer = deployed.client("cloudwatch").describe_alarms(AlarmNames=[inside["SyncDeadLettersAlarm"]])
    (alarm,) = answer["MetricAlarms"]
    queue = deployed.outputs["SyncDeadLettersUrl"].rsplit("/", 1)[1]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
    assert alarm["AlarmActions"] == [deployed.outputs["AlarmTopicArn"]]
    assert deployed.outputs["DashboardUrl"].endswith(f"/{inside['Dashboard']}")


def test_the_deployment_itself_has_migrated_the_database(deployed: Deployed) -> None:
    shipped = {file.name for file in (files("almanac") / "migrations").iterdir() if file.name.endswith(".sql")}
    assert {row[0] for row in deployed.query("SELECT name FROM almanac_migrations")} == shipped


def test_the_migrate_function_can_be_invoked_by_hand(deployed: Deployed) -> None:
    answer = deployed.client("lambda").invoke(
        FunctionName=deployed.outputs["MigrateName"],
        Payload=(ROOT / "events" / "migrate-by-hand.json").read_bytes(),
    )
    assert "FunctionError" not in answer
    said = json.load(answer["Payload"])
    assert (said["applied"], said["unknown"]) == ([], [])


def test_from_message_to_row_and_from_rule_to_row(deployed: Deployed) -> None:
    by_hand = deployed.insert_event("By hand")
    deployed.send(json.dumps({"job": "calendar.sync", "ws_id": str(deployed.ws_id), "force": True}), "by hand")
    assert eventually(lambda: deployed.has_row(by_hand), 30), "the mapping delivers the message"
    assert eventually(lambda: ("manual", "completed") in deployed.runs(), 10)

    by_rule = deployed.insert_event("By rule")
    assert eventually(lambda: deployed.has_row(by_rule), _RULE_SECONDS), "the rule fires and its job is delivered"
    assert eventually(lambda: ("schedule", "completed") in deployed.runs(), 10)

    found = compare(deployed.wiring.database, deployed.google, deployed.ws_id)
    assert len(found) == 2
    assert sum(calendar.stored for calendar in found) > 100
    assert all(calendar.equal for calendar in found)


def test_every_rule_wakes_its_function_and_none_fails(deployed: Deployed) -> None:
    assert eventually(lambda: deployed.log("Upkeep").count("END RequestId") > 0, _RULE_SECONDS)
    # The rules of sync and planning both wake the orchestrator.
    assert eventually(lambda: deployed.log("Orchestrator").count("END RequestId") > 1, _RULE_SECONDS)
    printed = {name: deployed.log(name) for name in ("Orchestrator", "CalendarSync", "Upkeep", "Migrate")}
    failed = [name for name, text in printed.items() if "ERROR" in text or "Traceback" in text]
    assert failed == [], printed


def test_what_is_tried_on_aws_holds_here(deployed: Deployed) -> None:
    """`make cloud-test` on a stack that is there: rule, message and poison; it began with the module."""
    said, complaint = deployed.trial.communicate(timeout=_RULE_SECONDS + 30)
    assert (deployed.trial.returncode, complaint) == (0, "")
    took = {name: float(seconds) for name, seconds in re.findall(r"^(.+): ([0-9.]+) s$", said, re.MULTILINE)}
    assert list(took) == list(CHECKS)
    assert took["from poison to dead letter"] < 30, "seconds, not three visibility timeouts"
