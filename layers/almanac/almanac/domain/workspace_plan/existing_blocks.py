"""What becomes of the blocks that stand on the calendar: bound to stay, open to this plan, or no longer wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from almanac.domain.planner.model.instance import LockedEvent
from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.wall_clock import Interval
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block


@dataclass(frozen=True, slots=True)
class BlockSets:
    """The blocks of a workspace by their fate. `fixed` ones are busy time, `ours` may move, `orphans` go."""

    fixed: tuple[Block, ...]
    ours: tuple[Block, ...]
    orphans: tuple[Block, ...]


def sort_blocks(
    blocks: Sequence[Block],
    busy: Sequence[Interval],
    window: PlanningWindow,
    wanted: Callable[[Block], bool],
    plannable: Callable[[Block], bool],
) -> BlockSets:
    """Every block gets its fate.

    Locked, begun and done blocks are the user's: they stay, whatever became of their task. Of the others, those nobody
    wants any more (`wanted`: the task is open, the habit active and due that day) go. A block stays as it is when its
    item cannot be planned now (`plannable`), when it lies beyond this run's window, and inside the notice unless
    something busy lies on it.
    """
    fixed, ours, orphans = [], [], []
    for block in sorted(blocks, key=lambda block: (block.start, block.event_id)):
        if is_users(block, window):
            fixed.append(block)
        elif not wanted(block):
            orphans.append(block)
        elif stays(block, busy, window) or not plannable(block):
            fixed.append(block)
        else:
            ours.append(block)
    return BlockSets(tuple(fixed), tuple(ours), tuple(orphans))


def stays(block: Block, busy: Sequence[Interval], window: PlanningWindow) -> bool:
    """Whether a wanted block is out of this run's reach: its owner's, inside the notice, or beyond the window."""
    start, end = block.first_minute, block.last_minute
    in_reach = window.holds(start, end) or (start < window.end and collides((start, end), busy))
    return is_users(block, window) or not in_reach


def is_users(block: Block, window: PlanningWindow) -> bool:
    """Whether a block is no longer Almanac's to move: locked, done, or begun (by its time or by its owner's word)."""
    return block.locked or block.started or block.done or block.first_minute < window.now


def collides(interval: Interval, busy: Sequence[Interval]) -> bool:
    """Whether [start, end) touches any of the others."""
    return any(start < interval[1] and interval[0] < end for start, end in busy)


def worked_minutes(block: Block) -> int:
    """Minutes of work in a block: what it was made for, unless its owner has changed its length since."""
    length = block.last_minute - block.first_minute
    made_for = ceil_to_slot(block.minutes)
    return block.minutes if length == made_for else length


def as_taken(block: Block) -> LockedEvent:
    """A fixed block as time that is taken."""
    return LockedEvent(str(block.event_id), block.first_minute, block.last_minute, 0, 0)
