"""Measuring side by side: every round runs every way once, so that what disturbs the machine disturbs all alike."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

Measure = Callable[[], float]
"""Does the thing once and returns its rate or its time."""


class Rounds:
    """The values of each way, round by round."""

    def __init__(self, values: Mapping[str, Sequence[float]]) -> None:
        self._values = values

    def median(self, way: str) -> float:
        """The middle value of one way."""
        return median(self._values[way])

    def ratio(self, way: str, baseline: str) -> float:
        """The middle one of the rounds' own ratios, which a drift from round to round does not touch."""
        pairs = zip(self._values[way], self._values[baseline], strict=True)
        return median(value / base for value, base in pairs)


def interleaved(rounds: int, ways: Mapping[str, Measure]) -> Rounds:
    """Run every way `rounds` times, in turns, every other round in reverse."""
    values: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        progress(f"round {turn + 1} of {rounds}: {', '.join(ways)}")
        order = list(ways) if turn % 2 == 0 else list(ways)[::-1]
        for name in order:
            values[name].append(ways[name]())
    return Rounds(values)


def processor_seconds(backend: int) -> float:
    """Seconds of a processor that this process and a backend of Postgres have had: what else runs here costs none.

    Where no file tells of the backend, seconds as they pass.
    """
    told = Path(f"/proc/{backend}/schedstat")
    return process_time() + int(told.read_text().split()[0]) / 1e9 if told.exists() else perf_counter()


def progress(what: str) -> None:
    """Say to whoever waits what is measured now."""
    print(f"  {what}", file=sys.stderr, flush=True)
