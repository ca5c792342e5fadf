"""An old system with Almanac beside it, the command line, and a simulated Google."""

import os
from collections.abc import Iterator
from itertools import count

import pytest

from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.wiring.command_line import Wiring
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.cli.shell import Shell
from tests.integration.adoption.old_system import OldSystem, make_template, old_system

_numbers = count(1)


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """Name of a database with both systems in it, that is made once and then only copied."""
    return make_template(postgres, "before_adoption")


@pytest.fixture
def old(postgres: Postgres, template: str) -> Iterator[OldSystem]:
    with old_system(postgres, f"adopted_{next(_numbers)}", template) as system:
        yield system


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def almanac(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], simulator: Simulator, old: OldSystem
) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(
        database_url=old.url,
        google_api_url=simulator.url,
        google_token_url=simulator.token_url,
        google_client_id="client",
        google_client_secret="not-a-secret",
        token_keys=new_key(),
        plan_budget_seconds="0.05",
    )
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("ALMANAC_SYNC_QUEUE_URL", "https://queue.invalid/sync.fifo")
    return shell


@pytest.fixture
def ours(old: OldSystem) -> Iterator[Database]:
    database = Database(lambda: parse_url(old.url))
    yield database
    database.close()


@pytest.fixture
def wiring(almanac: Shell) -> Iterator[Wiring]:
    wiring = Wiring(os.environ)
    yield wiring
    wiring.close()
