"""One embedded Postgres for the session, and a fresh migrated database for every test that asks for one."""

import itertools
from collections.abc import Iterator

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.migrate import migrate
from local.stack.postgres import Postgres

_MIGRATED = "migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running server without fsync; what it holds is gone with the session."""
    with Postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server
    server.delete()


@pytest.fixture(scope="session")
def migrated_database(postgres: Postgres) -> str:
    """Name of a database that is migrated once and then only copied: nobody may connect to it."""
    migrate(postgres.create_database(_MIGRATED))
    return _MIGRATED


@pytest.fixture
def database_url(postgres: Postgres, migrated_database: str) -> Iterator[str]:
    """URL of a migrated database that is this test's own; it is dropped after the test, sessions and all."""
    name = f"test_{next(_numbers)}"
    yield postgres.create_database(name, template=migrated_database)
    postgres.drop_database(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open connection to this test's own database."""
    database = Database(lambda: parse_url(database_url))
    yield database
    database.close()
