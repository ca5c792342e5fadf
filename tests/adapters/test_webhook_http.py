"""Where a webhook does not go, and what the other side cannot do to us."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from almanac.adapters.webhook_http import MOST_BYTES, HttpWebhookSender
from tests.certificates import self_signed
from tests.integration.history.endpoint import listening


@contextmanager
def answering(talk: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that hands its first connection to `talk`, by TLS if it is given how; its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        # Cut off, as the tests expect.
        with suppress(OSError), tls.wrap_socket(connection, server_side=True) if tls else connection as heard:
            heard.recv(65_536)
            talk(heard)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        thread.join(5)


LOCAL = HttpWebhookSender(allow_local=True, seconds=0.4)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "[::1]",
        "10.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0177.0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "[::ffff:7f00:1]",
        "[fe80::1%25lo]",
        "0",
        "0.0.0.0",
    ],
)
def test_nothing_connects_to_an_address_that_is_not_public(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)

    answer = HttpWebhookSender(allow_local=False).post(f"https://{host}/hook", {}, b"{}")

    assert (answer.status_code, answer.error_type) in ((None, "blocked_address"), (None, "unknown_host"))


def test_a_name_is_resolved_once_and_any_private_address_blocks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    assert HttpWebhookSender(allow_local=False).post("https://rebinds.test/", {}, b"").error_type == "blocked_address"
    assert asked == ["rebinds.test"]


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("93.184.216.34", 443))])
    monkeypatch.setattr(socket, "create_connection", connect)

    answer = HttpWebhookSender(allow_local=False).post("https://example.test/", {}, b"")

    assert reached == [("93.184.216.34", 443)]
    assert answer.error_type == "connection_failed"


def test_a_name_whose_server_does_not_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who chooses the address chooses who answers for its name; the system's own call waits as long as it likes."""
    over = threading.Event()

    def silent(*_: Any, **__: Any) -> list[Any]:
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    began = perf_counter()
    answer = HttpWebhookSender(allow_local=False, seconds=0.2).post("https://slow.example/hook", {}, b"{}")
    over.set()

    assert (answer.error_type, answer.status_code) == ("timeout", None)
    assert perf_counter() - began < 5


def test_development_allows_this_machine_and_no_other_private_address() -> None:
    assert LOCAL.post("http://169.254.169.254/", {}, b"").error_type == "blocked_address"
    with listening() as subscriber:
        answer = LOCAL.post(f"{subscriber.url}/a?b=1", {"webhook-id": "1"}, b'{"a":1}')

    (request,) = subscriber.received
    assert (answer.status_code, answer.error_type, answer.head) == (200, None, "ok")
    assert (request.path, request.body, request.headers["webhook-id"]) == ("/a?b=1", b'{"a":1}', "1")


def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    with listening() as elsewhere, listening() as subscriber:
        subscriber.status, subscriber.headers = 302, {"location": elsewhere.url}
        answer = LOCAL.post(subscriber.url, {}, b"{}")

    assert (answer.status_code, answer.error_type) == (302, "refused")
    assert elsewhere.received == []


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with listening() as subscriber:
        assert LOCAL.post(subscriber.url, {}, b"{}").status_code == 200


def drip(connection: socket.socket) -> None:
    for letter in "HTTP/1.1 200 OK\r\nx: " + "y" * 200:
        connection.sendall(letter.encode())
        threading.Event().wait(0.05)


def test_an_address_that_refuses_is_no_reason_not_to_try_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.create_connection

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        if address[0] == "::1":
            raise ConnectionRefusedError
        return real(address, timeout)

    with listening() as subscriber:
        port = int(subscriber.url.rpartition(":")[2])
        found = [(10, 1, 6, "", ("::1", port, 0, 0)), (2, 1, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "create_connection", connect)
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: found if host == "two.test" else found[1:])

        assert LOCAL.post(f"http://two.test:{port}/", {}, b"{}").status_code == 200


def test_an_answer_that_drips_is_cut() -> None:
    began = perf_counter()
    with answering(drip) as port:
        answer = LOCAL.post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert (answer.status_code, answer.error_type) == (None, "timeout")
    assert perf_counter() - began < 3


def test_one_that_drips_by_tls_is_cut_too(tmp_path: Path) -> None:
    file, tls = self_signed(tmp_path, "localhost"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    sender = HttpWebhookSender(allow_local=True, seconds=0.4, tls=ssl.create_default_context(cafile=str(file)))

    began = perf_counter()
    with answering(drip, tls) as port:
        answer = sender.post(f"https://localhost:{port}/", {}, b"{}")

    assert (answer.status_code, answer.error_type) == (None, "timeout")
    assert perf_counter() - began < 3


def test_a_handshake_that_never_ends_is_cut() -> None:
    def stall(connection: socket.socket) -> None:
        connection.recv(1)

    began = perf_counter()
    with answering(stall) as port:
        answer = LOCAL.post(f"https://127.0.0.1:{port}/", {}, b"{}")

    assert (answer.status_code, answer.error_type) == (None, "timeout")
    assert perf_counter() - began < 3


def test_a_name_of_other_letters_is_sent_as_it_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with listening() as subscriber:
        port = subscriber.url.rpartition(":")[2]
        LOCAL.post(f"http://b\u00fccher.test.:{port}/", {}, b"{}")

    assert asked[0] == "xn--bcher-kva.test"
    assert subscriber.received[0].headers["host"] == f"xn--bcher-kva.test:{port}"


def test_an_endless_answer_is_read_only_so_far() -> None:
    sent = []

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        while True:
            connection.sendall(b"z" * 65_536)
            sent.append(1)

    with answering(flood) as port:
        answer = LOCAL.post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert (answer.status_code, answer.head) == (200, "z" * 256)
    assert len(sent) * 65_536 < 200 * MOST_BYTES


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 2"])
def test_what_is_no_http_is_a_failed_connection(said: bytes) -> None:
    with answering(lambda connection: connection.sendall(said)) as port:
        answer = LOCAL.post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert (answer.status_code, answer.error_type) == (None, "connection_failed")
