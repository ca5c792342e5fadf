"""What a channel carries so that its rings can be told from forged ones: stateless, so the receiver needs no database.

`v=1&k=<key id>&w=<workspace>&c=<connection>&e=<not after>&m=<HMAC-SHA256 of all of this and the channel's id>`, about
150 of the 256 characters that a provider takes. A MAC, not a key: whoever sees one can only repeat that channel's ring.
"""

import hmac
import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

LONGEST_TOKEN = 256
LONGEST_CHANNEL_ID = 64
_FORM = re.compile(
    r"v=1&k=(?P<k>[0-9a-f]{8})&w=(?P<w>[0-9a-f]{32})&c=(?P<c>[0-9a-f]{32})&e=(?P<e>[0-9]{1,11})&m=(?P<m>[0-9a-f]{64})"
)


class UnusableKey(ValueError):
    """A key that is not 32 bytes in URL-safe base64; says which by its place, never what it holds."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Who a verified token speaks of."""

    ws_id: UUID
    connection_id: UUID


class PushKeys:
    """MAC keys, newest first: the first signs, any of them verifies. The id of a key is derived from it.

    Raises UnusableKey.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise UnusableKey("holds no key")
        secrets = [_decoded(key, place) for place, key in enumerate(keys, start=1)]
        self._by_id = {sha256(secret).hexdigest()[:8]: secret for secret in secrets}
        self._newest = next(iter(self._by_id))

    def sign(self, ws_id: UUID, connection_id: UUID, channel_id: str, not_after: datetime) -> str:
        """Return the token of a channel; it verifies until `not_after`."""
        said = f"v=1&k={self._newest}&w={ws_id.hex}&c={connection_id.hex}&e={int(not_after.timestamp())}"
        return f"{said}&m={_mac(self._by_id[self._newest], said, channel_id)}"

    def verify(self, token: str, channel_id: str, now: datetime) -> Rung | None:
        """Return who it speaks of; None when it is not ours, of another channel, or too old."""
        if len(token) > LONGEST_TOKEN or not 0 < len(channel_id) <= LONGEST_CHANNEL_ID:
            return None
        found = _FORM.fullmatch(token)
        secret = self._by_id.get(found["k"]) if found else None
        if found is None or secret is None:
            return None
        said = token[: found.start("m") - len("&m=")]
        if not hmac.compare_digest(_mac(secret, said, channel_id), found["m"]):
            return None
        return Rung(UUID(found["w"]), UUID(found["c"])) if int(found["e"]) > now.timestamp() else None


def _mac(secret: bytes, said: str, channel_id: str) -> str:
    return hmac.new(secret, f"{said}\n{channel_id}".encode(), sha256).hexdigest()


def _decoded(key: str, place: int) -> bytes:
    try:
        secret = urlsafe_b64decode(key)
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise UnusableKey(f"key {place} is not 32 bytes in URL-safe base64")
    return secret
