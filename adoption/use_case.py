"""Adopting a workspace of the system that Almanac replaces: its rows into ours, its tokens encrypted on the way."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from adoption.rules import (
    ELSEWHERE,
    AdoptionCounts,
    LegacyAccount,
    LegacyWorkspace,
    StoredAccount,
    address,
    chosen_accounts,
    known_zone,
)
from almanac.errors import StorageFailed
from almanac.services.accounts.ports import TokenCipher

KINDS = (
    *("connections", "tasks", "members", "assignees", "habits", "skips", "hours", "events", "task_blocks"),
    "habit_blocks",
)
"""What is adopted after workspace and accounts, in the order in which the rows need each other."""


class AdoptionStore(Protocol):
    """Old rows to read, ours to write. Raises DatabaseUnavailable and StorageFailed."""

    def workspaces(self, ws_id: UUID | None) -> Sequence[LegacyWorkspace]:
        """All old workspaces in id order, or the one. Raises BadInput without the views, UnknownWorkspace."""
        ...

    def zones(self) -> Collection[str]:
        """The names of time zones that a workspace can have."""
        ...

    def transaction(self, *, keep: bool) -> AbstractContextManager[object]:
        """All or nothing of one workspace; without `keep` nothing in the end."""
        ...

    def put_workspace(self, legacy: LegacyWorkspace, zone: str | None, *, replace: bool) -> bool:
        """Add it, or leave it if it is there: with `replace` made equal in what the old system says of it.

        Returns whether it was added.
        """
        ...

    def forget(self, ws_id: UUID) -> None:
        """Delete what the product owns: native events, tasks, habits, hours. Accounts and Google's events stay."""
        ...

    def accounts(self, ws_id: UUID) -> Sequence[LegacyAccount]:
        """Its old accounts, active ones first, the newest of them first."""
        ...

    def put_account(self, ws_id: UUID, account: LegacyAccount, ciphertext: str) -> bool:
        """Add the account under its old id, unless it is there already. Returns whether it was added."""
        ...

    def stored_account(self, ws_id: UUID, account: LegacyAccount) -> StoredAccount | None:
        """What is there already; None when it is another workspace's."""
        ...

    def revive_account(self, account_id: UUID, ciphertext: str) -> None:
        """Give an account that has to be reconnected another refresh token."""
        ...

    def note_accounts(self, accounts: Sequence[tuple[UUID, UUID, str]]) -> None:
        """What the other kinds go by: old id, our id, address."""
        ...

    def copy(self, kind: str, ws_id: UUID, *, again: bool) -> AdoptionCounts:
        """Adopt the rows of one of KINDS. `again`: the workspace was adopted before, and plans of its own since."""
        ...

    def remarks(self, ws_id: UUID) -> Mapping[str, int]:
        """What was adopted and deserves a look, by name."""
        ...


@dataclass(frozen=True, slots=True)
class Adoption:
    """What became of a workspace's old rows, by kind, and what deserves a look."""

    ws_id: UUID
    kinds: Mapping[str, AdoptionCounts]
    remarks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AdoptWorkspace:
    """The use case behind `almanac adopt`. `zones`: every IANA name by its lower-case form."""

    store: AdoptionStore
    cipher: TokenCipher
    zones: Mapping[str, str]

    def __call__(self, legacy: LegacyWorkspace, *, replace: bool, keep: bool) -> Adoption:
        """Adopt what is not there yet; the old rows are only read.

        replace: what the product owns is made equal to the old system's state, whatever was done here since.
        keep: False writes nothing in the end, and says what would be written.
        """
        with self.store.transaction(keep=keep):
            zone = known_zone(legacy.zone, self.zones)
            added = self.store.put_workspace(legacy, zone, replace=replace)
            if replace:
                self.store.forget(legacy.id)
            kinds = {"workspace": AdoptionCounts(adopted=int(added), already_there=int(not added))}
            kinds["accounts"] = self._accounts(legacy.id)
            again = not added and not replace
            kinds |= {kind: self.store.copy(kind, legacy.id, again=again) for kind in KINDS}
            remarks = self.store.remarks(legacy.id)
        return Adoption(legacy.id, kinds, {name: number for name, number in remarks.items() if number})

    def _accounts(self, ws_id: UUID) -> AdoptionCounts:
        chosen, stands_for, left_out = chosen_accounts(self.store.accounts(ws_id))
        ours, added = {}, 0
        for account in chosen:
            token = (account.refresh_token or "").strip()
            if self.store.put_account(ws_id, account, self.cipher.encrypt(token)):
                added += 1
                ours[account.id] = (account.id, address(account))
            elif (known := self.store.stored_account(ws_id, account)) is not None:
                self._offer(known, token)
                ours[account.id] = (known.id, known.email)
        self.store.note_accounts([(old, *ours[first]) for old, first in stands_for.items() if first in ours])
        elsewhere = {ELSEWHERE: len(chosen) - len(ours)} if len(chosen) > len(ours) else {}
        return AdoptionCounts(added, len(ours) - added, {**left_out, **elsewhere})

    def _offer(self, known: StoredAccount, token: str) -> None:
        """Who has to reconnect may have done so in the old system: another token is worth a try. Else ours stays."""
        if known.status == "reconnect_required" and self._readable(known.refresh_token) != token:
            self.store.revive_account(known.id, self.cipher.encrypt(token))

    def _readable(self, ciphertext: str) -> str | None:
        """Read a token; None when its key is gone: those of dead accounts are not written anew when keys rotate."""
        try:
            return self.cipher.decrypt(ciphertext)
        except StorageFailed:
            return None
