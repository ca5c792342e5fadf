"""Feeds: a calendar under an address that nobody can guess, for programs that subscribe to it."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from almanac.domain.export.people import is_theirs
from almanac.domain.history.fold import State, touches
from almanac.errors import BadInput, BadSettings
from almanac.services.access.one_way import digest
from almanac.services.clock import Clock
from almanac.services.feeds.ports import Feed, FeedStore, FoundFeed
from almanac.services.history.read import History
from almanac.services.operations.people import require_member
from almanac.services.operations.ports import PeopleStore, WorkspaceStore

TOKEN_BYTES = 16
"""128 random bits: nobody finds one by asking, so that a plain hash is enough to keep it by."""
BACK, AHEAD = timedelta(days=31), timedelta(days=400)
"""What a feed holds: a reader keeps for itself what has gone by."""
_FORMAT = 2
"""Part of every tag: raise it when the same rows are written otherwise."""


@dataclass(frozen=True, slots=True)
class FeedText:
    """What a reader gets: a tag, and the calendar unless the reader has it already."""

    tag: str
    text: str | None


FeedWriter = Callable[[Mapping[UUID, State], datetime, str], str]
"""Gives a calendar's text, as of an instant, under a name."""


class UnknownFeed(BadInput):
    """No feed of that id in the workspace, or none that still works."""

    code = "unknown_feed"

    def __init__(self) -> None:
        super().__init__("id", "no feed of that id works in this workspace")


@dataclass(frozen=True, slots=True)
class Feeds:
    """The use cases of `almanac feed …`, of the routes of feeds, and of whoever reads one."""

    workspaces: WorkspaceStore
    store: FeedStore
    people: PeopleStore
    history: History
    writer: FeedWriter
    public_url: str | None
    clock: Clock

    @property
    def has_address(self) -> bool:
        """Whether it is known where feeds are read; without it none is made."""
        return self.public_url is not None

    def add(self, ws_id: UUID, name: str, user_id: str | None, feed_id: UUID | None = None) -> tuple[Feed, str]:
        """Return a new feed and its address, which nobody can tell again; under a given id there is one feed, with
        another address each time.

        Raises UnknownWorkspace, BadSettings, and BadInput for a person who is no member.
        """
        self.workspaces.require_workspace(ws_id)
        if user_id is not None:
            require_member(self.people, ws_id, user_id, "user_id")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        address = self._address(token)
        return self.store.add(feed_id or uuid4(), ws_id, user_id, name, digest(token)), address

    def all(self, ws_id: UUID) -> Sequence[Feed]:
        """Return the feeds of a workspace. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.all(ws_id)

    def rotate(self, ws_id: UUID, feed_id: UUID) -> str:
        """Return another address for a feed; the old one ends at once. Raises UnknownFeed and BadSettings."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        address = self._address(token)
        if not self.store.rotate(ws_id, feed_id, digest(token)):
            raise UnknownFeed
        return address

    def revoke(self, ws_id: UUID, feed_id: UUID) -> None:
        """End a feed. Raises UnknownFeed."""
        if not self.store.revoke(ws_id, feed_id):
            raise UnknownFeed

    def read(self, token: str, has: Callable[[str], bool]) -> FeedText | None:
        """Return what the feed of a token holds; None when there is none. `has` tells whether the reader has a tag.

        The text is that of rows alone, so that the same version gives the same tag and the same text on one day.
        """
        found, now = self.store.find(digest(token)), self.clock()
        if found is None:
            return None
        if found.feed.last_used_on != now.date():
            self.store.note_use(found.feed.id, now.date())
        tag = f'"{_FORMAT}-{found.feed.id.hex[:8]}-{now:%Y%m%d}-{found.version}"'
        return FeedText(tag, None if has(tag) else self._text(found, now))

    def _text(self, found: FoundFeed, now: datetime) -> str:
        feed, today = found.feed, now.replace(hour=0, minute=0, second=0, microsecond=0)
        events = self.history.calendar(feed.ws_id).events
        if feed.user_id is not None:
            members = self.store.members_of_events(feed.ws_id)
            events = {each: state for each, state in events.items() if is_theirs(members.get(each), feed.user_id)}
        shown = {each: state for each, state in events.items() if touches(state, today - BACK, today + AHEAD)}
        return self.writer(shown, found.changed_at, f"{found.workspace}: {feed.name}")

    def _address(self, token: str) -> str:
        if self.public_url is None:
            raise BadSettings("ALMANAC_PUBLIC_URL", "missing; set it to the address at which feeds are read")
        return f"{self.public_url}/ics/{token}.ics"
