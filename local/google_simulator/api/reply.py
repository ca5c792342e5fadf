"""What goes back over the wire."""

import gzip
from dataclasses import dataclass, field
from typing import Literal

from local.google_simulator.world.event import dump

_WORTH_PACKING = 512


class Payload:
    """Bytes of an answer, packed at most once: a page that is asked for again costs nothing."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._packed: bytes | None = None

    @classmethod
    def of(cls, value: object) -> "Payload":
        """A JSON document."""
        return cls(dump(value).encode())

    @property
    def worth_packing(self) -> bool:
        """Whether gzip would save anything."""
        return len(self.plain) >= _WORTH_PACKING

    @property
    def packed(self) -> bytes:
        """The gzip form, at the cheapest level."""
        if self._packed is None:
            self._packed = gzip.compress(self.plain, compresslevel=1, mtime=0)
        return self._packed


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `cut` breaks the connection before the first byte or in the middle of the body."""

    status: int
    payload: Payload
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: Literal["before", "within"] | None = None
    reason: str | None = None


def json_reply(value: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, Payload.of(value))
