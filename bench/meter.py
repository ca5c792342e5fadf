"""Bytes between this process and a server of this machine, counted on their way."""

import socket
import threading
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self
from urllib.parse import urlsplit

from local.stack.ports import LOOPBACK

_CHUNK = 65536


class Meter:
    """Stands before the server of `url` and passes everything on; `self.url` leads through it. A context manager.

    `sent` and `received` count bytes from the client's side, whatever they mean: headers, handshakes, packed bodies.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = _Server((LOOPBACK, 0), _Carry)
        self._server.meter, self._server.behind = self, (parts.hostname or LOOPBACK, parts.port or 0)
        self.url = url.replace(f"{parts.hostname}:{parts.port}", f"{LOOPBACK}:{self._server.server_address[1]}")
        self.sent = self.received = 0
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True  # ends with the connection it carries, which its client closes
    block_on_close = False
    meter: Meter
    behind: tuple[str, int]


class _Carry(BaseRequestHandler):
    request: socket.socket
    server: _Server

    def handle(self) -> None:
        with socket.create_connection(self.server.behind) as inside:
            for end in (inside, self.request):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._back, args=(inside,), daemon=True)
            back.start()
            self._forth(inside)
            back.join()

    def _forth(self, inside: socket.socket) -> None:
        with suppress(OSError):  # a side that is gone ends the copying, which is what its end means
            while chunk := self.request.recv(_CHUNK):
                self.server.meter.sent += len(chunk)
                inside.sendall(chunk)
            inside.shutdown(socket.SHUT_WR)

    def _back(self, inside: socket.socket) -> None:
        with suppress(OSError):
            while chunk := inside.recv(_CHUNK):
                self.server.meter.received += len(chunk)
                self.request.sendall(chunk)
            self.request.shutdown(socket.SHUT_WR)
