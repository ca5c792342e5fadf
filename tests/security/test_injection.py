"""Text that would be SQL if it were ever pasted into SQL, through every door that text comes in by."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanac.adapters.postgres import arrays
from almanac.adapters.postgres.connection import Database
from almanac.cli.main import main
from tests.integration import rows
from tests.integration.planned import Planned
from tests.integration.team import Team
from tests.scripted_server import ScriptedServer
from tests.security.hostile import INJECTIONS, UNICODE

ADAPTERS = Path(__file__).parents[2] / "layers" / "almanac" / "almanac" / "adapters"
RUNNERS = {"run", "_run", "_read", "_alone", "_send", "_send_once", "execute"}
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
HOSTILE = st.sampled_from([*INJECTIONS, *UNICODE]) | TEXT
SCHEMA = """
    SELECT string_agg(x, E'\\n' ORDER BY x) FROM (
        SELECT concat_ws(' ', table_name, column_name, data_type, column_default) AS x
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT conrelid::regclass::text || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0
        UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) s"""

NUMBERS_OF_OURS = {"migrate.py": ["f'SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}'"]}
"""SET takes no parameters; what is put in is an integer by construction."""


@pytest.fixture
def unharmed(database: Database) -> Iterator[None]:
    """The schema is after the test what it was before, and so is a workspace that nobody mentions."""
    bystander = rows.workspace(database)
    task = database.run("INSERT INTO tasks (ws_id, title) VALUES (:ws, 'kept') RETURNING id", ws=bystander)
    before = database.run(SCHEMA)
    yield
    assert database.run(SCHEMA) == before
    assert database.run("SELECT id FROM tasks WHERE ws_id = :ws", ws=bystander) == task


def sql_argument(call: ast.Call) -> ast.expr | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return call.args[0] if name in RUNNERS and call.args else None


@pytest.mark.parametrize("path", sorted(ADAPTERS.rglob("*.py")), ids=lambda path: path.name)
def test_no_statement_is_put_together_from_pieces(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    given = [sql_argument(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]

    pieced = [ast.unparse(found) for found in given if isinstance(found, ast.JoinedStr | ast.BinOp | ast.Call)]

    assert pieced == NUMBERS_OF_OURS.get(path.name, [])


@pytest.mark.integration
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.none() | HOSTILE, max_size=8))
def test_any_texts_come_back_out_of_an_array_as_they_went_in(database: Database, texts: list[str | None]) -> None:
    assert database.run("SELECT :texts::text[]", texts=arrays.texts(texts))[0][0] == texts


@pytest.mark.integration
@pytest.mark.usefixtures("unharmed")
class TestThroughAnEvent:
    def test_every_field_is_stored_as_text(self, make_team: Callable[..., Team], server: ScriptedServer) -> None:
        team = make_team(ALMANAC_GOOGLE_API_URL=server.url)
        team.connect()
        server.answers({"items": [event(n, text) for n, text in enumerate(INJECTIONS)], "nextSyncToken": INJECTIONS[0]})

        assert team.sync().tally.inserted == len(INJECTIONS)

        columns = "title, description, location, external_event_id, ical_uid, etag, provider_color, recurring_event_id"
        stored = team.database.run(f"SELECT {columns}, attendees FROM workspace_calendar_events")
        assert sorted(row[0] for row in stored) == sorted(INJECTIONS)
        for title, *others, attendees in stored:
            assert others == [title, title, f"id {title}", title, title, title, title]
            assert [guest["name"] for guest in attendees] == [title]
        assert team.database.run("SELECT sync_token FROM calendar_sync_states") == [[INJECTIONS[0]]]

    def test_a_zone_is_a_name_or_nothing(self, make_team: Callable[..., Team], server: ScriptedServer) -> None:
        team = make_team(ALMANAC_GOOGLE_API_URL=server.url)
        team.connect()
        zones = ["UTC'; DROP TABLE tasks; --", "../../etc/passwd", "/etc/passwd", "Europe/../x", "CON"]
        moments = [{"dateTime": "2026-12-01T10:00:00Z", "timeZone": zone} for zone in zones]
        items = [event(n, f"t{n}", start=moment) for n, moment in enumerate(moments)]
        server.answers({"items": items, "timeZone": zones[0], "nextSyncToken": "s"})

        assert team.sync().tally.inserted == len(zones)
        assert team.database.run("SELECT DISTINCT time_zone FROM workspace_calendar_events") == [[None]]


def event(number: int, text: str, **more: Any) -> dict[str, Any]:
    moment = {"dateTime": "2026-12-01T10:00:00Z"}
    fields = dict.fromkeys(("summary", "description", "location", "iCalUID", "etag", "colorId"), text)
    guests = [{"email": "g@example.test", "displayName": text}]
    own = {"id": f"id {text}", "recurringEventId": text, "attendees": guests, "start": moment, "end": moment}
    return {**fields, **own, **more}


@pytest.mark.integration
@pytest.mark.usefixtures("unharmed")
class TestThroughAJob:
    def test_every_label_is_recorded_as_text(self, team: Team) -> None:
        sql = "SELECT calendar_id, user_id, request_id FROM workspace_calendar_sync_log WHERE id = :id"
        for text in (*INJECTIONS, *UNICODE):
            report = team.sync(calendar_id=text, user_id=text[:255], request_id=text[:255], source="manual")

            assert report.error_type == "unknown_calendar"
            assert team.database.run(sql, id=report.run_id) == [[text, text[:255], text[:255]]]


@pytest.mark.integration
@pytest.mark.usefixtures("unharmed")
class TestThroughThePlanner:
    @pytest.fixture
    def planned(self, database_url: str) -> Iterator[Planned]:
        planned = Planned(database_url)
        yield planned
        planned.wiring.close()

    def test_titles_become_titles(self, planned: Planned) -> None:
        titles = {*INJECTIONS, *UNICODE[:4]}
        for title in titles:
            planned.task(title[:255], 15)

        assert planned.plan(window_days=14).status == "completed"

        assert {block.title for block in planned.blocks()} == {title[:255] for title in titles}

    def test_settings_are_read_and_not_run(self, planned: Planned) -> None:
        for text in INJECTIONS:
            planned.hours(text, {text: text})
        planned.prefer(**{text: text for text in INJECTIONS}, buffer_minutes=INJECTIONS[0], default_hours=INJECTIONS[0])
        planned.task("Report")

        assert planned.plan().status == "completed"
        kept = planned.database.run("SELECT type FROM workspace_calendar_hour_settings WHERE type <> 'work'")
        assert {row[0] for row in kept} == set(INJECTIONS)


@pytest.mark.integration
@pytest.mark.usefixtures("unharmed")
class TestThroughTheCommandLine:
    def test_a_name_is_a_name_and_a_zone_is_a_zone(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("ALMANAC_DATABASE_URL", database_url)
        for text in INJECTIONS:
            assert main(["workspace", "add", f"--timezone={text}", "--name=Team"]) == 2
            assert main(["workspace", "add", "--timezone=UTC", f"--name={text}", "--json"]) == 0

            ws_id = json.loads(capsys.readouterr().out)["ws_id"]
            assert main(["runs", f"--run={text}"]) == 2
            assert main(["connections", text]) == 0, "it is the name of a workspace, and no more than that"
            assert main(["connections", f"{text}?"]) == 2
            assert main(["connections", ws_id]) == 0
            capsys.readouterr()
