"""Series of an `.ics` file and what replaces parts of them: one occurrence, or one and all that follow.

A RECURRENCE-ID names a slot of the series as it was first written (RFC 5545, 3.8.4.4), also after RANGE=THISANDFUTURE
has moved it. Google has no such range: its own "this and following" splits the series, so that is what is done here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.google_simulator.api import writes
from local.google_simulator.api.split import split
from local.google_simulator.filling.ics_times import Unreadable, Zones, original_start
from local.google_simulator.world.event import Json
from local.google_simulator.world.recurrence import (
    Series,
    dates,
    instance_body,
    parts,
    series_of,
    until_moved,
    wall_start,
)
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.times import utc_suffix

_NAMES_DAYS = re.compile(r"BY(?:DAY|MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS)=")


@dataclass(slots=True)
class FileSeries:
    """A series as its file first has it, and in which series of the calendar its slots are from which one on.

    `pieces` are (first slot, series id, how much later its occurrences are than their slots), in slot order.
    """

    world: World
    calendar: Calendar
    id: str
    body: Json = field(init=False)
    series: Series = field(init=False)
    pieces: list[tuple[datetime, str, timedelta]] = field(init=False)

    def __post_init__(self) -> None:
        self.body = self.calendar.records[self.id].current.body
        self.series = series_of(self.body, self.calendar.zone)
        self.pieces = [(self.series.first, self.id, timedelta())]

    def occurrence(self, event: Any, zones: Zones) -> str | None:
        """The id of the occurrence that stands in the slot a RECURRENCE-ID names; None when there is no such slot."""
        slot = self._slot(event, zones)
        return self._occurrence(slot) if self.series.includes(slot) else None

    def change_following(self, event: Any, changes: Json, zones: Zones) -> None:
        """Change the occurrence in the slot a RECURRENCE-ID names, which must exist, and all that follow.

        Raises Unreadable when the change moves them to other days of a rule that names its days.
        """
        slot = self._slot(event, zones)
        start = {name: value for name, value in changes["start"].items() if value is not None}
        if ("date" in start) != (self.series.place is None):
            raise Unreadable("RANGE=THISANDFUTURE between dates and times; only this occurrence is changed")
        shift = wall_start(start, self.series) - slot
        rules = [line for line in self.series.lines if line.startswith("RRULE")]
        if (slot + shift).date() != slot.date() and any(_NAMES_DAYS.search(rule) for rule in rules):
            raise Unreadable("RANGE=THISANDFUTURE moves a rule that names its days; only this occurrence is changed")
        if "timeZone" in self.body["start"]:  # the rule goes on in the zone it was written for
            changes = changes | {"start": changes["start"] | {"timeZone": self.body["start"]["timeZone"]}}
        piece = self._split(slot, changes)
        lines = list(self._moved(piece.body["recurrence"], shift - self._piece(slot)[2]))
        writes.patch(self.world, self.calendar, piece.id, {"recurrence": lines}, as_organizer=True)
        self._note(slot, piece.id, shift)

    def end_before(self, event: Any, zones: Zones) -> None:
        """Cancel the occurrence in the slot a RECURRENCE-ID names, which must exist, and all that follow."""
        slot = self._slot(event, zones)
        piece = self._split(slot, {})
        writes.delete(self.world, self.calendar, piece.id)
        self._note(slot, piece.id, timedelta())

    def _slot(self, event: Any, zones: Zones) -> datetime:
        return wall_start(original_start(event, self.body, zones), self.series)

    def _piece(self, slot: datetime) -> tuple[datetime, str, timedelta]:
        return next(piece for piece in reversed(self.pieces) if piece[0] <= slot or piece is self.pieces[0])

    def _occurrence(self, slot: datetime) -> str | None:
        _, series_id, shift = self._piece(slot)
        version = self.calendar.records[series_id].current
        if not version.recurring or not version.live:
            return None
        series = series_of(version.body, self.calendar.zone)
        found: str = instance_body(version.body, series, slot + shift, self.calendar.zone)["id"]
        return found if series.includes(slot + shift) else None

    def _split(self, slot: datetime, changes: Json) -> Any:
        occurrence = self._occurrence(slot)
        if occurrence is None:
            raise Unreadable("replaces occurrences that are cancelled")
        return split(self.world, self.calendar, occurrence, changes)

    def _note(self, slot: datetime, series_id: str, shift: timedelta) -> None:
        self.pieces = sorted([piece for piece in self.pieces if piece[0] != slot] + [(slot, series_id, shift)])

    def _moved(self, lines: list[str], shift: timedelta) -> Iterator[str]:
        """Recurrence lines whose ends and single dates are moved with their occurrences."""
        place = self.series.place
        for line in lines:
            kind, parameters, value = parts(line)
            if kind in ("RRULE", "EXRULE"):
                yield f"{kind}:{until_moved(value, place, shift)}"
            elif place is None:
                yield f"{kind};VALUE=DATE:" + ",".join(
                    f"{day + shift:%Y%m%d}" for day in dates(value, parameters, None)
                )
            else:
                moved = ((day + shift).replace(tzinfo=place) for day in dates(value, parameters, place))
                yield f"{kind}:" + ",".join(map(utc_suffix, moved))
