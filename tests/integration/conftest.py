"""One embedded Postgres for the session, and a migrated database for every test that asks for one."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.integration.lent_databases import LentDatabases, migrated
from tests.integration.team import Team


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running server without fsync and autovacuum; what it holds is gone with the session."""
    with Postgres.start(tmp_path_factory.mktemp("postgres"), durable=False, autovacuum=False) as server:
        yield server
    server.delete()


@pytest.fixture(scope="session")
def lent_databases(postgres: Postgres) -> Iterator[LentDatabases]:
    """Migrated databases of this server, for one test at a time."""
    with closing(LentDatabases(postgres, migrated(postgres))) as lent:
        yield lent


@pytest.fixture
def database_url(postgres: Postgres, lent_databases: LentDatabases) -> Iterator[str]:
    """URL of a migrated database that is this test's own while it runs; its sessions are ended after the test."""
    name = lent_databases.take()
    yield postgres.url_of(name)
    lent_databases.give_back(name)


@pytest.fixture
def database(database_url: str, lent_databases: LentDatabases) -> Database:
    """An open connection to this test's own database."""
    return lent_databases.connection(parse_url(database_url).database)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated Google of the test's own."""
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def make_team(simulator: Simulator, database_url: str) -> Iterator[Callable[..., Team]]:
    """Makes workspaces over this test's database and Google; each call may give settings."""
    made: list[Team] = []

    def make(**settings: str) -> Team:
        made.append(Team(simulator, database_url, **settings))
        return made[-1]

    yield make
    for team in made:
        team.close()


@pytest.fixture
def team(make_team: Callable[..., Team]) -> Team:
    """One workspace, with the settings as they are by default."""
    return make_team()


@pytest.fixture
def no_quarter_ends_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown and then written is planned at one instant: with a new quarter of an hour begins another plan."""
    now = datetime.now(UTC)
    monkeypatch.setattr("almanac.wiring.outside.operating.utc_now", lambda: now)
