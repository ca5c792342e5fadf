"""Makes a report: the figures of a week, as whoever writes them wants them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from almanac.domain.export.week import Week, complete, days_of, span_of
from almanac.domain.wall_clock import date_instants, zone_of
from almanac.services.export.ports import Letter, Made, Wanted
from almanac.services.reports.ports import WeekStore

Writer = Callable[[Week], str]
"""Gives a report's text."""
WeekLetter = Callable[[Week, str], Letter]
"""Gives the mail of a report that is at an address."""
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class MakeReport:
    """Makes `report` and `report_csv`: of the seven days before today or `day`, or from `since` until `until`."""

    store: WeekStore
    writer: Writer
    letter: WeekLetter | None = None

    def __call__(self, wanted: Wanted, now: datetime) -> Made:
        """Make it. Raises UnknownWorkspace."""
        ws_id = wanted.ws_id
        name, zone_name = self.store.workspace(ws_id)
        zone = zone_of(zone_name) or _UTC
        today = now if wanted.day is None else date_instants(wanted.day, zone)[0]
        dates = days_of(wanted.since, wanted.until, today, zone)
        since, until = span_of(dates, zone)
        week = Week(
            workspace=name,
            zone=zone,
            days=complete(dates, self.store.days(ws_id, since, until, zone.key)),
            done=self.store.done(ws_id, since, until),
            plan=self.store.last_plan(ws_id, until),
            hours=self.store.hours(ws_id, since, until),
        )
        content, letter = self.writer(week).encode("utf-8", "replace"), self.letter
        return Made(content, len(week.days), None, None if letter is None else lambda link: letter(week, link))
