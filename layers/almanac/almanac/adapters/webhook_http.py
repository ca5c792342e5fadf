"""One POST to a stranger's address, behind the WebhookSender port.

The name is resolved once, every address it has must be public, and the connection goes to one of those: a name that
resolves otherwise a moment later leads nowhere else. No redirect is followed, no proxy of the environment is used.
"""

import http.client
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from time import perf_counter
from urllib.parse import SplitResult, urlsplit

from typing_extensions import override

from almanac.domain.delivery.addresses import ascii_host, is_public, url_fault
from almanac.services.events_out.ports import Answer, WebhookSender

SECONDS = 15.0
"""Of the whole attempt, however slowly the other side sends."""
CONNECT_SECONDS = 5.0
"""Of them for its name and the connection: what is away for good often does not even refuse."""
MOST_BYTES = 64 * 1024
"""Of an answer that are read."""
_LOCAL = ("127.0.0.1", "::1")


class _Blocked(Exception):
    """The name has an address that is not public."""


class HttpWebhookSender(WebhookSender):
    """WebhookSender over sockets. `allow_local` lets http and this machine's own address pass, for development."""

    def __init__(self, *, allow_local: bool, seconds: float = SECONDS, tls: ssl.SSLContext | None = None) -> None:
        self._allow_local = allow_local
        self._seconds = seconds
        self._tls = tls or ssl.create_default_context()

    @override
    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        began = perf_counter()

        def ended(status: int | None, error: str | None, head: str = "", retry_after: float | None = None) -> Answer:
            return Answer(status, error, round((perf_counter() - began) * 1000), head, retry_after)

        if url_fault(url, allow_local=self._allow_local) is not None:
            return ended(None, "bad_url")
        try:
            status, head, retry_after = self._exchange(urlsplit(url), headers, body, began + self._seconds)
        except _Blocked:
            return ended(None, "blocked_address")
        except socket.gaierror:
            return ended(None, "unknown_host")
        except TimeoutError:
            return ended(None, "timeout")
        except (OSError, http.client.HTTPException, ValueError) as error:
            if perf_counter() - began >= self._seconds:
                return ended(None, "timeout")
            return ended(None, "tls_failed" if isinstance(error, ssl.SSLError) else "connection_failed")
        return ended(status, None if 200 <= status < 300 else "refused", head, retry_after)

    def _exchange(
        self, parts: SplitResult, headers: Mapping[str, str], body: bytes, end: float
    ) -> tuple[int, str, float | None]:
        """Connect, send and read the answer, until `end` of `perf_counter` at the latest."""
        host, standard = ascii_host(parts.hostname or ""), 443 if parts.scheme == "https" else 80
        port = parts.port or standard
        reached = min(perf_counter() + CONNECT_SECONDS, end)
        sock = _connected(self._addresses(host, port, reached), port, reached)
        sock.settimeout(self._seconds)
        if parts.scheme == "https":  # the handshake comes later: it may drip as an answer may
            sock = self._tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        watch = Timer(max(0.0, end - perf_counter()), _cut, [sock])
        watch.daemon = True
        watch.start()
        try:
            if isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
            connection = http.client.HTTPConnection(host, port)
            connection.sock = sock
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            named = f"[{host}]" if ":" in host else host
            sent_to = named if port == standard else f"{named}:{port}"
            connection.request("POST", target, body, {**headers, "content-type": "application/json", "host": sent_to})
            answer = connection.getresponse()
            text = answer.read(MOST_BYTES).decode("utf-8", "replace")
            return answer.status, _printable(text[:256]), _seconds(answer.getheader("retry-after"))
        finally:
            watch.cancel()
            sock.close()

    def _addresses(self, host: str, port: int, end: float) -> Sequence[str]:
        """The host's addresses, if all of them may be reached. Raises _Blocked, and TimeoutError at `end`."""
        found = _resolved(host, port, end)
        if not found or not all(is_public(each) or (self._allow_local and each in _LOCAL) for each in found):
            raise _Blocked
        return found


def _resolved(host: str, port: int, end: float) -> Sequence[str]:
    """Ask for the addresses of a name until `end` of `perf_counter`. Raises TimeoutError, and what asking raises.

    In a thread, for the system's own call cannot be told to give up, and whose name it is may let it wait.
    """
    answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(info[4][0]) for info in infos])
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
            answers.put(error)

    Thread(target=ask, name="resolver", daemon=True).start()
    try:
        found = answers.get(timeout=max(0.0, end - perf_counter()))
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _connected(addresses: Sequence[str], port: int, end: float) -> socket.socket:
    """A connection to the first that takes one, until `end` of `perf_counter`. Raises OSError, the last one's."""
    refused: OSError = TimeoutError()
    for address in addresses:
        left = end - perf_counter()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            refused = error
    raise refused


def _cut(sock: socket.socket) -> None:
    """End both directions of a connection, from another thread. Of one in TLS too: its own method would let go of its
    session first, under the hands of whoever reads."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _seconds(value: str | None) -> float | None:
    return float(value) if value and re.fullmatch(r"[0-9]{1,9}", value.strip()) else None
