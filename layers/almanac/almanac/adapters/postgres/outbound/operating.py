"""Targets, what waits, and accounts that leave, in Postgres."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.domain.outbound.merge import KEPT_ALIVE
from almanac.domain.outbound.waiting import HeldCalendar, WaitingLink
from almanac.errors import BadInput
from almanac.services.accounts.ports import Account
from almanac.services.outbound.ports import (
    ASK_AGAIN_AFTER,
    CalendarIntent,
    Choice,
    LeavingStore,
    MembersCalendar,
    MemberTarget,
    TargetStore,
    WaitingStore,
)

_FILE = "outbound/operating.sql"


class PostgresTargets(TargetStore):
    """TargetStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements(_FILE)

    @override
    def is_member(self, ws_id: UUID, user_id: str) -> bool:
        return bool(self._run.alone("member", ws_id=ws_id, user_id=user_id))

    @override
    def calendars(self, ws_id: UUID, user_id: str) -> Sequence[MembersCalendar]:
        found = self._run.alone("members_calendars", ws_id=ws_id, user_id=user_id)
        return [MembersCalendar(*row[:4]) for row in found]

    @override
    def accounts(self, ws_id: UUID, user_id: str) -> Sequence[tuple[Account, Sequence[str]]]:
        found = self._run.alone("members_accounts", ws_id=ws_id, user_id=user_id)
        return [(Account(ws_id, *row[:8]), row[8] or ()) for row in found]

    @override
    def set_target(self, ws_id: UUID, user_id: str, connection_id: UUID | None) -> None:
        if not self._run.alone("set_target", ws_id=ws_id, user_id=user_id, connection_id=connection_id):
            raise BadInput("user", "the workspace has no such member any more")

    @override
    def intent(self, ws_id: UUID, user_id: str, account_id: UUID) -> CalendarIntent:
        return CalendarIntent(
            *self._run.alone("calendar_intent", ws_id=ws_id, user_id=user_id, account_id=account_id)[0]
        )

    @override
    def requested(self, ws_id: UUID, intent: CalendarIntent, *, requested: bool) -> None:
        wait = ASK_AGAIN_AFTER.total_seconds()
        self._run.alone("calendar_requested", ws_id=ws_id, id=intent.id, requested=requested, wait=wait)

    @override
    def made(
        self, ws_id: UUID, user_id: str, account_id: UUID, intent: CalendarIntent, calendar: tuple[str, str, str]
    ) -> None:
        calendar_id, name, zone = calendar
        with self._db.transaction():
            self._run("calendar_made", ws_id=ws_id, id=intent.id, calendar_id=calendar_id)
            place = {"ws_id": ws_id, "account_id": account_id, "calendar_id": calendar_id}
            connection_id = self._run("connect_made_calendar", name=name, time_zone=zone, **place)[0][0]
            self._run("set_target", ws_id=ws_id, user_id=user_id, connection_id=connection_id)


