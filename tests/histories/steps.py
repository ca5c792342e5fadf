"""The words a history is told in: who does what next. A step means something whatever came before it."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

LONGEST = 28
"""Steps of a history."""
NUMBERS = 1_000
"""A step's numbers are below this; what they choose from wraps around."""

KINDS: Mapping[str, int] = {
    # Google's side
    "change": 20,
    "all day": 3,
    "move": 10,
    "come and go": 8,
    "copy": 4,
    "private": 4,
    "add calendar": 2,
    "take calendar": 2,
    "give calendar": 2,
    "role": 3,
    "share": 2,
    "habits of Google": 3,
    "expire sync tokens": 2,
    "expire page tokens": 1,
    "expire access tokens": 3,
    "forget tombstones": 3,
    "revoke": 1,
    "clock of Google": 2,
    # the product's side
    "own": 8,
    "link": 5,
    "zone": 2,
    "switch": 3,
    "deletes": 2,
    "connect": 4,
    "disconnect": 1,
    "remove connection": 1,
    "clock": 2,
    # what goes wrong in the next run
    "refusal": 8,
    "cut": 4,
    "slow": 1,
    "page": 2,
    "lie": 1,
    "token endpoint": 2,
    "statement": 10,
    "disk": 2,
    "restart": 1,
    "queue": 1,
    "meanwhile": 5,
    # runs
    "tick": 10,
    "ask": 12,
    "deliver": 6,
    "again": 3,
    "hurry": 6,
    "kill": 6,
    "kill again": 2,
    "outlast": 1,
    "overtake": 3,
    "overlap": 2,
    "race": 2,
}
"""How often each kind of step is drawn."""


class Step(NamedTuple):
    """One step: `pick` and `value` choose its object and its manner."""

    kind: str
    pick: int
    value: int


def draw(seed: int) -> tuple[Step, ...]:
    """The history of a seed."""
    return drawn(KINDS, LONGEST, seed)


def drawn(kinds: Mapping[str, int], longest: int, seed: int) -> tuple[Step, ...]:
    """A history of 6 to `longest` steps of these kinds, by their weights."""
    chance = random.Random(seed)
    chosen = chance.choices(list(kinds), weights=list(kinds.values()), k=chance.randint(6, longest))
    return tuple(Step(kind, chance.randrange(NUMBERS), chance.randrange(NUMBERS)) for kind in chosen)


def told(history: Sequence[Step]) -> str:
    """The history as one line, to be told again."""
    return "; ".join(f"{step.kind} {step.pick} {step.value}" for step in history)


def heard(line: str, kinds: Mapping[str, int] = KINDS) -> tuple[Step, ...]:
    """The history of such a line. Raises ValueError when it is none."""
    steps = []
    for part in filter(None, map(str.strip, line.split(";"))):
        kind, pick, value = part.rsplit(" ", 2)
        if kind not in kinds:
            raise ValueError(f"no such step: {kind}")
        steps.append(Step(kind, int(pick), int(value)))
    return tuple(steps)
