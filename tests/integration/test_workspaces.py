"""What the command line reads and writes of workspaces and accounts, on a real Postgres."""

from uuid import uuid4

import pytest

from almanac.adapters.postgres.accounts import PostgresWorkspaces
from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.plan.members import PostgresPeople
from almanac.errors import BadInput, UnknownWorkspace
from almanac.services.operations.workspaces import Workspaces
from tests.integration import rows

pytestmark = pytest.mark.integration


@pytest.fixture
def store(database: Database) -> PostgresWorkspaces:
    return PostgresWorkspaces(database)


class TestWorkspaces:
    def test_adding_the_same_again_changes_nothing(self, store: PostgresWorkspaces, database: Database) -> None:
        ws_id = uuid4()
        for _ in range(2):
            Workspaces(store).add("Team", "Europe/Berlin", ws_id)

        assert database.run("SELECT id, name, timezone FROM workspaces") == [[ws_id, "Team", "Europe/Berlin"]]

    @pytest.mark.parametrize(("name", "zone"), [("Other", "Europe/Berlin"), ("Team", "UTC")])
    def test_another_workspace_of_that_id_is_left_alone(
        self, store: PostgresWorkspaces, database: Database, name: str, zone: str
    ) -> None:
        ws_id = uuid4()
        Workspaces(store).add("Team", "Europe/Berlin", ws_id)

        with pytest.raises(BadInput, match="exists with another name or time zone"):
            Workspaces(store).add(name, zone, ws_id)

        assert database.run("SELECT name, timezone FROM workspaces") == [["Team", "Europe/Berlin"]]

    @pytest.mark.parametrize("zone", ["localtime", "posixrules", "GMT+0", "Europe/Nowhere"])
    def test_a_zone_that_only_this_machine_knows_is_refused(self, store: PostgresWorkspaces, zone: str) -> None:
        """Python takes any file of its zones' folder for one: what counts is what the database knows."""
        ws_id = Workspaces(store).add("Team", "Europe/Berlin")
        for store_it in (
            lambda: Workspaces(store).add("Other", zone),
            lambda: Workspaces(store).set(ws_id, zone=zone),
            lambda: PostgresPeople(store._db).add_member(ws_id, "ada", None, zone),
        ):
            with pytest.raises(BadInput, match="is no time zone of the database's"):
                store_it()

    def test_an_unknown_one_is_told_from_a_known_one(self, store: PostgresWorkspaces, database: Database) -> None:
        known = rows.workspace(database)
        store.require_workspace(known)
        assert store.workspace_name(known) == "Team"
        for ask in (store.require_workspace, store.workspace_name):
            with pytest.raises(UnknownWorkspace):
                ask(uuid4())


@pytest.mark.parametrize(
    ("change", "live"),
    [
        ("UPDATE calendar_connections SET is_enabled = true", True),
        ("UPDATE calendar_connections SET is_enabled = false", False),
        ("UPDATE calendar_connections SET sync_inbound_enabled = false", False),
        ("UPDATE calendar_connections SET access_role = 'freeBusyReader'", False),
        ("UPDATE calendar_auth_tokens SET status = 'reconnect_required'", False),
        ("UPDATE calendar_auth_tokens SET status = 'disconnected'", False),
        ("UPDATE calendar_connections SET retry_at = now() + interval '1 hour'", True),
    ],
)
def test_a_workspace_is_live_when_something_in_it_can_be_read(
    store: PostgresWorkspaces, database: Database, change: str, live: bool
) -> None:
    rows.workspace(database)
    ws_id = rows.workspace(database)
    account = rows.account(database, ws_id)
    for number in range(2):
        rows.connection(database, ws_id, account, f"calendar-{number}")

    database.run(change)

    assert store.live_workspaces() == ([ws_id] if live else [])
