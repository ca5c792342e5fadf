"""What `almanac adopt` says, and what is in Almanac's tables after it."""

from typing import Any
from uuid import UUID

from almanac.adapters.postgres.connection import Database
from almanac.domain.sync.report import SyncReport
from almanac.jobs import CalendarSync
from almanac.wiring.command_line import Wiring
from tests.cli.shell import Shell


def adopt(almanac: Shell, *more: object) -> dict[str, Any]:
    """What became of each kind, in the sums; the sums always add up to the old rows."""
    ended = almanac("adopt", "--json", *more)
    assert (ended.code, ended.err) == (0, "")
    for each in ended.json["kinds"].values():
        assert each["old_rows"] == each["adopted"] + each["already_there"] + sum(each["left_out"].values())
    document: dict[str, Any] = ended.json
    return document


def left_out(document: dict[str, Any], kind: str) -> dict[str, int]:
    reasons: dict[str, int] = document["kinds"][kind]["left_out"]
    return reasons


def adopted(document: dict[str, Any], kind: str) -> tuple[int, int]:
    each = document["kinds"][kind]
    return each["adopted"], each["already_there"]


def one(database: Database, sql: str, **values: object) -> list[Any]:
    (row,) = database.run(sql, **values)
    return list(row)


def titles(database: Database) -> list[str]:
    return [row[0] for row in database.run("SELECT title FROM workspace_calendar_events ORDER BY title, id")]


def sync(wiring: Wiring, ws_id: UUID) -> SyncReport:
    return wiring.sync_workspace(CalendarSync(ws_id=ws_id, source="schedule"), None, lambda: 300.0)


def snapshot(database: Database) -> list[list[Any]]:
    """Every row version of what adoption writes."""
    names = "workspaces calendar_auth_tokens calendar_connections workspace_calendar_events tasks workspace_habits"
    sql = " UNION ALL ".join(f"SELECT '{name}', id::text, xmin::text FROM {name}" for name in names.split())
    return sorted(list(row) for row in database.run(sql))
