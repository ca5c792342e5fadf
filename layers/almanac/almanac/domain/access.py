"""Who may do what through HTTP: scopes, and the workspaces that a caller may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

Scope = Literal["read", "run", "operate", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""`read` looks, `run` asks for syncs and plans, `operate` changes switches and queues, `admin` connects accounts."""
Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Of people in the console, the least first."""
_SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "run", "operate"}),
    "admin": frozenset(SCOPES),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: its name in the audit log, what it may do, and in which workspaces (None: all; empty: none)."""

    name: str
    scopes: frozenset[Scope]
    ws_ids: frozenset[UUID] | None
    job_id: str | None = None
    """The one job that it may look at, and nothing else; None: whatever its scopes let it."""

    def may(self, scope: Scope) -> bool:
        """Whether it has the scope."""
        return scope in self.scopes

    def sees(self, ws_id: UUID) -> bool:
        """Whether the workspace is one of its own."""
        return self.ws_ids is None or ws_id in self.ws_ids


def scopes_of(role: Role) -> frozenset[Scope]:
    """Return what a role of the console may do."""
    return _SCOPES_OF_ROLE[role]


def known_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """Return those of the words that are scopes: a token's may hold others."""
    said = set(words)
    return frozenset(scope for scope in SCOPES if scope in said)
