"""Channels: who wants to be told of changes to what, and how far each has been told."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(eq=False, slots=True)
class Channel:
    """One channel of events.watch or calendarList.watch.

    `calendar_id` is None for a calendar list; `told` is the sequence number of the last change that it was told of.
    """

    id: str
    resource_id: str
    resource_uri: str
    account: str
    calendar_id: str | None
    address: str
    token: str | None
    expires_at: datetime
    told: int
    number: int = 0
    stopped: bool = False
    after_stop: int = 0
    """Changes that are still told although it is stopped."""

    def is_live(self, now: datetime) -> bool:
        """Whether it is neither stopped nor expired."""
        return not self.stopped and self.expires_at > now

    def still_rings(self, now: datetime) -> bool:
        """Whether a change is told through it, also shortly after its stop."""
        return self.expires_at > now and (not self.stopped or self.after_stop > 0)


@dataclass(slots=True)
class Channels:
    """Every channel there ever was: ids are unique in the whole project. `unwatchable`: status by calendar id."""

    by_id: dict[str, Channel] = field(default_factory=dict)
    unwatchable: dict[str, int] = field(default_factory=dict)
