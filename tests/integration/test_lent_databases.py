"""What is lent again is as it was migrated."""

from contextlib import closing

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from local.postgres import Postgres
from tests.integration import rows
from tests.integration.lent_databases import LentDatabases

pytestmark = pytest.mark.integration


def lent(postgres: Postgres, databases: LentDatabases, *statements: str) -> str:
    """Use a database as a test does; return its name."""
    name = databases.take()
    with closing(Database(lambda: parse_url(postgres.url_of(name)))) as database:
        rows.workspace(database)
        for statement in statements:
            database.run(statement)
    databases.give_back(name)
    return name


def test_a_database_is_emptied_and_lent_again(postgres: Postgres, lent_databases: LentDatabases) -> None:
    taken = "UPDATE preview_turns SET ends_at = now()"
    name = lent(postgres, lent_databases, taken, "DELETE FROM almanac_migrations")
    assert lent_databases.take() == name
    with closing(Database(lambda: parse_url(postgres.url_of(name)))) as database:
        assert database.run("SELECT count(*) FROM workspaces") == [[0]]
        assert database.run("SELECT count(*) > 0, count(ends_at) FROM preview_turns") == [[True, 0]]
        assert database.run("SELECT count(*) > 50 FROM almanac_migrations") == [[True]]
    lent_databases.give_back(name)


@pytest.mark.parametrize("statement", ["CREATE TABLE mine (id integer)", "ANALYZE workspaces"])
def test_one_that_a_test_has_changed_is_not(postgres: Postgres, lent_databases: LentDatabases, statement: str) -> None:
    assert lent(postgres, lent_databases, statement) != lent(postgres, lent_databases)


def test_nobody_changes_statistics_but_who_says_so(database: Database) -> None:
    """Or the database that all are copied from gets some within minutes, and each copy counts as changed."""
    assert database.run("SHOW autovacuum") == [["off"]]
