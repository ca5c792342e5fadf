"""`almanac export` and `almanac why` on real rows."""

import os
from pathlib import Path

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.operations.lag import Reason
from almanac.presentation.history.why import HELP
from tests.cli.shell import Shell
from tests.integration import rows

pytestmark = pytest.mark.integration


@pytest.fixture
def almanac(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(database_url=database_url)
    return shell


def workspace(database: Database) -> str:
    ws_id = rows.workspace(database)
    database.run(
        "INSERT INTO workspace_calendar_events (ws_id, title, start_at, end_at) VALUES (:ws, '=1+1', now(), now())",
        ws=ws_id,
    )
    return str(ws_id)


def test_a_file_goes_where_somebody_wants_it(database: Database, almanac: Shell, tmp_path: Path) -> None:
    ws_id, place = workspace(database), tmp_path / "team.ics"

    ended = almanac("export", ws_id, "--kind", "ics", "--output", str(place), "--json")

    assert (ended.json["events"], ended.json["version"], ended.json["file"]) == (1, 1, str(place))
    assert "SUMMARY:=1+1" in place.read_text(encoding="utf-8")
    assert place.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["team.ics"]


def test_without_a_place_it_is_kept_in_the_folder(database: Database, almanac: Shell, tmp_path: Path) -> None:
    almanac.set(export_folder=str(tmp_path / "new"))

    ended = almanac("export", workspace(database), "--kind", "csv", "--json")

    assert Path(ended.json["file"]).parent == tmp_path / "new"
    assert "'=1+1" in Path(ended.json["file"]).read_text(encoding="utf-8")


def test_what_cannot_be_written_is_said(database: Database, almanac: Shell, tmp_path: Path) -> None:
    ws_id = workspace(database)

    nowhere = almanac("export", ws_id, "--kind", "csv")
    refused = almanac("export", ws_id, "--kind", "csv", "--output", str(tmp_path / "no" / "such" / "folder.csv"))

    assert (nowhere.code, refused.code) == (2, 2)
    assert "ALMANAC_EXPORT_FOLDER" in nowhere.complaint
    assert refused.complaint == "almanac: --output: cannot be written: No such file or directory"


def test_a_pipe_or_a_link_is_written_to_and_stays_what_it_is(
    database: Database, almanac: Shell, tmp_path: Path
) -> None:
    ws_id, pipe, link, file = workspace(database), tmp_path / "pipe", tmp_path / "link.csv", tmp_path / "file.csv"
    os.mkfifo(pipe)
    link.symlink_to(file)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    for place in (pipe, link):
        assert almanac("export", ws_id, "--kind", "csv", "--output", str(place)).code == 0

    assert os.read(reader, 65_536) == file.read_bytes()
    assert (pipe.is_fifo(), link.is_symlink()) == (True, True)
    os.close(reader)


def test_a_dash_is_no_file(database: Database, almanac: Shell) -> None:
    ended = almanac("export", workspace(database), "--kind", "csv", "--output", "-")

    assert ended.code == 2
    assert "--output: is no file's name" in ended.complaint


def test_why_names_the_reason_and_what_helps(database: Database, almanac: Shell) -> None:
    ws_id = rows.workspace(database)
    fresh = almanac("why", str(ws_id), "--json")
    account = rows.account(database, ws_id, status="reconnect_required")
    rows.connection(database, ws_id, account)
    database.run("UPDATE calendar_connections SET created_at = now() - interval '2 hours'")

    late = almanac("why", str(ws_id), "--json")

    assert (fresh.json["state"], fresh.json["why"]) == ("healthy", [])
    (why,) = late.json["why"]
    assert (late.json["state"], why["job"], why["reason"]) == ("late", "sync", "reconnect_required")
    assert why["help"] in almanac("why", str(ws_id)).out


def test_every_reason_has_something_that_helps() -> None:
    assert set(Reason.__args__) == HELP.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["csv", "ics", "report"])
def test_one_persons_share_is_a_digests_only(almanac: Shell, database: Database, kind: str, tmp_path: Path) -> None:
    """They hold the whole workspace: who asks for one person's must not hand out everybody's."""
    place = tmp_path / "calendar"
    ended = almanac("export", workspace(database), "--kind", kind, "--user", "ada", "--output", str(place))
    assert (ended.code, place.exists()) == (2, False)
    assert "--user" in ended.complaint
