"""Who is signed in: a signed cookie, and with it the token that proves that a form is one of ours.

Nothing is stored: the cookie holds name, role and workspaces under an HMAC, for eight hours. The first of the keys
signs, any of them verifies, so that they can rotate.
"""

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from typing import Any
from uuid import UUID

from almanac.domain.access import ROLES, Principal, Role, scopes_of

COOKIE = "__Host-almanac"
LASTS_SECONDS = 8 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. `csrf` is what every form of theirs holds."""

    name: str
    role: Role
    ws_ids: frozenset[UUID] | None
    csrf: str

    @property
    def principal(self) -> Principal:
        """The caller that they are."""
        return Principal(f"console:{self.name}", scopes_of(self.role), self.ws_ids)


class Sessions:
    """Opens and reads sessions. `now` gives seconds since the epoch; without a key nobody is ever signed in.

    `keys` is asked each time: whoever takes a key away means sessions under it to end, in every process.
    """

    def __init__(self, keys: Callable[[], Sequence[str]], now: Callable[[], float]) -> None:
        self._read = keys
        self._now = now

    @property
    def _keys(self) -> list[bytes]:
        return [sha256(b"almanac console " + key.encode()).digest() for key in self._read()]

    @property
    def possible(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def begin(self, name: str, role: Role, ws_ids: Sequence[UUID] | None) -> str:
        """Return the Set-Cookie value of a new session."""
        said = {
            "i": secrets.token_hex(16),
            "n": name,
            "r": role,
            "w": None if ws_ids is None else [str(ws_id) for ws_id in ws_ids],
            "e": int(self._now()) + LASTS_SECONDS,
        }
        return _cookie(self.seal(said), LASTS_SECONDS)

    def of(self, value: str | None) -> Session | None:
        """Return the session of a cookie; None when it is none of ours, or over."""
        said = self.unseal(value or "")
        if said is None or said.get("r") not in ROLES or "i" not in said:
            return None
        ws_ids = None if said["w"] is None else frozenset(map(UUID, said["w"]))
        return Session(said["n"], said["r"], ws_ids, self._mac(f"form {said['i']}".encode(), self._keys[0])[:43])

    def is_form_of(self, session_cookie: str | None, token: str) -> bool:
        """Whether a form's token belongs to the session of the cookie, under whichever key."""
        said = self.unseal(session_cookie or "")
        if said is None or "i" not in said:
            return False
        return any(
            compare_digest(self._mac(f"form {said['i']}".encode(), key)[:43].encode(), token.encode())
            for key in self._keys
        )

    def seal(self, said: dict[str, Any]) -> str:
        """Return it as text that only we can have written; `e` is the second at which it ends."""
        text = base64.urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")
        return f"{text}.{self._mac(text.encode(), self._keys[0])}"

    def unseal(self, value: str) -> dict[str, Any] | None:
        """Return what was sealed; None when it is none of ours, or over."""
        text, _, mac = value.partition(".")
        if not any(compare_digest(self._mac(text.encode(), key).encode(), mac.encode()) for key in self._keys):
            return None
        said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return said if said.get("e", 0) > self._now() else None

    def _mac(self, content: bytes, key: bytes) -> str:
        return base64.urlsafe_b64encode(hmac(key, content, sha256).digest()).decode().rstrip("=")


def end() -> str:
    """Return the Set-Cookie value that ends a session."""
    return _cookie("", 0)


def _cookie(value: str, seconds: int, name: str = COOKIE) -> str:
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
