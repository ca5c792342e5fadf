"""The words that two-way histories are told in: the product, people in Google, trouble, runs."""

from collections.abc import Mapping

from tests.histories.steps import Step, drawn

LONGEST = 24
"""Steps of a history."""

KINDS: Mapping[str, int] = {
    # the product, and plans
    "block": 10,
    "event": 8,
    "move": 10,
    "rename": 8,
    "drop": 5,
    "bring back": 3,
    # people in Google
    "drag": 9,
    "retitle": 9,
    "remove": 6,
    "copy": 2,
    "take over": 2,
    "free": 2,
    # what goes wrong
    "trouble": 16,
    "land": 8,
    "statement": 8,
    "expire sync tokens": 2,
    "revoke": 1,
    "connect": 2,
    "role": 1,
    # runs
    "sync": 18,
    "write": 12,
    "time passes": 8,
    "kill": 5,
    "overtake": 4,
}
"""How often each kind of step is drawn."""


def draw(seed: int) -> tuple[Step, ...]:
    """The history of a seed."""
    return drawn(KINDS, LONGEST, seed)
