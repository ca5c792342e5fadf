"""The slot grid of one instance: instants to slots and back, days, and what the previous plan is worth keeping."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.instance import Instance, PreviousBlock
from almanac.domain.planner.model.problem import Kept
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between
from almanac.domain.planner.model.weights import Weights
from almanac.domain.wall_clock import local_days, wall_instant


@dataclass(frozen=True, slots=True)
class Grid:
    """Slots from `origin` (minutes since the epoch) on, `size` of them."""

    origin: int
    size: int
    zone: ZoneInfo

    @classmethod
    def of(cls, instance: Instance) -> "Grid":
        """The grid from the first usable quarter hour to the window's end."""
        first = instance.now + instance.notice_minutes
        origin = -(-first // SLOT_MINUTES) * SLOT_MINUTES
        return cls(origin, max(0, (instance.end - origin) // SLOT_MINUTES), instance.zone)

    def down(self, minute: int) -> int:
        """The slot an instant lies in, clamped to the grid."""
        return min(self.size, max(0, (minute - self.origin) // SLOT_MINUTES))

    def up(self, minute: int) -> int:
        """The first slot that begins at or after an instant, clamped to the grid."""
        return min(self.size, max(0, -((self.origin - minute) // SLOT_MINUTES)))

    def inside(self, start: int, end: int) -> int:
        """The slots that lie wholly in [start, end)."""
        return between(self.up(start), self.down(end))

    def touched(self, start: int, end: int) -> int:
        """The slots that [start, end) touches."""
        return between(self.down(start), self.up(end))

    def days(self) -> tuple[int, ...]:
        """The slots of each local day; a slot belongs to the day it begins in."""
        last = self.origin + SLOT_MINUTES * max(0, self.size - 1)
        dates = list(local_days(self.origin, last, self.zone)) if self.size else []
        begins = [self.up(wall_instant(day, 0, self.zone)) for day in dates]
        return tuple(between(a, b) for a, b in zip(begins, [*begins[1:], self.size], strict=True))


def kept_slots(grid: Grid, weights: Weights, now: int, blocks: list[PreviousBlock], possible: int) -> Kept | None:
    """What leaving the previous blocks costs, for the slots among `possible`; None when nothing could be kept."""
    near_until = now + weights.moved_near_hours * 60
    far = near = 0
    for block in blocks:
        bits = grid.inside(block.start, block.end) & possible
        if block.start < near_until:
            near |= bits
        else:
            far |= bits
    rate = weights.per_slot(weights.moved_per_hour)
    if not far | near:
        return None
    return Kept(far & ~near, near, rate, round(rate * weights.moved_near_factor))
