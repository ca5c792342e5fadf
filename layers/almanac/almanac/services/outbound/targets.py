"""Where a member's blocks are written: a calendar they name, one that is made for them, or nowhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import TypeVar
from uuid import UUID

from almanac.domain.outbound.place import WRITING_ROLES
from almanac.domain.sync.report import Tally
from almanac.errors import AlmanacError, BadInput, PermissionMissing, TransientError
from almanac.services.accounts.ports import Account
from almanac.services.clock import Clock
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.outbound.ports import CalendarIntent, TargetStore
from almanac.services.sync.account_access import AccountSession, AccountSessions
from almanac.services.sync.provider import MadeCalendar, OpenAccount, Writes
from almanac.services.sync.retrying import Retrier

CALENDAR_NAME = "Almanac"
_Returned = TypeVar("_Returned")


class UnknownMember(BadInput):
    """The workspace has no member of that id."""

    code = "unknown_member"

    def __init__(self) -> None:
        super().__init__("user", "the workspace has no such member; `almanac member add` adds one")


@dataclass(frozen=True, slots=True)
class Targets:
    """The use case of `almanac member target`."""

    workspaces: WorkspaceStore
    store: TargetStore
    sessions: AccountSessions
    retrier: Retrier
    clock: Clock

    def use(self, ws_id: UUID, user_id: str, calendar: str) -> str:
        """Let a member's blocks go to a calendar of theirs, `primary` or its id. Return its id.

        Raises UnknownWorkspace; BadInput when there is no such member or calendar, or they may not write to it.
        """
        self._require_member(ws_id, user_id)
        known = self.store.calendars(ws_id, user_id)
        found = [each for each in known if calendar == each.calendar_id or (calendar == "primary" and each.primary)]
        if not found:
            shown = f"`almanac connections {ws_id}` shows them"
            raise BadInput("calendar", f"none of {user_id}'s accounts has that calendar; {shown}")
        writable = [each for each in found if each.role in WRITING_ROLES]
        if not writable:
            raise BadInput("calendar", f"{user_id} may only read it: their role is {found[0].role}")
        self.store.set_target(ws_id, user_id, writable[0].connection_id)
        return writable[0].calendar_id

    def none(self, ws_id: UUID, user_id: str) -> None:
        """Write a member's blocks nowhere; those ahead are taken back. Raises BadInput when there is no such member."""
        self._require_member(ws_id, user_id)
        self.store.set_target(ws_id, user_id, None)

    def make(self, ws_id: UUID, user_id: str) -> str:
        """Make a calendar for a member's blocks and let them go there. Return its id.

        Exactly one, whatever breaks: the intent is stored first, and what was not answered is looked for, not asked
        for again. Raises BadInput, PermissionMissing, and TransientError while nobody knows whether it was made.
        """
        self._require_member(ws_id, user_id)
        account, scopes, session = self._account(ws_id, user_id)
        if scopes and not session.provider.grants_calendars(scopes):
            raise PermissionMissing(
                f"{account.email} has not granted making calendars: connect it again with that scope"
            )
        intent = self.store.intent(ws_id, user_id, account.id)
        calendar = self._made_before(session, intent) or self._make(ws_id, session, intent)
        made = (calendar.calendar_id, calendar.name, calendar.time_zone)
        self.store.made(ws_id, user_id, account.id, intent, made)
        return calendar.calendar_id

    def _made_before(self, session: AccountSession, intent: CalendarIntent) -> MadeCalendar | None:
        """Return the calendar of a request that was not answered; None when it is to be asked for."""
        if intent.requested_at is None:
            return None
        found = _ask(session, self.retrier, lambda writes: writes.find_calendars(intent.nonce))
        if len(found) > 1:
            ids = ", ".join(each.calendar_id for each in found)
            raise BadInput("new_calendar", f"there are several of them, name one with --calendar: {ids}")
        if found:
            return found[0]
        if intent.retry_at is not None and self.clock() < intent.retry_at:
            again = f"{intent.retry_at.astimezone(UTC):%H:%M} UTC"
            raise TransientError(
                "a calendar was asked for and nobody knows yet whether it was made: the same command finds it,"
                f" and asks for one again after {again}"
            )
        return None

    def _make(self, ws_id: UUID, session: AccountSession, intent: CalendarIntent) -> MadeCalendar:
        self.store.requested(ws_id, intent, requested=True)
        once = Retrier(self.retrier.sleep, self.retrier.chance, self.retrier.deadline, tries=1, ends_requests=False)
        try:
            return _ask(
                session, once, lambda writes: writes.make_calendar(CALENDAR_NAME, intent.time_zone, intent.nonce)
            )
        except TransientError as error:
            found = "the same command finds it, should it have been made"
            said = f"a calendar was asked for without an answer ({error}): {found}"
            raise TransientError(said, error.retry_after) from error
        except AlmanacError:
            self.store.requested(ws_id, intent, requested=False)
            raise

    def _account(self, ws_id: UUID, user_id: str) -> tuple[Account, tuple[str, ...], AccountSession]:
        for account, scopes in self.store.accounts(ws_id, user_id):
            session = self.sessions.open(account, self.clock)
            if session is not None:
                return account, tuple(scopes), session
        raise BadInput("user", f"{user_id} has no connected account; `almanac account add` connects one")

    def _require_member(self, ws_id: UUID, user_id: str) -> None:
        if not self.store.is_member(ws_id, user_id):
            self.workspaces.require_workspace(ws_id)
            raise UnknownMember


def _ask(session: AccountSession, retrier: Retrier, operation: Callable[[Writes], _Returned]) -> _Returned:
    def of(account: OpenAccount) -> _Returned:
        if account.writes is None:
            raise PermissionMissing("the provider does not allow writing")
        return operation(account.writes)

    return session.call(of, retrier, Tally())
