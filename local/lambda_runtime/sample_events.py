"""Every sample event with the function that it is for and the answer that it must get, and what that takes to run.

The suite sends each to its handler, `make invoke-all` sends each through `sam local invoke`: the same table for both.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from almanac.adapters.crypto import new_key
from almanac.wiring.command_line import Wiring
from local.demo.work import furnish
from local.google_simulator.control.client import Control
from local.google_simulator.control.faults import Fault
from local.postgres import Postgres
from local.stack.ports import LOOPBACK
from local.stack.queues import QueueServer
from local.stack.simulator_process import start_simulator
from local.stack.stack import ROOT, VISIBILITY_SECONDS

EVENTS = ROOT / "events"
WORKSPACES = tuple(UUID(f"7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c0{n}") for n in (1, 2, 3))
"""The workspaces that the events name."""
KEY_ID, KEY_SECRET = "5a3c0f1e2d4b", "sample-secret-of-events"
"""Of the caller of the HTTP events."""
_ADD_KEY = """
INSERT INTO api_keys (id, name, secret_hash, scopes)
VALUES (:id, 'events', sha256(convert_to(:secret, 'UTF8')), '{read,run,operate,admin}')
"""
_ZONE = "Europe/Berlin"
_EMAIL = "person%d@example.test"
_PUSH_KEY = "c2FtcGxlLWtleS1vZi1hLXNhbXBsZS1ldmVudC0uLi4="
"""Signed the ring in events/push-ring.json; worth nothing anywhere else."""
_LAST_RUN = """
SELECT concat_ws(': ', status, error_type) FROM runs WHERE message_id = :message_id ORDER BY started_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One event. `function` is a logical id of template.yaml, `event` a file's name in events/ without `.json`.

    `expected` is what the outcome must hold, see `outcome`; it may hold more. `heavy`: from here on its workspace's
    calendar answers with what takes much memory.
    """

    function: str
    event: str
    expected: Mapping[str, Any]
    heavy: bool = False

    @property
    def is_large(self) -> bool:
        """Whether it is of the function with more memory."""
        return self.function.endswith("Large")

    @property
    def handler(self) -> Path:
        """The function's file: CalendarSync lives in functions/calendar_sync."""
        name = self.function.removesuffix("Large")  # the same code with more memory
        folder = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
        return ROOT / "functions" / folder / "handler.py"

    def outcome(self, answer: Any) -> dict[str, Any]:
        """An answer as the table shows it: of a batch, the numbers of the records that stay in the queue."""
        if not isinstance(answer, dict):
            return {"answer": answer}
        if "batchItemFailures" not in answer:
            return answer
        records = json.loads((EVENTS / f"{self.event}.json").read_text(encoding="utf-8"))["Records"]
        left = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
        outcome = {"left": [number for number, record in enumerate(records) if record["messageId"] in left]}
        return outcome | {name: answer[name] for name in ("ran",) if name in answer}

    def found(self, answer: Any) -> dict[str, Any]:
        """What there is in an answer of all that is expected."""
        outcome = self.outcome(answer)
        return {name: outcome.get(name) for name in self.expected} if "errorType" not in outcome else outcome


