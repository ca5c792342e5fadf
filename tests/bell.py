"""A receiver of push messages: keeps their headers and answers as it is told."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

Headers = dict[str, str]


class Bell:
    """Listens on 127.0.0.1 at `url`. `heard` holds the headers of each message, `answer` gives a status for them."""

    def __init__(self, answer: Callable[[Headers], int] = lambda _headers: 204) -> None:
        bell = self
        self.heard: list[Headers] = []
        self.answer = answer

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: object) -> None:
                return

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                bell.heard.append(headers)
                self.send_response(bell.answer(headers))
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The root that it listens at."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def states(self) -> list[str]:
        """The states of what was heard, in order."""
        return [headers["x-goog-resource-state"] for headers in self.heard]

    def __enter__(self) -> "Bell":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