class PostgresWaiting(WaitingStore):
    """WaitingStore over one Database; `granted` tells whether scopes allow writing, as PostgresOutboundStore has it."""

    def __init__(self, database: Database, granted: Callable[[str, Collection[str], bool, bool], bool | None]) -> None:
        self._db = database
        self._run = database.statements(_FILE)
        self._granted = granted

    @override
    def targets(self, ws_id: UUID) -> Sequence[MemberTarget]:
        return [MemberTarget(*row) for row in self._run.alone("targets", ws_id=ws_id)]

    @override
    def waiting(self, ws_id: UUID) -> tuple[Sequence[WaitingLink], Sequence[HeldCalendar]]:
        with self._db.transaction():
            links = [WaitingLink(*row) for row in self._run("waiting_links", ws_id=ws_id)]
            rows = self._run("held_calendars", ws_id=ws_id)
        held = []
        for row in rows:
            reason = self._reason(row)
            if reason is not None:
                held.append(HeldCalendar(row[0], row[1], reason, row[4]))
        return links, held

    @override
    def unowned(self, ws_id: UUID) -> Mapping[str, int]:
        return {row[0]: row[1] for row in self._run.alone("unowned_blocks", ws_id=ws_id)}

    @override
    def review(self, ws_id: UUID) -> None:
        with self._db.transaction():
            self._run("review_targets", ws_id=ws_id)
            self._run("reviewed_calendars", ws_id=ws_id)

    @override
    def consent(self, ws_id: UUID) -> Sequence[str]:
        return [row[0] for row in self._run.alone("consent", ws_id=ws_id)]

    @override
    def resolve(self, link_id: UUID, choice: Choice, ws_id: UUID | None) -> UUID | None:
        with self._db.transaction():
            found = self._run("link_to_resolve", id=link_id, ws_id=ws_id)
            if not found:
                return None
            its_ws_id, _, state, reason, conflict = found[0]
            key = {"id": link_id, "ws_id": its_ws_id}
            if reason in KEPT_ALIVE:
                self._decide_kept(key, choice)
            elif reason == "deleted_there" and state == "conflict":
                self._decide_deleted(key, choice)
            elif reason == "repeats" and conflict is not None:
                self._decide_series(key, choice, deletes="existence" in conflict)
            elif conflict is not None:
                if choice == "mine":
                    self._run("use_mine", row_id=None, **key)
                self._run("close_conflict", insist=choice == "mine", **key)
            else:
                return None
        return UUID(str(its_ws_id))

    def _decide_kept(self, key: dict[str, Any], choice: Choice) -> None:
        """It was deleted here and changed there, and lives: leave it so, or delete it after all."""
        if choice == "theirs":
            self._run("forget_reason", **key)
            return
        self._run("drop_row", **key)
        self._run("delete_after_all", **key)

    def _decide_deleted(self, key: dict[str, Any], choice: Choice) -> None:
        """It was changed here and deleted there: go on with it as our own, or let it go."""
        if choice == "mine":
            self._run("make_it_ours", **key)
        else:
            self._run("drop_row", **key)
        self._run("drop_link", **key)

    def _decide_series(self, key: dict[str, Any], choice: Choice, *, deletes: bool) -> None:
        """It was changed here and repeats by now: the first occurrence is as was wanted of the one event, or none."""
        if choice == "mine":
            found = self._run("occurrence_of_series", **key)
            if not found:
                raise BadInput("choice", "no occurrence of it is here: sync first, or decide for theirs")
            if deletes:
                self._run("delete_occurrence", row_id=found[0][0], ws_id=key["ws_id"])
            else:
                self._run("use_mine", row_id=found[0][0], **key)
        self._run("forget_reason", **key)

    def _reason(self, row: Sequence[Any]) -> str | None:
        reason: str | None = row[3]
        if reason is not None and reason != "dry_run_first":
            return reason
        scopes = row[6] or ()
        if scopes and self._granted(row[5], scopes, row[7] == "owner", row[8]) is False:
            return "permission_missing"
        return "dry_run_first" if row[9] else None


class PostgresLeaving(LeavingStore):
    """LeavingStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements(_FILE)

    @override
    def leave_blocks(self, ws_id: UUID, account_id: UUID) -> None:
        key = {"ws_id": ws_id, "account_id": account_id}
        with self._db.transaction():
            self._run("stop_edits", **key)  # what waits is given up, so it goes before the links that stay
            self._run("leave_links", **key)
            self._run("read_anew", **key)
            self._run("clear_targets", **key)

    @override
    def take_blocks_along(self, ws_id: UUID, account_id: UUID) -> int:
        key = {"ws_id": ws_id, "account_id": account_id}
        with self._db.transaction():
            self._run("stop_edits", **key)
            self._run("clear_targets", **key)
            self._run("set_leaving", **key)
            left: int = self._run("left_behind", **key)[0][0]
        return left

    @override
    def account(self, ws_id: UUID, account_id: UUID) -> Account | None:
        found = self._run.alone("account_of", ws_id=ws_id, account_id=account_id)
        return Account(ws_id, *found[0]) if found else None

    @override
    def is_connected_elsewhere(self, account: Account) -> bool:
        said = {"provider": account.provider, "email": account.email, "account_id": account.id}
        found: bool = self._run.alone("is_connected_elsewhere", **said)[0][0]
        return found

    @override
    def ready_to_go(self, ws_id: UUID) -> Sequence[Account]:
        return [Account(ws_id, *row) for row in self._run.alone("leaving_accounts", ws_id=ws_id)]

    @override
    def gone(self, account: Account, nothing: str) -> None:
        self._run.alone("gone", ws_id=account.ws_id, account_id=account.id, nothing=nothing)
