"""HTTP connections whose answers end: neither their bytes nor their time are up to the other side.

http.client reads as much as it is told to expect, allocates that at once, and begins to wait anew with every byte.
"""

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead
from socket import SocketIO, socket
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httplib2

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST_ANSWER = 24 * 2**20
"""Bytes of one answer, packed or unpacked: four times a page of 2,500 ordinary events. Read, it is some six times as
large, and two pages fit in a function. Of a calendar that has more on a page, fewer events are asked for."""
PATIENCE = 2
"""A whole answer, headers included, may take so many times as long as one wait for the socket."""
_PART = 64 * 2**10
_SECONDS = re.compile(r"[0-9]{1,9}")


class TooManyBytes(Exception):
    """More than LARGEST_ANSWER bytes were sent; the connection is of no further use."""


class NotSentAgain(HTTPException):
    """A write may have been carried out, although it was not answered."""


class _Watched(io.RawIOBase):
    """What a socket receives, until it is too much or takes too long."""

    def __init__(self, source: SocketIO, seconds: float | None) -> None:
        self._source = source
        self._left = LARGEST_ANSWER
        self._until = None if seconds is None else monotonic() + seconds

    def readable(self) -> bool:
        """Return that it is for reading."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Receive once. Raises TimeoutError and TooManyBytes."""
        received = self._source.readinto(buffer)
        if self._until is not None and monotonic() > self._until:
            raise TimeoutError("the answer took too long")
        self._left -= received or 0
        if self._left < 0:
            raise TooManyBytes
        return received

    def close(self) -> None:
        """Give up the socket's file; the socket itself stays open for the next request."""
        self._source.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    """An answer that is read in parts, so that an announced length costs nothing until it comes true."""

    def __init__(self, sock: socket, debuglevel: int = 0, method: str | None = None, url: str | None = None) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        wait = sock.gettimeout()
        source = sock.makefile("rb", buffering=0)
        self.fp = io.BufferedReader(_Watched(source, None if wait is None else wait * PATIENCE))

    def read(self, amt: int | None = None) -> bytes:
        """Read as the stock response does. Raises IncompleteRead, TimeoutError and TooManyBytes."""
        if amt is not None:
            return super().read(amt)
        content = bytearray()
        while part := self.read1(_PART):
            content += part
        if self.length:
            raise IncompleteRead(b"", self.length)
        return bytes(content) + super().read()  # nothing is left; it is what ends the answer


class _SentOnce:
    """A connection over which a write goes at most once.

    httplib2 sends a request again when a kept-alive connection breaks before its answer: of a write nobody knows then
    how often it was carried out (W109). What it opens a new connection for is refused instead.
    """

    _write_is_out = False

    def request(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        """Send it. A GET that travels as a POST, as long ones do, and a token's form may go again."""
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        form = sent.get("content-type", "").startswith("application/x-www-form-urlencoded")
        self._write_is_out = method not in ("GET", "HEAD") and "x-http-method-override" not in sent and not form
        super().request(method, url, body, headers or {})  # type: ignore[misc]

    def getresponse(self) -> HTTPResponse:
        """Return the answer."""
        response: HTTPResponse = super().getresponse()  # type: ignore[misc]
        self._write_is_out = False
        return response

    def connect(self) -> None:
        """Open it. Raises NotSentAgain while nobody knows what became of a write."""
        if self._write_is_out:
            self._write_is_out = False
            raise NotSentAgain("the connection broke before a write was answered")
        super().connect()  # type: ignore[misc]


class _Plain(_SentOnce, httplib2.HTTPConnectionWithTimeout):  # type: ignore[misc] # httplib2 has no types
    response_class = _BoundedResponse


class _Tls(_SentOnce, httplib2.HTTPSConnectionWithTimeout):  # type: ignore[misc]
    response_class = _BoundedResponse


def connection_type(uri: str) -> type[httplib2.HTTPConnectionWithTimeout]:
    """Return what httplib2 opens for that address: TLS unless it says http."""
    return _Plain if urlsplit(uri).scheme == "http" else _Tls


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds from `now` that a Retry-After asks for (RFC 9110: seconds, date), None if unreadable."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = parse_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def parse_date(value: str | None) -> datetime | None:
    """Return the instant of an HTTP date (RFC 9110, 5.6.7), None if unreadable."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
