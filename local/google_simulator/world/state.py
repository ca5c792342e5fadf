"""Everything the simulated Google holds: accounts, calendars with the whole history of their events, and settings.

Nothing here locks: whoever enters from outside (the server, the commands) holds `World.lock`.
"""

import hashlib
import random
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Literal

from local.google_simulator.api.errors import access_level, not_found
from local.google_simulator.world.channels import Channels
from local.google_simulator.world.clock import Clock
from local.google_simulator.world.event import Record, Version
from local.google_simulator.world.times import stamp_text, zone

Role = Literal["owner", "writer", "reader", "freeBusyReader"]
ROLE_RANK: dict[str, int] = {"freeBusyReader": 0, "reader": 1, "writer": 2, "owner": 3}
"""Roles from the least to the most."""
_ID_LETTERS = "0123456789abcdefghijklmnopqrstuv"


@dataclass(slots=True)
class Settings:
    """What a test may turn. Requests a minute: None means no quota.

    `tombstones` of listings: `minimal` as most accounts see them, `full` as an organizer may, `bare` without the
    series of a cancelled instance. `left_window`: how a delta tells that an event left the token's window.
    `series_deletion`: whether a deleted series is told by its instances or by the master's id alone. `push_…`: the
    longest life of a channel, how its end is written, whether its first message comes before the answer to the watch,
    how many changes a stopped channel still tells, and whether http on this machine is refused too.
    `zero_length`: whether a client may write an event that ends as it begins (reading one is always possible).
    `trims_texts`: whether Google strips texts and evens out line ends. `creates_per_user`: events a day and account.
    `paging`: whether a listing is all of its first page's moment, or each page of its own; the token at its end is
    as old as the moment that its last page shows. `delta_lag_seconds`: how long a delta does not tell of a change that
    whole listings and reads show at once; nobody has measured Google's.
    """

    expires_in: int = 3599
    rotate_refresh_tokens: bool = False
    client_id: str | None = None
    client_secret: str | None = None
    tombstones: Literal["minimal", "full", "bare"] = "minimal"
    left_window: Literal["event", "tombstone"] = "event"
    series_deletion: Literal["instances", "master"] = "instances"
    paging: Literal["first_moment", "each_moment"] = "first_moment"
    delta_lag_seconds: float = 0
    revival: bool = True
    zero_length: Literal["refused", "accepted"] = "refused"
    trims_texts: bool = False
    creates_per_user: int | None = None
    sync_token_padding: int = 0
    expansion_days: int = 730
    project_per_minute: int | None = None
    user_per_minute: int | None = None
    quota_status: Literal[403, 429] = 403
    quota_retry_after: int | None = None
    push_max_seconds: int = 604_800
    push_expiration: Literal["text", "number"] = "text"
    push_sync: Literal["before", "after", "never"] = "before"
    push_after_stop: int = 0
    push_https_only: bool = False


@dataclass(slots=True)
class Entry:
    """One calendar as one account sees it in its list; `changed` is the account's list sequence number."""

    calendar_id: str
    role: Role
    primary: bool = False
    hidden: bool = False
    selected: bool = True
    deleted: bool = False
    color_id: str = "14"
    changed: int = 0
    etag: str = ""


@dataclass(slots=True)
class Account:
    """A Google user: address, refresh token, access tokens with the instant each expires, and the calendar list.

    `scopes` are what it has granted, `created` when clients made events of its.
    """

    email: str
    refresh_token: str
    revoked: bool = False
    access_tokens: dict[str, datetime] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    list_sequence: int = 0
    scopes: set[str] = field(default_factory=lambda: {"https://www.googleapis.com/auth/calendar"})
    created: list[datetime] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Code:
    """What a consent gave: for whom, which scopes, and who may trade it until when."""

    email: str
    scope: str
    redirect_uri: str
    challenge: str
    expires: datetime


