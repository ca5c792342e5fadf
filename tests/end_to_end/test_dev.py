import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.dev import main
from local.postgres import Postgres
from local.stack.stack import ROOT
from tests.end_to_end.conftest import session_members
from tests.end_to_end.test_demo import Program

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for `make dev`, whose database is removed after the test."""
    folder = tmp_path / "dev"
    yield folder
    if folder.exists():
        Postgres.start(folder / "postgres").delete()


def almanac(environment: dict[str, str], *arguments: str) -> Any:
    command = [sys.executable, "-m", "almanac", *arguments, "--json"]
    done = subprocess.run(
        command, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def exports(file: Path) -> dict[str, str]:
    words = shlex.split(file.read_text())
    return dict(word.split("=", 1) for word in words if word != "export")


def test_rules_tick_the_command_line_works_on_it_and_its_database_outlives_it(folder: Path) -> None:
    often = Program("local.dev", folder, "--every", "2", "--plan-every", "5")
    often.read_until("Harbour Design gets 12 tasks and 4 habits")
    often.read_until("the schedule rule ticks: the orchestrator enqueues 1 workspace")
    often.read_until("Harbour Design: plan (schedule) ")  # a plan that followed a sync may have come before
    for _ in range(3):
        often.read_until("the sync rule ticks: the orchestrator enqueues")
    before = runs_of(environment_of(folder))
    ends(often, folder, signal.SIGTERM)
    again = Program("local.dev", folder)
    again.read_until("Harbour Design    schedule")
    environment = environment_of(folder)
    after = runs_of(environment)
    assert before.items() < after.items()
    assert almanac(environment, "sync", next(iter(after.values())), "--wait")["success"]
    ends(again, folder, signal.SIGINT)


def environment_of(folder: Path) -> dict[str, str]:
    """What somebody has set who has sourced its file."""
    file = folder.with_name("dev.env")
    assert file.stat().st_mode & 0o777 == 0o600, "it holds a password and a key"
    environment = exports(file)
    assert set(environment) >= {"ALMANAC_DATABASE_URL", "ALMANAC_TOKEN_KEYS", "AWS_ENDPOINT_URL"}
    return environment


def runs_of(environment: dict[str, str]) -> dict[str, str]:
    """Run → workspace, as the command line lists them."""
    return {run["run_id"]: run["ws_id"] for run in almanac(environment, "runs", "--limit", "200")["runs"]}


def ends(program: Program, folder: Path, how: signal.Signals) -> None:
    """End it, and see that nothing of it is left."""
    assert program.end(how) == 0
    assert session_members(program.process.pid) == []
    assert not folder.with_name("dev.env").exists(), "what it points at is gone"


@pytest.mark.parametrize("option", ["--every", "--plan-every"])
@pytest.mark.parametrize("every", ["0", "-5", "soon", "90000"])
def test_an_odd_cadence_is_refused(folder: Path, option: str, every: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--folder", str(folder), f"{option}={every}"])
    assert ended.value.code == 2
    assert f"argument {option}: is not a whole number of seconds from 1 to 86400" in capsys.readouterr().err
    assert not folder.exists()
