"""What reports need from the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.export.week import DayFigures, Done, Hours, LastPlan


class WeekStore(Protocol):
    """Figures of a workspace between two instants. All raise DatabaseUnavailable and StorageFailed."""

    def workspace(self, ws_id: UUID) -> tuple[str, str | None]:
        """Its name and its time zone. Raises UnknownWorkspace."""
        ...

    def days(self, ws_id: UUID, since: datetime, until: datetime, zone: str) -> Sequence[DayFigures]:
        """The dates of a zone on which anything was, in any order."""
        ...

    def done(self, ws_id: UUID, since: datetime, until: datetime) -> Done:
        """What was done."""
        ...

    def last_plan(self, ws_id: UUID, until: datetime) -> LastPlan | None:
        """The last plan that was made before an instant."""
        ...

    def hours(self, ws_id: UUID, since: datetime, until: datetime) -> Sequence[Hours]:
        """What took the calendar's time, the most first."""
        ...
