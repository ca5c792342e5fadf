"""What a rule's tick does: rows of digests or weekly reports that are due, and messages for every row that waits."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

from almanac.domain.export.digest_day import MORNING, digest_day, is_report_day
from almanac.domain.wall_clock import zone_of
from almanac.jobs import CalendarExport
from almanac.services.clock import Clock, Deadline
from almanac.services.export.ports import DueExports, Export, Morning
from almanac.services.queues.ports import JobQueue, OutgoingJob

Due = Literal["digests", "reports"]
"""What a rule asks for."""
AGAIN_AFTER = timedelta(minutes=15)
"""A row whose message came to nothing is sent again: three receives are over by then, whatever failed."""
GIVEN_UP_AFTER = timedelta(hours=12)
"""A digest of this morning is of no use to anybody tonight."""
_AT_ONCE = 500
_RESERVE_SECONDS = 10.0


@dataclass(slots=True)
class DueReport:
    """What a tick came to: digests and reports that became due, messages sent, messages that the queue did not take,
    rows that were given up."""

    digests: int = 0
    reports: int = 0
    sent: int = 0
    failed: int = 0
    given_up: int = 0

    def as_dict(self) -> Mapping[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AskForDue:
    """The use case of the rules behind the function `export`."""

    store: DueExports
    queue: JobQueue
    clock: Clock

    def __call__(self, deadline: Deadline, due: Due = "digests") -> DueReport:
        """Do what is due until `deadline` is near; the next tick goes on with the rest."""
        report = DueReport(given_up=self.store.give_up(GIVEN_UP_AFTER))
        if due == "reports":
            zones = [(zone, MORNING) for zone in self.store.report_zones()]
            mondays = {zone: day for (zone, _), day in self._days(zones) if is_report_day(day)}
            report.reports = _opened(lambda: self.store.open_reports(mondays, _AT_ONCE), deadline) if mondays else 0
        else:
            days = dict(self._days(self.store.mornings()))
            report.digests = _opened(lambda: self.store.open_digests(days, _AT_ONCE), deadline) if days else 0
        while deadline() > _RESERVE_SECONDS and self._send(report):
            pass
        return report

    def _days(self, mornings: Iterable[Morning]) -> Iterator[tuple[Morning, date]]:
        """Of those mornings the ones that it is now, with their dates."""
        now = self.clock()
        for name, at in mornings:
            zone = zone_of(name)
            day = None if zone is None else digest_day(now, zone, at)
            if day is not None:
                yield (name, at), day

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


def _opened(step: Callable[[], int], deadline: Deadline) -> int:
    """Open rows step by step; return how many."""
    opened = 0
    while deadline() > _RESERVE_SECONDS:
        more = step()
        opened += more
        if more < _AT_ONCE:
            break
    return opened
