"""After a database was restored: what is at the providers because of us, and nobody here remembers."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.calendar.events import CalendarZones
from almanac.domain.calendar.written import RemoteEvent
from almanac.domain.sync.report import Tally
from almanac.services.accounts.ports import Account
from almanac.services.clock import Clock
from almanac.services.operations.ports import WorkspaceStore
from almanac.services.outbound.ports import RepairCounts, RepairStore
from almanac.services.sync.account_access import AccountSessions
from almanac.services.sync.provider import OpenAccount
from almanac.services.sync.retrying import Retrier


@dataclass(frozen=True, slots=True)
class RepairLinks:
    """The use case of `almanac links repair` and `almanac installation renew`."""

    workspaces: WorkspaceStore
    store: RepairStore
    sessions: AccountSessions
    retrier: Retrier
    clock: Clock

    def __call__(self, ws_id: UUID) -> RepairCounts:
        """Find events of ours by their mark, and take them in. What a person did to them is read by the next sync.

        Raises UnknownWorkspace, and what the provider raises.
        """
        self.workspaces.require_workspace(ws_id)
        installation, zone = self.store.installation(ws_id)
        counts: Counter[str] = Counter()
        for calendar_id, calendar_zone, account in self.store.calendars(ws_id):
            zones = CalendarZones(calendar_zone, zone)
            for event in self._marked(account, calendar_id, installation, zones):
                if event.row is not None and event.mark is not None and event.mark.ws_id == str(ws_id):
                    counts[self.store.take_in(account, calendar_id, event)] += 1
        return RepairCounts(**counts)

    def renew(self) -> str:
        """Name this installation anew: a copy of another one's database then leaves that one's events alone."""
        return self.store.renew_installation()

    def _marked(
        self, account: Account, calendar_id: str, installation: str, zones: CalendarZones
    ) -> tuple[RemoteEvent, ...]:
        session = self.sessions.open(account, self.clock)
        if session is None:
            return ()

        def of(opened: OpenAccount) -> tuple[RemoteEvent, ...]:
            if opened.writes is None:
                return ()
            return tuple(opened.writes.marked(calendar_id, installation, zones))

        return session.call(of, self.retrier, Tally())
