"""TLS in front of a Postgres that has none: answers the request for it, then passes everything on."""

import select
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit


class TlsFront:
    """Listens on 127.0.0.1 with that certificate, in front of the server of `database_url`. A context manager.

    `logins` counts the clients that went on after they had seen the certificate.
    """

    def __init__(self, database_url: str, certificate: Path) -> None:
        parts = urlsplit(database_url)
        self._server = (parts.hostname, parts.port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.logins = 0
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "TlsFront":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type] # any method of ours
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
            client.settimeout(10)
            client.recv(8)  # SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html
            client.sendall(b"S")
            with self._context.wrap_socket(client, server_side=True) as secure:
                first = secure.recv(65536)
                if not first:
                    return
                self.logins += 1
                with socket.create_connection(self._server) as server:
                    server.sendall(first)
                    _pass_on(secure, server)


def _pass_on(secure: ssl.SSLSocket, server: socket.socket) -> None:
    """Pass on what either says, until one of them is done.

    In one thread: OpenSSL has no session of TLS be read and written at once.
    """
    while True:
        said, _, _ = ([secure], [], []) if secure.pending() else select.select([secure, server], [], [])
        for source in said:
            part = source.recv(65536)
            if not part:
                return
            (server if source is secure else secure).sendall(part)
