"""What a repair compares with, in Postgres."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres.connection import Database
from almanac.domain.calendar.written import Mark, RemoteEvent
from almanac.services.accounts.ports import Account
from almanac.services.outbound.ports import RepairStore


class PostgresRepair(RepairStore):
    """RepairStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("outbound/operating.sql")
        self._places = database.statements("outbound/outbound.sql")

    @override
    def installation(self, ws_id: UUID) -> tuple[str, str]:
        found = self._places.alone("installation", ws_id=ws_id)[0]
        return found[0], found[1]

    @override
    def calendars(self, ws_id: UUID) -> Sequence[tuple[str, str, Account]]:
        found = self._run.alone("written_calendars", ws_id=ws_id)
        return [(row[1], row[2], Account(ws_id, *row[3:])) for row in found]

    @override
    def take_in(self, account: Account, calendar_id: str, event: RemoteEvent) -> str:
        mark, ws_id = event.mark, account.ws_id
        if mark is None:
            return "copies"
        place = {"ws_id": ws_id, "provider": account.provider, "calendar_id": calendar_id}
        with self._db.transaction():
            known = self._run("known_link", external_event_id=event.event_id, **place)
            if known:
                if known[0][1] != event.etag:
                    self._run("doubt_link", id=known[0][0], ws_id=ws_id)
                return "known"
            generation = self._generation(ws_id, mark, event.event_id)
            if generation is None:
                return "copies"
            restored = self._restore(ws_id, mark, event)
            self._run(
                "adopt",
                event_id=mark.event_id,
                account=account.email,
                external_event_id=event.event_id,
                generation=generation,
                base=json.dumps(event.fields),
                etag=event.etag,
                **place,
            )
        return "restored" if restored else "adopted"

    @override
    def renew_installation(self) -> str:
        with self._db.transaction():
            name: str = self._run("renew_installation")[0][0]
            self._run("forget_all_links")
        return name

    def _generation(self, ws_id: UUID, mark: Mark, event_id: str) -> int | None:
        """Which generation of its event an id is of; None of a copy, whose id is not ours."""
        try:
            of = UUID(mark.event_id)
        except ValueError:
            return None
        found = self._run("generation_of", ws_id=ws_id, event_id=of, external_event_id=event_id)
        return found[0][0] if found else None

    def _restore(self, ws_id: UUID, mark: Mark, event: RemoteEvent) -> bool:
        """Bring a block back that only the provider remembers, where a person may have moved it: it is pinned there."""
        kind, _, item = (mark.item or "").partition(":")
        row = event.row
        if kind != "task" or row is None or row.all_day:
            return False
        if self._run("row_exists", ws_id=ws_id, event_id=mark.event_id):
            return False
        values: dict[str, Any] = {"title": row.title, "start_at": row.start_at, "end_at": row.end_at}
        values |= {"time_zone": row.time_zone, "item": item, "event_id": mark.event_id}
        return bool(self._run("restore_task_block", ws_id=ws_id, **values))
