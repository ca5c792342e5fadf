"""`make cloud-test STACK=…`: template.yaml as a stack of its own, tried from the outside, and deleted again.

What only a deployed stack shows: permissions, mappings, rules, layers, the way to the database and to Google. A tick of
a rule leads to a run, so does a message, and a body that is no job is among the dead letters within seconds. The
workspace that is tried has an account that Google does not know, so nobody's calendar is read. `--deployed` tries a
stack that is there, as the suite does with that of `make deploy-local`.

The shell needs AWS credentials and the settings of a command line (docs/deploy.md), but for the queues. Exit codes: 0
all went well, 1 something did not.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from almanac.adapters.aws.clients import client
from almanac.errors import AlmanacError
from almanac.wiring.command_line import Wiring
from local.stack.ports import StartError
from local.stack.stack import ROOT

RULE_SECONDS, JOB_SECONDS, POISON_SECONDS = 1000, 120, 90
"""How long each may take: a rule of the stage `dev` fires each quarter of an hour, a cold start comes with it."""
_LOOK_SECONDS = 0.5
_SAM = ROOT / ".tools" / "sam" / "bin" / "sam"


class CheckFailed(Exception):
    """The stack did not do what it is there for."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A deployed stack, tried with a workspace of its own."""

    wiring: Wiring
    ws_id: UUID
    queue_url: str

    def rule(self) -> None:
        """A rule fires, the orchestrator finds the workspace due, its run has been to Google."""
        self._run_of("schedule", RULE_SECONDS)

    def message(self) -> None:
        """A message becomes a run."""
        self._send(json.dumps({"job": "calendar.sync", "ws_id": str(self.ws_id), "force": True}))
        self._run_of("manual", JOB_SECONDS)

    def poison(self) -> None:
        """A body that is no job is a dead letter soon, and unchanged; what comes after it is done."""
        body = json.dumps({"job": "calendar.sync", "ws_id": None, "about": str(self.ws_id)})
        message_id = self._send(body)
        found: list[str] = []

        def dead() -> bool:
            letters = self.wiring.dead_letters.listed("sync", 1000).letters
            found[:] = [each.letter.body for each in letters if each.letter.message_id == message_id]
            return bool(found)

        _await(dead, POISON_SECONDS, "the poison is not among the dead letters")
        if found != [body]:
            raise CheckFailed("the dead letter is not what was sent")
        self.wiring.dead_letters.discard("sync", message_id)
        self._send(json.dumps({"job": "calendar.sync", "ws_id": str(self.ws_id), "request_id": "after", "force": True}))
        _await(lambda: self._has_run(job_id="after"), JOB_SECONDS, "nothing is done after the poison")

    def _send(self, body: str) -> str:
        sent = self.wiring.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=str(self.ws_id),
            MessageDeduplicationId=str(uuid4()),
        )
        return str(sent["MessageId"])

    def _run_of(self, source: str, seconds: float) -> None:
        _await(lambda: self._has_run(source=source), seconds, f"no run of source {source} has ended")

    def _has_run(self, *, source: str | None = None, job_id: str | None = None) -> bool:
        sql = (
            "SELECT 1 FROM runs WHERE ws_id = :ws_id AND status <> 'running'"
            " AND (:source::text IS NULL OR source = :source) AND (:job_id::text IS NULL OR job_id = :job_id)"
        )
        return bool(self.wiring.database.run(sql, ws_id=self.ws_id, source=source, job_id=job_id))


CHECKS: Mapping[str, Callable[[Trial], None]] = {
    "from rule to row": Trial.rule,
    "from message to row": Trial.message,
    "from poison to dead letter": Trial.poison,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy, try, delete; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.deployed:
            _try(options.stack)
        else:
            with _deployed(options.stack, options.sam_args):
                _try(options.stack)
    except (AlmanacError, CheckFailed, StartError, subprocess.CalledProcessError) as error:
        print(f"cloud-test: {error}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _deployed(stack: str, sam_args: Sequence[str]) -> Iterator[None]:
    """Deploy a stack of that name for the time being. Raises StartError when there is one: it is somebody's."""
    if _described(stack):
        raise StartError(f"there is a stack {stack}; choose another name, or try it as it is with --deployed")
    yes = ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    try:
        _sam("deploy", "--config-env", "dev", "--stack-name", stack, *yes, *sam_args)
        yield
    finally:
        _sam("delete", "--stack-name", stack, "--no-prompts")


def _sam(*arguments: str) -> None:
    subprocess.run([str(_SAM), *arguments], cwd=ROOT, check=True)


def _described(stack: str) -> dict[str, Any] | None:
    cloudformation = client("cloudformation")
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except cloudformation.exceptions.ClientError:
        return None
    return dict(found)


def _try(stack: str) -> None:
    """Raises CheckFailed with the first thing that did not happen."""
    found = _described(stack)
    if found is None:
        raise StartError(f"there is no stack {stack}")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    queues = {"ALMANAC_SYNC_QUEUE_URL": outputs["SyncQueueUrl"]}
    with closing(Wiring({**os.environ, **queues})) as wiring:
        ws_id = _move_in(wiring)
        try:
            for name, check in CHECKS.items():
                began = time.monotonic()
                check(Trial(wiring, ws_id, outputs["SyncQueueUrl"]))
                print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
        finally:
            wiring.database.run("DELETE FROM workspaces WHERE id = :ws_id", ws_id=ws_id)


def _move_in(wiring: Wiring) -> UUID:
    """Make a workspace with one calendar of an account that Google will not know. Returns its id."""
    ws_id = uuid4()
    wiring.workspaces.add(f"Cloud test {ws_id}", "UTC", ws_id)
    wiring.database.run(
        "WITH account AS (INSERT INTO calendar_auth_tokens (ws_id, user_id, account_email, refresh_token)"
        " VALUES (:ws_id, 'cloud-test', :email, :token) RETURNING id)"
        " INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id, access_role, is_primary)"
        " SELECT :ws_id, id, :email, 'reader', true FROM account",
        ws_id=ws_id,
        email=f"{ws_id}@example.test",
        token=wiring.cipher.encrypt("no token of Google's"),
    )
    return ws_id


def _await(held: Callable[[], bool], seconds: float, otherwise: str) -> None:
    ends_at = time.monotonic() + seconds
    while not held():
        if time.monotonic() > ends_at:
            raise CheckFailed(f"{otherwise} after {seconds} s")
        time.sleep(_LOOK_SECONDS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.cloud_test", description="Try template.yaml on AWS.")
    parser.add_argument("--stack", required=True, help="name of the stack")
    parser.add_argument("--deployed", action="store_true", help="it is there; neither deploy nor delete it")
    parser.add_argument("sam_args", nargs="*", help="more arguments for sam deploy, after --")
    return parser


if __name__ == "__main__":
    sys.exit(main())
