"""A relay between driver and Postgres that counts what crosses it and breaks where a test says.

It understands just enough of the protocol to know where a statement and an answer end:
https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit

Break = Literal["before", "after"]
_ENDS_STATEMENT = (b"Q", b"S")
_HELD_BACK = (b"P", b"D", b"B", b"E")
_FLUSH = b"H"
_READY = b"Z"


class Wire:
    """Listens on 127.0.0.1 in front of the server of `database_url`; `url` leads through it. A context manager."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = database_url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{self.port}")
        self.connections = 0
        self.statements = 0
        self.texts: list[str] = []
        """What was sent, a text a statement."""
        self.turns = 0
        """Times a client went on after the server had spoken: the round trips, logins included."""
        self._break: tuple[int, Break] | None = None
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def break_at(self, statement: int, when: Break) -> None:
        """Cut the connection at the statement of that number from now (1: the next): unsent, or done but unanswered."""
        with self._lock:
            self._break = (self.statements + statement, when)

    def cut(self) -> None:
        """Close every connection, as a network or a server that goes away does."""
        with self._lock:
            connections, self._open = self._open, []
        for end in connections:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Wire":
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open += [client, server]
            link = _Link(self, client, server)
            self._start(link.forward)
            self._start(link.back)

    def _due(self, statement: bytes) -> Break | None:
        """Count a statement; whether the connection breaks at it."""
        with self._lock:
            self.statements += 1
            self.texts.append(_text(statement))
            if self._break is None or self.statements != self._break[0]:
                return None
            (_, when), self._break = self._break, None
            return when


def _text(statement: bytes) -> str:
    """What a Query says, or the Parse before a Sync; empty when it is neither."""
    said = statement[5:].split(b"\0", 2)
    return {b"Q": said[0], b"P": said[1] if len(said) > 1 else b""}.get(statement[:1], b"").decode()


class _Link:
    """One connection: a pump each way."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self._wire = wire
        self._client = client
        self._server = server
        self._server_spoke = False
        self._swallow = False

    def forward(self) -> None:
        """Client to server, a whole statement at a time."""
        reader, statement = _Reader(self._client), b""
        with suppress(OSError):
            self._server.sendall(reader.counted())
            while message := reader.message():
                self._note_turn()
                statement += message
                kind = message[:1]
                if kind in _ENDS_STATEMENT:
                    when = self._wire._due(statement)
                    if when == "before":
                        break
                    self._swallow = when == "after"
                if kind not in _HELD_BACK and not (kind == _FLUSH and reader.more_follows()):
                    self._server.sendall(statement)
                    statement = b""
        self._end()

    def back(self) -> None:
        """Server to client; the answer of a statement that breaks afterwards is read to its end and kept."""
        reader, answer = _Reader(self._server), b""
        with suppress(OSError):
            while message := reader.message():
                self._server_spoke = True
                answer += message
                if self._swallow and message[:1] == _READY:
                    break
                if not self._swallow and not reader.buffered:
                    self._client.sendall(answer)
                    answer = b""
        self._end()

    def _note_turn(self) -> None:
        if self._server_spoke:
            self._server_spoke = False
            self._wire.turns += 1

    def _end(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for end in (self._client, self._server):
            with suppress(OSError):
                end.close()


class _Reader:
    """Messages from a socket. ConnectionError when it ends inside one."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self.buffered = b""

    def message(self) -> bytes:
        """A byte that names the kind, a length that counts itself, the rest; empty at the end of the connection."""
        if not self.buffered:
            self.buffered = self._source.recv(1 << 16)
        return self._exactly(1) + self.counted() if self.buffered else b""

    def counted(self) -> bytes:
        """A length and what it announces."""
        length = self._exactly(4)
        return length + self._exactly(int.from_bytes(length) - len(length))

    def more_follows(self) -> bool:
        """Whether the other side goes on without waiting for an answer."""
        return bool(self.buffered) or bool(select.select([self._source], [], [], 0.05)[0])

    def _exactly(self, size: int) -> bytes:
        parts, missing = [self.buffered], size - len(self.buffered)
        while missing > 0:
            parts.append(self._source.recv(1 << 16))
            if not parts[-1]:
                raise ConnectionError("the connection ended inside a message")
            missing -= len(parts[-1])
        whole = b"".join(parts)
        self.buffered = whole[size:]
        return whole[:size]
