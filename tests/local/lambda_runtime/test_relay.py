import socket
from collections.abc import Iterator
from contextlib import closing
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from local.lambda_runtime.relay import Relays
from local.stack.ports import LOOPBACK, free_port

ELSEWHERE = "127.0.0.2"  # an address of this machine on which nothing below listens by itself


class Shout(StreamRequestHandler):
    """Answers all that came, in capitals, once the client has ended its side."""

    def handle(self) -> None:
        self.wfile.write(self.rfile.read().upper())


@pytest.fixture
def port() -> Iterator[int]:
    """A server on loopback only."""
    with ThreadingTCPServer((LOOPBACK, 0), Shout) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def ask(port: int, text: bytes) -> bytes:
    with closing(socket.create_connection((ELSEWHERE, port), timeout=5)) as client:
        try:
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            return client.makefile("rb").read()
        except OSError:  # the other side may have ended the connection before we have
            return b""


@pytest.fixture(autouse=True)
def second_address() -> None:
    try:
        with socket.socket() as probe:
            probe.bind((ELSEWHERE, 0))
    except OSError:
        pytest.skip(f"this machine has no address {ELSEWHERE}")


def test_a_connection_is_carried_both_ways_to_its_end(port: int) -> None:
    with Relays(ELSEWHERE, [port]):
        assert ask(port, b"hello") == b"HELLO"
        large = b"a" * 1_000_000
        assert ask(port, large) == large.upper()


def test_each_port_leads_to_its_own_and_nothing_listens_afterwards(port: int) -> None:
    other = free_port()
    with Relays(ELSEWHERE, [port, other]):
        assert ask(port, b"x") == b"X"
        assert ask(other, b"x") == b"", "nobody listens on loopback: the connection ends"
    with pytest.raises(ConnectionRefusedError):
        ask(port, b"x")


def test_an_address_of_another_machine_is_refused_and_nothing_is_left_listening(port: int) -> None:
    with pytest.raises(OSError, match=r"(?i)assign|address"):
        Relays("192.0.2.254", [port])
    with Relays(ELSEWHERE, [port]):
        assert ask(port, b"x") == b"X"
