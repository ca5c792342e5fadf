"""The blocks on the calendar before a plan: bound to stay, open to this plan, or no longer wanted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from almanac.domain.planner.model.instance import LockedEvent
from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.wall_clock import Interval
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block


@dataclass(frozen=True, slots=True)
class BlockSets:
    """The blocks of a workspace: `fixed` ones stay, `movable` ones may move, `unwanted` ones are deleted.

    Fixed ones are time that is taken, but for those of work that is done.
    """

    fixed: tuple[Block, ...]
    movable: tuple[Block, ...]
    unwanted: tuple[Block, ...]


def sort_blocks(
    blocks: Sequence[Block],
    busy: Sequence[Interval],
    window: PlanningWindow,
    wanted: Callable[[Block], bool],
    plannable: Callable[[Block], bool],
) -> BlockSets:
    """Return the blocks by what a plan may do with them.

    Locked, begun and done blocks are the user's: they are fixed, whatever became of their task. Of the others, those no
    longer wanted (`wanted`: the task is open, the habit active and due that day) go. A block stays as it is when its
    item cannot be planned now (`plannable`), when it lies beyond this run's window, and inside the notice, or where an
    undo has put it, unless something busy lies on it.
    """
    fixed, movable, unwanted = [], [], []
    for block in sorted(blocks, key=lambda block: (block.start, block.event_id)):
        if is_users(block, window):
            fixed.append(block)
        elif not wanted(block):
            unwanted.append(block)
        elif stays(block, busy, window) or not plannable(block):
            fixed.append(block)
        else:
            movable.append(block)
    return BlockSets(tuple(fixed), tuple(movable), tuple(unwanted))


def stays(block: Block, busy: Sequence[Interval], window: PlanningWindow) -> bool:
    """Return whether a wanted block is out of this run's reach: its owner's, inside the notice, beyond the window.

    So is what an undo has put there, unless something busy lies on it.
    """
    start, end = block.first_minute, block.last_minute
    within = window.holds(start, end) and not block.kept
    in_reach = within or (start < window.end and collides((start, end), busy))
    return is_users(block, window) or not in_reach


def is_users(block: Block, window: PlanningWindow) -> bool:
    """Return whether a block is no longer Almanac's to move: locked, done, or begun by its time or `started`."""
    return block.locked or block.started or block.done or block.first_minute < window.now


def collides(interval: Interval, busy: Sequence[Interval]) -> bool:
    """Return whether [start, end) touches any of the others."""
    return any(start < interval[1] and interval[0] < end for start, end in busy)


def worked_minutes(block: Block) -> int:
    """Return the minutes of work in a block: what it was made for, unless its owner changed its length."""
    length = block.last_minute - block.first_minute
    made_for = ceil_to_slot(block.minutes)
    return block.minutes if length == made_for else length


def taken_by_blocks(blocks: Iterable[Block]) -> list[LockedEvent]:
    """Return what fixed blocks take: one whose work is done, be it early, holds its time no more."""
    return [as_taken(block) for block in blocks if not block.over]


def taken_by_owners(blocks: Iterable[Block], window: PlanningWindow) -> list[LockedEvent]:
    """Return what is taken by blocks that are no longer Almanac's to move, be it over one that else would stay."""
    return taken_by_blocks(block for block in blocks if is_users(block, window))


def as_taken(block: Block) -> LockedEvent:
    """Return a fixed block as time that is taken."""
    return LockedEvent(str(block.event_id), block.first_minute, block.last_minute, 0, 0)
