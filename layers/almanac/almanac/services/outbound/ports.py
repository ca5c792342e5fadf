"""What writing out needs from the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from uuid import UUID

from almanac.domain.calendar.written import RemoteEvent
from almanac.domain.outbound.link import Link
from almanac.domain.outbound.merge import Outcome
from almanac.domain.outbound.place import HoldReason, Place
from almanac.domain.outbound.step import Write
from almanac.domain.outbound.waiting import HeldCalendar, WaitingLink
from almanac.services.accounts.ports import Account
from almanac.services.sync.ports import Lease


@dataclass(frozen=True, slots=True)
class WritingWorkspace:
    """What a run writes out: the installation's name, the workspace's IANA zone, calendars with the account of each."""

    installation: str
    time_zone: str
    places: Sequence[tuple[Place, Account]]
    leaving: bool = False
    """Whether an account is to go once nothing of ours is left in its calendars."""


@dataclass(frozen=True, slots=True)
class Intent:
    """That a write is about to be made is stored: `wait` seconds until it may go. Without: see `why_not`."""

    wait: float = 0.0
    why_not: str | None = None
    """`changed`: it is not wanted like that any more; `budget`: the account has made its creations of the day."""


class OutboundStore(Protocol):
    """Links and the places they lead to, under a run's lease: LeaseLost when another run holds it.

    Every method is one transaction. All raise DatabaseUnavailable and StorageFailed.
    """

    def load(self, lease: Lease, installation: str | None, now: datetime) -> WritingWorkspace:
        """Return the calendars with something to do; `installation` names this one anew unless it is None."""
        ...

    def due(self, lease: Lease, place: Place, account: Account, limit: int) -> Sequence[Link]:
        """Return links that are due, what is unanswered first, then the oldest."""
        ...

    def intend(self, lease: Lease, account: Account, link: Link, write: Write) -> Intent:
        """Store that a write is about to be made, with its place in the account's pace and in its day's budget."""
        ...

    def answered(self, lease: Lease, link: Link, write: Write, event: RemoteEvent | None) -> None:
        """Store what the provider answered to a write (None to a delete): that is what is agreed on now."""
        ...

    def refused(self, lease: Lease, link: Link, *, may_have_landed: bool, stale: bool = False) -> None:
        """A write was not taken, so the link must be read. `stale`: because another version stood there."""
        ...

    def other_calendars(self, lease: Lease, place: Place, link: Link) -> Sequence[tuple[str, Account]]:
        """Return other calendars that are read, each with an account that sees it, the place's own ones first.

        None if the link's event has been found in one already.
        """
        ...

    def doubt_replaced(self, lease: Lease, limit: int) -> int:
        """Have what goes to another target, and is not there yet, read where it still is. Returns of how much.

        Only that is made there by this run.
        """
        ...

    def doubt_deleted(self, lease: Lease, link: Link) -> None:
        """It is deleted there, and nobody has counted that yet."""
        ...

    def postponed(self, lease: Lease, link: Link, wait: float, error_type: str) -> None:
        """Nobody knows what became of a write; look after `wait` seconds."""
        ...

    def failed(self, lease: Lease, link: Link, error_type: str, reason: str) -> None:
        """The provider will not have it like that, however often it is asked."""
        ...

    def conflict(self, lease: Lease, link: Link, fields: Mapping[str, Any]) -> None:
        """Stop until a person chooses or either side changes again; `fields` as of `Agreed.conflicts`."""
        ...

    def let_be(self, lease: Lease, link: Link) -> None:
        """Leave what has passed as it is."""
        ...

    def settle(self, lease: Lease, place: Place, account: Account, link: Link, outcome: Outcome) -> bool | None:
        """Store what became of a link that was read, rows and all. Returns whether a plan depends on it.

        Nothing is stored, and None returned, where something else is wanted of it by now: then it is due for a look.
        """
        ...

    def hold(
        self, lease: Lease, place: Place, reason: HoldReason, until: datetime | None, *, whole_account: bool = False
    ) -> None:
        """Write nothing to a calendar, or through an account, until then; None: until its cause is gone."""
        ...

    def release(self, lease: Lease, place: Place, account: Account) -> None:
        """End a hold: what waited is to be read before it is written."""
        ...

    def forget_slowed(self, lease: Lease, place: Place) -> None:
        """A write of the place's account went through: the next time it is asked to slow down is a first one."""
        ...

    def forget_old(self, lease: Lease, account: Account) -> None:
        """Delete what ended a month ago: links, refused slots, used budgets."""
        ...

    def set_role(self, lease: Lease, place: Place, role: str) -> None:
        """Store the account's role on a calendar."""
        ...


@dataclass(frozen=True, slots=True)
class MembersCalendar:
    """A calendar that an account of a member sees. `scopes` are what the account's owner has granted, if known."""

    connection_id: UUID
    calendar_id: str
    role: str
    primary: bool


ASK_AGAIN_AFTER = timedelta(hours=1)
"""A request for a calendar that nobody has answered and that cannot be found by then was never carried out."""