@dataclass(eq=False)
class Calendar:
    """A calendar and its events. `records` stands in the order of change, so a delta is its tail."""

    id: str
    summary: str
    time_zone: str
    owner: str
    description: str = ""
    primary: bool = False
    made_by_client: bool = False
    sequence: int = 0
    updated: str = "1970-01-01T00:00:00.000Z"
    records: dict[str, Record] = field(default_factory=dict)
    exceptions: dict[str, set[str]] = field(default_factory=dict)
    token_generation: int = 0
    page_generation: int = 0
    forgotten_through: int = 0
    expansions: OrderedDict[tuple[object, ...], dict[str, Version]] = field(default_factory=OrderedDict)

    def as_of(self, moment: float) -> int:
        """The sequence number that the calendar had at a moment, in epoch seconds."""
        since = [
            number
            for record in self._changed_after(moment)
            for number, version in record.history
            if version.updated > moment
        ]
        return min(since, default=self.sequence + 1) - 1

    def _changed_after(self, moment: float) -> Iterator[Record]:
        for record in reversed(self.records.values()):
            if record.current.updated <= moment:
                return
            yield record

    @cached_property
    def zone(self) -> tzinfo:
        """The calendar's own zone."""
        return zone(self.time_zone)

    def store(self, version: Version, stamp: str) -> Version:
        """Make `version` the newest of its event; `stamp` is the time of the change."""
        self.sequence += 1
        self.updated = stamp
        record = self.records.pop(version.id, None) or Record(version.id)
        record.forgotten = False
        record.history.append((self.sequence, version))
        self.records[version.id] = record
        if version.series:
            self.exceptions.setdefault(version.series, set()).add(version.id)
        return version


class World:
    """The simulated Google as a whole. The same seed and the same commands give the same ids and tokens."""

    def __init__(self, seed: int = 0, clock: Clock | None = None) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.clock = clock or Clock()
        self.settings = Settings()
        self.accounts: dict[str, Account] = {}
        self.calendars: dict[str, Calendar] = {}
        self.codes: dict[str, Code] = {}
        self.channels = Channels()
        self._last_micros = 0

    def new_id(self, length: int = 26) -> str:
        """An id of Google's own alphabet, a-v and 0-9."""
        return "".join(self.random.choices(_ID_LETTERS, k=length))

    def stamp(self) -> tuple[str, str]:
        """The time of a change as text, and an etag that no other change has, even while the clock stands still."""
        now = self.clock.now()
        self._last_micros = max(self._last_micros + 1, int(now.timestamp() * 1_000_000))
        return stamp_text(now), f'"{2 * self._last_micros}"'

    def resource_id(self, resource: str) -> str:
        """The opaque id of what a channel watches: the same for every channel on it."""
        return hashlib.sha256(resource.encode()).hexdigest()[:27]

    def account(self, email: str) -> Account:
        """The account, or 404."""
        if email not in self.accounts:
            raise not_found()
        return self.accounts[email]

    def calendar(self, calendar_id: str) -> Calendar:
        """The calendar whoever asks, or 404."""
        if calendar_id not in self.calendars:
            raise not_found()
        return self.calendars[calendar_id]

    def entry(self, account: Account, calendar_id: str) -> Entry:
        """The account's list entry; `primary` is another name of the account's address. 404 when it has none."""
        entry = account.entries.get(account.email if calendar_id == "primary" else calendar_id)
        if entry is None or entry.deleted:
            raise not_found()
        return entry

    def open(self, account: Account, calendar_id: str, needed: Role) -> tuple[Calendar, Entry]:
        """The calendar for an account that needs at least a role: 404 when not listed, 403 when too low."""
        entry = self.entry(account, calendar_id)
        if ROLE_RANK[entry.role] < ROLE_RANK[needed]:
            raise access_level(needed)
        return self.calendar(entry.calendar_id), entry

    def put_entry(self, account: Account, entry: Entry) -> None:
        """Store a changed list entry under the account's next list sequence number."""
        account.list_sequence += 1
        entry.changed = account.list_sequence
        entry.etag = self.stamp()[1]
        account.entries[entry.calendar_id] = entry
