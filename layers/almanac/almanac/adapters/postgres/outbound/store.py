"""Links and the places they lead to, in Postgres: the OutboundStore of the services."""

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.leases import PostgresLeases, lease_lost
from almanac.adapters.postgres.outbound.rows import account_key, link_from, place_from
from almanac.adapters.postgres.outbound.settling import Settling
from almanac.domain.calendar.written import RemoteEvent
from almanac.domain.outbound.link import Link
from almanac.domain.outbound.merge import Outcome
from almanac.domain.outbound.place import HoldReason, Place
from almanac.domain.outbound.step import Write
from almanac.services.accounts.ports import Account
from almanac.services.outbound.ports import Intent, OutboundStore, WritingWorkspace
from almanac.services.sync.ports import CalendarPages, Lease

logger = logging.getLogger(__name__)

Granted = Callable[[Account, Collection[str], Place], bool | None]
"""Whether an account's scopes allow writing to a place; None when they are not known."""


class PostgresOutboundStore(OutboundStore):
    """OutboundStore over one Database. `interval` seconds lie between an account's writes, `most` creations a day."""

    def __init__(
        self,
        database: Database,
        pages: CalendarPages,
        granted: Callable[[str, Collection[str], bool, bool], bool | None],
        *,
        lease_seconds: float,
        interval: float,
        most: int,
    ) -> None:
        self._db = database
        self._run = database.statements("outbound/outbound.sql")
        self._leases = PostgresLeases(database, lease_seconds)
        self._settling = Settling(database, pages)
        self._granted = granted
        self._interval = interval
        self._most = most

    @override
    def load(self, lease: Lease, installation: str | None, now: datetime) -> WritingWorkspace:
        name, zone, has_links, leaving = self._run("installation", ws_id=lease.ws_id)[0]
        if installation is not None and name != installation and has_links:
            if not self._run("name_installation", name=installation):
                logger.warning(
                    "the database bears another installation's name: nothing is written",
                    extra={"ws_id": str(lease.ws_id)},
                )
                self._run("hold_for_other_installation", **self._leases.under(lease))
                has_links = False
            name = installation
        if not has_links:
            return WritingWorkspace(name, zone, (), leaving)
        moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        found = self._run("places", ws_id=lease.ws_id, zone=zone, now=moment)
        return WritingWorkspace(name, zone, [place_from(lease.ws_id, row, self._granted) for row in found], leaving)

    @override
    def due(self, lease: Lease, place: Place, account: Account, limit: int) -> Sequence[Link]:
        where = {"provider": account.provider, "calendar_id": place.calendar_id, "account": account.email}
        what = {"kinds": arrays.texts(place.kinds), "fence": lease.fence, "limit": limit}
        return [link_from(row) for row in self._run("due_links", ws_id=lease.ws_id, **where, **what)]

    @override
    def intend(self, lease: Lease, account: Account, link: Link, write: Write) -> Intent:
        held, wait, linked = self._run(
            "intend",
            **self._leases.under(lease),
            account=account_key(account),
            operation=write.operation,
            interval=self._interval,
            most=self._most,
            id=link.id,
            revision=link.revision,
            etag=link.base_etag,
            body=json.dumps(write.body),
        )[0]
        if not held:
            raise lease_lost()
        if wait is None:
            return Intent(why_not="budget")
        return Intent(wait) if linked else Intent(why_not="changed")

    @override
    def answered(self, lease: Lease, link: Link, write: Write, event: RemoteEvent | None) -> None:
        under = {"id": link.id, **self._leases.under(lease)}
        if event is not None:
            under |= {"base": json.dumps(event.fields), "body": json.dumps(write.body), "etag": event.etag}
            under |= {"updated": event.updated_at}
        statement = "answered" if event is not None else "answered_delete"
        if link.kind != "edit":
            if not self._run(statement, **under)[0][0]:
                raise lease_lost()
            return
        with self._db.transaction(reconnect=False):
            if not self._run(statement, **under)[0][0]:
                raise lease_lost()
            if event is not None and event.row is not None:
                said = {"etag": event.etag, "updated": event.updated_at}
                self._run("take_answer_into_row", id=link.id, ws_id=lease.ws_id, **said)
            self._run("forget_settled_edit", id=link.id, ws_id=lease.ws_id)

    @override
    def refused(self, lease: Lease, link: Link, *, may_have_landed: bool, stale: bool = False) -> None:
        self._about(lease, link, "refuse", landed=may_have_landed, stale=stale)

    @override
    def other_calendars(self, lease: Lease, place: Place, link: Link) -> Sequence[tuple[str, Account]]:
        if self._run("moved_to", id=link.id, ws_id=lease.ws_id):
            return ()
        found = self._run("other_calendars", ws_id=lease.ws_id, connection_id=place.connection_id)
        return [(row[0], Account(lease.ws_id, *row[1:])) for row in found]

    @override
    def doubt_replaced(self, lease: Lease, limit: int) -> int:
        held, doubted = self._run("doubt_replaced", limit=limit, **self._leases.under(lease))[0]
        if not held:
            raise lease_lost()
        return int(doubted)

    @override
    def doubt_deleted(self, lease: Lease, link: Link) -> None:
        self._about(lease, link, "doubt_deleted")

    @override
    def postponed(self, lease: Lease, link: Link, wait: float, error_type: str) -> None:
        self._about(lease, link, "postpone", wait=wait, error_type=error_type)

    @override
    def failed(self, lease: Lease, link: Link, error_type: str, reason: str) -> None:
        self._about(lease, link, "stop", stopped="failed", error_type=error_type, reason=reason, conflict=None)

    @override
    def conflict(self, lease: Lease, link: Link, fields: Mapping[str, Any]) -> None:
        said = {"stopped": "conflict", "error_type": "conflict", "reason": "both_sides", "conflict": json.dumps(fields)}
        self._about(lease, link, "stop", **said)

    @override
    def let_be(self, lease: Lease, link: Link) -> None:
        self._about(lease, link, "let_be", revision=link.revision)

    @override
    def settle(self, lease: Lease, place: Place, account: Account, link: Link, outcome: Outcome) -> bool | None:
        successor = None if link.successor is None else json.dumps(link.successor)
        was = {"id": link.id, "revision": link.revision, "successor": successor}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("hold_event", ws_id=lease.ws_id, event_id=link.event_id)
            if not self._run("is_as_it_was", ws_id=lease.ws_id, **was):
                return None
            return self._settling(lease, place, account, link, outcome)

    @override
    def hold(
        self, lease: Lease, place: Place, reason: HoldReason, until: datetime | None, *, whole_account: bool = False
    ) -> None:
        said = {"reason": reason, "until": until, "whole_account": whole_account}
        self._at(lease, place, "hold", **said)

    @override
    def release(self, lease: Lease, place: Place, account: Account) -> None:
        where = {"provider": account.provider, "calendar_id": place.calendar_id, "account": account.email}
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run("release", ws_id=lease.ws_id, connection_id=place.connection_id)
            self._run("doubt_held", ws_id=lease.ws_id, **where)

    @override
    def forget_slowed(self, lease: Lease, place: Place) -> None:
        self._at(lease, place, "forget_slowed")

    @override
    def set_role(self, lease: Lease, place: Place, role: str) -> None:
        self._at(lease, place, "set_role", role=role)

    @override
    def forget_old(self, lease: Lease, account: Account) -> None:
        self._run("forget_old", ws_id=lease.ws_id, account=account_key(account))

    def _about(self, lease: Lease, link: Link, statement: str, **values: Any) -> None:
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run(statement, id=link.id, ws_id=lease.ws_id, **values)

    def _at(self, lease: Lease, place: Place, statement: str, **values: Any) -> None:
        with self._db.transaction(reconnect=False):
            self._leases.renew(lease)
            self._run(statement, ws_id=lease.ws_id, connection_id=place.connection_id, **values)
