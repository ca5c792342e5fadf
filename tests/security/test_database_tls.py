"""A real Postgres behind TLS: who gets the password, and what cannot switch the verification off."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from almanac.adapters.aws.secrets import SecretsManager
from almanac.adapters.postgres.connection import Database, Target, parse_url
from almanac.adapters.postgres.target import database_target
from almanac.errors import AlmanacError, BadSettings
from almanac.settings import DatabaseSettings, load
from almanac.wiring.base import utc_now
from tests.certificates import self_signed
from tests.security.tls_front import TlsFront

pytestmark = pytest.mark.integration

HOST = "db.example.test"


@pytest.fixture(autouse=True)
def resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up host is this machine, for whoever asks by name: to the client it stays a remote one."""
    ask = socket.getaddrinfo

    def answer(host: Any, *arguments: Any, **named: Any) -> Any:
        return ask("127.0.0.1" if host == HOST else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path, HOST)


@pytest.fixture
def front(database_url: str, certificate: Path) -> Iterator[TlsFront]:
    with TlsFront(database_url, certificate) as front:
        yield front


def remote(database_url: str, front: TlsFront, options: str = "") -> str:
    login, _, place = database_url.partition("@")
    return f"{login}@{HOST}:{front.port}/{place.partition('/')[2].partition('?')[0]}{options}"


def query(url: str, ca_file: Path | None = None) -> Any:
    database = Database(lambda: parse_url(url, None if ca_file is None else str(ca_file)))
    try:
        return database.run("SELECT 1")
    finally:
        database.close()


@pytest.mark.parametrize("options", ["", "?sslmode=require", "?sslmode=prefer", "?sslmode=allow", "?SSLMODE=disable"])
def test_a_self_signed_server_gets_no_login(database_url: str, front: TlsFront, options: str) -> None:
    with pytest.raises(AlmanacError, match="SSLCertVerificationError"):
        query(remote(database_url, front, options))

    assert front.logins == 0


def test_with_its_certificate_as_authority_it_is_used(database_url: str, front: TlsFront, certificate: Path) -> None:
    assert query(remote(database_url, front), certificate) == [[1]]
    assert front.logins == 1


def test_a_certificate_of_another_name_gets_no_login(database_url: str, tmp_path: Path) -> None:
    other = self_signed(tmp_path, "other.example.test")
    with TlsFront(database_url, other) as front, pytest.raises(AlmanacError, match="SSLCertVerificationError"):
        query(remote(database_url, front), other)

    assert front.logins == 0


SMUGGLE = "x?sslmode=disable&a=b#"
RDS: dict[str, Any] = {"host": HOST, "port": 5432, "dbname": "calendar", "username": "ada", "password": "hidden"}


class OneSecret:
    """A Secrets Manager client with one secret."""

    def __init__(self, document: str) -> None:
        self.document = document

    def get_secret_value(self, **_asked: str) -> dict[str, Any]:
        return {"SecretString": self.document}


def target_of(secret: dict[str, Any]) -> Target:
    settings = load(DatabaseSettings, {"ALMANAC_DATABASE_SECRET_ARN": "arn"})
    return database_target(settings, lambda: SecretsManager(OneSecret(json.dumps(secret)), utc_now))()


@pytest.mark.parametrize("field", ["username", "password", "dbname", "host"])
def test_no_field_of_a_secret_switches_it_off(field: str) -> None:
    target = target_of(RDS | {field: f"{RDS[field]}{SMUGGLE}"})

    assert target.tls is not None


def test_a_port_that_is_more_than_a_port_is_refused() -> None:
    with pytest.raises(BadSettings):
        target_of(RDS | {"port": "5432/x?sslmode=disable"})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:hidden%3Fsslmode=disable@db.example.test/calendar",
        "postgresql://ada:hidden@db.example.test/calendar%3Fsslmode=disable",
        "postgresql://ada:hidden@db.example.test/calendar?sslmode=verify-full&sslmode=disable",
        "postgresql://ada:hidden@db.example.test/calendar#?sslmode=disable",
        "postgresql://ada:hidden@localhost.example.test/calendar",
        "postgresql://localhost:hidden@db.example.test/calendar",
    ],
)
def test_no_other_part_of_a_url_switches_it_off(url: str) -> None:
    assert parse_url(url).tls is not None


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://ada@localhost/calendar", id="this machine"),
        pytest.param("postgresql://ada@127.0.0.1/calendar", id="its address"),
        pytest.param("postgresql://ada@/calendar?host=/var/run/postgresql", id="a socket in the file system"),
        pytest.param("postgresql://ada@db.example.test/calendar?sslmode=disable", id="an operator who says so"),
    ],
)
def test_plain_is_what_never_leaves_the_machine_or_is_asked_for_in_so_many_words(url: str) -> None:
    assert parse_url(url).tls is None


@pytest.mark.parametrize("options", ["?sslmode=disable", "?host=/var/run/postgresql"])
def test_a_token_of_iam_is_never_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch, options: str) -> None:
    url = f"postgresql://ada@{HOST}/calendar{options}"
    settings = load(DatabaseSettings, {"ALMANAC_DATABASE_URL": url, "ALMANAC_DATABASE_IAM_AUTH": "true"})
    nobody: Callable[[], SecretsManager] = lambda: SecretsManager(None, utc_now)  # noqa: E731 - never asked

    with pytest.raises(BadSettings, match="ALMANAC_DATABASE_IAM_AUTH: needs TLS"):
        database_target(settings, nobody)()
