"""What people do in Google Calendar, while Almanac looks away or not."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from local.google_simulator.api.errors import ApiError
from local.google_simulator.simulator import Simulator

ACCOUNTS = ("ada@example.test", "bob@example.test")
_ROLES = ("reader", "freeBusyReader", "owner", "writer")
_HABITS: tuple[dict[str, Any], ...] = (
    {"tombstones": "full"},
    {"tombstones": "bare"},
    {"tombstones": "minimal"},
    {"left_window": "tombstone"},
    {"series_deletion": "master"},
    {"rotate_refresh_tokens": True},
    {"expires_in": 200},
    {"paging": "each_moment"},
    {"paging": "first_moment"},
)


class GoogleSide:
    """Two accounts and their calendars in a simulator. `pick` and `value` of a step choose what and how."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.commands = simulator.commands
        self.calendars: list[str] = []
        self.secondary: dict[str, str] = {}
        """Owner by calendar, of those that are nobody's primary."""
        self.moved: set[str] = set()
        """Ids of events and series that have ever moved."""
        self.copied: set[str] = set()
        """Ids of events that were ever sent to a colleague's calendar as well."""
        self.guests: set[tuple[str, str]] = set()
        """Calendar and event of such a copy."""
        self.touched: dict[str, None] = {}
        """Ids of events that the product has given something, which is what people here like to change, too."""
        for number, email in enumerate(ACCOUNTS):
            self.commands.add_account(email, time_zone=("Europe/Berlin", "America/New_York")[number])
            self.calendars.append(email)
        self.add_calendar(0, 0)
        for number, calendar in enumerate(self.calendars):
            self._begin(calendar, number)

    def _begin(self, calendar: str, seed: int) -> None:
        """A few events, an all-day one among them, and a series of five weeks."""
        for number in range(4):
            self._insert(calendar, f"Event {number}", hours=(seed * 37 + number * 101) % 1500 - 500)
        self.all_day(self.calendars.index(calendar), seed)
        self._insert(calendar, "Weekly", hours=30, recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])

    def _insert(self, calendar: str, title: str, *, hours: int, **other: Any) -> None:
        now = self.simulator.world.clock.now().replace(microsecond=0)
        times = {
            name: {"dateTime": (now + timedelta(hours=at)).isoformat(), "timeZone": "Europe/Berlin"}
            for name, at in (("start", hours), ("end", hours + 1))
        }
        self.commands.insert_event(calendar, {"summary": title} | times | other)

    def change(self, pick: int, value: int) -> None:
        self.simulator.loading.churn(self._calendar(pick), 1 + value % 6, seed=value)

    def all_day(self, pick: int, value: int) -> None:
        day = (self.simulator.world.clock.now() + timedelta(days=value % 40)).date()
        dates = {"start": {"date": day.isoformat()}, "end": {"date": (day + timedelta(days=1 + value % 3)).isoformat()}}
        self.commands.insert_event(self._calendar(pick), {"summary": f"Day {value}"} | dates)

    def move(self, pick: int, value: int) -> None:
        """An event or a whole series goes to another calendar."""
        source = self._calendar(pick)
        movable = [event for event in self._masters(source) if event not in self.copied]
        liked = [event for event in movable if event in self.touched]
        movable = liked if liked and pick % 2 else movable
        if movable:
            others = [calendar for calendar in self.calendars if calendar != source]
            event_id = movable[value % len(movable)]
            self.moved.add(event_id)
            self.commands.move_event(source, event_id, others[value % len(others)])

    def come_and_go(self, pick: int, value: int) -> None:
        """An event that the product has given something is deleted somewhere, or brought back there."""
        liked = [event for event in self.touched if event in self.copied] if pick % 3 == 0 else []
        events = liked or list(self.touched)
        if events:
            self._toggle(events[pick % len(events)], value)

    def _toggle(self, event_id: str, value: int) -> None:
        first = value % len(self.calendars)
        for calendar in (*self.calendars[first:], *self.calendars[:first]):
            if attempt(partial(self.commands.delete_event, calendar, event_id)):
                return
            if attempt(partial(self.commands.patch_event, calendar, event_id, {"status": "confirmed"})):
                return

    def copy(self, pick: int, value: int) -> None:
        """An invitation: the same id and organizer in a colleague's calendar."""
        source, guest = self._calendar(pick), self._calendar(pick + 1 + value % (len(self.calendars) - 1))
        world = self.simulator.world
        single = [e for e in self._masters(source) if not world.calendar(source).records[e].current.recurring]
        liked = [event for event in single if event in self.touched]
        single = liked if liked and pick % 2 else single
        if single:
            event_id = single[value % len(single)]
            if event_id not in world.calendar(guest).records and event_id not in self.moved:
                body = world.calendar(source).records[event_id].current.body
                self.copied.add(event_id)
                self.guests.add((guest, event_id))
                invitation: dict[str, Any] = {
                    name: body[name] for name in ("summary", "start", "end", "organizer") if name in body
                }
                self.commands.insert_event(guest, invitation, event_id=event_id)

    def private(self, pick: int, value: int) -> None:
        """Nobody but its owner and writers is to see more of an event than its times, or everybody again."""
        calendar = self._calendar(pick)
        events = self._masters(calendar)
        if events:
            visibility = {"visibility": ("private", "confidential", "default")[value % 3]}
            self.commands.patch_event(calendar, events[value % len(events)], visibility)

    def add_calendar(self, pick: int, _value: int) -> None:
        if len(self.calendars) < 5:
            owner = ACCOUNTS[pick % len(ACCOUNTS)]
            calendar = self.commands.add_calendar(owner, f"Calendar {len(self.calendars)}")
            self.calendars.append(calendar)
            self.secondary[calendar] = owner

    def take_calendar(self, pick: int, _value: int) -> None:
        calendar, owner = self._secondary(pick)
        self.commands.set_entry(calendar, owner, deleted=True)

    def give_calendar(self, pick: int, _value: int) -> None:
        calendar, owner = self._secondary(pick)
        self.commands.set_entry(calendar, owner)

    def role(self, pick: int, value: int) -> None:
        calendar, owner = self._secondary(pick)
        self.commands.set_entry(calendar, owner, role=_ROLES[value % len(_ROLES)])  # type: ignore[arg-type]

    def share(self, pick: int, value: int) -> None:
        """The other account sees the calendar, too."""
        calendar, owner = self._secondary(pick)
        other = next(email for email in ACCOUNTS if email != owner)
        self.commands.set_entry(calendar, other, role=_ROLES[value % 2])  # type: ignore[arg-type]

    def habits(self, _pick: int, value: int) -> None:
        """How Google tells things; it would not change that within a listing, so page tokens are void."""
        self.commands.configure(_HABITS[value % len(_HABITS)])
        for calendar in self.calendars:
            self.commands.expire_page_tokens(calendar)

    def expire_sync_tokens(self, pick: int, _value: int) -> None:
        self.commands.expire_sync_tokens(self._calendar(pick))

    def expire_page_tokens(self, pick: int, _value: int) -> None:
        self.commands.expire_page_tokens(self._calendar(pick))

    def expire_access_tokens(self, pick: int, _value: int) -> None:
        self.commands.expire_access_tokens(ACCOUNTS[pick % len(ACCOUNTS)])

    def forget_tombstones(self, pick: int, _value: int) -> None:
        """What Google forgets is not in its open listings either, so their page tokens are void."""
        self.commands.forget_tombstones(self._calendar(pick))
        self.commands.expire_page_tokens(self._calendar(pick))

    def revoke(self, pick: int, _value: int) -> None:
        self.commands.revoke_account(ACCOUNTS[pick % len(ACCOUNTS)])

    def clock(self, _pick: int, value: int) -> None:
        """Google's time goes on, by up to three days."""
        self.commands.step_clock((value % 100) ** 2 * 26)

    def _calendar(self, pick: int) -> str:
        return self.calendars[pick % len(self.calendars)]

    def _secondary(self, pick: int) -> tuple[str, str]:
        return list(self.secondary.items())[pick % len(self.secondary)]

    def _masters(self, calendar: str) -> list[str]:
        """Live events that can move: plain ones and series, none that stands in another calendar as well."""
        world = self.simulator.world
        records = world.calendar(calendar).records.values()
        live = [r.id for r in records if r.current.live and not r.current.series and not r.forgotten]
        elsewhere = [world.calendar(other).records for other in self.calendars if other != calendar]
        return sorted(e for e in live if not any(e in there and there[e].current.live for there in elsewhere))


def attempt(action: Callable[[], object]) -> bool:
    """Whether Google let it be done: what a history asks for need not make sense."""
    try:
        action()
    except ApiError:
        return False
    return True
