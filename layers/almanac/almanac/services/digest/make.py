"""Makes a digest: a person's day, what has moved, what a plan could not do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.domain.export.digest import AT_RISK, LOOKS_BACK, WITHOUT_PLACE, Digest, entries, moves, troubles
from almanac.domain.export.people import is_theirs
from almanac.domain.history.fold import State
from almanac.domain.wall_clock import zone_of
from almanac.errors import BadInput
from almanac.services.digest.ports import DayStore, DigestPage, Owners
from almanac.services.export.ports import Made, Wanted
from almanac.services.history.read import History

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class MakeDigest:
    """Makes `digest`. Without a `user_id` it is of the whole workspace; without a `day`, of today."""

    store: DayStore
    history: History
    page: DigestPage

    def __call__(self, wanted: Wanted, now: datetime) -> Made:
        """Make it. Raises UnknownWorkspace, and BadInput for a person who is no member."""
        found = self.digest(wanted, now)
        letter = self.page.letter(found)
        return Made(letter.html.encode("utf-8", "replace"), found.items, None, lambda _link: letter)

    def digest(self, wanted: Wanted, now: datetime) -> Digest:
        """Return what it says. Raises as above."""
        ws_id, user_id = wanted.ws_id, wanted.user_id
        events = self.history.calendar(ws_id).events
        facts = self.store.person(ws_id, user_id)
        if facts is None:
            raise BadInput("user_id", f"is no member of this workspace; `almanac members {ws_id}` shows them")
        zone = zone_of(facts.zone) or _UTC
        day = wanted.day or now.astimezone(zone).date()
        whose = _Whose(user_id, self.store.members_of_events(ws_id), self.store.members_of_calendars(ws_id))
        mine = {event_id: state for event_id, state in events.items() if whose(event_id, state)}
        return Digest(
            workspace=facts.workspace,
            person=facts.name,
            zone=zone,
            day=day,
            today=entries(mine, self.store.blocks(ws_id), day, zone),
            moved=moves(events, self.history.newest_first(ws_id, now - LOOKS_BACK), whose, now),
            at_risk=troubles(facts.notes, AT_RISK),
            without_place=troubles(facts.notes, WITHOUT_PLACE),
            planned_at=facts.planned_at,
        )


@dataclass(frozen=True, slots=True)
class _Whose:
    """Tells whether an event is a person's, also one that is gone: by its calendar, and what had none is nobody's."""

    user_id: str | None
    of_events: Mapping[UUID, Owners]
    of_calendars: Mapping[tuple[str, str], Owners]

    def __call__(self, event_id: UUID, state: State) -> bool:
        if self.user_id is None:
            return True
        if event_id in self.of_events:
            return is_theirs(self.of_events[event_id], self.user_id)
        calendar = str(state.get("provider")), str(state.get("external_calendar_id"))
        return calendar in self.of_calendars and is_theirs(self.of_calendars[calendar], self.user_id)
