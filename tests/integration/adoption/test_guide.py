"""docs/adopt.md says what the views, the statements and the schema say, and its own statements run."""

import re
from pathlib import Path

import pytest

from adoption import rules
from adoption.store import PostgresAdoptionStore
from adoption.use_case import AdoptWorkspace
from almanac.adapters.crypto import FernetCipher, new_key
from almanac.adapters.postgres.connection import Database
from tests.integration.adoption.old_system import ADA, ROOT, OldSystem

pytestmark = pytest.mark.integration

GUIDE = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")
GO_BACK = ROOT / "docs" / "adopt" / "go_back.sql"
STATEMENTS = sorted((ROOT / "adoption" / "sql").glob("*.sql"))
OLD_SIDE = [code.strip() for code in re.findall(r"```postgresql\n(.*?)```", GUIDE, re.DOTALL)]
ROW = re.compile(r"^\| `(\w+)` \| (?:`(\w+)`|-) \|", re.MULTILINE)
TARGETS = {"task_user_scheduling_settings": "tasks"}


def mappings() -> dict[str, list[tuple[str, str]]]:
    """(old, ours) by table; ours is empty for a dash."""
    chapter = GUIDE.partition("## Column by column")[2]
    parts = re.split(r"^### (\w+)$", chapter, flags=re.MULTILINE)[1:]
    return {name: ROW.findall(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def columns(database: Database, schema: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :schema"
    for table, column in database.run(sql, schema=schema):
        found.setdefault(table, set()).add(column)
    return found


def test_every_column_that_almanac_can_read_is_mapped(ours: Database) -> None:
    assert {table: {old for old, _ in rows} for table, rows in mappings().items()} == columns(ours, "legacy")


def test_every_column_that_is_mapped_to_exists(ours: Database) -> None:
    known = columns(ours, "almanac")
    for table, rows in mappings().items():
        assert {new for _, new in rows if new} <= known[TARGETS.get(table, table)], table


def reasons(path: Path) -> set[str]:
    sql = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    cases = re.findall(
        r"CASE\b(?:(?!\bCASE\b|\bEND\b).)*?WHEN(?:(?!\bCASE\b).)*?END AS (?:left_out|unfit)", sql, re.DOTALL
    )
    return {name for case in cases for name in re.findall(r"THEN '(\w+)'", case)} | set(
        re.findall(r"THEN '(mirrored|duplicate)'", sql)
    )


def test_every_reason_to_leave_a_row_out_is_explained() -> None:
    explained = set(
        re.findall(r"^\| `(\w+)` \|", GUIDE.partition("### What it says")[2].partition("### ")[0], re.MULTILINE)
    )
    of_accounts = set(
        re.findall(r'"(no_\w+|duplicate|other_workspace)"', Path(rules.__file__).read_text(encoding="utf-8"))
    )
    assert explained == {reason for path in STATEMENTS for reason in reasons(path)} | of_accounts


def test_no_two_statements_share_a_name() -> None:
    named = [name for path in STATEMENTS for name in re.findall(r"^-- name: (\w+)$", path.read_text(), re.MULTILINE)]
    assert len(named) == len(set(named)) > 0


def test_what_deserves_a_look_is_explained() -> None:
    named = set(
        re.findall(
            r'"(\w+)": int\(',
            "".join(
                p.read_text(encoding="utf-8")
                for p in (ROOT / "adoption" / "store.py", ROOT / "adoption" / "use_case.py")
            ),
        )
    )
    assert {name for name in named if f"`{name}`" not in GUIDE} == set()
    assert named == {"no_time_zone", "encrypted_text", "tasks_with_settings_of_several_people"}


@pytest.mark.parametrize("code", [code for code in OLD_SIDE if not code.startswith("CREATE ROLE")])
def test_every_statement_for_the_old_side_runs(old: OldSystem, code: str) -> None:
    for statement in code.split(";\n"):
        old.owner.run(statement.strip().rstrip(";").replace("'WS'", f"'{old.ws_id}'"))


def test_the_role_sees_the_views_and_nothing_else_of_the_old_system(ours: Database) -> None:
    seen = ours.run(
        "SELECT DISTINCT table_schema FROM information_schema.table_privileges"
        " WHERE grantee = current_user AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    assert {row[0] for row in seen} == {"almanac", "legacy"}
    assert "access_token" not in columns(ours, "legacy")["calendar_auth_tokens"]


class TestGoingBack:
    """Adopted, switched, worked with, and taken back."""

    @staticmethod
    def adopt(old: OldSystem, ours: Database) -> None:
        store = PostgresAdoptionStore(ours)
        zone = "Asia/Ho_Chi_Minh"
        use_case = AdoptWorkspace(store, FernetCipher([new_key()]), {zone.lower(): zone})
        for workspace in store.workspaces(old.ws_id):
            use_case(workspace, replace=False, keep=True)

    @staticmethod
    def go_back(old: OldSystem) -> None:
        script = re.sub(r"^--.*\n", "", GO_BACK.read_text(encoding="utf-8"), flags=re.MULTILINE)
        old.owner.run(script.replace(":'ws_id'", f"'{old.ws_id}'"))

    def test_what_people_did_since_the_switch_is_in_the_old_tables(self, old: OldSystem, ours: Database) -> None:
        account = old.account()
        old.connection(account)
        old.from_google("e1", "Google's")
        kept, moved, task, habit = old.event("Kept"), old.event("Moved"), old.task(), old.habit()
        old.settings(task)
        self.adopt(old, ours)
        old.owner.run("UPDATE public.calendar_auth_tokens SET is_active = false")
        old.owner.run("UPDATE public.workspace_habits SET auto_schedule = false")
        ours.run(
            "UPDATE workspace_calendar_events SET title = 'Moved away', color_override = 'RED' WHERE id = :id", id=moved
        )
        ours.run("UPDATE workspace_calendar_events SET title = 'Changed by a sync' WHERE provider = 'google'")
        new = ours.run(
            "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at, task_id)"
            " VALUES (:ws_id, 'New', now(), now() + interval '1 hour', :task) RETURNING id",
            ws_id=old.ws_id,
            task=task,
        )[0][0]
        block = "INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes) VALUES (:e, :w, :t, 60)"
        ours.run(block, e=new, w=old.ws_id, t=task)
        ours.run("UPDATE tasks SET completed_at = now()")
        skip = "INSERT INTO habit_skipped_occurrences (ws_id, habit_id, occurrence_date) VALUES (:w, :h, '2026-03-01')"
        ours.run(skip, w=old.ws_id, h=habit)
        ours.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:w, 'work', '{}')", w=old.ws_id
        )

        self.go_back(old)
        self.go_back(old)

        stored = old.owner.run(
            "SELECT title, provider::text, color FROM public.workspace_calendar_events ORDER BY title"
        )
        assert [list(row) for row in stored] == [
            ["Google's", "google", "BLUE"],
            ["Kept", "tuturuuu", "BLUE"],
            ["Moved away", "tuturuuu", "RED"],
            ["New", "tuturuuu", "BLUE"],
        ]
        checks = old.owner.run(
            "SELECT (SELECT count(*) FROM public.task_calendar_events WHERE event_id = :new),"
            " (SELECT count(*) FROM public.tasks WHERE completed AND completed_at IS NOT NULL),"
            " (SELECT count(*) FROM public.habit_skipped_occurrences),"
            " (SELECT count(*) FROM public.workspace_calendar_hour_settings WHERE type = 'WORK'),"
            " (SELECT count(*) FROM public.calendar_auth_tokens WHERE is_active AND account_email = :email),"
            " (SELECT count(*) FROM public.workspace_habits WHERE auto_schedule),"
            " (SELECT count(*) FROM public.workspace_calendar_events WHERE id = :kept)",
            new=new,
            email=ADA,
            kept=kept,
        )[0]
        assert list(checks) == [1, 1, 1, 1, 1, 1, 1]

    def test_text_that_only_the_old_system_can_read_stays_there(self, old: OldSystem, ours: Database) -> None:
        event = old.event("c2VjcmV0", is_encrypted=True)
        self.adopt(old, ours)

        self.go_back(old)

        assert (
            old.owner.run("SELECT title FROM public.workspace_calendar_events WHERE id = :id", id=event)[0][0]
            == "c2VjcmV0"
        )
