"""Everything Almanac needs, on this machine: Postgres, the queues, a simulated Google, and the real handlers.

`Stack.start` brings it up in that order and `stop` takes it down in reverse. All of it listens on 127.0.0.1 only.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

from almanac.adapters.postgres.connection import parse_url
from almanac.adapters.postgres.deployment.app_role import AppRole
from almanac.adapters.postgres.migrate import migrate
from almanac.wiring.command_line import Wiring
from local.google_simulator.control.client import Control
from local.http_front.server import HttpFront
from local.lambda_runtime.worker_pool import WorkerPool, invoke
from local.postgres import APP_ROLE, Postgres
from local.stack.interruption import Interrupted
from local.stack.ports import LOOPBACK, Child, free_port
from local.stack.queues import Queues, QueueServer, create_bus
from local.stack.simulator_process import start_simulator

ROOT = Path(__file__).parents[2]
DATABASE = "almanac"
FUNCTION_SECONDS = 120
"""Time limit of a function, as in template.yaml."""
VISIBILITY_SECONDS = 720
"""How long a received message stays hidden, as in template.yaml: six times the time limit."""
WORKERS = 2
"""Workspaces that are synced at once, as the template's stage `dev`."""
PLANNERS = 1
"""Workspaces that are planned at once: a plan keeps a whole processor busy."""

_FUNCTION_OF_RULE = {"upkeep": "upkeep", "relay": "relay", "digests": "export", "reports": "export"}
_CONTROL_SECONDS = 300  # loading a very large .ics file is one command
FOREIGN_PREFIXES = ("ALMANAC_", "AWS_", "POWERTOOLS_")
"""Settings of a shell that would steer the local stack somewhere else."""


def forget_shell_settings() -> None:
    """Drop what the shell has set for a real account, and keep proxies away from this machine's own addresses."""
    for name in [name for name in os.environ if name.startswith(FOREIGN_PREFIXES)]:
        del os.environ[name]
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(filter(None, [known, LOOPBACK]))


