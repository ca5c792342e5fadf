"""An old system with Almanac beside it, the command line, and a simulated Google."""

import os
from collections.abc import Iterator
from contextlib import closing
from functools import cache

import pytest

from adoption import command
from adoption.store import PostgresAdoptionStore
from almanac.adapters.crypto import new_key
from almanac.adapters.postgres.connection import Database, parse_url
from almanac.wiring.command_line import Wiring
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.cli.shell import Shell
from tests.integration.adoption.old_system import OldSystem, before_adoption, old_system
from tests.integration.lent_databases import LentDatabases


@pytest.fixture(scope="session")
def databases_of_both(postgres: Postgres) -> Iterator[LentDatabases]:
    """Databases with both systems in them, for one test at a time."""
    with closing(LentDatabases(postgres, before_adoption(postgres))) as lent:
        yield lent


@pytest.fixture(autouse=True, scope="session")
def time_zones_are_read_once() -> Iterator[None]:
    """Python and Postgres read a thousand files for their names, each time."""
    known: list[str] = []
    ask = PostgresAdoptionStore.zones

    def zones(store: PostgresAdoptionStore) -> list[str]:
        if not known:
            known.extend(ask(store))
        return known

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PostgresAdoptionStore, "zones", zones)
        patch.setattr(command, "available_timezones", cache(command.available_timezones))
        yield


@pytest.fixture
def old(postgres: Postgres, databases_of_both: LentDatabases) -> Iterator[OldSystem]:
    name = databases_of_both.take()
    with old_system(postgres.url_of(name)) as system:
        yield system
    databases_of_both.give_back(name)


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
