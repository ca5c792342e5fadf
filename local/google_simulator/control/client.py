"""Steering a simulator that runs in another process, over its control endpoints."""

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from local.google_simulator.control.faults import Fault
from local.google_simulator.control.routes import CONTROL_PREFIX
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import Role


class ControlError(Exception):
    """The simulator refused a command (its words) or could not be reached."""


class Control:
    """The commands of `commands.Commands`, `loading.Loading` and `observation.Observation`, by the same names.

    `url` is the simulator's root; `timeout` in seconds covers one command, bulk loading included. Every method
    raises ControlError.
    """

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self._url = url.rstrip("/") + CONTROL_PREFIX
        self._timeout = timeout

    def call(self, command: str, **arguments: Any) -> Any:
        """Any command by its name; arguments that are None are left out."""
        given = {name: value for name, value in arguments.items() if value is not None}
        request = urllib.request.Request(  # noqa: S310 - the address is the simulator's
            self._url + urllib.parse.quote(command),
            data=json.dumps(given, default=str).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(json.load(error)["error"]["message"]) from error
        except (OSError, ValueError) as error:
            raise ControlError(f"{command}: no usable answer ({type(error).__name__})") from error

    def add_account(self, email: str, *, time_zone: str = "Europe/Berlin", refresh_token: str | None = None) -> Json:
        """A user with a primary calendar; returns `email`, `refresh_token` and a live `access_token`."""
        return self._object("add_account", email=email, time_zone=time_zone, refresh_token=refresh_token)

    def revoke_account(self, email: str) -> None:
        """Consent withdrawn: `invalid_grant` from now on."""
        self.call("revoke_account", email=email)

    def reconnect_account(self, email: str) -> Json:
        """Consent renewed: a new refresh token."""
        return self._object("reconnect_account", email=email)

    def add_calendar(
        self, email: str, summary: str, *, calendar_id: str | None = None, time_zone: str = "Europe/Berlin"
    ) -> str:
        """A secondary calendar; returns its id."""
        made = self.call("add_calendar", email=email, summary=summary, calendar_id=calendar_id, time_zone=time_zone)
        return str(made)

    def set_entry(
        self, calendar: str, email: str, *, role: Role = "owner", hidden: bool = False, deleted: bool = False
    ) -> None:
        """Share a calendar, or change how it stands in an account's list."""
        self.call("set_entry", calendar=calendar, email=email, role=role, hidden=hidden, deleted=deleted)

    def insert_event(self, calendar: str, event: Json, *, event_id: str | None = None) -> Json:
        """A new event; returns the resource."""
        return self._object("insert_event", calendar=calendar, event=event, event_id=event_id)

    def patch_event(self, calendar: str, event_id: str, changes: Json) -> Json:
        """Change an event or one instance; returns the resource."""
        return self._object("patch_event", calendar=calendar, event_id=event_id, changes=changes)

    def delete_event(self, calendar: str, event_id: str) -> None:
        """Cancel an event, a series, or one instance."""
        self.call("delete_event", calendar=calendar, event_id=event_id)

    def copy_event(self, calendar: str, event_id: str) -> Json:
        """Duplicate an event as a person does; returns the copy."""
        return self._object("copy_event", calendar=calendar, event_id=event_id)

    def delete_calendar(self, calendar: str) -> None:
        """A secondary calendar is deleted by its owner."""
        self.call("delete_calendar", calendar=calendar)

    def grant(self, email: str, scopes: list[str]) -> None:
        """Change what an account has consented to."""
        self.call("grant", email=email, scopes=scopes)

    def split_series(self, calendar: str, instance_id: str, changes: Json) -> Json:
        """Change an instance and all that follow; returns the new master."""
        return self._object("split_series", calendar=calendar, instance_id=instance_id, changes=changes)

    def expire_sync_tokens(self, calendar: str) -> None:
        """410 fullSyncRequired for every sync token of the calendar."""
        self.call("expire_sync_tokens", calendar=calendar)

    def forget_tombstones(self, calendar: str) -> int:
        """Forget the deletions so far; returns how many."""
        return int(self.call("forget_tombstones", calendar=calendar))

    def configure(self, **settings: Any) -> Json:
        """Change settings by name (`state.Settings`), None included; returns them all."""
        return self._object("configure", settings=settings)

    def step_clock(self, seconds: float) -> str:
        """Move the simulated time on; returns the new instant."""
        return str(self.call("step_clock", seconds=seconds))

    def inject(self, fault: Fault) -> int:
        """Activate a failure; returns its number."""
        return int(self.call("inject", fault=fault.model_dump(exclude_defaults=True)))

    def clear_faults(self) -> None:
        """Remove every failure."""
        self.call("clear_faults")

    def populate(self, email: str, *, calendars: int = 3, events: int = 300, seed: int = 0) -> Json:
        """Fill an account with a made-up workspace; returns counts by kind."""
        return self._object("populate", email=email, calendars=calendars, events=events, seed=seed)

    def add_flat_events(self, calendar: str, count: int, *, seed: int = 0) -> int:
        """Very many plain events on one calendar."""
        return int(self.call("add_flat_events", calendar=calendar, count=count, seed=seed))

    def churn(self, calendar: str, changes: int, *, seed: int = 0) -> Json:
        """Random changes to a calendar; returns counts by kind."""
        return self._object("churn", calendar=calendar, changes=changes, seed=seed)

    def load_ics(self, calendar: str, path: Path) -> Json:
        """Load an `.ics` file of this machine; returns what was taken, skipped and guessed."""
        return self._object("load_ics", calendar=calendar, path=str(path.resolve()))

    def channels(self) -> list[Json]:
        """The live push channels."""
        return self._objects("channels")

    def delivered(self, since: int = 0) -> list[Json]:
        """The push messages tried so far, after the first `since`."""
        return self._objects("delivered", since=since)

    def truth(self, calendar: str, time_min: str, time_max: str) -> list[Json]:
        """The live events of a window with series as instances, by start."""
        return self._objects("truth", calendar=calendar, time_min=time_min, time_max=time_max)

    def accounts(self) -> list[Json]:
        """Accounts and their calendars."""
        return self._objects("accounts")

    def requests(self, since: int = 0) -> list[Json]:
        """The logged requests after number `since`."""
        return self._objects("requests", since=since)

    def counters(self) -> Json:
        """Totals of requests, by status and by operation."""
        return self._object("counters")

    def _object(self, command: str, **arguments: Any) -> Json:
        value: Json = self.call(command, **arguments)
        return value

    def _objects(self, command: str, **arguments: Any) -> list[Json]:
        value: list[Json] = self.call(command, **arguments)
        return value
