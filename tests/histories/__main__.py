"""`make soak`: random histories until told to stop, or one history again.

Ends with a table of what was met, and with status 1 and a command that repeats it when the law did not hold.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.histories.play import Broken, play
from tests.histories.shrink import History, shortest
from tests.histories.stage import Stage
from tests.histories.steps import KINDS, draw, heard, told

Play = Callable[[Stage, History, Counter[str]], None]


@dataclass(frozen=True, slots=True)
class Game:
    """What a soak plays: its target of make, the words its histories are told in, how one is drawn and played."""

    target: str
    kinds: Mapping[str, int]
    draw: Callable[[int], History]
    play: Play


ONE_WAY = Game("soak", KINDS, draw, play)
_EVERY_SECONDS = 10.0
_TIMES = 5
"""How often a single history is played: chance has a part in it, where two processes race."""


@dataclass(slots=True)
class Soak:
    """Histories so far, and what they met."""

    began: float = field(default_factory=time.monotonic)
    spoke: float = 0.0
    histories: int = 0
    steps: int = 0
    met: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def progress(self, seed: int) -> None:
        """A line now and then."""
        if time.monotonic() - self.spoke < _EVERY_SECONDS:
            return
        self.spoke = time.monotonic()
        kinds = sum(1 for name in self.met if not name.startswith(("step", "run")))
        rate = self.histories / max(self.seconds, 0.001)
        so_far = f"{self.histories:7,} histories, {self.steps:,} steps, {kinds} kinds of trouble met"
        say(f"{so_far}, {rate:.1f} a second, at {seed}")

    def table(self) -> None:
        """Everything that was counted."""
        say(f"{self.histories:,} histories of {self.steps:,} steps in {self.seconds:,.0f} s:")
        for name, count in sorted(self.met.items()):
            say(f"{count:9,}  {name}")


def say(line: str) -> None:
    """One line for whoever watches."""
    print(line, flush=True)


def main(game: Game = ONE_WAY) -> int:
    """0 when the law held all the time, 1 when it did not."""
    parser = argparse.ArgumentParser(prog=f"make {game.target}", description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this long")
    parser.add_argument("--histories", type=float, default=float("inf"), help="stop after this many")
    parser.add_argument("--seed", type=int, help="of the first history; the next ones follow")
    parser.add_argument("--history", help="play this one only, as a failure has printed it")
    options = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs would ignore the first
        signal.signal(ending, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="almanac-soak-") as folder, Stage(Path(folder)) as stage:
        if options.history is not None:
            return _again(game, stage, heard(options.history, game.kinds))
        first = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
        return soak(stage, first, options.seconds, options.histories, game=game)


def soak(stage: Stage, first: int, seconds: float, histories: float, *, plays: int = 200, game: Game = ONE_WAY) -> int:
    """Histories of seeds from `first` on, until one of the limits; `plays` to shorten one that broke. 1 if one did."""
    found = Soak()
    say(f"The first history's seed is {first}. Ctrl-C ends the soak.")
    try:
        while found.seconds < seconds and found.histories < histories:
            seed = first + found.histories
            history = game.draw(seed)
            broken = _broken(game, stage, history, found.met)
            if broken is not None:
                _tell(game, stage, seed, history, broken, plays)
                found.table()
                return 1
            found.histories += 1
            found.steps += len(history)
            found.progress(seed)
    except KeyboardInterrupt:
        say("")
    found.table()
    return 0


def _broken(game: Game, stage: Stage, history: History, met: Counter[str]) -> Broken | None:
    try:
        game.play(stage, history, met)
    except Broken as broken:
        return broken
    return None


def _tell(game: Game, stage: Stage, seed: int, history: History, broken: Broken, plays: int) -> None:
    say(f"The history of seed {seed} broke the law {broken}")
    say("Looking for a shorter one ...")
    shorter = shortest(history, lambda candidate: _broken(game, stage, candidate, Counter()) is not None, plays=plays)
    again = _broken(game, stage, shorter, Counter())
    say(f"{len(shorter)} of {len(history)} steps: {again or 'it does not break every time'}")
    say(f'make {game.target} SOAK_HISTORY="{told(shorter)}"')
    say(f"make {game.target} SOAK_SEED={seed} SOAK_HISTORIES=1")


def _again(game: Game, stage: Stage, history: History) -> int:
    for number in range(1, _TIMES + 1):
        broken = _broken(game, stage, history, Counter())
        if broken is not None:
            say(f"Play {number} broke the law {broken}")
            raise broken
    say(f"The law held {_TIMES} times.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
