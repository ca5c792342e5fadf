"""A subscriber of webhooks on this machine: keeps what it was sent, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Subscriber:
    """What it was sent; `status` is what it answers, by path or to all."""

    url: str = ""
    status: int = 200
    by_path: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    @property
    def versions(self) -> list[int]:
        """The versions it was told of, in the order in which it heard."""
        return [change["version"] for each in self.received for change in each.json["data"].get("changes", [])]


@contextmanager
def listening() -> Iterator[Subscriber]:
    subscriber = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            subscriber.received.append(Received(self.path, headers, body))
            self.send_response(subscriber.by_path.get(self.path, subscriber.status))
            for name, value in subscriber.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    subscriber.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield subscriber
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
