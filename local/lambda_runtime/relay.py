"""TCP from one address of this machine to its loopback: for containers, which reach the former only."""

import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self

from local.stack.ports import LOOPBACK

_CHUNK = 65536


class Relays:
    """Listens at `address` on some ports and passes each connection on to the same port of 127.0.0.1.

    A context manager; it ends with every connection that it carries. Raises OSError if the address is not ours.
    """

    def __init__(self, address: str, ports: Iterable[int]) -> None:
        self._servers: list[_Server] = []
        try:
            for port in ports:
                self._servers.append(_Server((address, port), _Carry))
        except OSError:
            self._close()
            raise
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
        self._close()
        for thread in self._threads:
            thread.join()

    def _close(self) -> None:
        for server in self._servers:
            server.server_close()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True  # a connection that is still open belongs to a container that is gone


class _Carry(BaseRequestHandler):
    request: socket.socket
    server: _Server

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection((LOOPBACK, self.server.server_address[1])) as inside:
            back = threading.Thread(target=_pump, args=(inside, self.request), daemon=True)
            back.start()
            _pump(self.request, inside)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, and tell the sink of the end."""
    with suppress(OSError):  # a side that is gone ends the copying, which is what its end means
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
