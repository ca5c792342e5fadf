"""The law of the sync: however a history goes, whoever runs meanwhile and whatever fails, Postgres ends as Google.

Histories are told in `tests/histories`; `make soak` plays them without end.
"""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.histories.__main__ import soak
from tests.histories.play import Broken, play
from tests.histories.shrink import shortest
from tests.histories.stage import Stage
from tests.histories.steps import KINDS, LONGEST, NUMBERS, Step, draw, heard, told

pytestmark = [pytest.mark.integration, pytest.mark.long]

NUMBER = st.integers(0, NUMBERS - 1)
STEPS = st.builds(
    Step, st.sampled_from([kind for kind, weight in KINDS.items() for _ in range(weight)]), NUMBER, NUMBER
)

FOUND = {
    "marks were forgotten and their checkpoint was not: the next pass swept what only its first page had met": (
        "tick 665 590; refusal 96 568; ask 166 738"
    ),
    "the workspace changed its zone in the middle of a run: all-day events kept midnights of the old one": (
        "meanwhile 291 928; ask 532 977"
    ),
    "a delta was given up after its first page: what it had brought and what went since then stayed": (
        "hurry 721 79; change 442 293; refusal 267 440; overtake 21 493"
    ),
    "a run that was left to look at what had changed under a second listing did so without asking the token first": (
        "kill again 730 679; move 460 469"
    ),
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("histories")) as stage:
        yield stage


@pytest.mark.timeout(300)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))  # new ones: soak
@given(history=st.lists(STEPS, min_size=5, max_size=LONGEST).map(tuple))
def test_any_history_ends_equal_to_google(stage: Stage, history: tuple[Step, ...]) -> None:
    note(f'make soak SOAK_HISTORY="{told(history)}"')
    play(stage, history, Counter())


@pytest.mark.parametrize("history", FOUND.values(), ids=FOUND.keys())
def test_what_a_history_has_found_stays_mended(stage: Stage, history: str) -> None:
    play(stage, heard(history), Counter())


@pytest.fixture
def titles_are_not_updated(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage.process.wiring.calendar_pages._run
    deaf = run._sql["apply_page"].replace("title = excluded.title,", "")
    monkeypatch.setattr(run, "_sql", dict(run._sql) | {"apply_page": deaf})


class TestTheHistoriesThemselves:
    def test_a_history_is_told_and_heard_again(self) -> None:
        for seed in range(50):
            assert heard(told(draw(seed))) == draw(seed)

    def test_a_step_that_nobody_knows_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no such step: sleep"):
            heard("tick 1 2; sleep 3 4")

    def test_every_kind_of_step_can_be_taken(self, stage: Stage) -> None:
        met: Counter[str] = Counter()

        play(stage, tuple(Step(kind, 3, 5) for kind in KINDS), met)

        assert {f"step: {kind}" for kind in KINDS} <= met.keys()

    def test_a_shorter_history_that_breaks_as_well_is_found(self) -> None:
        history = draw(7)
        guilty = {history[2], history[-1]}

        assert set(shortest(history, lambda candidate: guilty <= set(candidate))) == guilty

    def test_a_broken_law_is_noticed(self, stage: Stage, titles_are_not_updated: None) -> None:
        with pytest.raises(Broken, match=r"after step 5 of 4: .*stored and true differ"):
            play(stage, heard("tick 0 0; change 0 11; ask 0 1; change 0 5"), Counter())

    def test_a_soak_that_fails_prints_the_command_that_repeats_it(
        self, stage: Stage, titles_are_not_updated: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert soak(stage, 1, 60, 20, plays=30) == 1

        said = capsys.readouterr().out
        again = re.search(r'^make soak SOAK_HISTORY="(.+)"$', said, re.MULTILINE)
        assert again is not None, said
        with pytest.raises(Broken):
            play(stage, heard(again[1]), Counter())

    def test_a_soak_ends_when_it_is_told_to(self) -> None:
        command = [sys.executable, "-m", "tests.histories", "--seed", "5"]
        root = Path(__file__).parents[2]
        environment = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'layers' / 'almanac'}"}
        with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("The first history's seed is 5.")
            assert " histories, " in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()

        assert process.returncode == 0
        assert re.search(r"^[1-9]\d* histories of \d+ steps in \d+ s:$", rest, re.MULTILINE)
