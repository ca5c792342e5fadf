"""Workspaces, accounts and calendars of the old system."""

import pytest

from almanac.adapters.crypto import FernetCipher, new_key
from almanac.adapters.postgres.connection import Database
from almanac.wiring.command_line import Wiring
from tests.cli.shell import Shell
from tests.integration.adoption.old_system import ADA, OldSystem
from tests.integration.adoption.results import adopt, adopted, left_out, one

pytestmark = pytest.mark.integration


class TestWorkspaces:
    @pytest.mark.parametrize(
        ("stored", "zone"),
        [
            ("Europe/Berlin", "Europe/Berlin"),
            ("asia/ho_chi_minh", "Asia/Ho_Chi_Minh"),
            ("auto", None),
            ("", None),
            (None, None),
            ("GMT+7 (Hanoi)", None),
            ("W-SU", None),  # IANA names that the column does not take
            ("GMT+0", None),
        ],
    )
    def test_a_zone_is_an_iana_name_or_none(
        self, almanac: Shell, old: OldSystem, ours: Database, stored: str | None, zone: str | None
    ) -> None:
        ws_id = old.put("workspaces", name="Team", timezone=stored)

        document = adopt(almanac, "--workspace", ws_id)

        assert one(ours, "SELECT timezone FROM workspaces WHERE id = :id", id=ws_id) == [zone]
        assert document["remarks"] == ({"no_time_zone": 1} if zone is None else {})

    def test_what_the_old_system_does_not_say_of_it_stays_as_it_was_said_here(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        ws_id = old.put("workspaces", name="", timezone="auto")
        adopt(almanac, "--workspace", ws_id)
        said = ["Design", "Europe/Berlin", "ada"]
        ours.run(
            "UPDATE workspaces SET name = :name, timezone = :zone, creator_id = :creator",
            **dict(zip(("name", "zone", "creator"), said, strict=True)),
        )

        document = adopt(almanac, "--workspace", ws_id, "--replace")

        assert one(ours, "SELECT name, timezone, creator_id FROM workspaces") == said
        assert document["remarks"] == {}

    @pytest.mark.parametrize("name", [None, "  "])
    def test_one_without_a_name_gets_one(
        self, almanac: Shell, old: OldSystem, ours: Database, name: str | None
    ) -> None:
        ws_id = old.put("workspaces", name=name)

        adopt(almanac, "--workspace", ws_id)

        assert one(ours, "SELECT name FROM workspaces") == ["Workspace"]

    def test_one_alone_leaves_the_others(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.put("workspaces", name="Other team")

        document = adopt(almanac, "--workspace", old.ws_id)

        assert document["workspaces"] == 1
        assert [list(row) for row in ours.run("SELECT id FROM workspaces")] == [[old.ws_id]]

    def test_all_are_adopted_by_default(self, almanac: Shell, old: OldSystem) -> None:
        old.put("workspaces", name="Other team")

        assert adopted(adopt(almanac), "workspace") == (2, 0)

    def test_one_whose_rows_are_refused_is_named_and_costs_no_other(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        bad = old.put("workspaces", name="Other team")
        old.put("workspace_habits", ws_id=bad, name="Run", day_of_month=1, monthly_type="day_of_month")
        ours.run(f"ALTER TABLE workspace_habits ADD CHECK (ws_id <> '{bad}')")

        ended = almanac("adopt", "--json")

        assert ended.code == 1
        assert ended.err == "almanac: 1 of 2 workspaces could not be adopted\n"
        assert [each["ws_id"] for each in ended.json["failed"]] == [str(bad)]
        assert [list(row) for row in ours.run("SELECT id FROM workspaces")] == [[old.ws_id]]

    @pytest.mark.parametrize(
        "fails",
        ["RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'", "PERFORM pg_terminate_backend(pg_backend_pid())"],
    )
    def test_one_that_a_run_is_writing_or_that_breaks_the_connection_is_named_and_costs_no_other(
        self, almanac: Shell, old: OldSystem, ours: Database, fails: str
    ) -> None:
        busy = old.put("workspaces", name="Other team")
        ours.run(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {fails}; END $$")
        ours.run(
            "CREATE TRIGGER fail BEFORE INSERT ON workspaces FOR EACH ROW"
            f" WHEN (NEW.id = '{busy}') EXECUTE FUNCTION fail()"
        )

        ended = almanac("adopt", "--json")

        assert (ended.code, [each["ws_id"] for each in ended.json["failed"]]) == (1, [str(busy)])
        assert [list(row) for row in ours.run("SELECT id FROM workspaces")] == [[old.ws_id]]


class TestAccounts:
    def test_tokens_are_encrypted_on_the_way_and_never_shown(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring
    ) -> None:
        account = old.account("1//plain-refresh-token")

        ended = almanac("adopt")

        stored, access = one(
            ours, "SELECT refresh_token, access_token FROM calendar_auth_tokens WHERE id = :id", id=account
        )
        assert stored.startswith("gAAAA")
        assert wiring.cipher.decrypt(stored) == "1//plain-refresh-token"
        assert access is None, "Almanac asks for its own"
        assert "plain-refresh-token" not in ended.out + ended.err
        assert ADA not in ended.out + ended.err

    def test_what_cannot_be_used_is_counted_by_its_reason(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.account(provider="microsoft", account_email="ada@outlook.test")
        old.account(account_email=None)
        old.account("", account_email="blank@example.test", is_active=False)
        old.account()

        document = adopt(almanac)

        assert left_out(document, "accounts") == {"microsoft": 1, "no_address": 1, "no_refresh_token": 1}
        assert [row[0] for row in ours.run("SELECT account_email FROM calendar_auth_tokens")] == [ADA]

    def test_one_account_in_two_spellings_is_one_and_the_live_one_wins(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring
    ) -> None:
        dead = old.account("1//old", is_active=False)
        live = old.account("1//new", account_email="Ada@Example.test")
        old.connection(dead, "team@group.calendar.example")

        document = adopt(almanac)

        assert left_out(document, "accounts") == {"duplicate": 1}
        account, token, status = one(ours, "SELECT id, refresh_token, status FROM calendar_auth_tokens")
        assert (account, wiring.cipher.decrypt(token), status) == (live, "1//new", "active")
        assert one(ours, "SELECT auth_token_id FROM calendar_connections") == [live]

    def test_one_that_is_switched_off_is_disconnected(self, almanac: Shell, old: OldSystem, ours: Database) -> None:
        old.account(is_active=False)

        adopt(almanac)

        assert one(ours, "SELECT status FROM calendar_auth_tokens") == ["disconnected"]

    def test_switching_it_off_in_the_old_system_later_changes_nothing_here(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.account()
        adopt(almanac)
        old.owner.run("UPDATE calendar_auth_tokens SET is_active = false")

        adopt(almanac)
        adopt(almanac, "--workspace", old.ws_id, "--replace")

        assert one(ours, "SELECT status FROM calendar_auth_tokens") == ["active"]

    @pytest.mark.parametrize(
        ("status", "newer", "taken"),
        [
            ("reconnect_required", "1//newer", True),
            ("reconnect_required", "1//first", False),
            ("active", "1//newer", False),
        ],
    )
    def test_who_has_reconnected_in_the_old_system_is_connected_here_too(
        self, almanac: Shell, old: OldSystem, ours: Database, wiring: Wiring, status: str, newer: str, taken: bool
    ) -> None:
        account = old.account("1//first")
        adopt(almanac)
        ours.run("UPDATE calendar_auth_tokens SET status = :status", status=status)
        old.owner.run("UPDATE calendar_auth_tokens SET refresh_token = :token WHERE id = :id", token=newer, id=account)

        adopt(almanac)

        now, token, version = one(ours, "SELECT status, refresh_token, version FROM calendar_auth_tokens")
        assert wiring.cipher.decrypt(token) == (newer if taken else "1//first")
        assert (now, version) == ("active" if taken else status, 2 if taken else 1)

    def test_one_whose_address_has_changed_since_is_the_same(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.connection(old.account(), "primary")
        adopt(almanac)
        old.owner.run("UPDATE calendar_auth_tokens SET account_email = 'ada.new@example.test'")
        old.from_google("e1", calendar="primary")

        document = adopt(almanac)

        assert (adopted(document, "accounts"), adopted(document, "events")) == ((0, 1), (1, 0))
        assert one(ours, "SELECT account_email FROM calendar_auth_tokens") == [ADA]

    def test_one_that_has_been_moved_to_another_workspace_since_stays_where_it_is(
        self, almanac: Shell, old: OldSystem
    ) -> None:
        old.account()
        adopt(almanac)
        old.owner.run("UPDATE calendar_auth_tokens SET ws_id = :to", to=old.put("workspaces", name="Other team"))

        assert left_out(adopt(almanac), "accounts") == {"other_workspace": 1}

    def test_a_dead_account_whose_key_is_gone_takes_the_token_of_the_old_system(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        old.account("1//first")
        adopt(almanac)
        ours.run("UPDATE calendar_auth_tokens SET status = 'reconnect_required'")
        key = new_key()  # the old one was dropped, for no live account needed it
        almanac.set(token_keys=key)

        adopt(almanac)

        status, token = one(ours, "SELECT status, refresh_token FROM calendar_auth_tokens")
        assert (status, FernetCipher([key]).decrypt(token)) == ("active", "1//first")


class TestConnections:
    def test_the_alias_primary_becomes_the_accounts_address(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        account = old.account(account_email="Ada@Example.test")
        old.connection(account, "primary", is_enabled=False)
        old.connection(account, "Ada@example.test")

        document = adopt(almanac)

        assert left_out(document, "connections") == {"duplicate": 1}
        assert one(ours, "SELECT calendar_id, is_primary, is_enabled FROM calendar_connections") == [ADA, True, True]

    def test_switches_are_kept_and_a_persons_no_counts_for_all_their_calendars(
        self, almanac: Shell, old: OldSystem, ours: Database
    ) -> None:
        account = old.account()
        old.connection(account, "off@group.example", is_enabled=False, sync_delete_enabled=False, access_role="reader")
        old.owner.run(
            "INSERT INTO private.calendar_user_workspace_preferences VALUES (:user, :ws, false)",
            user=old.ada,
            ws=old.ws_id,
        )

        adopt(almanac)

        assert one(
            ours, "SELECT is_enabled, sync_inbound_enabled, sync_delete_enabled, access_role FROM calendar_connections"
        ) == [False, False, False, "reader"]

    def test_what_no_account_can_read_is_left_out(self, almanac: Shell, old: OldSystem) -> None:
        old.connection(None, "imported@example.test")
        old.connection(old.account(provider="microsoft"), "AAMk", provider="microsoft")

        assert left_out(adopt(almanac), "connections") == {"no_account": 1, "microsoft": 1}
