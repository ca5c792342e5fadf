"""Where histories are played: one database server, warm processes, and a simulator that begins anew each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import parse_url
from almanac.adapters.postgres.migrate import migrate
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from local.stack.ports import free_port
from tests.histories.disk import Disk
from tests.histories.mailbox import Mailbox
from tests.histories.mortal import Mortals
from tests.histories.processes import Clock, DurableDatabase, Process

BUDGET, MASS = 16, 4
"""Creations and deletions of an account a day; deletions at once that need no consent."""
_TIGHT = {
    "ALMANAC_SYNC_PAGE_SIZE": "6",
    "ALMANAC_SYNC_RESERVE_SECONDS": "10",
    "ALMANAC_SYNC_COOLDOWN_SECONDS": "0",
    "ALMANAC_OUTBOUND_DAILY_BUDGET": str(BUDGET),
    "ALMANAC_OUTBOUND_MASS_COUNT": str(MASS),
}


class Stage:
    """Everything that outlives one history. A context manager; `folder` holds the server's files."""

    def __init__(self, folder: Path) -> None:
        self.server = Postgres.start(folder, durable=False)
        migrate(self.server.url)
        self._port = free_port()
        root = f"http://127.0.0.1:{self._port}"
        environment = _TIGHT | {
            "ALMANAC_DATABASE_URL": self.server.url,
            "ALMANAC_GOOGLE_API_URL": root,
            "ALMANAC_GOOGLE_TOKEN_URL": f"{root}/token",
            "ALMANAC_GOOGLE_CLIENT_ID": "client",
            "ALMANAC_GOOGLE_CLIENT_SECRET": "not-a-secret",
            "ALMANAC_GOOGLE_TIMEOUT_SECONDS": "0.25",
            "ALMANAC_TOKEN_KEYS": new_key(),
        }
        self.clock = Clock()
        self.mailbox = Mailbox()
        self.process = Process(environment, self.mailbox, self.clock)
        self.other = Process(environment, self.mailbox, self.clock)
        self.mortals = Mortals(environment)
        self.beside = DurableDatabase(lambda: parse_url(self.server.url), 20)
        self.disk = Disk(self.beside)

    @contextmanager
    def simulator(self) -> Iterator[Simulator]:
        """A Google that has never been used, at the address that the processes know."""
        with Simulator(port=self._port, seed=1) as simulator:
            yield simulator

    def clear(self) -> None:
        """Nothing of a history is left to the next one but warm processes."""
        self.disk.recover()
        self.clock.off_by = timedelta()
        self.mailbox.clear()
        for process in (self.process, self.other):
            process.calm()
            process.hang_up()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.mortals.close()
        for process in (self.process, self.other):
            process.close()
        self.beside.close()
        self.server.delete()
