"""Filling calendars: made-up workspaces, very many plain events, `.ics` exports, recorded responses, random life."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from local.google_simulator.api.errors import ApiError, invalid
from local.google_simulator.filling.bulk import add_flat_events
from local.google_simulator.filling.churn import churn
from local.google_simulator.filling.ics import IcsError, load_ics
from local.google_simulator.filling.populate import populate
from local.google_simulator.filling.recorded import load_events
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import World
from local.google_simulator.world.times import instant


class Loading:
    """The bulk side of the direct handle. `around` is an RFC 3339 instant; None means the simulated now."""

    def __init__(self, world: World) -> None:
        self.world = world

    def populate(
        self, email: str, *, calendars: int = 3, events: int = 300, seed: int = 0, around: str | None = None
    ) -> Json:
        """Fill an account with a made-up workspace (`populate.populate`); returns counts by kind."""
        with self.world.lock:
            account = self.world.account(email)
            return dict(populate(self.world, account, calendars, events, seed, self._around(around)))

    def add_flat_events(self, calendar: str, count: int, *, seed: int = 0, around: str | None = None) -> int:
        """`count` plain events on one calendar (`bulk.add_flat_events`)."""
        with self.world.lock:
            return add_flat_events(self.world, self.world.calendar(calendar), count, seed, self._around(around))

    def churn(self, calendar: str, changes: int, *, seed: int = 0, around: str | None = None) -> Json:
        """Make random changes to a calendar (`churn.churn`); returns counts by kind."""
        with self.world.lock:
            return dict(churn(self.world, self.world.calendar(calendar), changes, seed, self._around(around)))

    def load_ics(self, calendar: str, path: Path) -> Json:
        """Load an `.ics` export; returns what was taken, skipped and guessed. 400 naming the file if unreadable."""
        with self.world.lock:
            try:
                return asdict(load_ics(self.world, self.world.calendar(calendar), path))
            except IcsError as error:
                raise ApiError(400, "invalid", str(error)) from error

    def load_recorded(self, calendar: str, path: Path) -> int:
        """Load events in Google's own JSON (an events.list answer, a list, or one event); returns how many."""
        with self.world.lock:
            try:
                document = json.loads(path.read_text("utf-8"))
            except (OSError, ValueError) as error:
                raise invalid(f"{path}: not readable as JSON ({type(error).__name__})") from error
            return load_events(self.world, self.world.calendar(calendar), document)

    def _around(self, text: str | None) -> datetime:
        return instant(text) if text else self.world.clock.now()
