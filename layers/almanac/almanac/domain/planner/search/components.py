"""Components of a problem that share nothing: work in office hours and a run in the evening, say.

Each component is searched alone, so that a gain in one is not lost because another got worse in the same step.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from almanac.domain.planner.model.problem import Item, Movable, Problem, Task


@dataclass(frozen=True, slots=True)
class Component:
    """Items that share time, order or a daily limit, and the slots they may use; no other item may use these."""

    items: tuple[int, ...]
    slots: int


def components_of(problem: Problem) -> list[Component]:
    """Return the components of a problem by their first items; items without any possible place are in none."""
    found: list[tuple[set[object], int, list[int]]] = []
    for item in problem.items:
        slots, ties, items = usable(item), set(links(item)), [item.index]
        if not slots:
            continue
        near = slots | slots << 1 | slots >> 1
        apart = []
        for other in found:
            if other[1] & near or not ties.isdisjoint(other[0]):
                slots, ties, items = slots | other[1], ties | other[0], other[2] + items
            else:
                apart.append(other)
        found = [*apart, (ties, slots, items)]
    return sorted((Component(tuple(items), slots) for _, slots, items in found), key=lambda each: each.items)


def usable(item: Item) -> int:
    """Return every slot a block of the item may cover."""
    if not isinstance(item, Movable):
        return item.eligible
    bits, starts = 0, item.starts | 1 << item.home
    for shift in range(item.slots):
        bits |= starts << shift
    return bits


def links(item: Item) -> Iterable[object]:
    """Return keys that a task shares with others: each pair of predecessor and successor, and its daily limit."""
    if not isinstance(item, Task):
        return ()
    pairs = [(before, item.index) for before in item.predecessors] + [(item.index, after) for after in item.successors]
    return (*pairs, *((("cap", item.cap_row),) if item.cap_row >= 0 else ()))
