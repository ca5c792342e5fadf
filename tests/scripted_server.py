"""A tiny HTTP server that answers what a test scripted, in order, and remembers what it was asked."""

import gzip
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One received request; `connection` is the same number as long as the connection is."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    connection: int

    @property
    def query(self) -> dict[str, str]:
        """Parameters of the address, or of the form where the method is overridden."""
        text = urlsplit(self.path).query or self.body
        return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


@dataclass(frozen=True)
class _Step:
    """What happens to the next request: by default an answer; `cut` closes the connection after so many body bytes."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    silent: bool = False
    cut: int | None = None


class ScriptedServer:
    """Listens on 127.0.0.1. A request beyond the script gets 599, which no test expects."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.script: deque[_Step] = deque()
        self.stopping = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Root of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answers(self, document: Any, status: int = 200, **headers: str) -> None:
        """Answer JSON; header names with `_` for `-`."""
        self.answers_bytes(json.dumps(document).encode(), status, **headers)

    def answers_bytes(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer these bytes."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.script.append(_Step(status=status, body=body, headers=named))

    def answers_gzip(self, document: Any, *, broken: bool = False) -> None:
        """Answer JSON packed, or the packed bytes with their checksum spoiled."""
        packed = gzip.compress(json.dumps(document).encode())
        self.answers_bytes(packed[:-8] + b"\0" * 8 if broken else packed, content_encoding="gzip")

    def stays_silent(self) -> None:
        """Hold the request without an answer until the server stops."""
        self.script.append(_Step(silent=True))

    def cuts(self) -> None:
        """Close without an answer, twice: httplib2 opens a connection again when it finds it closed."""
        self.script.extend([_Step(cut=0)] * 2)

    def cuts_inside(self, document: Any) -> None:
        """Announce the whole body, send half of it, reset the connection."""
        body = json.dumps(document).encode()
        self.script.append(_Step(body=body, cut=len(body) // 2))

    def stop(self) -> None:
        """Stop listening and wait for every handler."""
        self.stopping.set()
        self._server.hang_up()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, owner: ScriptedServer) -> None:
        self.owner = owner
        self.connections = 0
        self.open: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def hang_up(self) -> None:
        """Let no handler wait for another request of a client that keeps its connection."""
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle is part of some scripts."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.number = self.server.connections
        self.server.open.append(self.connection)
        self.connection.settimeout(0.05)

    def handle(self) -> None:
        """Keep the connection open until the client or the test ends it."""
        self.close_connection = False
        while not self.close_connection and not self.server.owner.stopping.is_set():
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except TimeoutError:
                continue
            self.handle_one_request()

    def _answer(self) -> None:
        owner = self.server.owner
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length).decode()
        owner.requests.append(Request(self.command, self.path, headers, body, self.number))
        step = owner.script.popleft() if owner.script else _Step(status=599)
        if step.silent:
            owner.stopping.wait()
            self.close_connection = True
        elif step.cut == 0:
            self.close_connection = True
        else:
            self._write(step)

    def _write(self, step: _Step) -> None:
        self.send_response(step.status)
        for name, value in (*step.headers, ("Content-Length", str(len(step.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(step.body[: step.cut])
        if step.cut is not None:  # linger 0: a reset instead of an orderly end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server looks for these names

    def log_message(self, *_args: Any, **_named: Any) -> None:
        """Nothing on the terminal."""
