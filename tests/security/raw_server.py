"""A server that reads a request and then writes what it likes, HTTP or not, until the client has had enough."""

import re
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress


class RawServer:
    """Listens on 127.0.0.1; every connection gets the parts of `script()`, one send each. A context manager."""

    def __init__(self, script: Callable[[], Iterable[bytes]]) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.requests: list[bytes] = []
        self.sent = 0

    @property
    def url(self) -> str:
        """Root of the server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "RawServer":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> bool:
        """Let time pass, as a slow server does; False at once when the test is over."""
        return not self._stopping.wait(seconds)

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
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            client.settimeout(5)
            head = b""
            while not _is_whole(head) and (part := client.recv(65536)):
                head += part
            self.requests.append(head)
            for part in self._script():
                if self._stopping.is_set():
                    return
                client.sendall(part)
                self.sent += len(part)


def _is_whole(request: bytes) -> bool:
    """Whether its body is there too: closing a socket that holds unread bytes resets the connection."""
    head, end, body = request.partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
    return bool(end) and len(body) >= int(announced[1] if announced else 0)
