"""What goes wrong in a run: armed before it, counted when it happens, gone after it."""

from collections import Counter
from typing import Any

from local.google_simulator.control.faults import Fault
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.histories.disk import Disk
from tests.histories.processes import GOOGLE_SECONDS, Action, Process

_REFUSALS: tuple[dict[str, Any], ...] = (
    {"status": 400, "reason": "invalid"},
    {"status": 401, "reason": "authError"},
    {"status": 403, "reason": "rateLimitExceeded"},
    {"status": 403, "reason": "userRateLimitExceeded", "retry_after": 3},
    {"status": 403, "reason": "quotaExceeded"},
    {"status": 403, "reason": "forbidden"},
    {"status": 404, "reason": "notFound"},
    {"status": 408, "reason": "requestTimeout"},
    {"status": 409, "reason": "conflict"},
    {"status": 410, "reason": "fullSyncRequired"},
    {"status": 410, "reason": "updatedMinTooLongAgo"},
    {"status": 412, "reason": "conditionNotMet"},
    {"status": 429, "reason": "rateLimitExceeded", "retry_after": 30},
    {"status": 500, "reason": "backendError"},
    {"status": 502, "reason": "badGateway"},
    {"status": 503, "reason": "backendError"},
    {"status": 503, "reason": "backendError", "retry_after": 120},
    {"status": 504, "reason": "gatewayTimeout"},
)
_PAGES = ("empty_page", "short_page", "duplicate_item", "drop_sync_token")
_LIES = ("empty_listing", "truncated_listing")
_TOKEN_ENDPOINT: tuple[dict[str, Any], ...] = (
    {"action": "error", "status": 500, "reason": "internal_failure"},
    {"action": "error", "status": 429, "reason": "rate_limited"},
    {"action": "error", "status": 400, "reason": "invalid_request"},
    {"action": "cut_within"},
    {"action": "cut_before"},
    {"action": "text", "status": 502},
)
_SQLSTATES = {
    "53100": "disk full (53100)",
    "53200": "out of memory (53200)",
    "53300": "too many connections (53300)",
    "57014": "statement cancelled (57014)",
    "57P01": "server shuts down (57P01)",
    "40P01": "deadlock (40P01)",
    "40001": "serialization failure (40001)",
    "25006": "read-only server (25006)",
    "55P03": "lock not available (55P03)",
}


class Troubles:
    """Arms what a step asks for; `met` counts what has really happened, by its name."""

    def __init__(self, simulator: Simulator, process: Process, server: Postgres, disk: Disk, met: Counter[str]) -> None:
        self._simulator = simulator
        self._process = process
        self._server = server
        self._disk = disk
        self.met = met
        self.lied = False
        """Whether a listing may have hidden something: then only a full pass can find out."""
        self._looked_at = 0
        self._wants_full_disk = False

    def refusal(self, pick: int, value: int) -> None:
        fault = _REFUSALS[value % len(_REFUSALS)]
        self._inject(pick, action="error", message="no", **fault)

    def cut(self, pick: int, value: int) -> None:
        self._inject(pick, action=("cut_before", "cut_within")[value % 2])

    def slow(self, pick: int, _value: int) -> None:
        """An answer that comes too late."""
        self._inject(pick, times=1, action="delay", delay_seconds=GOOGLE_SECONDS * 1.5)

    def hang(self) -> None:
        """Every answer of the next run comes too late."""
        self._simulator.commands.inject(Fault(action="delay", times=None, delay_seconds=GOOGLE_SECONDS * 1.5))

    def page(self, pick: int, value: int) -> None:
        """A page that is odd, though within what Google may send; never for ever: it would be a listing without end."""
        self._inject(pick, times=1 + pick % 5, action=_PAGES[value % len(_PAGES)], count=1 + value % 3)

    def lie(self, pick: int, value: int) -> None:
        self._inject(pick, action=_LIES[value % len(_LIES)], count=1 + value % 4)

    def token_endpoint(self, pick: int, value: int) -> None:
        fault = {"times": 1 + value % 5, **_TOKEN_ENDPOINT[value % len(_TOKEN_ENDPOINT)]}
        self._simulator.commands.inject(Fault(path="*/token", **fault))
        for account in self._simulator.world.accounts.values():
            if pick % 2:
                self._simulator.commands.expire_access_tokens(account.email)

    def statement(self, pick: int, value: int) -> None:
        """A statement of the next run, one in two already done when its answer is lost."""
        database = self._process.database
        nth = 1 + pick % 24
        names = list(_SQLSTATES)
        kind = value % (len(names) + 6)
        if kind < len(names):
            name = _SQLSTATES[names[kind]]
            database.before.set(nth, self._noted(name, lambda: database.fail(names[kind])))
        elif kind < len(names) + 3:
            database.before.set(nth, self._noted("database connection cut", database.cut))
        else:
            database.after.set(nth, self._noted("answer of a statement lost", database.lose_answer))

    def disk(self, _pick: int, _value: int) -> None:
        """The database's disk is full while the next run works: whatever needs a new page fails."""
        self._wants_full_disk = True

    def restart(self, pick: int, value: int) -> None:
        """The database restarts between two statements, in order or after a crash."""
        name = ("database restarted", "database crashed")[value % 2]
        self._process.database.before.set(1 + pick % 20, self._noted(name, self._restart(crash=value % 2 == 1)))

    def meanwhile(self, pick: int, action: Action) -> None:
        """Something happens before a run's nth request, or while its answer is on the way."""
        requests = self._process.requests
        (requests.before if pick // 6 % 2 else requests.after).set(1 + pick % 6, action)

    def note(self, name: str) -> None:
        self.met[name] += 1

    def begin(self) -> None:
        """A run begins."""
        if self._wants_full_disk:
            self._wants_full_disk = False
            self._disk.fill()

    def clear(self) -> None:
        """After a run: count what it met at Google's, and take away what it did not meet."""
        for entry in self._simulator.observation.requests(self._looked_at):
            self._looked_at = entry["number"]
            for action in entry["faults"]:
                self.lied = self.lied or action in _LIES
                self.note(action if action != "error" else f"HTTP {entry['status']} {entry['reason']}")
            if not entry["faults"] and entry["status"] >= 400:
                self.note(f"HTTP {entry['status']} {entry['reason']} (not injected)")
        self._simulator.commands.clear_faults()
        self._process.calm()
        self._disk.recover()
        if self._process.database.full_disks:
            self.note("no space left on the database's disk")
        self._process.database.full_disks = 0

    def _inject(self, pick: int, *, times: int | None = None, **fault: Any) -> None:
        """At the first to fifth request for events; once, a few times, or until the run ends."""
        lasting = times or (1, 1, 2, 5, None)[pick // 7 % 5]
        self._simulator.commands.inject(Fault(path="*/events", nth=1 + pick % 5, times=lasting, **fault))

    def _noted(self, name: str, action: Action) -> Action:
        def happen() -> None:
            self.note(name)
            action()

        return happen

    def _restart(self, *, crash: bool) -> Action:
        def happen() -> None:
            self._disk.make_room()  # a server that recovers from a crash needs some
            if crash:
                self._server.kill()
            self._server.restart()

        return happen
