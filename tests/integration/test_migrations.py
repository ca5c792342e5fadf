"""Migrations against a real server, and the trigger that keeps all-day events at their workspace's midnights."""

import importlib.resources
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from almanac.adapters.postgres.migrate import migrate
from almanac.domain.calendar.events import CalendarZones
from almanac.errors import BadSettings, DatabaseUnavailable, StorageFailed
from almanac.providers.google.pages import map_page
from almanac.providers.registry import NAMES
from local.postgres import Postgres
from local.stack.ports import free_port
from tests.integration import rows

pytestmark = pytest.mark.integration

_numbers = count(1)
SHIPPED = sorted(file.name for file in (files("almanac") / "migrations").iterdir() if file.name.endswith(".sql"))


@pytest.fixture
def empty_url(postgres: Postgres) -> Iterator[str]:
    """A database without a table."""
    name = f"unmigrated_{next(_numbers)}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture
def connect(empty_url: str) -> Iterator[Callable[[], Database]]:
    opened: list[Database] = []

    def connect() -> Database:
        opened.append(Database(lambda: parse_url(empty_url)))
        return opened[-1]

    yield connect
    for database in opened:
        database.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package folder whose `migrations` a test may change: a copy of the shipped ones."""
    copytree(str(importlib.resources.files("almanac") / "migrations"), tmp_path / "migrations")
    monkeypatch.setattr("almanac.adapters.postgres.migrate.files", lambda _package: tmp_path)
    return tmp_path / "migrations"


def tables(database: Database) -> set[str]:
    return {row[0] for row in database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_an_empty_database_gets_every_migration_in_order(empty_url: str, connect: Callable[[], Database]) -> None:
    assert migrate(empty_url) == SHIPPED

    assert {"workspaces", "calendar_connections", "workspace_calendar_events"} <= tables(connect())


def test_a_second_time_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)

    assert migrate(empty_url) == []


def test_four_at_once_apply_each_migration_once(empty_url: str, connect: Callable[[], Database]) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [empty_url] * 4))

    assert sorted(applied) == [[], [], [], SHIPPED]
    assert [row[0] for row in connect().run("SELECT name FROM almanac_migrations ORDER BY name")] == SHIPPED


def test_one_that_fails_leaves_nothing_of_any(folder: Path, empty_url: str, connect: Callable[[], Database]) -> None:
    (folder / "9998_fine.sql").write_text("CREATE TABLE fine (id integer);")
    (folder / "9999_broken.sql").write_text("CREATE TABLE half (id integer); SELECT nonsense;")

    with pytest.raises(StorageFailed, match=r"^migration 9999_broken\.sql: .*42703"):
        migrate(empty_url)

    assert tables(connect()) == set()
    (folder / "9999_broken.sql").write_text("CREATE TABLE whole (id integer);")
    assert migrate(empty_url) == [*SHIPPED, "9998_fine.sql", "9999_broken.sql"]


def test_a_new_one_is_applied_alone(folder: Path, empty_url: str, connect: Callable[[], Database]) -> None:
    migrate(empty_url)
    (folder / "9999_new.sql").write_text("CREATE TABLE new (id integer);")

    assert migrate(empty_url) == ["9999_new.sql"]
    assert "new" in tables(connect())


def test_one_that_was_edited_after_it_was_applied_is_refused(folder: Path, empty_url: str) -> None:
    migrate(empty_url)
    first = folder / SHIPPED[0]
    first.write_text(first.read_text() + "\n-- a word more\n")
    (folder / "9999_new.sql").write_text("CREATE TABLE new (id integer);")

    with pytest.raises(StorageFailed, match=f"{SHIPPED[0]} was applied in another form"):
        migrate(empty_url)


def test_a_database_of_a_newer_version_is_left_as_it_is(folder: Path, empty_url: str) -> None:
    (folder / "9999_newer.sql").write_text("CREATE TABLE newer (id integer);")
    migrate(empty_url)
    (folder / "9999_newer.sql").unlink()

    assert migrate(empty_url) == []


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://nobody", BadSettings),
        (f"postgresql://almanac:p@127.0.0.1:{free_port()}/almanac", DatabaseUnavailable),
    ],
    ids=["no database in it", "nobody listens"],
)
def test_where_no_database_is_says_so(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        migrate(url)


def test_the_database_knows_the_providers_of_the_registry(database_url: str) -> None:
    database = Database(lambda: parse_url(database_url))

    known = {name: database.run("SELECT almanac_is_provider(:name)", name=name)[0][0] for name in (*NAMES, "almanac")}
    database.close()

    assert known == dict.fromkeys(NAMES, True) | {"almanac": False}


# Zones whose clocks jump at midnight, or skipped a whole day, with the days on which they did.
MIDNIGHTS = [
    ("Africa/Cairo", date(2023, 4, 28)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Asuncion", date(2023, 10, 1)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kolkata", date(2026, 3, 2)),
    ("Pacific/Kiritimati", date(2026, 3, 2)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("UTC", date(2026, 3, 2)),
]


class TestZoneTrigger:
    @pytest.fixture
    def database(self, database_url: str) -> Iterator[Database]:
        database = Database(lambda: parse_url(database_url))
        yield database
        database.close()

    def test_traps_44_50_a_moved_workspaces_days_begin_where_a_sync_would_put_them(self, database: Database) -> None:
        ws_id = rows.workspace(database, zone="UTC")
        days = {zone + str(day): day + timedelta(days=near) for zone, day in MIDNIGHTS for near in (-1, 0, 1)}
        for event_id, day in days.items():
            all_day_event(database, ws_id, event_id, day)

        for zone, _ in MIDNIGHTS:
            database.run("UPDATE workspaces SET timezone = :zone WHERE id = :id", zone=zone, id=ws_id)
            found = {
                row[0]: (row[1], row[2])
                for row in database.run("SELECT external_event_id, start_at, end_at FROM workspace_calendar_events")
            }
            assert found == {event_id: synced(day, zone) for event_id, day in days.items()}, zone

    def test_a_workspace_that_gives_up_its_zone_is_in_utc(self, database: Database) -> None:
        ws_id = rows.workspace(database, zone="Asia/Kolkata")
        all_day_event(database, ws_id, "e1", date(2026, 3, 2))

        database.run("UPDATE workspaces SET timezone = NULL WHERE id = :id", id=ws_id)

        starts = database.run("SELECT start_at FROM workspace_calendar_events")
        assert starts == [[synced(date(2026, 3, 2), "UTC")[0]]]

    def test_timed_events_and_other_workspaces_stay(self, database: Database) -> None:
        moved, other = rows.workspace(database, zone="UTC"), rows.workspace(database, zone="UTC")
        all_day_event(database, other, "e1", date(2026, 3, 2))
        database.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws_id, '', now(), now())",
            ws_id=moved,
        )
        before = database.run("SELECT id, start_at, xmin FROM workspace_calendar_events ORDER BY id")

        database.run("UPDATE workspaces SET timezone = 'Asia/Tokyo' WHERE id = :id", id=moved)

        assert database.run("SELECT id, start_at, xmin FROM workspace_calendar_events ORDER BY id") == before

    def test_an_update_that_keeps_the_zone_moves_nothing(self, database: Database) -> None:
        ws_id = rows.workspace(database, zone="Asia/Tokyo")
        all_day_event(database, ws_id, "e1", date(2026, 3, 2))
        before = database.run("SELECT start_at, xmin FROM workspace_calendar_events")

        database.run("UPDATE workspaces SET timezone = 'Asia/Tokyo', name = 'Other' WHERE id = :id", id=ws_id)

        assert database.run("SELECT start_at, xmin FROM workspace_calendar_events") == before

    @pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", ""])
    def test_a_workspace_with_all_day_events_cannot_move_to_a_zone_that_is_none(
        self, database: Database, zone: str
    ) -> None:
        ws_id = rows.workspace(database, zone="Asia/Tokyo")
        all_day_event(database, ws_id, "e1", date(2026, 3, 2))

        with pytest.raises(StorageFailed):
            database.run("UPDATE workspaces SET timezone = :zone WHERE id = :id", zone=zone, id=ws_id)

        assert database.run("SELECT timezone FROM workspaces") == [["Asia/Tokyo"]]


def all_day_event(database: Database, ws_id: object, event_id: str, day: date) -> None:
    database.run(
        "INSERT INTO workspace_calendar_events (ws_id, provider, external_calendar_id, external_event_id, title,"
        " all_day, start_date, end_date, start_at, end_at)"
        " VALUES (:ws_id, 'google', 'ada', :event_id, '', true, :day::date, :day::date + 1, now(), now())",
        ws_id=ws_id,
        event_id=event_id,
        day=day,
    )


def synced(day: date, zone: str) -> tuple[object, object]:
    """Start and end that a sync writes for an all-day event of a workspace in that zone."""
    item = {
        "id": "e1",
        "start": {"date": day.isoformat()},
        "end": {"date": (day + timedelta(days=1)).isoformat()},
    }
    (row,) = map_page([item], CalendarZones(calendar="UTC", workspace=zone)).rows
    return row.start_at, row.end_at