SAMPLES = (
    Sample("Migrate", "migrate-create", {"Status": "SUCCESS"}),
    Sample("Migrate", "migrate-update", {"Status": "SUCCESS"}),
    Sample("Migrate", "migrate-by-hand", {"applied": [], "unknown": []}),
    Sample("Migrate", "migrate-delete", {"Status": "SUCCESS"}),
    Sample("Orchestrator", "tick-sync", {"enqueued": 3, "failed": 0}),
    Sample("Orchestrator", "tick-outbound", {"enqueued": 0, "failed": 0}),
    Sample("Orchestrator", "tick-schedule", {"enqueued": 1, "failed": 0}),
    Sample("Orchestrator", "tick-changes", {"enqueued": 1, "failed": 0}),
    Sample("Orchestrator", "bulk-sync", {"enqueued": 2, "failed": 0, "unknown": 0}),
    Sample("CalendarSync", "sync-manual", {"left": []}),
    Sample("CalendarSync", "sync-redelivery", {"left": []}),
    Sample("CalendarSync", "sync-batch-with-poison", {"left": [1, 2]}),  # and what is behind it in its group
    Sample("CalendarSync", "sync-malformed", {"left": [0]}),
    Sample("CalendarSync", "sync-heavy", {"left": [], "ran": "failed: out_of_memory"}, heavy=True),
    Sample("SmartScheduling", "schedule-manual", {"left": []}),
    Sample("SmartScheduling", "schedule-redelivery", {"left": []}),
    Sample("SmartScheduling", "schedule-malformed", {"left": [0]}),
    Sample("CalendarSyncLarge", "sync-large", {"left": []}),
    Sample("CalendarSyncLarge", "sync-heavy-again", {"left": [], "ran": "completed"}, heavy=True),
    Sample("SmartSchedulingLarge", "schedule-large", {"left": []}),
    Sample("Upkeep", "tick-upkeep", {"dry_run": False, "failed": []}),
    Sample("Api", "http-alive", {"statusCode": 200}),
    Sample("Api", "http-ready", {"statusCode": 200}),
    Sample("Api", "http-no-key", {"statusCode": 401}),
    Sample("Api", "http-sync", {"statusCode": 202}),
    Sample("Api", "http-runs", {"statusCode": 200}),
    Sample("Api", "http-health", {"statusCode": 200}),
    Sample("Api", "http-plan-preview", {"statusCode": 200}),
    Sample("Api", "http-calendar", {"statusCode": 200}),
    Sample("Api", "http-queues", {"statusCode": 200}),
    Sample("Api", "http-members", {"statusCode": 200}),
    Sample("Api", "http-changes", {"statusCode": 200}),
    Sample("Api", "http-outbound", {"statusCode": 200}),
    Sample("Api", "http-webhooks", {"statusCode": 200}),
    Sample("Api", "http-document", {"statusCode": 200}),
    Sample("Api", "http-console", {"statusCode": 401}),  # nobody is signed in
    Sample("Connect", "http-connect", {"statusCode": 201}),
    Sample("Connect", "http-callback-unknown", {"statusCode": 400}),
    Sample("Connect", "http-disconnect-unknown", {"statusCode": 404}),
    Sample("Relay", "tick-relay", {"published": 0, "refused": 0}),
    Sample("Relay", "relay-nudge", {"left": []}),
    Sample("Relay", "relay-malformed", {"left": [0]}),
    Sample("Export", "tick-digests", {"digests": 0, "sent": 0, "failed": 0, "given_up": 0}),
    Sample("Export", "tick-reports", {"reports": 0, "sent": 0, "failed": 0, "given_up": 0}),
    Sample("Export", "export-manual", {"left": []}),
    Sample("Export", "export-malformed", {"left": [0]}),
    Sample("Api", "http-export", {"statusCode": 202}),
    Sample("Deliver", "deliver-lane", {"left": []}),
    Sample("Deliver", "deliver-malformed", {"left": [0]}),
    Sample("PushReceiver", "push-ring", {"statusCode": 204}),
    Sample("PushReceiver", "push-forged", {"statusCode": 404}),
)
"""In the order in which they are sent: each finds what those before it have left."""


def heavy_page() -> str:
    """Return a page of twenty megabytes that unpack to more than five hundred: for the large function only."""
    return '{"items": [], "nextSyncToken": "heavy", "nothing": [' + ",".join(["{}"] * 7_000_000) + "]}"