@dataclass(frozen=True, slots=True)
class CalendarIntent:
    """A calendar in the making: its nonce, and since when nobody knows whether there is one (None: not asked for).

    It is not asked for again before `retry_at`.
    """

    id: UUID
    nonce: str
    requested_at: datetime | None
    retry_at: datetime | None
    time_zone: str


class TargetStore(Protocol):
    """Where members' blocks go. Every method is one transaction. Raises DatabaseUnavailable and StorageFailed."""

    def is_member(self, ws_id: UUID, user_id: str) -> bool:
        """Return whether the workspace has such a member."""
        ...

    def calendars(self, ws_id: UUID, user_id: str) -> Sequence[MembersCalendar]:
        """Return the calendars of a member's accounts that are not disconnected."""
        ...

    def accounts(self, ws_id: UUID, user_id: str) -> Sequence[tuple[Account, Sequence[str]]]:
        """Return a member's accounts with the scopes granted to each."""
        ...

    def set_target(self, ws_id: UUID, user_id: str, connection_id: UUID | None) -> None:
        """Let a member's blocks go to a calendar, or nowhere."""
        ...

    def intent(self, ws_id: UUID, user_id: str, account_id: UUID) -> CalendarIntent:
        """Return the calendar that is being made for a member in an account; a new one if none is."""
        ...

    def requested(self, ws_id: UUID, intent: CalendarIntent, *, requested: bool) -> None:
        """Note that the calendar has been asked for, or that the provider has certainly not made it."""
        ...

    def made(
        self, ws_id: UUID, user_id: str, account_id: UUID, intent: CalendarIntent, calendar: tuple[str, str, str]
    ) -> None:
        """Connect the calendar that was made (its id, name and zone), and let the member's blocks go there."""
        ...


Choice = Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True)
class MemberTarget:
    """Where a member's blocks are written; `calendar` None: nowhere. `reviewed`: their dry run has been looked at."""

    user_id: str
    name: str
    calendar: str | None
    email: str | None
    reviewed: bool


class WaitingStore(Protocol):
    """What waits, and what people decide about it. Raises DatabaseUnavailable and StorageFailed."""

    def targets(self, ws_id: UUID) -> Sequence[MemberTarget]:
        """Return where each member's blocks are written."""
        ...

    def waiting(self, ws_id: UUID) -> tuple[Sequence[WaitingLink], Sequence[HeldCalendar]]:
        """Return what is not settled, and the calendars that are held."""
        ...

    def unowned(self, ws_id: UUID) -> Mapping[str, int]:
        """Return how many blocks ahead are whose who is no member; none where nothing is written anyhow."""
        ...

    def review(self, ws_id: UUID) -> None:
        """The dry run has been looked at: the next sync writes."""
        ...

    def consent(self, ws_id: UUID) -> Sequence[str]:
        """Let mass changes through for an hour. Return the calendars that waited for that."""
        ...

    def resolve(self, link_id: UUID, choice: Choice, ws_id: UUID | None) -> UUID | None:
        """Decide a conflict, of that workspace if one is given. Return its workspace; None when there is none."""
        ...


class LeavingStore(Protocol):
    """Accounts that go. Raises DatabaseUnavailable and StorageFailed."""

    def leave_blocks(self, ws_id: UUID, account_id: UUID) -> None:
        """Let everything stay where it is, as its owner's."""
        ...

    def take_blocks_along(self, ws_id: UUID, account_id: UUID) -> int:
        """Want nothing of ours there any more. Return how many events are still to be deleted."""
        ...

    def account(self, ws_id: UUID, account_id: UUID) -> Account | None:
        """Return the account with its tokens."""
        ...

    def is_connected_elsewhere(self, account: Account) -> bool:
        """Return whether somebody else, or another workspace, goes on with the same account of the provider."""
        ...

    def ready_to_go(self, ws_id: UUID) -> Sequence[Account]:
        """Return the accounts that are leaving and have nothing of ours left to take back."""
        ...

    def gone(self, account: Account, nothing: str) -> None:
        """Disconnect the account and forget its tokens; `nothing` is the ciphertext that takes their place."""
        ...


@dataclass(frozen=True, slots=True)
class RepairCounts:
    """What a repair found: events known already, adopted, brought back here with their task, copies by people."""

    known: int = 0
    adopted: int = 0
    restored: int = 0
    copies: int = 0


class RepairStore(Protocol):
    """What a repair compares with. Raises DatabaseUnavailable and StorageFailed."""

    def installation(self, ws_id: UUID) -> tuple[str, str]:
        """Return the installation's name and the workspace's zone."""
        ...

    def calendars(self, ws_id: UUID) -> Sequence[tuple[str, str, Account]]:
        """Return id and zone of the calendars where events of ours may be, with the account of each."""
        ...

    def take_in(self, account: Account, calendar_id: str, event: RemoteEvent) -> str:
        """Compare one event that bears our mark with its link. Return the field of RepairCounts that it counts for."""
        ...

    def renew_installation(self) -> str:
        """Give this installation another name: nothing that was written before is its own any more."""
        ...