class Stack:
    """The running system. `google` steers the simulator, `environment` is what the CLI and the handlers are given."""

    postgres: Postgres
    queues: Queues
    google: Control
    environment: dict[str, str]

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self._settings = dict(settings)
        self._simulator: Child | None = None
        self._queue_server: QueueServer | None = None
        self._workers: WorkerPool | None = None
        self._planners: WorkerPool | None = None
        self._front: HttpFront | None = None
        self._senders: WorkerPool | None = None
        self._exporters: WorkerPool | None = None
        self._relays: WorkerPool | None = None
        self._subscriber: Child | None = None

    @classmethod
    def start(
        cls,
        folder: Path,
        settings: Mapping[str, str],
        *,
        keep_data: bool,
        tell: Callable[[str, float], None],
        between: Callable[[], None],
    ) -> Self:
        """Start everything in `folder`. `settings` needs ALMANAC_TOKEN_KEYS; the others have working defaults.

        keep_data: whether the database of an earlier start is kept. `tell` hears what has started and in how many
        seconds; `between` is called between two steps and may raise. Raises StartError, and stops what had started.
        """
        folder.mkdir(parents=True, exist_ok=True)
        stack = cls(folder.resolve(), settings)
        try:
            for name, step in stack._steps(keep_data):
                between()
                began = time.perf_counter()
                step()
                tell(name, time.perf_counter() - began)
        except Interrupted:
            stack.stop(hurry=True)
            if not keep_data:
                stack.delete()
            raise
        except BaseException:
            stack.stop(hurry=True)
            raise
        return stack

    @cached_property
    def wiring(self) -> Wiring:
        """Almanac's own composition, in this process and on this stack: what the command line uses."""
        return Wiring(self.environment)

    @cached_property
    def sqs(self) -> Any:
        """A boto3 client for the queues."""
        return self.queues.client()

    @property
    def worker_logs(self) -> list[Path]:
        """What the workers' handlers have printed: JSON lines, and the workers' own words between them."""
        logs = self.folder / "logs"
        return sorted([*logs.glob("calendar_sync-*.log"), *logs.glob("smart_scheduling-*.log")])

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers that sync."""
        return self._workers.pids if self._workers else []

    def tick(self, rule: str = "sync") -> dict[str, Any]:
        """Let a rule fire once: sync, outbound, schedule, changes, upkeep, relay, digests, reports. InvocationError."""
        event = json.loads((ROOT / "events" / f"tick-{rule}.json").read_text(encoding="utf-8"))
        return self._invoke(_FUNCTION_OF_RULE.get(rule, "orchestrator"), event)

    def orchestrate(self, event: Any) -> dict[str, Any]:
        """Invoke the orchestrator with an event and return its answer. InvocationError."""
        return self._invoke("orchestrator", event)

    def _invoke(self, function: str, event: Any) -> dict[str, Any]:
        answer: dict[str, Any] = invoke(
            ROOT / "functions" / function / "handler.py",
            event,
            timeout_seconds=FUNCTION_SECONDS,
            env=self._process_environment(),
            log=self.folder / "logs" / f"{function}.log",
        )
        return answer

    def send(self, group: UUID, body: str, *, queue_url: str | None = None) -> None:
        """Put a message into the sync queue, or another, as a person would type it; its group is a workspace."""
        self.sqs.send_message(
            QueueUrl=queue_url or self.queues.sync_url,
            MessageBody=body,
            MessageGroupId=str(group),
            MessageDeduplicationId=str(uuid4()),
        )

    def hide_received_for(self, seconds: int) -> None:
        """Change how long messages stay hidden that are received by polls of the sync queue from now on."""
        self.sqs.set_queue_attributes(QueueUrl=self.queues.sync_url, Attributes={"VisibilityTimeout": str(seconds)})

    def dead_letters(self) -> list[str]:
        """Bodies in the sync queue's dead-letter queue; they stay there."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queues.sync_dead_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def deliver_webhooks(self) -> None:
        """Start who sends webhooks, a bus with a sample subscriber, and a relay for nudges.

        The environment needs ALMANAC_WEBHOOK_KEYS. What the subscriber prints is in `logs/subscriber.log`.
        """
        bus, url = create_bus(self.queues)
        self.environment["ALMANAC_EVENT_BUS"] = bus
        table = str(self.folder / "subscriber.sqlite3")
        self._subscriber = Child(
            [sys.executable, "-m", "local.subscriber", "--queue", url, "--table", table],
            log=self.folder / "logs" / "subscriber.log",
            environment=os.environ | self.queues.environment(),
            folder=str(ROOT),
        )
        self._senders = self._start_pool("deliver", self.queues.deliver_url, 1)
        self._relays = self._start_pool("relay", self.queues.nudge_url, 1)

    def make_exports(self) -> None:
        """Start who makes files, into the folder of exports."""
        self._exporters = self._start_pool("export", self.queues.export_url, 1)

    def switch_push_on(self, key: str) -> None:
        """Let Google ring at the real push_receiver; the workers that sync begin anew, for they have to know where."""
        port = free_port()
        self.environment |= {"ALMANAC_PUBLIC_URL": f"http://{LOOPBACK}:{port}", "ALMANAC_PUSH_KEYS": key}
        self._front = HttpFront.start(port, self.environment, self.folder / "logs")
        if self._workers is not None:
            self._workers.stop()
        self._workers = self._start_pool("calendar_sync", self.queues.sync_url, WORKERS)

    def stop(self, *, hurry: bool = False) -> None:
        """Stop everything; safe to call twice, or half-way up. In a hurry, a worker's current run is not awaited."""
        if hurry:
            more = (self._planners, self._senders, self._exporters, self._relays)
            others = [pool.pids for pool in more if pool is not None]
            for pid in [*self.worker_pids, *(pid for pids in others for pid in pids)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)
        if "wiring" in vars(self):
            self.wiring.close()
        if "sqs" in vars(self):
            self.sqs.close()
        if self._front is not None:
            self._front.stop()
        pools = (self._workers, self._planners, self._senders, self._exporters, self._relays)
        for part in (*pools, self._subscriber, self._queue_server, self._simulator, getattr(self, "postgres", None)):
            if part is not None:
                part.stop()

    def delete(self, *, hurry: bool = False) -> None:
        """Stop everything and remove the database; logs stay."""
        self.stop(hurry=hurry)
        if hasattr(self, "postgres"):
            self.postgres.delete()

    def _steps(self, keep_data: bool) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("Google Calendar, simulated", self._start_simulator),
            ("Postgres, embedded", lambda: self._start_postgres(keep_data)),
            ("SQS, local", self._start_queues),
            ("calendar_sync and smart_scheduling, real handlers", self._start_workers),
        ]

    def _start_simulator(self) -> None:
        logs = self.folder / "logs"
        if logs.exists():
            shutil.rmtree(logs)
        logs.mkdir()
        self._simulator, self._google_url = start_simulator(logs)
        self.google = Control(self._google_url, timeout=_CONTROL_SECONDS)

    def _start_postgres(self, keep_data: bool) -> None:
        self.postgres = Postgres.start(self.folder / "postgres", durable=keep_data)
        if not keep_data:
            self.postgres.drop_database(DATABASE)
            self.postgres.create_database(DATABASE)
        login = parse_url(self.postgres.url_as(APP_ROLE))
        migrate(self.postgres.url, role=AppRole(login.user, login.password, iam=False))

    def _start_queues(self) -> None:
        self._queue_server = QueueServer.start(self.folder / "queues", visibility_seconds=VISIBILITY_SECONDS)
        self.queues = self._queue_server.queues
        self.environment = {
            "ALMANAC_DATABASE_URL": self.postgres.url,
            "ALMANAC_SYNC_QUEUE_URL": self.queues.sync_url,
            "ALMANAC_SCHEDULE_QUEUE_URL": self.queues.schedule_url,
            "ALMANAC_DELIVER_QUEUE_URL": self.queues.deliver_url,
            "ALMANAC_EXPORT_QUEUE_URL": self.queues.export_url,
            "ALMANAC_EXPORT_FOLDER": str(self.folder / "exports"),
            "ALMANAC_NUDGE_QUEUE_URL": self.queues.nudge_url,
            "ALMANAC_WEBHOOK_ALLOW_LOCAL": "true",
            "ALMANAC_GOOGLE_API_URL": self._google_url,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{self._google_url}/token",
            "ALMANAC_GOOGLE_AUTH_URL": f"{self._google_url}/o/oauth2/v2/auth",
            "ALMANAC_GOOGLE_CLIENT_ID": "local",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "local",
            **self.queues.environment(),
            **self._settings,
        }

    def _start_workers(self) -> None:
        self._workers = self._start_pool("calendar_sync", self.queues.sync_url, WORKERS)
        self._planners = self._start_pool("smart_scheduling", self.queues.schedule_url, PLANNERS)

    def _start_pool(self, function: str, queue_url: str, workers: int) -> WorkerPool:
        return WorkerPool(
            ROOT / "functions" / function / "handler.py",
            queue_url,
            workers=workers,
            logs=self.folder / "logs",
            env=self._process_environment(),
            timeout_seconds=FUNCTION_SECONDS,
        )

    def _process_environment(self) -> dict[str, str]:
        """Of a handler: it signs in as the deployed ones do; a killed worker has said what it said."""
        return self.environment | {"ALMANAC_DATABASE_URL": self.postgres.url_as(APP_ROLE), "PYTHONUNBUFFERED": "1"}
