"""The call that is being answered: who asks, and what there is to do it with. One at a time in a process."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from almanac.domain.access import Principal
from almanac.services.access.ports import AuditEntry
from almanac.web.problem import Problem
from almanac.web.use_cases import UseCases


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, with which headers (names in lower case), and the use cases."""

    use: UseCases
    principal: Principal
    headers: Mapping[str, str]
    path: str = "/"
    request_id: str = ""

    @property
    def idempotency_key(self) -> str | None:
        """The caller's Idempotency-Key, if it gave one."""
        return self.headers.get("idempotency-key")

    def once(
        self, action: str, ws_id: UUID | None, said: Mapping[str, Any], do: Callable[[str], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Do it, or return what it came to under the caller's Idempotency-Key. What `do` returns is stored: no secret.

        Raises Problem 422 for a key of no use, and what Once raises.
        """
        key = self.idempotency_key
        if key is not None and not (1 <= len(key) <= 255 and key.isprintable()):
            raise Problem(422, "bad_input", "must have 1 to 255 printable characters", field="Idempotency-Key")
        return self.use.once(self.principal.name, key, {"a": action, "w": ws_id, **said}, do)

    def audit(self, action: str, ws_id: UUID | None = None, subject: object = None, **details: Any) -> None:
        """Keep that the caller did something."""
        said = None if subject is None else str(subject)
        self.use.audit_log.record(AuditEntry(self.principal.name, action, ws_id, said, details))


_CURRENT: ContextVar[Call] = ContextVar("call")


def begin(call: Call) -> None:
    """Make it the call that `current` returns."""
    _CURRENT.set(call)


def current() -> Call:
    """Return the call that is being answered."""
    return _CURRENT.get()
