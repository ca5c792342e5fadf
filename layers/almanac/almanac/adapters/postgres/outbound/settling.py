"""What became of a link that was read, as rows: inside the caller's transaction."""

import json
from typing import Any

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.calendar.events import EventPage, EventRow
from almanac.domain.calendar.markup import plain_text
from almanac.domain.outbound.link import Link
from almanac.domain.outbound.merge import KEPT_ALIVE, Agreed, DeletedThere, Detached, NotThere, Outcome
from almanac.domain.outbound.place import Place
from almanac.domain.sync.passes import SyncState
from almanac.services.accounts.ports import Account
from almanac.services.sync.ports import CalendarPages, Connection, Lease

_ROW_FIELDS = (
    "title",
    "description",
    "location",
    "transparency",
    "visibility",
    "start_at",
    "end_at",
    "all_day",
    "start_date",
    "end_date",
    "time_zone",
)


class Settling:
    """Writes outcomes. `pages` stores an event that is a person's now as what it is: one of the provider's."""

    def __init__(self, database: Database, pages: CalendarPages) -> None:
        self._run = database.statements("outbound/outbound.sql")
        self._pages = pages

    def __call__(self, lease: Lease, place: Place, account: Account, link: Link, outcome: Outcome) -> bool:
        """Store an outcome. Returns whether a plan depends on it: times, places and what is busy."""
        key = {"id": link.id, "ws_id": lease.ws_id}
        if isinstance(outcome, Agreed):
            return self._agree(key, link, outcome)
        if isinstance(outcome, NotThere):
            self._run("absent", id_is_dead=outcome.id_is_dead, may_land=not outcome.id_is_dead, **key)
            self._run("forget_settled_edit", **key)
            return False
        if isinstance(outcome, DeletedThere):
            return self._delete_here(key, link, outcome)
        return self._detach(lease, place, account, link, outcome)

    def _agree(self, key: dict[str, Any], link: Link, outcome: Agreed) -> bool:
        row, taken = outcome.remote.row, arrays.texts(outcome.taken)
        if row is not None and (outcome.taken or link.kind == "edit"):
            values: dict[str, Any] = {name: getattr(row, name) for name in _ROW_FIELDS}
            if link.kind == "event":
                values["description"] = plain_text(row.description)
            self._run("take", taken=taken, pin=outcome.pins, etag=row.etag, **values, **key)
            if outcome.pins:
                self._run("resize_task_block", **key)
                self._run("resize_habit_block", **key)
        theirs = arrays.texts(sorted(outcome.theirs))
        conflict = json.dumps(outcome.conflicts) if outcome.conflicts else None
        if link.desired is None and link.successor is not None:
            if outcome.taken or conflict:
                self._run("hand_over", taken=taken, theirs=theirs, conflict=conflict, **key)
            conflict = None
        self._run(
            "agree",
            base=json.dumps(outcome.remote.fields),
            etag=outcome.remote.etag,
            made_at=outcome.remote.made_at,
            revision=outcome.revision,
            ours=json.dumps(outcome.ours),
            taken=taken,
            theirs=theirs,
            conflict=conflict,
            **key,
        )
        self._run("forget_settled_edit", **key)
        return outcome.pins or "transparency" in outcome.taken

    def _delete_here(self, key: dict[str, Any], link: Link, outcome: DeletedThere) -> bool:
        """A task's block or a meeting goes elsewhere, a habit's day is skipped (if it says so), what is over goes."""
        if outcome.wanted and link.kind == "event":
            self._run("absent", id_is_dead=True, may_land=False, **key)
            return False
        if outcome.wanted:
            conflict = json.dumps({"existence": {"ours": link.desired, "theirs": None}})
            said = {"stopped": "conflict", "error_type": "conflict", "reason": "deleted_there", "conflict": conflict}
            self._run("stop", **said, **key)
            return False
        if link.kind == "block" and self._follow(key):
            return True
        if link.kind == "block" and not outcome.over:
            self._run("refuse_slot", **key)
            self._run("refuse_habit_slot", **key)
            self._run("refuse_meeting_slot", **key)
            self._run("skip_occurrence", **key)
        self._run("delete_row", **key)
        if link.kind == "edit":
            self._run("delete_providers_row", **key)
            self._run("end_edit", **key)
        self._run("absent", id_is_dead=False, may_land=False, **key)
        self._run("forget_settled_edit", **key)
        return True

    def _follow(self, key: dict[str, Any]) -> bool:
        """A person has moved the event to another calendar that is read: there it is the block, where they put it."""
        found = self._run("moved_to", **key)
        if not found:
            return False
        there = {"moved_id": found[0][0], **key}
        self._run("move_task_block", **there)
        self._run("move_habit_block", **there)
        self._run("move_meeting_block", **there)
        self._run("pin_moved", **there)
        self._run("delete_row", **key)
        self._run("absent", id_is_dead=False, may_land=False, **key)
        return True

    def _detach(self, lease: Lease, place: Place, account: Account, link: Link, outcome: Detached) -> bool:
        key, remote = {"id": link.id, "ws_id": lease.ws_id}, outcome.remote
        told = outcome.reason in KEPT_ALIVE
        if link.kind == "event" and not remote.repeats:
            self._run("hand_row_over", **key)
        self._run("delete_row", **key)
        conflict = json.dumps(outcome.conflicts) if outcome.conflicts else None
        base = json.dumps(remote.fields)
        self._run("detach", reason=outcome.reason, base=base, etag=remote.etag, conflict=conflict, **key)
        if link.kind == "edit" and remote.repeats:
            self._run("delete_row_of_series", **key)
        if remote.row is not None and not remote.repeats:
            self._store(lease, place, account, remote.row)
        return told or link.kind == "block"

    def _store(self, lease: Lease, place: Place, account: Account, row: EventRow) -> None:
        connection = Connection(
            id=place.connection_id,
            account_id=account.id,
            provider=account.provider,
            calendar_id=place.calendar_id,
            time_zone=place.time_zone,
            delete_enabled=False,
            failures=0,
            retry_at=None,
            last_synced_at=None,
            full_synced_at=None,
            state=SyncState(),
        )
        # Mapping 0: the next listing that has the event rewrites the row.
        page = EventPage((row,), (), (), (), mapping_version=0)
        self._pages.apply_page(lease, connection, page, "incremental", None)
