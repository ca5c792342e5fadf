"""Accounts and their calendars, listed and switched by hand."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.workspaces import ListedAccount
from almanac.errors import BadInput
from almanac.services.operations.ports import AccountSwitches, ConnectionStore, WorkspaceStore
from almanac.services.outbound.leaving import Blocks, Leave


@dataclass(frozen=True, slots=True)
class ListAccounts:
    """The accounts of a workspace or of all, for whoever may only look."""

    workspaces: WorkspaceStore
    switches: AccountSwitches

    def all(self, ws_id: UUID | None) -> Sequence[ListedAccount]:
        """Return the accounts of a workspace or of all. Raises UnknownWorkspace."""
        if ws_id is not None:
            self.workspaces.require_workspace(ws_id)
        return self.switches.accounts(ws_id)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The use case of `almanac account list`, `almanac account disconnect` and `almanac calendar switch`."""

    workspaces: WorkspaceStore
    connections: ConnectionStore
    switches: AccountSwitches
    leave: Leave
    stop_watching: Callable[[UUID, UUID], object]
    """Called before an account of a workspace is disconnected: its push channels are stopped while that is possible."""

    def all(self, ws_id: UUID | None) -> Sequence[ListedAccount]:
        """Return the accounts of a workspace or of all. Raises UnknownWorkspace."""
        return ListAccounts(self.workspaces, self.switches).all(ws_id)

    def disconnect(
        self, ws_id: UUID, account: str, *, user_id: str | None = None, blocks: Blocks | None = None
    ) -> ListedAccount:
        """Let nothing be read through the account any more: `account` is its id, or its address if it is the only one.

        `blocks`: what of ours is in its calendars is removed, which runs do before the account goes, or left there;
        then its grant is given back. Without, only reading ends. Return the account as it is now. Raises
        UnknownWorkspace, and BadInput when no account or more than one is meant.
        """
        known = [each for each in self.all(ws_id) if user_id is None or each.user_id == user_id]
        found = [each for each in known if account.lower() in (str(each.account_id), each.email)]
        if not found:
            whose = "" if user_id is None else f" of {user_id}"
            complaint = f"no account{whose} of that id or address; `almanac account list {ws_id}` shows them"
            raise BadInput("account", complaint)
        if len(found) > 1:
            raise BadInput(
                "account", f"several accounts have it; give the id of one: {_ids(a.account_id for a in found)}"
            )
        (one,) = found
        if blocks is None:
            self.stop_watching(ws_id, one.account_id)
        elif self.leave(ws_id, one.account_id, blocks) and one.status in ("active", "leaving"):
            return replace(one, status="leaving")
        self.switches.disconnect(ws_id, one.account_id)
        return replace(one, status="disconnected", read=0)

    def switch(self, ws_id: UUID, calendar: str, *, on: bool) -> Sequence[ConnectedCalendar]:
        """Switch a calendar on or off, in every account of the workspace that has it. Return its connections after it.

        `calendar` is the calendar's id, the id of one connection, or a name that no other calendar has. Raises
        UnknownWorkspace, and BadInput when no calendar or more than one is meant.
        """
        self.workspaces.require_workspace(ws_id)
        found = self._calendars(ws_id, calendar)
        for each in found:
            self.switches.switch_calendar(ws_id, each.connection_id, on=on)
        switched = {each.connection_id for each in found}
        return [each for each in self.connections.connections(ws_id) if each.connection_id in switched]

    def _calendars(self, ws_id: UUID, calendar: str) -> Sequence[ConnectedCalendar]:
        known = self.connections.connections(ws_id)
        found = [each for each in known if calendar in (each.calendar_id, str(each.connection_id))]
        found = found or [each for each in known if each.name.casefold() == calendar.casefold()]
        if not found:
            raise BadInput("calendar", f"no calendar of that id or name; `almanac connections {ws_id}` shows them")
        ids = sorted({each.calendar_id for each in found})
        if len(ids) > 1:
            raise BadInput("calendar", f"several calendars have that name; give the id of one: {_ids(ids)}")
        return found


def _ids(ids: Iterable[object]) -> str:
    return ", ".join(map(str, ids))
