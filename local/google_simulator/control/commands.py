"""What a test or a demo does behind Google's back: set the scene, change calendars, break things, look at the truth.

The same methods are reached over HTTP under `/_simulator/` (`control.Control`).
"""

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from local.google_simulator.api import calendar_list, oauth, split, writes
from local.google_simulator.api.errors import ApiError, invalid
from local.google_simulator.control.faults import Fault
from local.google_simulator.service import Service
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import Account, Entry, Role, Settings

_SETTINGS = TypeAdapter(Settings)


class Commands:
    """The direct handle on a running simulator. Every method takes the lock; refusals are `ApiError`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.world = service.store.world

    def add_account(self, email: str, *, time_zone: str = "Europe/Berlin", refresh_token: str | None = None) -> Json:
        """A Google user with a primary calendar. Returns its refresh token and one live access token. 409 if known."""
        with self.world.lock:
            if email in self.world.accounts:
                raise ApiError(409, "duplicate", "The account exists.")
            account = Account(email, refresh_token or oauth.new_refresh_token(self.world))
            self.world.accounts[email] = account
            calendar_list.add(self.world, account, email, email, time_zone)
            return self._tokens(account)

    def revoke_account(self, email: str) -> None:
        """The user withdrew consent: refreshing answers `invalid_grant`, access tokens 401."""
        with self.world.lock:
            self.world.account(email).revoked = True

    def reconnect_account(self, email: str) -> Json:
        """The user consented anew: a new refresh token, the old one stays dead."""
        with self.world.lock:
            account = self.world.account(email)
            account.revoked = False
            account.refresh_token = oauth.new_refresh_token(self.world)
            return self._tokens(account)

    def issue_token(self, email: str) -> str:
        """Another access token of the account, for a client of one's own."""
        with self.world.lock:
            return oauth.issue(self.world, self.world.account(email))

    def expire_access_tokens(self, email: str) -> None:
        """Every access token of the account is 401 from now on."""
        with self.world.lock:
            self.world.account(email).access_tokens.clear()

    def add_calendar(
        self, email: str, summary: str, *, calendar_id: str | None = None, time_zone: str = "Europe/Berlin"
    ) -> str:
        """A secondary calendar that the account owns; returns its id."""
        with self.world.lock:
            account = self.world.account(email)
            chosen = calendar_id or f"c_{self.world.new_id()}@group.calendar.google.com"
            if chosen in self.world.calendars:
                raise ApiError(409, "duplicate", "The calendar exists.")
            return calendar_list.add(self.world, account, chosen, summary, time_zone).id

    def set_entry(
        self,
        calendar: str,
        email: str,
        *,
        role: Role = "owner",
        hidden: bool = False,
        selected: bool = True,
        deleted: bool = False,
        color_id: str = "14",
    ) -> None:
        """Share a calendar with an account, or change how it stands in the account's list. Roles void sync tokens."""
        with self.world.lock:
            account, target = self.world.account(email), self.world.calendar(calendar)
            if color_id not in calendar_list.PALETTE:
                raise invalid("Unknown colour.", "colorId")
            old = account.entries.get(calendar)
            primary = calendar == email
            self.world.put_entry(account, Entry(calendar, role, primary, hidden, selected, deleted, color_id))
            if old is not None and old.role != role:
                target.token_generation += 1
            self.service.store.forget_pages()

    def insert_event(self, calendar: str, event: Json, *, event_id: str | None = None) -> Json:
        """A new event by the calendar's owner; any id may be chosen, an `organizer` in it makes it an invitation."""
        with self.world.lock:
            target = self.world.calendar(calendar)
            return writes.insert(self.world, target, target.owner, event, event_id).body

    def patch_event(self, calendar: str, event_id: str, changes: Json) -> Json:
        """Change an event or one instance, as its organizer would."""
        with self.world.lock:
            return writes.patch(self.world, self.world.calendar(calendar), event_id, changes, as_organizer=True).body

    def delete_event(self, calendar: str, event_id: str) -> None:
        """Cancel an event, a series, or one instance."""
        with self.world.lock:
            writes.delete(self.world, self.world.calendar(calendar), event_id)

    def move_event(self, calendar: str, event_id: str, destination: str) -> Json:
        """Move an event to another calendar."""
        with self.world.lock:
            source, target = self.world.calendar(calendar), self.world.calendar(destination)
            return writes.move(self.world, source, event_id, target).body

    def copy_event(self, calendar: str, event_id: str) -> Json:
        """Duplicate an event as a person does: a new id, everything else as it was, private properties too."""
        with self.world.lock:
            target = self.world.calendar(calendar)
            own = ("id", "iCalUID", "htmlLink", "etag", "created", "updated", "sequence")
            body = {key: value for key, value in writes.find(target, event_id).body.items() if key not in own}
            return writes.insert(self.world, target, target.owner, body).body

    def delete_calendar(self, calendar: str) -> None:
        """Its owner deletes a secondary calendar: it is gone from every list, with all its events."""
        with self.world.lock:
            self.world.calendar(calendar)
            for account in self.world.accounts.values():
                entry = account.entries.get(calendar)
                if entry is not None:
                    self.world.put_entry(account, replace(entry, deleted=True))
            self.service.store.forget_pages()

    def grant(self, email: str, scopes: list[str]) -> None:
        """What the account's owner has consented to from now on: whole scope URLs, or their last part."""
        root = "https://www.googleapis.com/auth/"
        with self.world.lock:
            given = {scope if ":" in scope else root + scope for scope in scopes}
            self.world.account(email).scopes = given

    def land(self, number: int = 0) -> bool:
        """Carry out a request that a `land_late` fault has kept; False when there is none left."""
        return self.service.land(number)

    def split_series(self, calendar: str, instance_id: str, changes: Json) -> Json:
        """Change an instance and all that follow; returns the new master."""
        with self.world.lock:
            return split.split(self.world, self.world.calendar(calendar), instance_id, changes).body

    def expire_sync_tokens(self, calendar: str) -> None:
        """Every sync token of the calendar answers 410 fullSyncRequired from now on."""
        with self.world.lock:
            self.world.calendar(calendar).token_generation += 1
            self.service.store.forget_pages()

    def expire_page_tokens(self, calendar: str) -> None:
        """Every page token of the calendar answers 400 from now on."""
        with self.world.lock:
            self.world.calendar(calendar).page_generation += 1
            self.service.store.forget_pages()

    def forget_tombstones(self, calendar: str) -> int:
        """Forget the deletions so far, as Google does after a time; tokens older than the last one answer 410.

        The ids stay taken. Returns how many were forgotten.
        """
        with self.world.lock:
            target = self.world.calendar(calendar)
            told = [record for record in target.records.values() if not record.forgotten]
            dead = [record for record in told if not record.current.live and not record.current.series]
            for record in dead:
                record.forgotten = True
                target.forgotten_through = max(target.forgotten_through, record.changed)
            self.service.store.forget_pages()
            return len(dead)

    def configure(self, settings: dict[str, Any]) -> Json:
        """Change settings by name (`state.Settings`); returns them all. 400 for an unknown name or a bad value."""
        with self.world.lock:
            current = _SETTINGS.dump_python(self.world.settings)
            if unknown := settings.keys() - current.keys():
                raise invalid(f"Unknown setting {min(unknown)!r}.")
            self.world.settings = _SETTINGS.validate_python(current | settings)
            self.service.store.forget_pages()
            shown: Json = _SETTINGS.dump_python(self.world.settings, mode="json")
            return shown

    def step_clock(self, seconds: float) -> str:
        """Move the simulated time on; returns the new instant."""
        with self.world.lock:
            self.world.clock.step(seconds)
            return self.world.clock.now().isoformat()

    def inject(self, fault: Fault) -> int:
        """Activate a failure; returns its number."""
        with self.world.lock:
            return self.service.faults.add(fault)

    def clear_faults(self) -> None:
        """Remove every failure."""
        with self.world.lock:
            self.service.faults.clear()

    def _tokens(self, account: Account) -> Json:
        access_token = oauth.issue(self.world, account)
        return {"email": account.email, "refresh_token": account.refresh_token, "access_token": access_token}
