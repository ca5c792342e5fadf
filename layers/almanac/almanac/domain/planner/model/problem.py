"""The planning problem on the slot grid: everything the search needs, zones and wall times already resolved.

Slots count quarters of an hour from `Problem.origin`; bit masks are those of `slot_mask`; costs are thousandths of a
point. Built by `discretize.problem_of`, never by hand.
"""

from bisect import bisect_left
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.instance import Follower, Instance
from almanac.domain.planner.model.person import Person
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Placement, covered
from almanac.domain.wall_clock import DAY_MINUTES

DAY_SLOTS = DAY_MINUTES // SLOT_MINUTES
NO_PLACE_COST = 10**9
"""Cost of leaving a movable event out, in thousandths of a point: never worth it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Slots of the previous plan that an item could keep, and the cost of leaving one of them."""

    far: int = 0
    near: int = 0
    far_cost: int = 0
    near_cost: int = 0

    def cost(self, placement: Placement) -> int:
        """Return the moved term of one item at `placement`."""
        gone = ~covered(placement)
        return (self.far & gone).bit_count() * self.far_cost + (self.near & gone).bit_count() * self.near_cost


@dataclass(frozen=True, slots=True)
class Heir:
    """A task that waits for another, and what it costs at least by when that one ends.

    `costs[k]` when that one ends after k of the slots `limits`, which are in time order.
    """

    limits: tuple[int, ...]
    costs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A task: `slots` quarters of an hour in chunks of min_chunk … max_chunk slots (both = slots when unsplittable).

    A meeting is one too, unsplittable, which takes the same slots of several people and weighs as much as a task for
    each of them.
    """

    index: int
    id: str
    people: tuple[int, ...]
    """Whose time it takes: one person's for a task, several people's for a meeting."""
    category: str
    weight: float
    minutes: int
    slots: int
    min_chunk: int
    max_chunk: int
    cuttable: tuple[bool, ...]
    """cuttable[r]: r slots can be cut into allowed chunks."""
    release: int
    eligible: int
    """Slots inside hours, off locked time, after release, before a hard deadline, in runs of at least min_chunk."""
    open_slots: int
    """The same, runs of any length."""
    deadline: int | None
    """Minutes since the epoch, when the deadline lies inside the window."""
    slack_minutes: int
    """How many minutes of the last slot stay unused: 15 * slots - minutes."""
    predecessors: tuple[int, ...]
    successors: tuple[int, ...]
    kept: Kept | None
    unit_cost: int
    """Cost of delaying one slot of work by one slot."""
    missing_cost: int
    """Cost of one slot of work without a place, delay included."""
    late_flag: int
    late_per_day: int
    late_days_cap: int
    late_offset: int
    """Minutes from the deadline (plus slack) back to slot 0: lateness of an end slot e is 15 e - late_offset."""
    extra_chunk: int
    base_chunks: int
    window: int
    """Number of slots of the whole window."""
    window_rest: int
    """Minutes from the end of the last slot to that of the window, up to which work without a place counts as late."""
    hard: bool
    """Whether nothing of it may lie after its deadline."""
    cap_row: int = -1
    """Where this category's daily load begins in the load table, -1 without a cap."""
    attendances: tuple[int, ...] = ()
    """Of a meeting: the items that stand for the presence of optional people."""
    heirs: tuple[Heir, ...] = ()
    heirs_unit: int = 0
    """Cost of delaying by one slot everything that waits for it."""
    follower: Follower | None = None
    """What waits for it and stays where it is; `open_slots` end where that begins."""
    leaders: tuple[str, ...] = ()
    """What it waits for and stays where it is, where that ends at `release`."""
    refused: int = 0
    """Slots it was taken away from, whatever else they are; none of them is in `open_slots`."""

    @property
    def is_meeting(self) -> bool:
        """Whether it takes several people's time."""
        return len(self.people) > 1

    def cost(self, placement: Placement) -> int:
        """Return the unscheduled, late, asap, chunks and moved terms of this task at `placement`."""
        used, delay = 0, 0
        for first, length in placement:
            used += length
            delay += length * (first - self.release) + length * (length - 1) // 2
        missing = self.slots - used
        end = self.window if missing else placement[-1][0] + placement[-1][1]
        total = delay * self.unit_cost + missing * self.missing_cost + self.late_cost(end, complete=not missing)
        if len(placement) > self.base_chunks:
            total += (len(placement) - self.base_chunks) * self.extra_chunk
        return total + self.kept.cost(placement) if self.kept else total

    def late_cost(self, end: int, *, complete: bool = True) -> int:
        """Return the late term when the last block ends at slot `end`; unfinished work is late to the window's end."""
        if self.deadline is None:
            return 0
        late = SLOT_MINUTES * end - self.late_offset + (0 if complete else self.slack_minutes + self.window_rest)
        if late <= 0:
            return 0
        return self.late_flag + self.late_per_day * min(self.late_days_cap, -(-late // DAY_MINUTES))

    def days_late(self, end: int) -> int:
        """Return the days begun by which an end slot is beyond the deadline and its slack; 0 or less is on time."""
        return -(-(SLOT_MINUTES * end - self.late_offset) // DAY_MINUTES)

    def end_so_late(self, days: int) -> int:
        """Return the slot by which it must end so as to be late by so many days at most."""
        return (self.late_offset + days * DAY_MINUTES) // SLOT_MINUTES

    def heirs_cost(self, end: int) -> int:
        """Return what may hang on its end, for a choice between places: delay and lateness of all that waits for it."""
        return self.heirs_unit * end + sum([heir.costs[bisect_left(heir.limits, end)] for heir in self.heirs])

    def minutes_placed(self, placement: Placement) -> int:
        """Return the real minutes of a placement: the last slot of a finished task may be used in part."""
        return min(self.minutes, SLOT_MINUTES * sum(length for _, length in placement))

    def complete(self, placement: Placement) -> bool:
        """Return whether all of the work has a place."""
        return sum(length for _, length in placement) == self.slots


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible block of a habit occurrence, cheaper than missing it."""

    cost: int
    first: int
    length: int
    bits: int
    """The block's slots, shifted so that bit 0 is the occurrence's `base`."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One wanted date of a habit."""

    index: int
    id: str
    people: tuple[int, ...]
    date: str
    """Local date, ISO."""
    weight: float
    min_minutes: int
    preferred_minutes: int
    max_minutes: int
    ideal: tuple[int, int]
    """The ideal window in minutes since the epoch."""
    eligible: int
    missed_cost: int
    candidates: tuple[Candidate, ...]
    """Cheapest first."""
    base: int
    width: int
    """The candidates lie in slots base … base+width-1."""
    kept: Kept | None
    refused: int = 0
    """Slots it was taken away from, whatever else they are; none of them is in `eligible`."""

    def cost(self, placement: Placement) -> int:
        """Return the habit and moved terms of this occurrence at `placement`."""
        total = self.missed_cost
        if placement:
            span = placement[0]
            total = next(c.cost for c in self.candidates if (c.first, c.length) == span)
        return total + self.kept.cost(placement) if self.kept else total


@dataclass(frozen=True, slots=True)
class Movable:
    """An unlocked event that may move as a whole, for all whose time it takes."""

    index: int
    id: str
    people: tuple[int, ...]
    slots: int
    home: int
    """The slot it begins in on the calendar."""
    starts: int
    """The slots it may move to."""
    move_cost: int

    def cost(self, placement: Placement) -> int:
        """Return the events term; an event without a place is no plan at all, hence the forbidding cost."""
        if not placement:
            return NO_PLACE_COST
        return 0 if placement == ((self.home, self.slots),) else self.move_cost


@dataclass(frozen=True, slots=True)
class Attendance:
    """The presence of one optional person at a meeting: at the meeting's place or, at a small cost, nowhere."""

    index: int
    id: str
    """The person's."""
    people: tuple[int, ...]
    meeting: int
    eligible: int
    """Slots inside the person's hours, off locked time and after the notice."""
    weight: float
    absent_cost: int

    def cost(self, placement: Placement) -> int:
        """Return the absent term."""
        return 0 if placement else self.absent_cost


Item = Task | Occurrence | Movable | Attendance


def weight_of(item: Item) -> float:
    """Return the weight of an item's priority; a movable event comes before everything."""
    return 100.0 if isinstance(item, Movable) else item.weight


def block_minutes(item: Task | Occurrence, place: Placement, position: int) -> int:
    """Return the real length of a block: whole slots, but a task's end and a habit's preferred length are exact."""
    minutes = SLOT_MINUTES * place[position][1]
    if isinstance(item, Occurrence):
        return min(minutes, item.preferred_minutes)
    return minutes - (item.slack_minutes if position == len(place) - 1 and item.complete(place) else 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """A whole instance on the grid. `items` are tasks and meetings, occurrences, movable events, then attendances."""

    id: str
    origin: int
    """Slot 0 in minutes since the epoch: the first grid instant at or after now + the shortest notice."""
    window: int
    """Number of slots."""
    people: tuple[Person, ...]
    tasks: tuple[Task, ...]
    """Tasks, then meetings."""
    occurrences: tuple[Occurrence, ...]
    movables: tuple[Movable, ...]
    attendances: tuple[Attendance, ...]
    pinned_cost: int
    """What breaks cost that events lack which could move but for where they are, whatever is placed."""
    instance: Instance
    """What it was built from."""

    @property
    def items(self) -> tuple[Item, ...]:
        """Return all items in index order."""
        return (*self.tasks, *self.occurrences, *self.movables, *self.attendances)

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of the first person."""
        return self.people[0].zone

    @property
    def zones(self) -> dict[str, ZoneInfo]:
        """Return the zone of each person by id."""
        return {person.id: person.zone for person in self.people}

    def minute(self, slot: int) -> int:
        """Return the instant at which `slot` begins, in minutes since the epoch."""
        return self.origin + SLOT_MINUTES * slot


def names_of(problem: Problem, item: Item) -> tuple[str, ...]:
    """Return the ids of those whose time an item takes."""
    return tuple(problem.people[person].id for person in item.people)
