"""The gateway's place on 127.0.0.1: a request becomes an event in payload format 2.0, an answer goes back as it is.

A name that is not this machine's is refused with 421: a page elsewhere could otherwise have its own name lead here.
"""

import base64
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from local.http_front.cors import Cors
from local.http_front.downloads import DOWNLOADS, ROUTE_OF_DOWNLOADS, Downloads
from local.http_front.functions import HttpRoute, WarmFunction, http_routes
from local.stack.ports import LOOPBACK, free_port

USUAL_PORT = 8787
WARM = {"api", "push_receiver"}
"""Functions that are started with the front: somebody looks, or Google rings, at once."""
Answerer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_LARGEST_BODY = 10 * 2**20
_NAMES = ("127.0.0.1", "localhost")


def choose_port() -> int:
    """Return the usual port, or a free one where somebody has that."""
    try:
        with ThreadingHTTPServer((LOOPBACK, USUAL_PORT), BaseHTTPRequestHandler):
            return USUAL_PORT
    except OSError:
        return free_port()


class HttpFront:
    """A running front; `url` is where it answers."""

    def __init__(self, port: int, functions: Mapping[str, Answerer], cors: Cors | None = None) -> None:
        """`functions` by their folders' names: each takes an event and returns its answer. `cors` lets pages in."""
        self._functions = functions
        self._server = _Server((LOOPBACK, port), _Handler)
        self._server.routes, self._server.functions = http_routes(), functions
        self._server.cors = cors or Cors()
        if DOWNLOADS in functions:
            self._server.routes += [ROUTE_OF_DOWNLOADS]
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http-front", daemon=True)

    @classmethod
    def start(cls, port: int, environment: Mapping[str, str], logs: Path, cors: Cors | None = None) -> Self:
        """Start to listen, in front of handlers that are given `environment` and log into the folder `logs`.

        Raises OSError when the port is taken.
        """
        everything = os.environ | dict(environment) | {"PYTHONUNBUFFERED": "1"}
        functions: dict[str, Any] = {
            name: WarmFunction(name, everything, logs) for name in {r.function for r in http_routes()}
        }
        if folder := everything.get("ALMANAC_EXPORT_FOLDER"):
            functions[DOWNLOADS] = Downloads(folder)
        front = cls(port, functions, cors)
        for name in WARM & functions.keys():
            functions[name].warm_up()
        return front.listen()

    def listen(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, and end the functions' processes."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for function in self._functions.values():
            if isinstance(function, WarmFunction):
                function.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    routes: list[HttpRoute]
    functions: Mapping[str, Answerer]
    cors: Cors


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "AlmanacFront/1"
    disable_nagle_algorithm = True

    def log_message(self, *_args: Any) -> None:
        """The functions log for themselves."""

    def _serve(self) -> None:
        if "Transfer-Encoding" in self.headers:  # unread, its pieces would be the connection's next requests
            self.close_connection = True
            self._send(411, b"say how long it is: Content-Length", {"Content-Type": "text/plain"})
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(413, b"", {})
            return
        body = self.rfile.read(int(length))
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host not in _NAMES:
            self._send(421, b"this is not the machine that you asked for", {"Content-Type": "text/plain"})
            return
        if self.command == "OPTIONS" and "Access-Control-Request-Method" in self.headers:
            asked = self.server.cors.preflight(self.headers.get("Origin"))
            if asked is not None:
                self._send(204, b"", asked)
                return
        path, _, query = self.path.partition("?")
        route = self._route(unquote(path))
        if route is None:
            self._send(404, b'{"message":"Not Found"}', {"Content-Type": "application/json"})
            return
        self._answer(self.server.functions[route.function](self._event(path, query, body)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - names http.server looks for

    def _route(self, path: str) -> HttpRoute | None:
        fitting = (route for route in self.server.routes if route.pattern.match(path))
        return next((route for route in fitting if route.method in ("ANY", self.command)), None)

    def _event(self, path: str, query: str, body: bytes) -> dict[str, Any]:
        headers: dict[str, str] = {}
        cookies: list[str] = []
        for name, value in self.headers.items():
            if name.lower() == "cookie":
                cookies += [each.strip() for each in value.split(";")]
            else:
                held = headers.get(name.lower())
                headers[name.lower()] = value if held is None else f"{held},{value}"
        http = {"method": self.command, "path": unquote(path), "protocol": "HTTP/1.1", "sourceIp": LOOPBACK}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": unquote(path),
            "rawQueryString": query,
            "cookies": cookies,
            "headers": headers,
            "requestContext": {"http": http, "requestId": str(uuid.uuid4()), "stage": "$default"},
            "isBase64Encoded": True,
        }
        return event | ({"body": base64.b64encode(body).decode()} if body else {})

    def _answer(self, answer: Mapping[str, Any]) -> None:
        text = answer.get("body") or ""
        content = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        self._send(answer.get("statusCode", 200), content, answer.get("headers") or {}, answer.get("cookies") or ())

    def _send(self, status: int, content: bytes, headers: Mapping[str, str], cookies: Any = ()) -> None:
        self.send_response(status)
        for name, value in {**headers, **self.server.cors.headers(self.headers.get("Origin"))}.items():
            self.send_header(name, str(value))
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(content)
