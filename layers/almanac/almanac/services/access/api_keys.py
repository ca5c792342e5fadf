"""Callers' keys: made, listed, revoked, and told apart when they call."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

from almanac.domain.access import Principal, Scope, known_scopes
from almanac.errors import BadInput
from almanac.services.access.one_way import digest
from almanac.services.access.ports import ApiKey, KeyStore
from almanac.services.clock import Clock
from almanac.services.operations.ports import WorkspaceStore

_PREFIX = "alm"
_ID_BYTES, _SECRET_BYTES = 6, 32


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key that was made just now: `token` is shown once and kept nowhere."""

    id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The use case of `almanac api-key …`, and of a call that brings a key."""

    store: KeyStore
    workspaces: WorkspaceStore
    clock: Clock

    def add(self, name: str, scopes: Collection[Scope], ws_ids: Collection[UUID] | None) -> NewApiKey:
        """Make a key for those scopes and workspaces (None: all). Raises UnknownWorkspace, and BadInput without any."""
        if not scopes:
            raise BadInput("scope", "give at least one of read, run, operate, admin")
        if ws_ids is not None and not ws_ids:
            raise BadInput("workspace", "give at least one workspace, or all of them")
        for ws_id in ws_ids or ():
            self.workspaces.require_workspace(ws_id)
        key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        self.store.add(key_id, name, digest(secret), scopes, ws_ids)
        return NewApiKey(key_id, name, f"{_PREFIX}_{key_id}_{secret}")

    def all(self) -> Sequence[ApiKey]:
        """Return every key, without its secret."""
        return self.store.all()

    def revoke(self, key_id: str) -> None:
        """Let the key open nothing any more. Raises BadInput when there is none of that id."""
        if not self.store.revoke(key_id):
            raise BadInput("id", "no key of that id; `almanac api-key list` shows them")

    def principal(self, token: str) -> Principal | None:
        """Return who calls with that token, None when it opens nothing. The secret is compared in constant time."""
        parts = token.split("_", 2)
        if len(parts) != 3 or parts[0] != _PREFIX or "\0" in token:
            return None
        found = self.store.usable(parts[1])
        expected = found[1] if found else bytes(32)
        if not compare_digest(digest(parts[2]), expected) or found is None:
            return None
        key, today = found[0], self.clock().date()
        if key.last_used_on != today:
            self.store.note_use(key.id, today)
        ws_ids = None if key.ws_ids is None else frozenset(key.ws_ids)
        return Principal(f"key:{key.id}", known_scopes(key.scopes), ws_ids)
