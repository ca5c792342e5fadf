"""The role that functions sign in as: every row is its own to read and write, no table is its own to change."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.deployment.app_role import AppRole, app_role, make_app_role, scram_verifier
from almanac.adapters.postgres.migrate import PostgresMigrations
from almanac.errors import BadSettings, DatabaseRefused, StorageFailed
from almanac.settings import MigrateSettings, load
from local.postgres import Postgres
from tests.integration.lent_databases import LentDatabases

pytestmark = pytest.mark.integration

URL = "postgresql://owner:secret@db.example.org/almanac"


@pytest.fixture(scope="module")
def url(postgres: Postgres, lent_databases: LentDatabases) -> Iterator[str]:
    """One database for all: what is granted in it is not taken back, so each would cost a new one."""
    name = lent_databases.take()
    yield postgres.url_of(name)
    lent_databases.give_back(name)


@pytest.fixture(scope="module")
def role(url: str) -> Iterator[AppRole]:
    """A role that was made by an upgrade with nothing else to do."""
    made = AppRole("app", "It's a password: π", iam=False)
    PostgresMigrations(lambda: parse_url(url), app_role=lambda: made).upgrade(None)
    yield made
    with closing(Database(lambda: parse_url(url))) as owner:
        owner.run("DROP OWNED BY app")
        owner.run("DROP ROLE app")


def signed_in(url: str, role: AppRole) -> Database:
    return Database(lambda: replace(parse_url(url), user=role.name, password=role.password))


@pytest.fixture(scope="module")
def app(url: str, role: AppRole) -> Iterator[Database]:
    with closing(signed_in(url, role)) as database:
        yield database


def test_rows_of_every_table_and_view_are_its_to_read_and_write(app: Database) -> None:
    short = app.run(
        "SELECT relname, privilege FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
        " AND NOT has_table_privilege(current_user, oid, privilege) ORDER BY 1, 2"
    )
    assert [tuple(row) for row in short] == [
        ("almanac_migrations", privilege) for privilege in ("DELETE", "INSERT", "UPDATE")
    ], "what was migrated is the owner's to say"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE workspaces ADD COLUMN mine integer",
        "ALTER TABLE workspaces DISABLE TRIGGER ALL",
        "CREATE INDEX mine ON workspaces (id)",
        "DROP TABLE workspaces",
        "TRUNCATE workspaces CASCADE",
        "CREATE ROLE mine",
        "SELECT * FROM pg_authid",
        "COPY workspaces TO PROGRAM 'true'",
        "DELETE FROM almanac_migrations",
    ],
)
def test_no_table_is_its_to_change(app: Database, statement: str) -> None:
    with pytest.raises(StorageFailed, match="42501"):
        app.run(statement)


def test_making_it_again_takes_a_new_password_and_nothing_else(url: str, role: AppRole) -> None:
    rotated = AppRole(role.name, "another one", iam=False)
    with closing(Database(lambda: parse_url(url))) as owner, owner.transaction():
        make_app_role(owner, rotated)

    with closing(signed_in(url, rotated)) as now:
        assert now.run("SELECT count(*) FROM workspaces") == [[0]]
    with closing(signed_in(url, role)) as before, pytest.raises(DatabaseRefused, match="28P01"):
        before.run("SELECT 1")
    with closing(Database(lambda: parse_url(url))) as owner, owner.transaction():
        make_app_role(owner, role)


def test_a_password_that_was_rotated_is_looked_for_once_more(url: str, role: AppRole) -> None:
    known = ["yesterday's", role.password]

    def forget() -> None:
        del known[0]

    def database() -> Database:
        return Database(lambda: replace(parse_url(url), user=role.name, password=known[0]), forget=forget)

    with closing(database()) as rotated:
        assert rotated.run("SELECT 1") == [[1]]
    known[:0] = ["wrong", "wrong, too"]
    with closing(database()) as rotated_twice:
        with pytest.raises(DatabaseRefused, match="28P01"):
            rotated_twice.run("SELECT 1")
        assert rotated_twice.run("SELECT 1") == [[1]], "and the next statement looks again"


def test_it_is_given_rows_of_tables_that_a_later_migration_brings(url: str, role: AppRole, app: Database) -> None:
    with closing(Database(lambda: parse_url(url))) as owner:
        owner.run("CREATE TABLE brought (id integer)")
        with pytest.raises(StorageFailed, match="42501"):
            app.run("SELECT * FROM brought")
        with owner.transaction():
            make_app_role(owner, role)

        assert app.run("INSERT INTO brought VALUES (1) RETURNING id") == [[1]]
        owner.run("DROP TABLE brought")


def test_the_owner_is_never_made_less(url: str) -> None:
    owner = parse_url(url)
    with closing(Database(lambda: owner)) as database:
        with database.transaction():
            make_app_role(database, AppRole(owner.user, "other", iam=False))
        database.close()
        assert database.run("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [[True]], "and signs in"


def test_who_may_make_no_role_is_told_which_one_it_was_about(url: str, role: AppRole, app: Database) -> None:
    with pytest.raises(StorageFailed, match=r"^the role other could not be made: .*42501"), app.transaction():
        make_app_role(app, AppRole("other", "x", iam=False))


def test_the_password_reaches_the_server_as_a_verifier() -> None:
    """The exchange of RFC 7677, section 3: its server signature is made with this server key."""
    assert scram_verifier("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


class Secrets:
    def __init__(self, **fields: str) -> None:
        self.fields = fields

    def json(self, arn: str, variable: str, *required: str) -> dict[str, str]:
        assert (arn, variable) == ("arn:app", "ALMANAC_DATABASE_APP_SECRET_ARN")
        for name in required:
            if name not in self.fields:
                raise BadSettings(variable, f"that secret has no field {name}")
        return self.fields


@pytest.mark.parametrize(
    ("given", "fields", "asked"),
    [
        ({}, {}, None),
        ({"APP_SECRET_ARN": "arn:app"}, {"username": "app", "password": "x"}, AppRole("app", "x", iam=False)),
        ({"APP_SECRET_ARN": "arn:app"}, {"url": "postgresql://app:x@h/n"}, AppRole("app", "x", iam=False)),
        ({"APP_URL": "postgresql://app@h/n", "IAM_AUTH": "true"}, {}, AppRole("app", None, iam=True)),
        ({"APP_URL": "postgresql://app:x@h/n"}, {}, AppRole("app", "x", iam=False)),
    ],
    ids=["none", "a proxy's secret", "a secret for functions", "IAM", "a URL"],
)
def test_the_settings_say_which_role_and_how_it_signs_in(
    given: dict[str, str], fields: dict[str, str], asked: AppRole | None
) -> None:
    environment = {"ALMANAC_DATABASE_URL": URL} | {f"ALMANAC_DATABASE_{name}": value for name, value in given.items()}
    secrets = Secrets(**fields)
    assert app_role(load(MigrateSettings, environment), lambda: secrets) == asked  # type: ignore[arg-type, return-value] # a stand-in


def test_a_secret_without_a_user_is_named() -> None:
    settings = load(MigrateSettings, {"ALMANAC_DATABASE_URL": URL, "ALMANAC_DATABASE_APP_SECRET_ARN": "arn:app"})
    with pytest.raises(BadSettings, match=r"^ALMANAC_DATABASE_APP_SECRET_ARN: that secret has no field username"):
        app_role(settings, lambda: Secrets(password="x"))  # type: ignore[arg-type, return-value]
