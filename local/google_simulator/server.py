"""The simulator on HTTP: 127.0.0.1 only, HTTP/1.1 with keep-alive, a thread for each connection."""

import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.google_simulator.api.errors import ApiError
from local.google_simulator.api.reply import Reply
from local.google_simulator.control.routes import CONTROL_PREFIX, ControlDesk
from local.google_simulator.service import Service, refusal

_LARGEST_BODY = 32_000_000


class Server(ThreadingHTTPServer):
    """Serves one `Service`. `close_connections` ends kept-alive clients, so that no thread outlives the server."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, service: Service, control: ControlDesk, port: int = 0) -> None:
        self.service = service
        self.control = control
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then serve it in its own thread."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget and close a finished connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client left in the middle; anything else is a bug of the simulator and is printed."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Shut down every open connection."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster


class Handler(BaseHTTPRequestHandler):
    """Reads a request, hands it to the service, writes the answer in one go."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "GoogleCalendarSimulator/1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - http.server's
        """The Date header, by the simulated clock."""
        return super().date_time_string(self.server.service.store.world.clock.now().timestamp())

    def log_message(self, *_args: Any) -> None:
        """Requests are in the request log, not on stderr."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(refusal(ApiError(413, "uploadTooLarge", "Request Entity Too Large")), packed=False)
            return
        body = self.rfile.read(int(length))
        try:
            answerer = self.server.control if self.path.startswith(CONTROL_PREFIX) else self.server.service
            reply = answerer.answer(self.command, self.path, headers, body)
        except Exception:
            self._send(refusal(ApiError(500, "backendError", "The simulator failed; see its stderr.")), packed=False)
            raise
        packed = "gzip" in headers.get("accept-encoding", "") and "gzip" in headers.get("user-agent", "")
        self._send(reply, packed=packed)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - names http.server looks for

    def _send(self, reply: Reply, *, packed: bool) -> None:
        if reply.cut == "before":
            self._break_off()
            return
        content = reply.payload.plain
        self.send_response(reply.status, _phrase(reply.status))
        if content:
            self.send_header("Content-Type", reply.content_type)
        if packed and reply.payload.worth_packing:
            content = reply.payload.packed
            self.send_header("Content-Encoding", "gzip")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Vary", "Origin, Accept-Encoding")
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if reply.cut == "within":
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self._break_off()
            return
        self.wfile.write(content)
        self.wfile.flush()

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Injected"  # a fault may send a status nobody has named
