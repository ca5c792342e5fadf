"""A second provider through the whole use case: without OAuth, with tokens and series of its own, beside Google."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from almanac.domain.sync.report import SyncReport
from almanac.errors import BadInput, ReconnectRequired, StorageFailed
from local.google_simulator.simulator import Simulator
from tests.integration.team import Team
from tests.providers.in_memory import NAME, Calendar, InMemory

pytestmark = pytest.mark.integration

ADA, PASSWORD = "ada@example.test", "open sesame"
WEEK = timedelta(days=7)
KNOWN = (
    "CREATE OR REPLACE FUNCTION almanac_is_provider(name text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    f" AS $$ SELECT name IN ('google', '{NAME}') $$"
)
"""All that the database needs to be told of a provider."""


class House:
    """A workspace whose deployment knows both providers; `plans` and `work` are calendars of the one in memory."""

    def __init__(self, team: Team) -> None:
        self.team, self.database = team, team.database
        self.database.run(KNOWN)
        self.plans, self.work = Calendar(ADA), Calendar("work")
        self.memory = InMemory({PASSWORD: [self.plans, self.work]})
        team.wiring.__dict__["providers"] = {"google": team.wiring.google_provider, NAME: self.memory}

    def connect(self, password: str = PASSWORD) -> UUID:
        """What `almanac account add` would do for that provider."""
        use_case = replace(self.team.wiring.connect_account, provider=self.memory)
        return use_case(self.team.ws_id, "ada", ADA, password).id

    def put(self, event_id: str, title: str, *, days: float = 1, weeks: int = 0) -> None:
        """An event that begins `days` from now, or a weekly series of so many occurrences."""
        start = self.team.now + timedelta(days=days)
        self.plans.put(event_id, title, start, every=WEEK if weeks else None, times=max(1, weeks))

    def sync(self, **job: str) -> SyncReport:
        return self.team.sync(**job)

    def stored(self, provider: str = NAME) -> dict[str, str]:
        sql = "SELECT external_event_id, title FROM workspace_calendar_events WHERE provider = :provider"
        return {row[0]: row[1] for row in self.database.run(sql, provider=provider)}

    def outcomes(self) -> dict[str, set[str]]:
        """What the last run made of each provider's calendars."""
        sql = (
            "SELECT c.provider, coalesce(k.error_type, k.outcome) FROM workspace_calendar_sync_log_connections k"
            " JOIN calendar_connections c ON c.id = k.connection_id"
            " WHERE k.run_id = (SELECT id FROM workspace_calendar_sync_log ORDER BY started_at DESC LIMIT 1)"
        )
        found: dict[str, set[str]] = {}
        for provider, outcome in self.database.run(sql):
            found.setdefault(provider, set()).add(outcome)
        return found


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def house(simulator: Simulator, database_url: str) -> Iterator[House]:
    team = Team(simulator, database_url, ALMANAC_SYNC_PAGE_SIZE="4")
    yield House(team)
    team.close()


class TestConnecting:
    def test_a_password_connects_and_is_stored_as_ciphertext(self, house: House) -> None:
        house.connect()

        account = house.database.run("SELECT provider, access_token, refresh_token FROM calendar_auth_tokens")[0]
        assert account[:2] == [NAME, None]
        assert house.team.wiring.cipher.decrypt(account[2]) == PASSWORD
        calendars = house.database.run("SELECT provider, calendar_id FROM calendar_connections ORDER BY calendar_id")
        assert [list(row) for row in calendars] == [[NAME, ADA], [NAME, "work"]]

    def test_a_wrong_one_stores_nothing(self, house: House) -> None:
        with pytest.raises(ReconnectRequired, match="nothing was stored"):
            house.connect("a guess")

        assert house.database.run("SELECT count(*) FROM calendar_auth_tokens") == [[0]]

    def test_another_accounts_password_is_refused(self, house: House) -> None:
        house.connect()
        house.memory.accounts["other"] = [Calendar("bob@example.test")]

        with pytest.raises(BadInput, match="another account"):
            house.connect("other")

    def test_what_is_no_provider_cannot_be_stored(self, house: House) -> None:
        house.connect()

        with pytest.raises(StorageFailed, match="calendar_auth_tokens_provider_check"):
            house.database.run("UPDATE calendar_auth_tokens SET provider = 'x'")


