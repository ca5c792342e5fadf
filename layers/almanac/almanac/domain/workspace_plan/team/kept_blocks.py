"""What is said of blocks that stay: one that ends after its deadline, or lies where its people have something else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.explain.occupancy import holders, most_first
from almanac.domain.planner.model.instance import LockedEvent
from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.existing_blocks import as_taken, collides
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import NOBODY, Block


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """A block that stays, of which item that people know, and whose time it takes: nobody's name without members."""

    block: Block
    item: UUID
    people: tuple[str, ...]
    deadline: datetime | None = None
    movable: bool = False
    """Whether a plan of everybody would move it: a meeting that a plan of one person leaves."""


def kept_findings(
    blocks: Sequence[KeptBlock], events: Mapping[str, Iterable[LockedEvent]], window: PlanningWindow
) -> Iterator[ItemFinding]:
    """Yield a finding for each block that no plan moves and that cannot be right where it is.

    `events` take the time of each person. What is over says nothing any more, nor does what has begun of a clash.
    """
    taken = {user: list(found) for user, found in events.items()}
    for each in blocks:
        for user in each.people if not each.block.over else ():
            taken.setdefault(user, []).append(as_taken(each.block))
    for each in blocks:
        block = each.block
        if block.over or not window.now < block.last_minute or block.first_minute >= window.end:
            continue
        if each.deadline is not None and minutes_of(each.deadline) < block.last_minute:
            yield _late(each, minutes_of(each.deadline))
        clashes = {user: found for user in each.people if (found := _beside(block, taken[user]))}
        if clashes and block.first_minute >= window.now:
            yield _finding(each, "clashes", _lies_on(block, clashes), _let_go(each))


def _late(each: KeptBlock, deadline: int) -> ItemFinding:
    end = each.block.last_minute
    later = Explanation("later_deadline", minutes=(end - deadline,), instants=(end,))
    cause = Explanation("ends_after_deadline", instants=(end, deadline))
    return _finding(each, "stays_late", cause, (later, *_let_go(each)))


def _beside(block: Block, taken: Iterable[LockedEvent]) -> list[LockedEvent]:
    span, own = (block.first_minute, block.last_minute), str(block.event_id)
    return [other for other in taken if other.id != own and collides(span, [(other.start, other.end)])]


def _lies_on(block: Block, clashes: Mapping[str, Iterable[LockedEvent]]) -> Explanation:
    """Return what else is where a block stays, and of whom."""
    held = {user: _holders(block, events) for user, events in clashes.items()}
    parts = (part if user == NOBODY else Explanation("lacks", (user,), parts=(part,)) for user, part in held.items())
    return Explanation("lies_on", instants=(block.first_minute, block.last_minute), parts=tuple(parts))


def _holders(block: Block, events: Iterable[LockedEvent]) -> Explanation:
    first, last = block.first_minute, block.last_minute
    return holders(most_first({each.id: min(each.end, last) - max(each.start, first) for each in events}))


def _let_go(each: KeptBlock) -> tuple[Explanation, ...]:
    if each.movable:
        return (Explanation("plan_everybody"),)
    return (Explanation("unlock_or_move"),) if each.block.locked else ()


def _finding(each: KeptBlock, status: str, cause: Explanation, helps: tuple[Explanation, ...]) -> ItemFinding:
    block, people = each.block, tuple(user for user in each.people if user != NOBODY)
    date = block.day.isoformat() if block.day else None
    return ItemFinding(block.kind, str(each.item), status, cause, helps, date, people)
