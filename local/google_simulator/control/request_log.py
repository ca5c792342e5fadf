"""What was asked and answered: the last requests, and counts since the start. Never a token that opens anything."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from local.google_simulator.api.query import Params

_SECRETS = {"access_token", "key"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One request; `method` is the one on the wire, also where a header overrides it.

    `number` counts from 1, `duration_ms` is the simulator's own time, without injected delays. `body` is there of
    requests that write events and calendars.
    """

    number: int
    at: str
    method: str
    path: str
    params: dict[str, list[str]]
    account: str | None
    status: int
    reason: str | None
    faults: list[str]
    duration_ms: float
    if_match: str | None = None
    body: dict[str, Any] | None = None


@dataclass(slots=True)
class RequestLog:
    """Keeps the last requests and counts all."""

    kept: deque[Entry] = field(default_factory=lambda: deque(maxlen=20_000))
    total: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        *,
        at: str,
        method: str,
        path: str,
        params: Params,
        account: str | None,
        operation: str,
        status: int,
        reason: str | None,
        faults: list[str],
        duration_ms: float,
        if_match: str | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        """Note one answered request."""
        self.total += 1
        self.by_status[status] += 1
        self.by_operation[operation] += 1
        shown = {name: values for name, values in params.items() if name not in _SECRETS}
        self.kept.append(
            Entry(
                self.total,
                at,
                method,
                path,
                shown,
                account,
                status,
                reason,
                faults,
                round(duration_ms, 3),
                if_match,
                body,
            )
        )

    def since(self, number: int) -> list[dict[str, Any]]:
        """The kept requests after `number`, oldest first."""
        return [asdict(entry) for entry in self.kept if entry.number > number]

    def counters(self) -> dict[str, Any]:
        """Totals by status and by operation, such as `events.list`."""
        statuses = {str(status): count for status, count in sorted(self.by_status.items())}
        return {"total": self.total, "by_status": statuses, "by_operation": dict(sorted(self.by_operation.items()))}

    def clear(self) -> None:
        """Start counting anew."""
        self.kept.clear()
        self.total = 0
        self.by_status.clear()
        self.by_operation.clear()
