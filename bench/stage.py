"""What a measurement needs around it: a Postgres, and a simulated Google in a process of its own."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.migrate import migrate
from almanac.services.accounts.ports import Account
from almanac.wiring.command_line import Wiring
from local.google_simulator.control.client import Control
from local.postgres import Postgres
from local.stack.simulator_process import start_simulator
from local.stack.stack import forget_shell_settings

ROOT = Path(__file__).parents[1]
_LOAD_SECONDS = 300

_RESET = (
    "TRUNCATE workspace_calendar_events, calendar_sync_seen, calendar_sync_states, workspace_sync_leases,"
    " jobs, runs, run_connections CASCADE"
)

FILLING, FILLED = "SET session_replication_role = replica", "SET session_replication_role = origin"
"""Around statements that fill tables: no trigger notes a history of rows made to fit, no foreign key is looked up."""


@contextmanager
def postgres(*, durable: bool) -> Iterator[str]:
    """The URL of a migrated database of this measurement's own; it is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder:
        server = Postgres.start(Path(folder), durable=durable)
        try:
            migrate(server.url)
            yield server.url
        finally:
            server.delete()


@contextmanager
def simulator() -> Iterator[str]:
    """The root URL of a simulated Google Calendar in its own process."""
    with tempfile.TemporaryDirectory(prefix="almanac-bench-") as folder:
        child, url = start_simulator(Path(folder))
        try:
            yield url
        finally:
            child.stop()


@dataclass(frozen=True, slots=True)
class Stage:
    """Postgres, the simulator, and Almanac's own composition over both. `environment` is what a child needs."""

    google: Control
    wiring: Wiring
    environment: Mapping[str, str]

    def account(self, ws_id: UUID, email: str, events: list[int]) -> Account:
        """Connect a new account to a workspace: a primary calendar, and one more for each number of events after."""
        token = self.google.add_account(email)["refresh_token"]
        calendars = [email, *(self.google.add_calendar(email, f"Calendar {n}") for n in range(1, len(events)))]
        for calendar, count in zip(calendars, events, strict=True):
            self.google.add_flat_events(calendar, count)
        return self.wiring.connect_account(ws_id, "bench", email, token)

    def workspace(self) -> UUID:
        """A new workspace in UTC."""
        ws_id = uuid4()
        self.wiring.workspaces.add("Bench", "UTC", ws_id)
        return ws_id

    def hold_statistics(self) -> None:
        """Let no autovacuum decide when the planner learns of these tables: TRUNCATE keeps what ANALYZE has found."""
        for name in ("workspace_calendar_events", "calendar_sync_seen"):
            self.wiring.database.run(f"ALTER TABLE {name} SET (autovacuum_enabled = false)")

    def reset(self) -> None:
        """Empty every table that a sync writes, so that each measurement begins with the same one."""
        self.wiring.database.run(_RESET)
        self.wiring.database.run("CHECKPOINT")


@contextmanager
def stage(*, durable: bool) -> Iterator[Stage]:
    """Everything that a sync needs. `durable`: whether Postgres syncs its files to the disk, for all ways alike."""
    with ExitStack() as stack:
        database_url = stack.enter_context(postgres(durable=durable))
        google_url = stack.enter_context(simulator())
        environment = {
            "ALMANAC_DATABASE_URL": database_url,
            "ALMANAC_SYNC_QUEUE_URL": "https://queue.invalid/sync.fifo",  # a run that ends in time sends nothing
            "ALMANAC_GOOGLE_API_URL": google_url,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{google_url}/token",
            "ALMANAC_GOOGLE_CLIENT_ID": "bench",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "bench",
            "ALMANAC_TOKEN_KEYS": new_key(),
        }
        wiring = Wiring(environment)
        stack.callback(wiring.close)
        around = Stage(Control(google_url, timeout=_LOAD_SECONDS), wiring, environment)
        around.hold_statistics()
        yield around


AWS_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}
"""What boto3 wants to know before it talks to an endpoint of this machine."""


def settle_environment() -> None:
    """Leave a real account's settings and proxies out of this process and its children; nothing here reaches AWS."""
    forget_shell_settings()
    os.environ.update(AWS_ENVIRONMENT)
