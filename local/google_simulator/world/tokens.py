"""Sync and page tokens: opaque to a client, self-contained for the simulator."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import TypeVar

from local.google_simulator.api.errors import invalid


@dataclass(frozen=True, slots=True)
class SyncToken:
    """A listing's end: who listed what with which query, and the calendar's sequence number it covers.

    `start` and `end` are the first sync's window, which never slides; `horizon` bounds endless series.
    """

    account: str
    calendar: str
    query: str
    sequence: int
    generation: int
    start: float | None = None
    end: float | None = None
    horizon: float = 0
    padding: str = ""


@dataclass(frozen=True, slots=True)
class PageToken:
    """A place in a listing: the listing's query and the calendar's sequence number it was begun at.

    `serial` tells two tokens of one place apart, as after an empty page. `after` is the last id told, where each page
    is of its own moment.
    """

    account: str
    calendar: str
    query: str
    sequence: int
    offset: int
    generation: int
    horizon: float
    serial: int = 0
    after: str = ""


Token = TypeVar("Token", SyncToken, PageToken)


def encode(token: SyncToken | PageToken) -> str:
    """The token as text."""
    return base64.urlsafe_b64encode(json.dumps(list(asdict(token).values())).encode()).decode()


def decode(kind: type[Token], text: str, parameter: str) -> Token:
    """The token a text holds. Raises 400 naming `parameter` when it is none of this kind."""
    try:
        return kind(*json.loads(base64.urlsafe_b64decode(text.encode())))
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid(f"Invalid {parameter} value.", parameter) from error
