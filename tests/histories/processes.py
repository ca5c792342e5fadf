"""A process of Almanac that can be broken: the real wiring, with a hand on its clock, its database and its requests."""

import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from almanac.adapters.postgres.connection import Database, Rows, parse_url
from almanac.errors import DatabaseUnavailable
from almanac.providers.google.oauth import GoogleTokens
from almanac.services.queues.ports import JobQueue
from almanac.wiring.command_line import Wiring

Action = Callable[[], None]
GOOGLE_SECONDS = 0.25
"""How long a process waits for Google: less than a slow answer takes."""


@dataclass(slots=True)
class Clock:
    """UTC instants, off by what somebody has set the machine's clock to."""

    off_by: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off_by


@dataclass(slots=True)
class Trap:
    """What happens at the n-th passage from now on; once."""

    left: int = 0
    action: Action | None = None

    def set(self, nth: int, action: Action) -> None:
        self.left, self.action = nth, action

    def clear(self) -> None:
        self.left, self.action = 0, None

    def pass_by(self) -> None:
        """Count a passage and spring if it is the one."""
        self.left -= 1
        if self.left == 0 and self.action is not None:
            action, self.action = self.action, None
            action()


class BreakableDatabase(Database):
    """A Database with a trap before each statement and one after it."""

    def __init__(self, url: str) -> None:
        super().__init__(lambda: parse_url(url), 20)
        self.before, self.after = Trap(), Trap()
        self._sql = ""
        self.full_disks = 0
        """Statements that the server could not do for want of room on its disk."""

    def _send_once(self, sql: str, values: Mapping[str, Any]) -> Rows:
        self._sql = sql
        self.before.pass_by()
        try:
            rows = super()._send_once(sql, values)
        except DatabaseUnavailable as error:
            self.full_disks += "(53100 md" in str(error)
            raise
        self.after.pass_by()
        return rows

    def cut(self) -> None:
        """The network goes: the next statement finds a dead socket."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection._usock.shutdown(socket.SHUT_RDWR)

    def lose_answer(self) -> None:
        """The statement was done, and nobody hears of it."""
        self.close()
        raise DatabaseUnavailable("the answer was lost")

    def fail(self, sqlstate: str) -> None:
        """The server refuses the statement with that SQLSTATE; a refused COMMIT ends its transaction all the same."""
        if self._connection is None:
            self._connection = self._connect()
        if self._sql in ("COMMIT", "ROLLBACK"):
            super()._send_once("ROLLBACK", {})
        refusal = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}', MESSAGE = 'injected'; END $$"
        super()._send_once(refusal, {})


class DurableDatabase(Database):
    """A Database whose commits survive a crash of the server, where others' may be lost, and that outlives restarts."""

    def run(self, sql: str, **values: Any) -> Rows:
        """As Database's; once more when the server was away, so only for what may be done twice."""
        try:
            return super().run(sql, **values)
        except DatabaseUnavailable:
            return super().run(sql, **values)

    def _connect(self) -> Any:
        connection = super()._connect()
        connection.run("SET synchronous_commit = on")
        return connection


@dataclass
class Requests:
    """The calendar API with a trap before each request and one between its answer and whoever waits for it."""

    provider: Any
    before: Trap = field(default_factory=Trap)
    after: Trap = field(default_factory=Trap)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.provider, name)
        if name not in ("list_events", "list_calendars", "event_is_live", "send"):
            return method

        def asked(*arguments: Any, **named: Any) -> Any:
            self.before.pass_by()
            answer = method(*arguments, **named)
            self.after.pass_by()
            return answer

        return asked


class Process:
    """One process of Almanac, warm between its runs as a Lambda container is."""

    def __init__(self, environment: Mapping[str, str], queue: JobQueue, clock: Clock) -> None:
        self.wiring = Wiring(environment)
        self._google = self.wiring.google
        self.database = BreakableDatabase(environment["ALMANAC_DATABASE_URL"])
        self.requests = Requests(self._google)
        client = ("client", "not-a-secret", GOOGLE_SECONDS)
        tokens = GoogleTokens(environment["ALMANAC_GOOGLE_TOKEN_URL"], *client, clock)
        self.wiring.__dict__.update(database=self.database, google=self.requests, google_tokens=tokens, queue=queue)
        write_out = replace(self.wiring.write_out, sleep=lambda _seconds: None, clock=clock)
        self.wiring.__dict__["write_out"] = write_out
        use_case = replace(self.wiring.sync_workspace, sleep=lambda _seconds: None, clock=clock)
        self.wiring.__dict__["sync_workspace"] = use_case

    def calm(self) -> None:
        """Take every trap away."""
        for place in (self.database, self.requests):
            place.before.clear()
            place.after.clear()

    def hang_up(self) -> None:
        """Close the connections to Google: the next one may be another."""
        self._google.close()
        self.wiring.google_tokens.close()

    def close(self) -> None:
        """Close every connection."""
        self.hang_up()
        self.database.close()


def die() -> None:
    """What the kernel does to a process that must go."""
    os.kill(os.getpid(), signal.SIGKILL)
