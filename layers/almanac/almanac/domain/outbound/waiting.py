"""What of the writing out waits, and for whom: what operators and people look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.calendar.written import Fields
from almanac.domain.outbound.link import Kind, LinkState, same
from almanac.domain.outbound.merge import KEPT_ALIVE


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """A link that is not settled. `title` is the event's, as far as anybody knows it."""

    link_id: UUID
    event_id: UUID
    kind: Kind
    calendar_id: str
    remote_id: str
    state: LinkState
    reason: str | None
    desired: Fields | None
    base: Fields | None
    ours: Fields | None
    conflict: Mapping[str, Any] | None
    error_type: str | None
    title: str
    stays: bool = False
    """Another target was to have it instead, and does not take it."""

    @property
    def kept_alive(self) -> bool:
        """Whether it was deleted here and lives."""
        return self.reason in KEPT_ALIVE

    @property
    def changes(self) -> Mapping[str, Any]:
        """The fields that would be changed there."""
        if self.desired is None or self.ours is None:
            return {}
        return {name: value for name, value in self.desired.items() if not same(name, value, self.ours.get(name))}

    @property
    def operation(self) -> str | None:
        """What is to be done there: create, change or delete; None when nothing is, or a person decides."""
        if self.state not in ("wanted", "dirty", "sent") or self.stays:
            return None
        if self.base is None:
            return "create" if self.desired is not None else None
        if self.desired is None:
            return "delete"
        return "change" if self.changes else None


@dataclass(frozen=True, slots=True)
class HeldCalendar:
    """A calendar where nothing is written, why, and when it is looked at again."""

    calendar_id: str
    email: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OutboundStatus:
    """Everything that waits in a workspace."""

    ws_id: UUID
    links: Sequence[WaitingLink]
    held: Sequence[HeldCalendar]
    dry_run: bool = False
    consented: Sequence[str] = field(default=())
    unowned: Mapping[str, int] = field(default_factory=dict)
    """Blocks ahead by whose they are, of people who are no members: those go nowhere."""

    def where_it_stays(self, link: WaitingLink) -> str | None:
        """Return the calendar that keeps an event which another target refuses; None if none does."""
        return next((each.calendar_id for each in self.links if each.stays and each.event_id == link.event_id), None)

    @property
    def conflicts(self) -> Sequence[WaitingLink]:
        """What a person has to decide, or to be told."""
        return [link for link in self.links if link.conflict is not None or link.kept_alive]
