"""`make soak-two-ways`: random two-way histories until told to stop, or one history again."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.histories.play import Broken
from tests.histories.shrink import shortest
from tests.histories.stage import Stage
from tests.histories.steps import Step, heard, told
from tests.histories.two_ways.play import play
from tests.histories.two_ways.words import KINDS, draw


def main() -> int:
    """0 when the law held all the time, 1 when it did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.histories.two_ways", description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this long")
    parser.add_argument("--histories", type=float, default=float("inf"), help="stop after this many")
    parser.add_argument("--seed", type=int, help="of the first history; the next ones follow")
    parser.add_argument("--history", help="play this one only, as a failure has printed it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="almanac-soak-") as folder, Stage(Path(folder)) as stage:
        if options.history is not None:
            play(stage, heard(options.history, KINDS), Counter())
            print("The law held.")
            return 0
        first = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
        return _soak(stage, first, options.seconds, options.histories)


def _soak(stage: Stage, first: int, seconds: float, histories: float) -> int:
    began, met, done = time.monotonic(), Counter[str](), 0
    print(f"The first history's seed is {first}. Ctrl-C ends the soak.", flush=True)
    try:
        while time.monotonic() - began < seconds and done < histories:
            history = draw(first + done)
            broken = _broken(stage, history, met)
            if broken is not None:
                _tell(stage, first + done, history, broken)
                return 1
            done += 1
    except KeyboardInterrupt:
        print()
    print(f"{done:,} histories in {time.monotonic() - began:,.0f} s:")
    for name, count in sorted(met.items()):
        print(f"{count:9,}  {name}")
    return 0


def _broken(stage: Stage, history: tuple[Step, ...], met: Counter[str]) -> Broken | None:
    try:
        play(stage, history, met)
    except Broken as broken:
        return broken
    return None


def _tell(stage: Stage, seed: int, history: tuple[Step, ...], broken: Broken) -> None:
    print(f"The history of seed {seed} broke the law {broken}\nLooking for a shorter one ...", flush=True)
    shorter = shortest(history, lambda candidate: _broken(stage, candidate, Counter()) is not None)
    print(f"{len(shorter)} of {len(history)} steps: {_broken(stage, shorter, Counter()) or 'not every time'}")
    print(f'make soak-two-ways SOAK_HISTORY="{told(shorter)}"')


if __name__ == "__main__":
    sys.exit(main())
