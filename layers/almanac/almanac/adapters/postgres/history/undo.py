"""What a run changed, and taking it back, in Postgres: the RunStore and UndoStore of the services."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from typing_extensions import override

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.domain.history.causes import InputChanges
from almanac.domain.history.changes import OF_EVENTS, Change
from almanac.domain.history.plan_basis import Basis, Facts
from almanac.domain.history.undo import UNDOABLE, Present, Undoing
from almanac.services.history.ports import FoundRun, RunStore, UndoStore


class PostgresUndo(RunStore, UndoStore):
    """RunStore and UndoStore over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._run = database.statements("history/undo.sql")

    @override
    def run(self, run_id: UUID) -> FoundRun | None:
        found = self._run("run", run_id=run_id)
        return FoundRun(*found[0]) if found else None

    @override
    def changes_of(self, ws_id: UUID, run_id: UUID) -> Sequence[Change]:
        kinds = arrays.texts(sorted(OF_EVENTS))
        return [Change(*row) for row in self._run("changes_of", ws_id=ws_id, run_id=run_id, of_events=kinds)]

    @override
    def owners(self, ws_id: UUID, event_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        return {row[0]: row[1] for row in self._run("owners", ws_id=ws_id, ids=arrays.texts(map(str, event_ids)))}

    @override
    def input_changes(self, ws_id: UUID, run_id: UUID) -> InputChanges:
        found = self._run("input_changes", ws_id=ws_id, run_id=run_id)
        return {key: (was, now) for key, (was, now) in found[0][0].items()} if found else {}

    @override
    def facts(self, ws_id: UUID, keys: Collection[str]) -> Mapping[str, Facts]:
        return {row[0]: row[1] for row in self._run("facts", ws_id=ws_id, keys=arrays.texts(sorted(keys)))}

    @override
    def basis(self, ws_id: UUID) -> Basis | None:
        found = self._run("basis", ws_id=ws_id)
        return found[0][0] if found else None

    @override
    def plan_before(self, ws_id: UUID, version: int) -> int:
        found: int = self._run("plan_before", ws_id=ws_id, version=version)[0][0]
        return found

    @override
    def present(self, ws_id: UUID, run_id: UUID, event_ids: Sequence[UUID], after: int) -> Present:
        these = {"ws_id": ws_id, "ids": arrays.texts(map(str, event_ids))}
        since = {"after": after, "run_id": run_id, "undoable": arrays.texts(sorted(UNDOABLE))}
        return Present(
            rows={row[0]: row[1] for row in self._run("rows", **these)},
            changed_since={row[0] for row in self._run("changed_since", **these, **since)},
            begun={row[0] for row in self._run("begun", **these)},
            taken={(row[0], row[1], row[2]) for row in self._run("taken", ws_id=ws_id, run_id=run_id)},
        )

    @contextmanager
    @override
    def alone(self, event_ids: Sequence[UUID], ws_id: UUID) -> Iterator[None]:
        with self._db.transaction():
            self._run("lock", ws_id=ws_id, ids=arrays.texts(map(str, event_ids)))
            yield

    @override
    def write(self, ws_id: UUID, run_id: UUID, items: Sequence[Undoing], counts: Mapping[str, int]) -> None:
        back = [_row(each) for each in items if each.deed == "bring_back"]
        moved = [_row(each) for each in items if each.deed == "set_back"]
        removed = [str(each.event_id) for each in items if each.deed == "remove"]
        self._run("speak", restored=json.dumps({row["id"]: row["id"] for row in back}))
        if removed:
            self._run("refuse_slots", ws_id=ws_id, ids=arrays.texts(removed))
            self._run("remove", ws_id=ws_id, ids=arrays.texts(removed))
        if moved:
            self._run("set_back", ws_id=ws_id, rows=json.dumps(moved))
        if back:
            self._run("bring_back", ws_id=ws_id, rows=json.dumps(back))
            self._run("relink", ws_id=ws_id, ids=arrays.texts(row["id"] for row in back))
            self._give_keepsakes(ws_id, back)
        if back or moved:
            self._run("keep", ws_id=ws_id, ids=arrays.texts(row["id"] for row in (*back, *moved)))
        told = {name: count for name, count in counts.items() if name != "held"}
        self._run("note", ws_id=ws_id, run_id=run_id, note=json.dumps(told))

    def _give_keepsakes(self, ws_id: UUID, back: Sequence[Mapping[str, Any]]) -> None:
        """What the app owned of a provider's events, by their calendars."""
        by_calendar: dict[str, list[str]] = {}
        for row in back:
            if row.get("external_event_id") is not None and row["provider"] != "almanac":
                by_calendar.setdefault(row["external_calendar_id"], []).append(row["external_event_id"])
        for calendar, ids in by_calendar.items():
            self._run("give_keepsakes", ws_id=ws_id, calendar=calendar, external_ids=arrays.texts(ids))


def _row(each: Undoing) -> dict[str, Any]:
    return {"id": str(each.event_id), **(each.was or {})}
