"""Looking at the simulator from outside: what is true now, and what clients have asked."""

from typing import Any

from local.google_simulator.service import Service
from local.google_simulator.world.event import Json
from local.google_simulator.world.times import bound
from local.google_simulator.world.views import LATEST, Window, shown


class Observation:
    """The reading side of the direct handle."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.world = service.store.world

    def truth(self, calendar: str, time_min: str, time_max: str) -> list[Json]:
        """The live events of a window with series as instances, by start; bounds as in events.list (RFC 3339)."""
        with self.world.lock:
            window = Window(bound(time_min), bound(time_max), 0)
            found = shown(self.world.calendar(calendar), window, single=True, at=LATEST)
            return [version.body for version in sorted(found, key=lambda version: (version.start, version.id))]

    def event(self, calendar: str, event_id: str) -> Json:
        """One stored event or tombstone with all its details, whatever clients see of it. KeyError when unknown."""
        with self.world.lock:
            return self.world.calendar(calendar).records[event_id].current.body

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """The logged requests after number `since`, oldest first; access tokens are never logged."""
        with self.world.lock:
            return self.service.log.since(since)

    def counters(self) -> dict[str, Any]:
        """Totals of requests, by status and by operation."""
        with self.world.lock:
            return self.service.log.counters()

    def clear_requests(self) -> None:
        """Forget the logged requests and start counting anew."""
        with self.world.lock:
            self.service.log.clear()

    def fired(self, fault: int) -> int:
        """How many requests an injected failure has acted on."""
        with self.world.lock:
            return self.service.faults.fired(fault)

    def accounts(self) -> list[Json]:
        """Accounts with their calendars: ids, roles and numbers of stored events. No tokens."""
        with self.world.lock:
            return [
                {
                    "email": account.email,
                    "revoked": account.revoked,
                    "calendars": [
                        {"id": entry.calendar_id, "role": entry.role, "events": self._stored(entry.calendar_id)}
                        for entry in account.entries.values()
                        if not entry.deleted
                    ],
                }
                for account in self.world.accounts.values()
            ]

    def _stored(self, calendar_id: str) -> int:
        records = self.world.calendar(calendar_id).records.values()
        return sum(1 for record in records if record.current.live)