class Surroundings:
    """An empty database, local queues, a simulated Google and the other end of a deployment; a context manager.

    `environment` is what the handlers are given. All of it listens on 127.0.0.1 only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self._furnished = self._heavy = False

    def __enter__(self) -> Self:
        """Raises StartError, and leaves nothing running then."""
        try:
            self._start()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def event(self, sample: Sample, host: str = LOOPBACK) -> Any:
        """The sample's event; a deployment's answer goes to this machine, which is called `host` where it runs.

        Workspaces are made before the first event that needs them: the tables are the work of earlier ones.
        """
        if sample.function != "Migrate" and not self._furnished:
            self._furnish()
            self._furnished = True
        if sample.heavy and not self._heavy:
            page = heavy_page()
            self._google.inject(
                Fault(action="text", path="*/events", account=_EMAIL % 2, status=200, body=page, times=None)
            )
            self._heavy = True
        event = json.loads((EVENTS / f"{sample.event}.json").read_text(encoding="utf-8"))
        address = self._answers.url.replace(LOOPBACK, host)
        return event | {"ResponseURL": address} if "ResponseURL" in event else event

    def answered(self, sample: Sample, answer: Any) -> Any:
        """An answer with what the last record's run came to as `ran`, if the table asks for that."""
        if "ran" not in sample.expected:
            return answer
        records = json.loads((EVENTS / f"{sample.event}.json").read_text(encoding="utf-8"))["Records"]
        found = self._wiring.database.run(_LAST_RUN, message_id=records[-1]["messageId"])
        return answer | {"ran": found[0][0] if found else None}

    def of_large(self) -> dict[str, str]:
        """What functions with more memory are given instead: their own queues, and no larger ones."""
        names = ("ALMANAC_SYNC_QUEUE_URL", "ALMANAC_SCHEDULE_QUEUE_URL")
        own = {name: self.environment[name.replace("QUEUE", "LARGE_QUEUE")] for name in names}
        return own | {name.replace("QUEUE", "LARGE_QUEUE"): "" for name in names}

    def seen_from(self, host: str) -> dict[str, str]:
        """`environment` for a place that reaches this machine under another name."""
        seen = {name: value.replace(LOOPBACK, host) for name, value in self.environment.items()}
        plain = {"ALMANAC_DATABASE_URL": f"{seen['ALMANAC_DATABASE_URL']}?sslmode=disable"}
        return seen | plain

    @property
    def ports(self) -> set[int]:
        """Where everything listens."""
        urls = [*self.environment.values(), self._answers.url]
        return {port for url in urls if url.startswith(("http://", "postgresql://")) and (port := urlsplit(url).port)}

    @property
    def told(self) -> list[dict[str, Any]]:
        """What CloudFormation has been told, in order."""
        return self._answers.told

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        simulator, google_url = start_simulator(self._folder)
        self._running.callback(simulator.stop)
        postgres = Postgres.start(self._folder / "postgres", durable=False)
        self._running.callback(postgres.delete)
        queues = self._running.enter_context(
            QueueServer.start(self._folder / "queues", visibility_seconds=VISIBILITY_SECONDS)
        ).queues
        self._answers = _Answers()
        self._running.callback(self._answers.stop)
        self._google = Control(google_url)
        self.environment = {
            "ALMANAC_DATABASE_URL": postgres.url,
            "ALMANAC_SYNC_QUEUE_URL": queues.sync_url,
            "ALMANAC_SCHEDULE_QUEUE_URL": queues.schedule_url,
            "ALMANAC_SYNC_LARGE_QUEUE_URL": queues.sync_large_url,
            "ALMANAC_SCHEDULE_LARGE_QUEUE_URL": queues.schedule_large_url,
            "ALMANAC_DELIVER_QUEUE_URL": queues.deliver_url,
            "ALMANAC_NUDGE_QUEUE_URL": queues.nudge_url,
            "ALMANAC_EXPORT_QUEUE_URL": queues.export_url,
            "ALMANAC_EXPORT_FOLDER": str(self._folder / "exports"),
            "ALMANAC_GOOGLE_API_URL": google_url,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{google_url}/token",
            "ALMANAC_GOOGLE_CLIENT_ID": "local",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "local",
            "ALMANAC_GOOGLE_AUTH_URL": f"{google_url}/o/oauth2/v2/auth",
            "ALMANAC_TOKEN_KEYS": new_key(),
            "ALMANAC_SESSION_KEYS": new_key(),
            "ALMANAC_API_AUTH": "key",
            "ALMANAC_PUBLIC_URL": "https://almanac.example.org",
            "ALMANAC_CONNECT_RETURN_URLS": "https://app.example.org/settings",
            "ALMANAC_PUSH_KEYS": _PUSH_KEY,
            "ALMANAC_WEBHOOK_KEYS": new_key(),
            **queues.environment(),
        }

    def _furnish(self) -> None:
        """Three workspaces with a calendar and an event each; the first one has work to plan."""
        wiring = self._wiring = Wiring(self.environment)
        self._running.callback(wiring.close)
        for number, ws_id in enumerate(WORKSPACES):
            email = _EMAIL % number
            token = str(self._google.add_account(email)["refresh_token"])
            start, end = ({"dateTime": f"2026-12-01T{hour}:00:00Z"} for hour in (10, 11))
            self._google.insert_event(email, {"summary": "Review", "start": start, "end": end})
            wiring.workspaces.add(f"Workspace {number}", _ZONE, ws_id)
            wiring.connect_account(ws_id, "person", email, token)
        furnish(wiring.database, WORKSPACES[0], _ZONE)
        wiring.database.run(_ADD_KEY, id=KEY_ID, secret=KEY_SECRET)


class _Answers:
    """Where a pre-signed address leads: takes every PUT."""

    def __init__(self) -> None:
        told: list[dict[str, Any]] = []
        self.told = told

        class Take(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Take)
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}/answer?signature=local"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
