"""Local dates as instants in Postgres: as domain/wall_clock.py has them, in every comparison with a window."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.sync.passes import Checkpoint
from almanac.domain.sync.window import Window
from almanac.domain.wall_clock import date_instants
from almanac.jobs import CalendarSync
from almanac.services.sync.ports import Lease
from tests.integration import rows
from tests.integration.rows import NOON, event, page
from tests.integration.stores import SyncStores

pytestmark = pytest.mark.integration

ZONES = (
    *("America/Havana", "Atlantic/Azores", "Africa/Cairo", "America/Sao_Paulo", "America/Nuuk", "Pacific/Kiritimati"),
    *("Australia/Lord_Howe", "Europe/Berlin", "UTC"),
)


def test_a_date_begins_where_the_domain_says(database: Database) -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(900)]
    for zone in ZONES:
        sql = "SELECT d, almanac_day_start(d, :zone) FROM unnest(:days::date[]) AS d"
        found = dict(database.run(sql, zone=zone, days=days))
        assert found == {day: date_instants(day, ZoneInfo(zone))[0] for day in days}, zone


@pytest.mark.parametrize(
    ("day", "zone"), [(date(2011, 12, 30), "Pacific/Apia"), (date(1919, 3, 31), "America/Toronto")]
)
def test_so_does_one_that_a_zone_leaves_out_or_jumps_into(database: Database, day: date, zone: str) -> None:
    ((found,),) = database.run("SELECT almanac_day_start(:day::date, :zone)", day=day, zone=zone)
    assert found == date_instants(day, ZoneInfo(zone))[0]


@pytest.mark.parametrize(
    ("name", "known"),
    [("Europe/Berlin", True), ("GMT+02:00", False), ("Mars/Olympus", False), ("W. Europe Standard Time", False)],
)
def test_names_that_are_no_zone(database: Database, name: str, known: bool) -> None:
    assert database.run("SELECT almanac_known_zone(:name)", name=name) == [[name if known else None]]


def test_a_workspace_that_moves_takes_the_first_of_two_midnights_along(database: Database) -> None:
    ws_id = rows.workspace(database)
    day = date(2026, 11, 1)
    database.run(
        "INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at, all_day, start_date,"
        " end_date) VALUES (:ws, 'almanac', 'Off', :start, :start, true, :day, :day::date + 1)",
        ws=ws_id,
        start=NOON,
        day=day,
    )
    database.run("UPDATE workspaces SET timezone = 'America/Havana' WHERE id = :ws", ws=ws_id)
    ((start, end),) = database.run("SELECT start_at, end_at FROM workspace_calendar_events WHERE ws_id = :ws", ws=ws_id)
    assert (start, end) == date_instants(day, ZoneInfo("America/Havana"))


@pytest.mark.parametrize(
    ("calendar_zone", "kept"),
    [
        ("Pacific/Kiritimati", ["before"]),
        ("Pacific/Pago_Pago", ["after"]),
        (None, ["after", "before"]),
        ("Mars/Olympus", ["after", "before"]),
    ],
)
def test_absence_proves_a_deletion_only_of_what_the_calendars_zone_lets_a_listing_hold(
    database: Database, calendar_zone: str | None, kept: list[str]
) -> None:
    store = SyncStores.of(database, lease_seconds=60, cooldown_seconds=30)
    ws_id = rows.workspace(database)
    calendar: UUID = rows.connection(database, ws_id, rows.account(database, ws_id))
    sql = "UPDATE calendar_connections SET time_zone = :zone WHERE id = :calendar"
    database.run(sql, zone=calendar_zone, calendar=calendar)
    lease = store.runs.begin_run(CalendarSync(ws_id=ws_id, source="schedule"), uuid4(), None)
    assert isinstance(lease, Lease)
    (connection,) = store.pages.load_calendars(lease, None).connections
    # From six to six in UTC: the day before has ended, and the last one has begun, in one of the two zones only.
    first, last = date(2026, 2, 1), date(2026, 5, 1)
    edges = [datetime.fromisoformat(f"{day}T06:00:00+00:00") for day in (first, last)]
    whole_days = {"before": first - timedelta(days=1), "inside": date(2026, 3, 1), "after": last}
    mapped = [
        event(name, start=edges[0] + timedelta(days=3), all_day=True, start_date=day, end_date=day + timedelta(days=1))
        for name, day in whole_days.items()
    ]
    store.pages.apply_page(lease, connection, page(*mapped), "full", None)
    checkpoint = Checkpoint("full", None, "f", Window(*edges), store.pages.open_full_pass(lease, connection))
    missing = store.pages.missing_rows(lease, connection, checkpoint)
    store.pages.complete_full_pass(lease, connection, checkpoint, "t1")

    found = database.run("SELECT external_event_id FROM workspace_calendar_events ORDER BY external_event_id")
    assert [name for (name,) in found] == kept
    assert missing.missing == missing.stored == len(whole_days) - len(kept)
