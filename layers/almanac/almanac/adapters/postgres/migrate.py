"""Numbered SQL, applied once each, in one transaction, under a lock: safe to run twice and from two places at once."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from typing_extensions import override

from almanac.adapters.postgres.connection import Database, Target, parse_url
from almanac.adapters.postgres.deployment.app_role import AppRole, make_app_role
from almanac.errors import DatabaseUnavailable, StorageFailed
from almanac.services.clock import Deadline
from almanac.services.deployment.ports import Migrations, Upgrade

_LOCK = 4_261_412_735_113  # any number, as long as nothing else on the server uses it
LOCK_SECONDS = 5
"""How long a migration waits for a table that somebody reads, a backup say: everybody who comes after it waits behind.
Then it lets go of all it has, and a deployment comes again."""
_LISTED = "SELECT name FROM almanac_migrations ORDER BY name"


@dataclass(frozen=True, slots=True)
class PostgresMigrations(Migrations):
    """The Migrations port. Each upgrade opens a connection of its own, whose every wait ends at the deadline.

    To connect, and everything where there is no deadline, may take `timeout_seconds`.
    """

    target: Callable[[], Target]
    timeout_seconds: float = 30
    app_role: Callable[[], AppRole | None] = lambda: None
    """The role that others sign in as, made after the tables."""

    @override
    def upgrade(self, deadline: Deadline | None) -> Upgrade:
        """As `apply_missing`, within the deadline; and what the database knows afterwards."""
        role = self.app_role()
        patience = self.timeout_seconds if deadline is None else min(_seconds(deadline), self.timeout_seconds)
        with closing(Database(self.target, patience)) as database:
            applied = apply_missing(database, deadline)
            if role is not None:
                _make(database, role, deadline)
            known = [row[0] for row in database.run(_LISTED)]
        ours = {name for name, _ in _available()}
        return Upgrade(tuple(applied), known[-1], tuple(name for name in known if name not in ours))


def migrate(database_url: str, ca_file: str | None = None, role: AppRole | None = None) -> list[str]:
    """Bring the database up to date, and make the role of the functions, if one is given.

    Returns the names applied now; all of them or, on an error, none.

    Raises BadSettings for an unusable URL, DatabaseUnavailable, and StorageFailed when a migration fails or one that
    was applied has been edited since.
    """
    database = Database(lambda: parse_url(database_url, ca_file))
    try:
        applied = apply_missing(database)
        if role is not None:
            _make(database, role, None)
        return applied
    finally:
        database.close()


def apply_missing(database: Database, deadline: Deadline | None = None) -> list[str]:
    """As `migrate`, on an open database. With a deadline, DatabaseUnavailable is also that its time was not enough."""
    with database.transaction():
        _limit(database, deadline)
        database.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
        database.run("SELECT set_config('lock_timeout', :patience, true)", patience=f"{int(LOCK_SECONDS * 1000)}ms")
        database.run(
            "CREATE TABLE IF NOT EXISTS almanac_migrations"
            " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {row[0]: row[1] for row in database.run("SELECT name, sha256 FROM almanac_migrations")}
        return [name for name, sql in _available() if _apply(database, name, sql, applied.get(name), deadline)]


def _make(database: Database, role: AppRole, deadline: Deadline | None) -> None:
    with database.transaction():
        _limit(database, deadline)
        make_app_role(database, role)


def _available() -> list[tuple[str, str]]:
    folder = files("almanac") / "migrations"
    return sorted((f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))


def _seconds(deadline: Deadline) -> float:
    seconds = deadline()
    if seconds <= 0:
        raise DatabaseUnavailable("there is no time left for it")
    return seconds


def _limit(database: Database, deadline: Deadline | None) -> None:
    """End what runs next at the deadline: on the server, so that it lets go of its locks, and a second later here."""
    if deadline is not None:
        seconds = _seconds(deadline)
        database.limit_waits(seconds + 1)
        database.run(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}")


def _apply(database: Database, name: str, sql: str, known: str | None, deadline: Deadline | None) -> bool:
    digest = sha256(sql.encode()).hexdigest()
    if known == digest:
        return False
    if known is not None:
        raise StorageFailed(
            f"migration {name} was applied in another form; write a new migration instead of editing it"
        )
    try:
        _limit(database, deadline)
        database.run(sql)
    except (StorageFailed, DatabaseUnavailable) as error:
        raise type(error)(f"migration {name}: {error}") from error
    database.run("INSERT INTO almanac_migrations (name, sha256) VALUES (:name, :digest)", name=name, digest=digest)
    return True