class TestPasses:
    @pytest.fixture(autouse=True)
    def connected(self, house: House) -> None:
        house.connect()

    def test_the_first_is_full_and_the_next_brings_the_changes(self, house: House) -> None:
        for event_id in ("kept", "changed", "gone"):
            house.put(event_id, event_id)
        house.put("beyond", "beyond", days=400)
        first = house.sync()
        house.put("changed", "new title")
        house.work.put("added", "added", house.team.now)
        house.plans.delete("gone")
        second = house.sync()

        assert (first.status, first.outcome, first.tally.inserted) == ("completed", "redirected_to_full", 3)
        assert (second.status, second.outcome) == ("completed", "incremental")
        assert (second.tally.inserted, second.tally.updated, second.tally.deleted) == (1, 1, 1)
        assert house.stored() == {"kept": "kept", "changed": "new title", "added": "added"}
        assert [request.sync_token is None for request in house.memory.asked] == [True, True, False, False]

    def test_series_come_expanded_by_the_provider_over_as_many_pages_as_it_takes(self, house: House) -> None:
        house.put("weekly", "Standup", weeks=10)
        assert (house.sync().tally.inserted, house.stored()) == (10, {f"weekly/{n}": "Standup" for n in range(10)})

        house.put("weekly", "Standup", weeks=6)
        assert (house.sync().tally.deleted, len(house.stored())) == (4, 6)

        house.plans.delete("weekly")
        assert (house.sync().tally.deleted, house.stored()) == (6, {})

    def test_an_expired_token_is_a_full_pass_that_prunes(self, house: House) -> None:
        for event_id in ("kept", "too", "gone"):
            house.put(event_id, event_id)
        house.sync()
        house.plans.delete("gone")
        house.plans.expire_tokens()

        report = house.sync()

        assert (report.status, report.outcome, report.tally.deleted) == ("completed", "token_expired_full", 1)
        assert house.stored() == {"kept": "kept", "too": "too"}

    def test_a_listing_that_lacks_what_is_there_deletes_nothing(self, house: House) -> None:
        house.put("one", "one")
        house.sync()
        house.plans.hidden = {"one"}

        report = house.sync(mode="full", source="manual")

        assert (report.status, report.error_type) == ("partial", f"{NAME}_unavailable")
        assert house.stored() == {"one": "one"}

    def test_an_empty_calendar_is_read_twice_and_then_believed(self, house: House) -> None:
        house.put("one", "one")
        house.sync()
        house.plans.delete("one")
        before = len(house.memory.asked)

        report = house.sync(mode="full", source="manual")

        assert (report.status, report.tally.deleted, house.stored()) == ("completed", 1, {})
        assert [request.calendar_id for request in house.memory.asked[before:]].count(ADA) == 2

    def test_a_password_that_was_changed_ends_the_account_until_it_is_connected_again(self, house: House) -> None:
        house.sync()
        house.memory.accounts = {"another": house.memory.accounts[PASSWORD]}

        assert house.sync().error_type == "reconnect_required"
        assert house.database.run("SELECT status FROM calendar_auth_tokens") == [["reconnect_required"]]

        house.connect("another")
        assert house.sync().status == "completed"

    def test_rows_say_whose_they_are_and_by_which_mapping(self, house: House) -> None:
        house.put("one", "one")
        house.sync()

        found = house.database.run("SELECT provider, mapping_version, sync_status FROM workspace_calendar_events")
        assert [list(row) for row in found] == [[NAME, 7, "synced"]]
        states = house.database.run("SELECT DISTINCT query_fingerprint FROM calendar_sync_states")
        assert states == [[house.memory.fingerprint(4)]]


class TestBesideGoogle:
    """One workspace, one run, two accounts; both have a calendar of the same id, with an event of the same id."""

    @pytest.fixture(autouse=True)
    def connected(self, house: House) -> None:
        house.connect()
        house.team.connect(ADA)
        self.google_id = house.team.add(ADA, "Google's")["id"]
        house.put(self.google_id, "ours")

    def test_both_are_read_in_one_run(self, house: House) -> None:
        report = house.sync()

        assert (report.status, report.tally.inserted) == ("completed", 2)
        assert house.stored() == {self.google_id: "ours"}
        assert house.stored("google") == {self.google_id: "Google's"}

    def test_what_one_deletes_is_the_others_still(self, house: House) -> None:
        house.sync()
        house.plans.delete(self.google_id)

        assert house.sync().tally.deleted == 1
        assert (house.stored(), house.stored("google")) == ({}, {self.google_id: "Google's"})

    def test_what_one_prunes_is_the_others_still(self, house: House) -> None:
        house.sync()
        house.team.google.delete_event(ADA, self.google_id)

        assert house.sync(mode="full", source="manual").tally.deleted == 1
        assert (house.stored(), house.stored("google")) == ({self.google_id: "ours"}, {})

    def test_trouble_of_one_costs_the_other_nothing(self, house: House) -> None:
        house.memory.accounts = {}

        assert house.sync().status == "partial"
        assert house.outcomes() == {NAME: {"reconnect_required"}, "google": {"redirected_to_full"}}

    def test_a_deployment_that_does_not_know_one_reads_the_other(self, house: House) -> None:
        house.team.wiring.__dict__["providers"] = {"google": house.team.wiring.google_provider}

        assert house.sync().status == "partial"
        assert house.outcomes() == {NAME: {f"{NAME}_rejected"}, "google": {"redirected_to_full"}}
