"""The stack of template.yaml on a local AWS, with an embedded Postgres and a simulated Google."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self
from uuid import UUID, uuid5

from almanac.adapters.crypto import new_key
from almanac.wiring.command_line import Wiring
from local.deploy.cloud import STACK, Cloud
from local.google_simulator.control.client import Control
from local.postgres import APP_ROLE, Postgres
from local.stack.simulator_process import start_simulator
from local.stack.stack import ROOT

_EACH_MINUTE = "cron(* * * * ? *)"  # as often as a rule can fire
PARAMETERS = {
    "Stage": "dev",
    "Ticks": "ENABLED",
    "SyncCadence": _EACH_MINUTE,
    "ScheduleCadence": _EACH_MINUTE,
    "ChangesCadence": _EACH_MINUTE,
    "UpkeepCadence": _EACH_MINUTE,
}
"""What the template is deployed with, besides the secrets."""
WORKSPACE = ("Harbour Design", "Europe/Berlin", "ada@harbour.test")
"""Name, zone and account of the workspace that is connected."""

_NAMESPACE = UUID("5d6c1c39-0a37-4c0c-9c0e-0d4a2f3b7e55")


class Deployment:
    """The deployed stack and what it works with: `outputs` are the stack's, `google` steers the simulator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._running = ExitStack()
        self._key = new_key()
        self.outputs: dict[str, str] = {}

    @classmethod
    def start(cls, folder: Path, *, tell: Callable[[str], None]) -> Self:
        """Start Google, Postgres and the local AWS in `folder`, and deploy. `tell` hears of each step and may raise.

        Raises StartError, and leaves nothing running then.
        """
        folder.mkdir(parents=True, exist_ok=True)
        deployment = cls(folder)
        try:
            deployment._start_parts(tell)
            deployment._deploy(tell)
        except BaseException:
            deployment.stop()
            raise
        return deployment

    @cached_property
    def environment(self) -> dict[str, str]:
        """What the command line is given to work on the stack."""
        return {
            "ALMANAC_DATABASE_URL": self.postgres.url,
            "ALMANAC_SYNC_QUEUE_URL": self.outputs["SyncQueueUrl"],
            "ALMANAC_SCHEDULE_QUEUE_URL": self.outputs["ScheduleQueueUrl"],
            "ALMANAC_GOOGLE_API_URL": self._google_url,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{self._google_url}/token",
            "ALMANAC_GOOGLE_CLIENT_ID": "local",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "local",
            "ALMANAC_TOKEN_KEYS": self._key,
            **self.cloud.environment(),
        }

    @cached_property
    def wiring(self) -> Wiring:
        """Almanac's own composition, in this process and on this stack."""
        wiring = Wiring(self.environment)
        self._running.callback(wiring.close)
        return wiring

    def connect(self) -> UUID:
        """Make up an account with calendars in the simulated Google and connect it to a new workspace."""
        name, zone, email = WORKSPACE
        token = str(self.google.add_account(email, time_zone=zone)["refresh_token"])
        self.google.populate(email, calendars=2, events=120, seed=1)
        ws_id = uuid5(_NAMESPACE, name)
        self.wiring.workspaces.add(name, zone, ws_id)
        self.wiring.connect_account(ws_id, email.partition("@")[0], email, token)
        return ws_id

    def dead_letters(self) -> int:
        """Messages in the dead-letter queue of the sync queue."""
        found = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["SyncDeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def stop(self) -> None:
        """Stop everything and remove the database; logs stay. Safe to call twice, or half-way up."""
        self._running.close()

    def _start_parts(self, tell: Callable[[str], None]) -> None:
        logs = self._folder / "logs"
        logs.mkdir(exist_ok=True)
        simulator, self._google_url = start_simulator(logs)
        self._running.callback(simulator.stop)
        self.google = Control(self._google_url)
        tell("Google Calendar, simulated, is up")
        self.postgres = Postgres.start(self._folder / "postgres")
        self._running.callback(self.postgres.delete)
        tell("Postgres, embedded, is up and empty")
        self.cloud = Cloud.start(self._folder / "cloud")
        self._running.callback(self.cloud.stop)
        tell(f"CloudFormation, EventBridge, SQS and Lambda, local, are up at {self.cloud.endpoint_url}")

    def _deploy(self, tell: Callable[[str], None]) -> None:
        parameters = PARAMETERS | {
            "DatabaseSecretArn": self.cloud.secret("database", json.dumps({"url": self.postgres.url})),
            "DatabaseAppSecretArn": self.cloud.secret("app", json.dumps({"url": self.postgres.url_as(APP_ROLE)})),
            "GoogleSecretArn": self.cloud.secret(
                "google", json.dumps({"client_id": "local", "client_secret": "local"})
            ),
            "TokenKeysSecretArn": self.cloud.secret("keys", self._key),
        }
        variables = {
            "AWS_ENDPOINT_URL": self.cloud.endpoint_url,
            "ALMANAC_GOOGLE_API_URL": self._google_url,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{self._google_url}/token",
        }
        self.outputs = self.cloud.deploy(ROOT, parameters, variables)
        tell(f"template.yaml is deployed as {STACK}; its own custom resource has migrated the database")
        for name in self.cloud.left_out:
            tell(f"left out, for the local AWS does not serve it: {name}")
