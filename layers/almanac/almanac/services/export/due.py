"""What a rule's tick does: rows of digests that are due, and messages for every row that waits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from almanac.domain.export.digest_day import digest_day
from almanac.domain.wall_clock import zone_of
from almanac.jobs import CalendarExport
from almanac.services.clock import Clock, Deadline
from almanac.services.export.ports import DueExports, Export
from almanac.services.queues.ports import JobQueue, OutgoingJob

AGAIN_AFTER = timedelta(minutes=15)
"""A row whose message came to nothing is sent again: three receives are over by then, whatever failed."""
GIVEN_UP_AFTER = timedelta(hours=12)
"""A digest of this morning is of no use to anybody tonight."""
_AT_ONCE = 500
_RESERVE_SECONDS = 10.0


@dataclass(slots=True)
class DueReport:
    """What a tick came to: digests that became due, messages sent, messages that the queue did not take, rows that
    were given up."""

    digests: int = 0
    sent: int = 0
    failed: int = 0
    given_up: int = 0

    def as_dict(self) -> Mapping[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AskForDue:
    """The use case of the rule behind the function `export`."""

    store: DueExports
    queue: JobQueue
    clock: Clock

    def __call__(self, deadline: Deadline) -> DueReport:
        """Do what is due until `deadline` is near; the next tick goes on with the rest."""
        report = DueReport(given_up=self.store.give_up(GIVEN_UP_AFTER))
        days = self._days()
        while days and deadline() > _RESERVE_SECONDS:
            opened = self.store.open_digests(days, _AT_ONCE)
            report.digests += opened
            if opened < _AT_ONCE:
                break
        while deadline() > _RESERVE_SECONDS and self._send(report):
            pass
        return report

    def _days(self) -> Mapping[str, date]:
        """The dates whose digests are due now, by zone."""
        now, found = self.clock(), dict[str, date]()
        for name in self.store.zones():
            zone = zone_of(name)
            day = None if zone is None else digest_day(now, zone)
            if day is not None:
                found[name] = day
        return found

    def _send(self, report: DueReport) -> bool:
        """Send a step of what waits; whether there may be more."""
        waiting = self.store.unsent(AGAIN_AFTER, GIVEN_UP_AFTER, _AT_ONCE)
        jobs = [OutgoingJob(self._job(export), f"export {export.id} {sends}") for export, sends in waiting]
        lost = {each.ws_id for each in self.queue.send(jobs)} if jobs else set()
        went = [export.id for export, _ in waiting if export.wanted.ws_id not in lost]
        self.store.mark_sent(went)
        report.sent += len(went)
        report.failed += len(waiting) - len(went)
        return len(waiting) == _AT_ONCE and not lost

    def _job(self, export: Export) -> CalendarExport:
        wanted = export.wanted
        return CalendarExport(
            ws_id=wanted.ws_id,
            source="schedule",
            kind=wanted.kind,
            user_id=wanted.user_id,
            since=wanted.since,
            until=wanted.until,
            request_id=str(export.id),
            requested_at=self.clock(),
        )
