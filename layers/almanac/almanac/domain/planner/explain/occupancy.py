"""What takes which time in a finished plan, events of the calendar included."""

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import islice
from operator import and_, or_
from typing import TYPE_CHECKING

from almanac.domain.explanation import CausePart, Explanation, ReasonPart
from almanac.domain.planner.model.grid import Grid, hours_in_slots, split_movable
from almanac.domain.planner.model.previous_blocks import blocks_by_item
from almanac.domain.planner.model.problem import Attendance, Item, Occurrence, Problem, Task, weight_of
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, covered, lowest
from almanac.domain.planner.search.solution import Solution

if TYPE_CHECKING:
    from almanac.domain.planner.model.instance import LockedEvent

MOST_NAMED = 3
"""How many items and events an explanation names at most."""


class Occupancies:
    """What a finished plan leaves of whose time: an Occupancy for the people of each item, worked out once."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        instance = solution.problem.instance
        self.grid = Grid.of(instance)
        _, pinned = split_movable(instance, self.grid)
        self.locked: tuple[LockedEvent, ...] = (*instance.locked, *pinned)
        self.previous = blocks_by_item(solution.problem)
        self.known: dict[tuple[int, ...], Occupancy] = {}

    def of(self, item: Item) -> "Occupancy":
        """Return the time of those whose time an item takes."""
        return self.of_people(item.people)

    def of_people(self, people: tuple[int, ...]) -> "Occupancy":
        """Return the time of some people, by their positions."""
        if people not in self.known:
            self.known[people] = Occupancy(self, people)
        return self.known[people]


class Occupancy:
    """The time of a person in a finished plan, or what several people have in common, worked out once.

    `slots` and `occupied` are those of items of any of them, `hours` the slots of each category that are open for all
    of them whatever takes them, `events` (id, slots with buffers) of what is locked on anybody's calendar, `locked` all
    slots of those and `shared` the slots of more than one. `plan` has the time of everybody else.
    """

    def __init__(self, plan: Occupancies, people: tuple[int, ...]) -> None:
        self.plan = plan
        self.solution = solution = plan.solution
        self.people = people
        instance = solution.problem.instance
        specs = [instance.people[person] for person in people]
        lines = [solution.lines[person] for person in people]
        self.occupied = reduce(or_, (line.occupied for line in lines))
        self.starts = reduce(or_, (line.starts for line in lines))
        concerned = [not set(people).isdisjoint(item.people) for item in solution.items]
        self.slots = [covered(p) if mine else 0 for p, mine in zip(solution.places, concerned, strict=True)]
        self.held: dict[int, dict[str, int]] = {}
        self.held_by_events: dict[int, dict[str, int]] = {}
        self.lightest = sorted(
            (i for i in solution.items if concerned[i.index] and is_removable(i)),
            key=lambda i: (weight_of(i), self.slots[i.index].bit_count(), i.index),
        )
        each = [hours_in_slots(spec, plan.grid) for spec in specs]
        self.hours = {name: reduce(and_, (hours.get(name, 0) for hours in each)) for hours in each for name in hours}
        touched = [
            (event.id, plan.grid.touched(event.start - event.buffer_before, event.end + event.buffer_after))
            for event in plan.locked
            if any(instance.takes(event, spec) for spec in specs)
        ]
        self.events = [(name, bits) for name, bits in touched if bits]
        self.locked, self.shared, self.event_starts, self.event_at = 0, 0, 0, dict[int, str]()
        for name, bits in self.events:
            self.shared |= self.locked & bits
            self.locked |= bits
            self.event_starts |= bits & -bits
            self.event_at.setdefault(lowest(bits), name)
        self.shortest = sorted(self.events, key=lambda event: (event[1].bit_count(), event[0]))

    @property
    def problem(self) -> Problem:
        """The problem that the plan solves."""
        return self.solution.problem

    def free_but_for(self, index: int) -> int:
        """Return the slots that neither an event nor another item than `index` takes."""
        everything = (1 << self.problem.window) - 1
        return everything & ~self.locked & ~(self.occupied & ~self.slots[index])

    def inside(self, bits: int, excluded: int) -> Iterator[tuple[Item, int]]:
        """Yield (item, its slots in a stretch of time) for every item but one (-1: for all)."""
        bits &= self.occupied
        if not bits:
            return
        for index, slots in enumerate(self.slots):
            if slots & bits and index != excluded:
                yield self.solution.items[self.named(index)], slots & bits

    def removable(self, bits: int, excluded: int) -> Iterator[Item]:
        """Return the items in a stretch of time without a successor, the one of least weight, then length, first."""
        return (item for item in self.lightest if self.slots[item.index] & bits and item.index != excluded)

    def loose_events(self, bits: int) -> Iterator[tuple[str, int]]:
        """Return (id, slots of a stretch of time that it alone takes) of the calendar's events, the shortest first."""
        return ((name, mine) for name, slots in self.shortest if (mine := slots & bits & ~self.shared))

    def minutes_by_id(self, bits: int, excluded: int) -> Mapping[str, int]:
        """Return the minutes of a stretch of time that each item and event takes, without one item, most first.

        Many tasks ask about the same stretch, the hours up to some date.
        """
        if bits not in self.held:
            minutes: dict[str, int] = {}
            for name, slots in (*((item.id, slots) for item, slots in self.inside(bits, -1)), *self.events):
                if slots & bits:
                    minutes[name] = minutes.get(name, 0) + SLOT_MINUTES * (slots & bits).bit_count()
            self.held[bits] = most_first(minutes)
        held, own = self.held[bits], self.solution.items[excluded].id
        return {name: minutes for name, minutes in held.items() if name != own} if own in held else held

    def event_minutes_by_id(self, bits: int) -> Mapping[str, int]:
        """Return the same of the calendar's events alone."""
        if bits not in self.held_by_events:
            taken = {name: SLOT_MINUTES * (slots & bits).bit_count() for name, slots in self.events if slots & bits}
            self.held_by_events[bits] = most_first(taken)
        return self.held_by_events[bits]

    def ids_before_end(self, bits: int, excluded: int) -> tuple[str, ...]:
        """Return the ids of the blocks and events of a stretch of time, the last ones first.

        One more than MOST_NAMED at most; that one says that there are others.
        """
        found: dict[str, None] = {}
        starts = (self.starts | self.event_starts) & bits
        while starts and len(found) <= MOST_NAMED:
            last = starts.bit_length() - 1
            starts ^= 1 << last
            owners = self.owners_at(last, excluded)
            if owners:
                found.update(dict.fromkeys(owners))
            elif self.event_starts >> last & 1:
                found[self.event_at[last]] = None
        own = self.solution.items[excluded].id
        if bits and (over := self.id_at(lowest(bits))) and len(found) < MOST_NAMED and over != own:
            found[over] = None
        return tuple(found)

    def owners_at(self, slot: int, excluded: int) -> list[str]:
        """Return the ids of the items other than `excluded` that begin at a slot."""
        lines = (self.solution.lines[person] for person in self.people)
        owners = dict.fromkeys(self.named(line.owner[slot]) for line in lines if line.starts >> slot & 1)
        return [self.solution.items[index].id for index in owners if index != excluded]

    def named(self, index: int) -> int:
        """Return the item to name for one that takes time: for somebody's presence the meeting."""
        item = self.solution.items[index]
        return item.meeting if isinstance(item, Attendance) else index

    def id_at(self, slot: int) -> str:
        """Return the id of what takes a slot, "" when nothing does or it lies outside the window."""
        for line in (self.solution.lines[person] for person in self.people if slot >= 0):
            if (block := line.block_at(slot)) >= 0:
                return self.solution.items[self.named(line.owner[block])].id
        return next((name for name, bits in self.events if slot >= 0 and bits >> slot & 1), "")


def is_removable(item: Item) -> bool:
    """Return whether an item could go without others that wait for it."""
    return isinstance(item, Occurrence) or (isinstance(item, Task) and not item.successors)


def most_first(held: Mapping[str, int]) -> dict[str, int]:
    """Return minutes by id, most minutes first."""
    return dict(sorted(held.items(), key=lambda each: (-each[1], each[0])))


def taken_away(refused: int, code: CausePart | ReasonPart = "taken_away") -> tuple[Explanation, ...]:
    """Return how much time was left out because its owner had taken the item away from there, in at most one part."""
    return (Explanation(code, minutes=(SLOT_MINUTES * refused.bit_count(),)),) if refused else ()


def holders(held: Mapping[str, int], code: CausePart = "holders") -> Explanation:
    """Return those that hold so many minutes, most first: the few to name, and how many more there are."""
    named = tuple(islice(held, MOST_NAMED))
    return Explanation(
        code,
        items=named,
        minutes=tuple(held[name] for name in named),
        numbers=(len(held) - len(named),) if len(held) > len(named) else (),
    )
