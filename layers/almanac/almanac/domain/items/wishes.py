"""What tasks, habits and meetings wish alike: how much they weigh, how long they take, between which instants."""

from collections.abc import Set
from datetime import datetime
from typing import Literal, Protocol, TypeVar, get_args

Priority = Literal["critical", "high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
LONGEST = 44_640
"""Minutes of a task or a meeting: 31 days."""
Bound = Literal["earliest", "deadline"]
"""The instants that a task or a meeting may have or lack."""
BOUNDS: tuple[Bound, ...] = get_args(Bound)

Value = TypeVar("Value")


class Bounded(Protocol):
    """What may have an instant before which it does not begin, and one by which it is to end."""

    @property
    def earliest(self) -> datetime | None:
        """Not before."""
        ...

    @property
    def deadline(self) -> datetime | None:
        """To end by."""
        ...


def given(wanted: Value | None, was: Value) -> Value:
    """Return what is wanted, or what it was where nothing is."""
    return was if wanted is None else wanted


def bounded(bound: str, without: Set[str], wanted: Value | None, was: Value | None) -> Value | None:
    """Return what a bound is to be, where a change may also take it away: it is among `without` then."""
    return None if bound in without else given(wanted, was)
