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


def test_the_command_line_works_on_it_and_its_database_outlives_it(folder: Path) -> None:
    file = folder.with_name("dev.env")
    seen: list[set[str]] = []
    for _ in range(2):
        program = Program("local.dev", folder)
        program.read_until("Harbour Design    schedule")
        assert file.stat().st_mode & 0o777 == 0o600, "it holds a password and a key"
        environment = exports(file)
        assert set(environment) >= {"ALMANAC_DATABASE_URL", "ALMANAC_TOKEN_KEYS", "AWS_ENDPOINT_URL"}
        seen.append({run["run_id"] for run in almanac(environment, "runs", "--limit", "200")["runs"]})
        ws_id = next(run["ws_id"] for run in almanac(environment, "runs")["runs"])
        assert almanac(environment, "sync", ws_id, "--wait")["success"]
        assert program.end(signal.SIGINT) == 0
        assert session_members(program.process.pid) == []
        assert not file.exists(), "what it points at is gone"
    assert seen[0] < seen[1]


def test_both_rules_tick_as_often_as_asked_for_and_runs_are_told(folder: Path) -> None:
    program = Program("local.dev", folder, "--every", "2", "--plan-every", "5")
    program.read_until("Harbour Design gets 12 tasks and 4 habits")
    program.read_until("the schedule rule ticks: the orchestrator enqueues 1 workspace")
    program.read_until("Harbour Design: plan (schedule) ")  # a plan that followed a sync may have come before
    for _ in range(3):
        program.read_until("the sync rule ticks: the orchestrator enqueues")
    assert program.end(signal.SIGTERM) == 0
    assert session_members(program.process.pid) == []


@pytest.mark.parametrize("option", ["--every", "--plan-every"])
@pytest.mark.parametrize("every", ["0", "-5", "soon", "90000"])
def test_an_odd_cadence_is_refused(folder: Path, option: str, every: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--folder", str(folder), f"{option}={every}"])
    assert ended.value.code == 2
    assert f"argument {option}: is not a whole number of seconds from 1 to 86400" in capsys.readouterr().err
    assert not folder.exists()
