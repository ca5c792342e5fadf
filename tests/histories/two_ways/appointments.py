"""Google's own events in a two-way history: people make and change them, the product edits their rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from local.google_simulator.world.event import Json
from tests.histories.two_ways.people import EMAIL
from tests.histories.two_ways.world import World

_ZONE = {"timeZone": "Europe/Berlin"}
_SERIES = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
_ROWS = (
    "SELECT id, external_event_id, external_calendar_id FROM workspace_calendar_events"
    " WHERE ws_id = :ws AND provider = 'google' ORDER BY start_at, title, id"
)
_ON = (
    "SELECT DISTINCT c.calendar_id FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
    " WHERE c.ws_id = :ws AND c.sync_outbound_enabled AND a.status <> 'disconnected'"
)


@dataclass(frozen=True, slots=True)
class Edit:
    """What the product wants of a title: the newest one counts. `number` orders it among everything that was done."""

    number: int
    title: str


class Appointments:
    """Both sides of events that people have made, and the memory of who wanted what of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.off_since: dict[str, int] = {}
        """By calendar, number of the last request that may have been on its way when edits were switched off."""
        self.edits: dict[str, Edit] = {}
        """By event id in Google, titles that the product gave while edits were on and nobody has given up since."""
        self.touched: set[str] = set()
        """Ids of events that the product has edited or deleted while edits were on."""
        self.local: set[str] = set()
        """Ids of those that it has edited while they were off: that stays here."""
        self._made: list[str] = []

    def edits_on(self) -> set[str]:
        """Return the calendars whose events the product may change, through whichever account."""
        return {row[0] for row in self._world.run(_ON)}

    # -- people in Google ------------------------------------------------------------------------------------------

    def meet(self, pick: int, value: int) -> None:
        """A person makes an event, or a series of three."""
        number = self._world.next_number()
        times = self._times(self._world.at(2_000 + number))
        series = _SERIES if value % 2 else {}
        calendars = self._world.calendars if self._world.people.several else (EMAIL,)
        calendar = calendars[pick % len(calendars)]
        made = self._world.google.insert_event(calendar, {"summary": f"Meet {number}", **times, **series})
        self._made.append(made["id"])

    def amend(self, pick: int, value: int) -> None:
        """A person renames or moves one: whole, series with all that follows it, or one occurrence."""
        number = self._world.next_number()
        for calendar, event_id in self._there(pick, occurrence=value % 3 == 0):
            if value % 2:
                title = f"Person {number}"
                self._world.google.patch_event(calendar, event_id, {"summary": title})
                self._world.persons_titles.setdefault(event_id, set()).add(title)
            else:
                times = self._times(self._world.at(2_000 + number))
                body = self._world.google.patch_event(calendar, event_id, times)
                self._world.note_persons_time(event_id, body)

    def call_off(self, pick: int, value: int) -> None:
        """A person deletes one, whole or an occurrence."""
        for calendar, event_id in self._there(pick, occurrence=value % 2 == 0):
            self._world.google.delete_event(calendar, event_id)

    def repeat(self, pick: int, _value: int) -> None:
        """A person makes a series of one."""
        singles = [body for body in self._alive() if "recurrence" not in body]
        for body in singles[pick % len(singles) :][:1] if singles else ():
            times = {name: body[name] | _ZONE for name in ("start", "end")}
            self._world.google.patch_event(self._world.calendar_of(body["id"]), body["id"], {**times, **_SERIES})

    def _there(self, pick: int, *, occurrence: bool) -> list[tuple[str, str]]:
        alive = self._alive()
        if not alive:
            return []
        chosen = alive[pick % len(alive)]
        calendar = self._world.calendar_of(chosen["id"])
        if not occurrence or "recurrence" not in chosen:
            return [(calendar, chosen["id"])]
        instances = [body["id"] for body in self.truth() if body.get("recurringEventId") == chosen["id"]]
        return [(calendar, instance) for instance in instances[pick % len(instances) :][:1]] if instances else []

    def _alive(self) -> list[Json]:
        """Live ones that people have made, in the order of their making."""
        live = {body["id"]: body for body in self._world.live()}
        return [live[event_id] for event_id in self._made if event_id in live]

    def truth(self) -> list[Json]:
        """What the calendars show, series as their occurrences, within what rows are kept of."""
        edges = [(self._world.now + timedelta(days=days)).isoformat() for days in (-80, 170)]
        look = self._world.simulator.observation.truth
        return [body for calendar in self._world.calendars for body in look(calendar, *edges)]

    @staticmethod
    def _times(start: datetime) -> Json:
        end = start + timedelta(hours=1)
        return {"start": {"dateTime": start.isoformat(), **_ZONE}, "end": {"dateTime": end.isoformat(), **_ZONE}}

    # -- the product -----------------------------------------------------------------------------------------------

    def edit(self, pick: int, value: int) -> None:
        """The product renames a row of Google's, or moves it, or both."""
        number = self._world.next_number()
        for row, event_id, calendar in self._row(pick):
            title, start = f"Row {number}", self._world.at(3_000 + number)
            changes: dict[str, Any] = {} if value % 3 == 0 else {"title": title}
            changes |= {} if value % 3 == 1 else {"start_at": start, "end_at": start + timedelta(hours=1)}
            sets = ", ".join(f"{name} = :{name}" for name in changes)
            self._world.run(
                f"UPDATE workspace_calendar_events SET {sets} WHERE id = :id AND ws_id = :ws", id=row, **changes
            )
            if calendar not in self.edits_on():
                self.local.add(event_id)
                continue
            self.touched.add(event_id)
            if "title" in changes:
                self.edits[event_id] = Edit(number, title)

    def cancel(self, pick: int, _value: int) -> None:
        """The product deletes a row of Google's; while edits are off it would come back only some day."""
        for row, event_id, calendar in self._row(pick):
            if calendar not in self.edits_on():
                continue
            self._world.run("DELETE FROM workspace_calendar_events WHERE id = :id AND ws_id = :ws", id=row)
            self.touched.add(event_id)
            self.edits.pop(event_id, None)

    def switch(self, _pick: int, value: int) -> None:
        """Edits are switched off, which gives up what waits, or on."""
        sql = "UPDATE calendar_connections SET sync_outbound_enabled = :on WHERE ws_id = :ws"
        before = self.edits_on()
        self._world.run(sql, on=value % 2 == 1)
        self._note_what_is_off(before)

    def account_goes(self, pick: int, value: int) -> None:
        """An account is let go, and edits with it."""
        before = self.edits_on()
        self._world.disconnect(pick, value)
        self._note_what_is_off(before)

    def _note_what_is_off(self, before: set[str]) -> None:
        off = before - self.edits_on()
        if off:
            self.off_since |= dict.fromkeys(off, self._world.last_request() + 1)
            self.edits.clear()

    def _row(self, pick: int) -> list[tuple[UUID, str, str]]:
        rows = self._world.run(_ROWS)
        return [(row[0], row[1], row[2]) for row in rows[pick % len(rows) :][:1]] if rows else []
