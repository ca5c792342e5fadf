import json
import os
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from local.google_simulator.simulator import Simulator
from local.things_to_try import things_to_try

NOW = datetime(2026, 3, 2, 12, 34, 56, tzinfo=UTC)
ADA = "ada@harbour.test"


def test_a_meeting_and_an_account_reach_the_simulator_as_they_are_pasted() -> None:
    """The commands before the first `almanac`, run by a shell."""
    lines = things_to_try("Harbour Design", ADA, Path("dev.env"), NOW)
    with Simulator(seed=7) as simulator:
        simulator.commands.add_account(ADA)
        said = []
        for line in lines[2:4]:
            command = line.partition(": ")[2].partition("; .venv" if "insert" in line else " | .venv/bin/almanac")[0]
            environment = {**os.environ, "ALMANAC_GOOGLE_API_URL": simulator.url}
            done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
            said.append(json.loads(done.stdout))

    meeting, account = said
    assert meeting["result"]["start"]["dateTime"].startswith("2026-03-03T")
    assert account["email"] == "nina@new.test"
    assert account["refresh_token"]


def test_every_line_names_the_workspace_by_its_name() -> None:
    first, *others = things_to_try("Harbour Design", ADA, Path("dev.env"), NOW)

    assert first == "in another terminal: source dev.env; .venv/bin/almanac runs"
    assert all("Harbour Design" in shlex.split(line.replace("try 3,", "")) for line in others)
