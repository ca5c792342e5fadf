"""Parts of a problem that cannot get in each other's way: work in office hours and a run in the evening, say.

Each part is searched alone, so that the best of one is not thrown away because another was unlucky at that moment.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from almanac.domain.planner.model.problem import Item, Movable, Problem, Task


@dataclass(frozen=True, slots=True)
class Part:
    """Items that share time, order or a daily limit, and the slots they may use; no other item may use these."""

    items: tuple[int, ...]
    slots: int


def parts_of(problem: Problem) -> list[Part]:
    """The parts of a problem, in the order of their first items; items without any possible place belong to none."""
    found: list[tuple[set[object], int, list[int]]] = []
    for item in problem.items:
        slots, ties, items = usable(item), set(links(item)), [item.index]
        if not slots:
            continue
        near = slots | slots << 1 | slots >> 1
        apart = []
        for part in found:
            if part[1] & near or not ties.isdisjoint(part[0]):
                slots, ties, items = slots | part[1], ties | part[0], part[2] + items
            else:
                apart.append(part)
        found = [*apart, (ties, slots, items)]
    return sorted((Part(tuple(items), slots) for _, slots, items in found), key=lambda part: part.items)


def usable(item: Item) -> int:
    """Every slot a block of the item may ever cover."""
    if not isinstance(item, Movable):
        return item.eligible
    bits, starts = 0, item.starts | 1 << item.home
    for shift in range(item.slots):
        bits |= starts << shift
    return bits


def links(item: Item) -> Iterable[object]:
    """What else than time ties a task to others: whom it waits for, who waits for it, its daily limit."""
    if not isinstance(item, Task):
        return ()
    pairs = [(before, item.index) for before in item.predecessors] + [(item.index, after) for after in item.successors]
    return (*pairs, *((("cap", item.cap_row),) if item.cap_row >= 0 else ()))
