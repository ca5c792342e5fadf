"""Accounts and their calendars, listed and switched by hand."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from almanac.domain.operations.connections import ConnectedCalendar
from almanac.domain.operations.workspaces import ListedAccount
from almanac.errors import BadInput
from almanac.services.operations.ports import AccountSwitches, ConnectionStore, WorkspaceStore


@dataclass(frozen=True, slots=True)
class Accounts:
    """The use case of `almanac account list`, `almanac account disconnect` and `almanac calendar switch`."""

    workspaces: WorkspaceStore
    connections: ConnectionStore
    switches: AccountSwitches
    leave: Callable[[UUID, UUID], object] | None = None
    """Called before an account of a workspace is disconnected: its push channels are stopped while that is possible."""

    def all(self, ws_id: UUID | None) -> Sequence[ListedAccount]:
        """Return the accounts of a workspace or of all. Raises UnknownWorkspace."""
        if ws_id is not None:
            self.workspaces.require_workspace(ws_id)
        return self.switches.accounts(ws_id)

    def disconnect(self, ws_id: UUID, account: str) -> ListedAccount:
        """Let nothing be read through the account any more: `account` is its id, or its address if it is the only one.

        Return it as it is now. Raises UnknownWorkspace, and BadInput when no account or more than one is meant.
        """
        found = [each for each in self.all(ws_id) if account.lower() in (str(each.account_id), each.email)]
        if not found:
            raise BadInput("account", f"no account of that id or address; `almanac account list {ws_id}` shows them")
        if len(found) > 1:
            raise BadInput(
                "account", f"several accounts have it; give the id of one: {_ids(a.account_id for a in found)}"
            )
        if self.leave is not None:
            self.leave(ws_id, found[0].account_id)
        self.switches.disconnect(ws_id, found[0].account_id)
        return replace(found[0], status="disconnected", read=0)

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
