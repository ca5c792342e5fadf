"""One person's time in a solution: the slots that blocks take, whose they are, and what that costs this person."""

from almanac.domain.planner.model.person import Person
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Placement

TimelineState = tuple[int, int, int, list[int], int, int]
"""(occupied, starts, ends, load, cost of the load, cost) of a timeline."""


class Timeline:
    """The mutable time of one person; a meeting is in the timeline of each who comes.

    `occupied`, `starts` and `ends` are bits over all blocks (an end is the first slot after a block); `owner[s]` is the
    item of the block that begins at s, valid where `starts` has the bit. `cost` is that of missing breaks and of work
    above daily limits, as it was when last counted.
    """

    __slots__ = ("cost", "ends", "load", "load_cost", "occupied", "owner", "person", "starts")

    def __init__(self, person: Person, window: int) -> None:
        self.person = person
        self.occupied = self.starts = self.ends = 0
        self.owner = [-1] * (window + 1)
        self.load = [0] * len(person.daily_caps)
        self.load_cost = self.cost = 0

    def state(self) -> TimelineState:
        """Return what `reset` needs to come back here."""
        return self.occupied, self.starts, self.ends, self.load[:], self.load_cost, self.cost

    def reset(self, state: TimelineState) -> None:
        """Come back to an earlier state; `owner` is the caller's to set right."""
        self.occupied, self.starts, self.ends, self.load, self.load_cost, self.cost = state

    def count(self) -> int:
        """Return by how much the cost differs from when it was last counted."""
        cost, person = self.load_cost, self.person
        if person.touch_cost:
            begins = self.starts & (self.ends | person.touched_start)
            touches = begins.bit_count() + (self.ends & person.touched_end).bit_count()
            cost += touches * person.touch_cost
        change, self.cost = cost - self.cost, cost
        return change

    def toggle(self, placement: Placement) -> None:
        """Flip blocks in the bit masks."""
        occupied = starts = ends = 0
        for first, length in placement:
            occupied |= ((1 << length) - 1) << first
            starts |= 1 << first
            ends |= 1 << (first + length)
        self.occupied ^= occupied
        self.starts ^= starts
        self.ends ^= ends

    def add_load(self, cap_row: int, placement: Placement, sign: int) -> None:
        """Count blocks of a task with a daily limit in (+1) or out (-1)."""
        for row, slots in self.days_of(cap_row, placement):
            before = self.over(row)
            self.load[row] += sign * slots
            self.load_cost += self.over(row) - before

    def added_load(self, cap_row: int, placement: Placement) -> int:
        """Return by how much the cost of the load grows when a task gets these blocks."""
        before = self.load_cost
        extra: dict[int, int] = {}
        for row, slots in self.days_of(cap_row, placement):
            extra[row] = extra.get(row, 0) + slots
        for row, slots in extra.items():
            before -= self.over(row)
            self.load[row] += slots
            before += self.over(row)
            self.load[row] -= slots
        return before - self.load_cost

    def added_touches(self, placement: Placement) -> int:
        """Return the cost of breaks that these blocks would miss, themselves and a block that follows them."""
        person, total = self.person, 0
        before, after = self.ends | person.touched_start, self.starts | person.touched_end
        for first, length in placement:
            total += (before >> first & 1) + (after >> (first + length) & 1)
        return total * person.touch_cost

    def block_at(self, slot: int) -> int:
        """Return the first slot of the block that covers `slot`, -1 when it is free."""
        if not self.occupied >> slot & 1:
            return -1
        return (self.starts & ((2 << slot) - 1)).bit_length() - 1

    def days_of(self, cap_row: int, placement: Placement) -> list[tuple[int, int]]:
        """Return (load row, slots) of each day that blocks lie on."""
        day_of, found = self.person.day_of, []
        for first, length in placement:
            day, last = day_of[first], day_of[first + length - 1]
            if day == last:
                found.append((cap_row + day, length))
                continue
            found.extend((cap_row + day_of[slot], 1) for slot in range(first, first + length))
        return found

    def over(self, row: int) -> int:
        """Return the cap term of one category's day."""
        minutes = SLOT_MINUTES * self.load[row] - self.person.daily_caps[row]
        return minutes * self.person.over_cap_cost // SLOT_MINUTES if minutes > 0 else 0
