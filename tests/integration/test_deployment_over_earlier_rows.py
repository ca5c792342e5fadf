"""What the release before the providers has written is gone on with: a deployment costs no pass that was not due."""

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from almanac.adapters.postgres.migrate import migrate
from almanac.domain.sync.window import Window
from almanac.providers.google.calendar import Listing
from almanac.providers.google.request import ListEvents
from local.google_simulator.simulator import Simulator
from local.postgres import Postgres
from tests.integration.team import Team

pytestmark = pytest.mark.integration

LAST_BEFORE = "0005"
FINGERPRINT = "ca0e6c22f94d6e10"
"""As that release stored it for pages of 2,500; with `-kept` where deletes are switched off."""
ADA = "ada@example.test"
_numbers = count(1)


@pytest.fixture
def earlier_url(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database as that release has migrated it."""
    (tmp_path / "migrations").mkdir()
    for file in (files("almanac") / "migrations").iterdir():
        if file.name.endswith(".sql") and file.name[:4] <= LAST_BEFORE:
            copy(str(file), tmp_path / "migrations")
    name = f"earlier_{next(_numbers)}"
    url = postgres.create_database(name)
    with monkeypatch.context() as patched:
        patched.setattr("almanac.adapters.postgres.migrate.files", lambda _package: tmp_path)
        assert migrate(url)[-1].startswith(LAST_BEFORE)
    yield url
    postgres.drop_database(name)


@pytest.fixture
def team(earlier_url: str) -> Iterator[Team]:
    with Simulator(seed=7) as simulator:
        team = Team(simulator, earlier_url)
        yield team
        team.close()


class Earlier:
    """The rows of a sync of that release, in the words of its own statements."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.window = Window.around(team.now - timedelta(minutes=15), timedelta(days=90), timedelta(days=180))
        seal, open_ = team.wiring.cipher.encrypt, team.wiring.cipher.decrypt
        refresh = team.database.run("SELECT refresh_token FROM calendar_auth_tokens")[0][0]
        fresh = team.wiring.google_tokens.refresh(open_(refresh))
        self._access = fresh.access_token
        stored = {"access": seal(fresh.access_token), "expires_at": fresh.expires_at}
        team.database.run("UPDATE calendar_auth_tokens SET access_token = :access, expires_at = :expires_at", **stored)

    def read(self, calendar: str, page_token: str | None = None, page_size: int = 2500) -> Listing:
        """A page as it asked for it."""
        request = ListEvents(calendar, window=self.window, page_token=page_token, page_size=page_size)
        return self.team.wiring.google.list_events(self._access, request)

    def write(self, calendar: str, listing: Listing) -> None:
        """Its rows."""
        for item in listing.items:
            self.team.database.run(
                "INSERT INTO workspace_calendar_events (ws_id, provider, external_calendar_id, external_event_id,"
                " title, start_at, end_at, etag, mapping_version, sync_status, last_synced_at)"
                " VALUES (:ws_id, 'google', :calendar, :id, :title, :start::timestamptz, :end::timestamptz, :etag, 1,"
                " 'synced', now())",
                ws_id=self.team.ws_id,
                calendar=calendar,
                id=item["id"],
                title=item["summary"],
                start=item["start"]["dateTime"],
                end=item["end"]["dateTime"],
                etag=item["etag"],
            )

    def note(self, calendar: str, state: dict[str, Any]) -> None:
        """Where it stood with a calendar."""
        columns = ", ".join(state)
        values = ", ".join(f":{name}::jsonb" if name == "checkpoint" else f":{name}" for name in state)
        self.team.database.run(
            f"INSERT INTO calendar_sync_states (connection_id, {columns})"
            f" SELECT id, {values} FROM calendar_connections WHERE calendar_id = :calendar",
            calendar=calendar,
            **state,
        )

    def synced(self, calendar: str, fingerprint: str = FINGERPRINT) -> None:
        """A calendar that it had read to the end a quarter of an hour ago."""
        listing = self.read(calendar)
        self.write(calendar, listing)
        window = {"window_start": self.window.start, "window_end": self.window.end}
        ago = self.team.now - timedelta(minutes=15)
        read = {"last_synced_at": ago, "full_synced_at": ago}
        token = {"sync_token": listing.next_sync_token, "query_fingerprint": fingerprint}
        self.note(calendar, token | window | read)


def versions(team: Team) -> list[Any]:
    return list(team.database.run("SELECT external_event_id, xmin FROM workspace_calendar_events ORDER BY 1"))


def deploy(team: Team, url: str) -> None:
    assert "0006_providers.sql" in migrate(url)
    team.simulator.observation.clear_requests()


def test_the_next_tick_asks_google_for_one_delta_a_calendar(team: Team, earlier_url: str) -> None:
    calendars = team.connect(ADA, calendars=2)
    for calendar in calendars:
        for number in range(3):
            team.add(calendar, f"event {number}", days=number)
    kept = calendars[-1]
    team.database.run("UPDATE calendar_connections SET sync_delete_enabled = false WHERE calendar_id = :id", id=kept)
    earlier = Earlier(team)
    for calendar in calendars:
        earlier.synced(calendar, f"{FINGERPRINT}-kept" if calendar == kept else FINGERPRINT)
    before = versions(team)
    deploy(team, earlier_url)

    report = team.sync()

    assert team.simulator.observation.counters()["by_operation"] == {"events.list": len(calendars)}
    assert all("syncToken" in listing["params"] for listing in team.listings())
    assert (report.status, report.outcome, len(report.connections)) == ("completed", "incremental", 3)
    assert {connection.outcome for connection in report.connections} == {"incremental"}
    assert versions(team) == before

    again = team.sync(mode="full", source="manual")
    assert (again.tally.unchanged, again.tally.updated) == (9, 0), "equal rows under an equal mapping"
    assert versions(team) == before


def test_an_unfinished_pass_goes_on_at_its_next_page(team: Team, earlier_url: str) -> None:
    (calendar,) = team.connect(ADA)
    team.wiring._environment = team.wiring._environment | {"ALMANAC_SYNC_PAGE_SIZE": "5"}
    for number in range(12):
        team.add(calendar, f"event {number}", days=number)
    earlier = Earlier(team)
    first = earlier.read(calendar, page_size=5)
    started_at = team.database.run("SELECT now()")[0][0]
    earlier.write(calendar, first)
    checkpoint = {
        "kind": "full",
        "page_token": first.next_page_token,
        "fingerprint": "d6b6d2cf52eb75bd",
        "window": [earlier.window.start.isoformat(), earlier.window.end.isoformat()],
        "started_at": started_at.isoformat(),
        "reading": 1,
        "listed": 5,
        "pages": 1,
    }
    earlier.note(calendar, {"checkpoint": json.dumps(checkpoint)})
    deploy(team, earlier_url)

    report = team.sync()

    tokens = [listing["params"].get("pageToken") for listing in team.listings()]
    assert tokens[0] == [first.next_page_token]
    assert report.status == "completed"
    assert team.stored() == team.truth(calendar)
