"""The blocks of the previous plan on the slot grid, and what leaving them costs."""

from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import PreviousBlock
from almanac.domain.planner.model.problem import Kept, Problem
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Span, slots_for
from almanac.domain.planner.model.weights import Weights


def kept_slots(grid: Grid, weights: Weights, now: int, blocks: list[PreviousBlock], possible: int) -> Kept | None:
    """Return the cost of leaving the previous blocks, for slots in `possible`; None when nothing could be kept."""
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


def blocks_by_item(problem: Problem) -> dict[str, list[Span]]:
    """Return the previous blocks that lie in the window and on the grid, in time order, as slots."""
    found: dict[str, list[Span]] = {}
    for block in sorted(problem.instance.previous, key=lambda b: (b.start, b.end)):
        first, offset = divmod(block.start - problem.origin, SLOT_MINUTES)
        if first >= 0 and offset == 0 and block.end <= problem.minute(problem.window):
            found.setdefault(block.item, []).append((first, slots_for(block.end - block.start)))
    return found


def joined(spans: list[Span]) -> list[Span]:
    """Return spans in time order, those that touch made one and those that overlap another left out."""
    found: list[Span] = []
    for first, length in spans:
        if found and found[-1][0] + found[-1][1] == first:
            found[-1] = (found[-1][0], found[-1][1] + length)
        elif not found or found[-1][0] + found[-1][1] < first:
            found.append((first, length))
    return found
