"""Components of a problem that share nothing: work in office hours and a run in the evening, say.

Each component is searched alone, so that a gain in one is not lost because another got worse in the same step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from almanac.domain.planner.model.problem import Attendance, Item, Movable, Problem, Task


@dataclass(frozen=True, slots=True)
class Component:
    """Items that share time, order or a daily limit, and the slots of each person that no other item may use."""

    items: tuple[int, ...]
    slots: Mapping[int, int]


def components_of(problem: Problem) -> list[Component]:
    """Return the components of a problem by their first items; items without any possible place are in none."""
    found: list[tuple[set[object], dict[int, int], list[int]]] = []
    for item in problem.items:
        bits = usable(item)
        if not bits:
            continue
        slots, ties, items = dict.fromkeys(item.people, bits), set(links(item)), [item.index]
        near = dict.fromkeys(item.people, bits | bits << 1 | bits >> 1)
        apart = []
        for other in found:
            touches = any(other[1].get(person, 0) & mine for person, mine in near.items())
            if touches or not ties.isdisjoint(other[0]):
                slots = {p: slots.get(p, 0) | other[1].get(p, 0) for p in slots | other[1]}
                ties, items = ties | other[0], other[2] + items
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
    """Return keys that an item shares with others: each pair of predecessor and successor, a meeting, a daily limit."""
    if isinstance(item, Attendance):
        return ((item.meeting, item.index),)
    if not isinstance(item, Task):
        return ()
    pairs = [(before, item.index) for before in item.predecessors]
    pairs += [(item.index, after) for after in (*item.successors, *item.attendances)]
    return (*pairs, *((("cap", *item.people, item.cap_row),) if item.cap_row >= 0 else ()))
