"""The rows of the system that Almanac replaces, read from schema `legacy` (docs/adopt.md), written into our tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

from typing_extensions import override

from adoption.rules import AdoptionCounts, LegacyAccount, LegacyWorkspace, StoredAccount, address
from adoption.use_case import AdoptionStore
from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database, Statements, statements
from almanac.errors import BadInput, UnknownWorkspace

_FILES = ("workspaces", "accounts", "tasks", "habits", "events")
_NAME_LENGTH = 255
_BEFORE = {"events": ("sort_events", "learn_events")}
"""Statements that a kind's own one builds on."""
_AFTER = {"events": ("find_events", "carry_tasks"), "habits": ("own_habits",)}


class _NothingKept(Exception):
    """Rolls a rehearsal back."""


class PostgresAdoptionStore(AdoptionStore):
    """The AdoptionStore of adoption/use_case.py over one Database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        files = (statements(f"sql/{name}.sql", "adoption") for name in _FILES)
        self._run = Statements(database, {name: sql for file in files for name, sql in file.items()})

    @override
    def workspaces(self, ws_id: UUID | None) -> Sequence[LegacyWorkspace]:
        """All old workspaces in id order, or the one. Raises BadInput without the views, UnknownWorkspace."""
        with self._db.transaction():
            if not self._run("readable")[0][0]:
                raise BadInput(
                    "legacy", "the database has no view legacy.workspaces; docs/adopt.md says how to make it"
                )
            found = [LegacyWorkspace(*row) for row in self._run("workspaces", ws_id=ws_id)]
        if ws_id is not None and not found:
            raise UnknownWorkspace(ws_id)
        return found

    @override
    def zones(self) -> Collection[str]:
        return [name for (name,) in self._run("zones")]

    @override
    @contextmanager
    def transaction(self, *, keep: bool) -> Iterator[None]:
        with suppress(_NothingKept), self._db.transaction():
            self._run("prepare")
            yield
            if not keep:
                raise _NothingKept

    @override
    def put_workspace(self, legacy: LegacyWorkspace, zone: str | None, *, replace: bool) -> bool:
        name = (legacy.name or "").strip()[:_NAME_LENGTH] or None
        values = {"ws_id": legacy.id, "name": name, "zone": zone, "creator_id": legacy.creator_id}
        added = bool(self._run("put_workspace", **values))
        if replace and not added:
            self._run("refresh_workspace", **values)
        return added

    @override
    def forget(self, ws_id: UUID) -> None:
        for statement in ("forget_events", "forget_tasks", "forget_habits", "forget_hours"):
            self._run(statement, ws_id=ws_id)

    @override
    def accounts(self, ws_id: UUID) -> Sequence[LegacyAccount]:
        return [LegacyAccount(*row) for row in self._run("accounts", ws_id=ws_id)]

    @override
    def put_account(self, ws_id: UUID, account: LegacyAccount, ciphertext: str) -> bool:
        status = "active" if account.is_active else "disconnected"
        return bool(self._run("put_account", refresh_token=ciphertext, status=status, **_identity(ws_id, account)))

    @override
    def stored_account(self, ws_id: UUID, account: LegacyAccount) -> StoredAccount | None:
        found = self._run("stored_account", **_identity(ws_id, account))
        return StoredAccount(*found[0]) if found else None

    @override
    def revive_account(self, account_id: UUID, ciphertext: str) -> None:
        self._run("revive_account", id=account_id, refresh_token=ciphertext)

    @override
    def note_accounts(self, accounts: Sequence[tuple[UUID, UUID, str]]) -> None:
        self._run(
            "note_accounts",
            legacy_ids=arrays.texts([str(legacy_id) for legacy_id, _, _ in accounts]),
            account_ids=arrays.texts([str(account_id) for _, account_id, _ in accounts]),
            emails=arrays.texts([email for _, _, email in accounts]),
        )

    @override
    def copy(self, kind: str, ws_id: UUID, *, again: bool) -> AdoptionCounts:
        for statement in _BEFORE.get(kind, ()):
            self._run(statement, ws_id=ws_id, again=again)
        counted = {str(name): int(number) for name, number in self._run(kind, ws_id=ws_id)}
        for statement in _AFTER.get(kind, ()):
            self._run(statement, ws_id=ws_id)
        adopted, fit = counted.pop("adopted"), counted.pop("fit", 0)
        return AdoptionCounts(adopted, fit - adopted, counted)

    @override
    def remarks(self, ws_id: UUID) -> Mapping[str, int]:
        zoneless, encrypted, shared = self._run("remarks", ws_id=ws_id)[0]
        return {
            "no_time_zone": int(zoneless),
            "encrypted_text": int(encrypted),
            "tasks_with_settings_of_several_people": int(shared),
        }


def _identity(ws_id: UUID, account: LegacyAccount) -> Mapping[str, object]:
    who = {"user_id": account.user_id, "provider": account.provider, "email": address(account)}
    return {"id": account.id, "ws_id": ws_id, **who}
