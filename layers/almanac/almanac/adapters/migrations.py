"""Numbered SQL, applied once each, in one transaction, under a lock: safe to run twice and from two places at once."""

from hashlib import sha256
from importlib.resources import files

from almanac.adapters.postgres import Database, parse_url
from almanac.errors import StorageFailed

_LOCK = 4_261_412_735_113  # any number, as long as nothing else on the server uses it


def migrate(database_url: str, ca_file: str | None = None) -> list[str]:
    """Bring the database up to date. Returns the names applied now; all of them or, on an error, none.

    Raises BadSettings for an unusable URL, DatabaseUnavailable, and StorageFailed when a migration fails or one that
    was applied has been edited since.
    """
    database = Database(lambda: parse_url(database_url, ca_file))
    try:
        return apply_missing(database)
    finally:
        database.close()


def apply_missing(database: Database) -> list[str]:
    """As `migrate`, on an open database."""
    with database.transaction():
        database.run("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
        database.run(
            "CREATE TABLE IF NOT EXISTS almanac_migrations"
            " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {row[0]: row[1] for row in database.run("SELECT name, sha256 FROM almanac_migrations")}
        return [name for name, sql in _available() if _apply(database, name, sql, applied.get(name))]


def _available() -> list[tuple[str, str]]:
    folder = files("almanac") / "migrations"
    return sorted((f.name, f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))


def _apply(database: Database, name: str, sql: str, known: str | None) -> bool:
    digest = sha256(sql.encode()).hexdigest()
    if known == digest:
        return False
    if known is not None:
        raise StorageFailed(
            f"migration {name} was applied in another form; write a new migration instead of editing it"
        )
    try:
        database.run(sql)
    except StorageFailed as error:
        raise StorageFailed(f"migration {name}: {error}") from error
    database.run("INSERT INTO almanac_migrations (name, sha256) VALUES (:name, :digest)", name=name, digest=digest)
    return True
