"""What waits for work and stays where it is: pinned, or not of the one person who is planned. It bounds that work."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.model.instance import Follower
from almanac.domain.workspace_plan.existing_blocks import BlockSets
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block


@dataclass(frozen=True, slots=True)
class Staying:
    """A block that stays, whether a plan of everybody leaves it too (`bound`), and whether only for being near."""

    block: Block
    bound: bool
    near: bool = False

    @property
    def begin(self) -> int:
        """The minute in which it begins."""
        return self.block.first_minute


@dataclass(frozen=True, slots=True)
class StayingBlocks:
    """Blocks ahead of work and of meetings, and what waits for what.

    `waiting` has what waits for each item, `found` the blocks of each. `idle` is open work that is used up: what waits
    for that waits through it for nothing else.
    """

    waiting: Mapping[UUID, Collection[UUID]]
    idle: Collection[UUID]
    found: Mapping[UUID, Sequence[Staying]]

    @classmethod
    def of(
        cls,
        waits: Mapping[UUID, Collection[UUID]],
        idle: Collection[UUID],
        blocks: Iterable[Staying],
        window: PlanningWindow,
    ) -> "StayingBlocks":
        """Return those of the blocks that are ahead: what has begun or is done bounds nothing any more."""
        waiting: dict[UUID, list[UUID]] = defaultdict(list)
        for item, afters in waits.items():
            for after in afters:
                waiting[after].append(item)
        found: dict[UUID, list[Staying]] = defaultdict(list)
        for each in blocks:
            block = each.block
            begun = block.started or block.done or block.first_minute < window.now
            if block.owner is not None and not begun and block.first_minute < window.end:
                found[block.owner].append(each)
        return cls(waiting, idle, found)

    def after(self, item: UUID) -> Iterator[Staying]:
        """Yield the blocks of everything that waits for a task or meeting, for it itself or through other work."""
        seen, ahead = {item}, [item]
        while ahead:
            for waiting in self.waiting.get(ahead.pop(), ()):
                if waiting not in seen:
                    seen.add(waiting)
                    yield from self.found.get(waiting, ())
                    ahead += [waiting] if waiting not in self.idle else []


def limits(
    work: Iterable[tuple[str, UUID]], soonest: Mapping[UUID, int], existing: BlockSets, staying: StayingBlocks
) -> tuple[dict[str, Follower], list[ItemFinding]]:
    """Return what bounds each task and meeting (kind, id), and a finding for each that lies, or must, too late already.

    A block is not taken away for it: where it stays itself, and where a plan of everybody would not move the other one
    either, this begin bounds nothing. Nor does one that is merely near when the work cannot end before it, `soonest`
    being when it could at best: it would have no place until that has begun.
    """
    fixed, movable = _ends(existing.fixed), _ends(existing.movable)
    followers: dict[str, Follower] = {}
    findings: list[ItemFinding] = []
    for kind, item in work:
        bounds: list[Staying] = []
        broken: list[Staying] = []
        for each in staying.after(item):
            end = max(
                fixed.get(item, 0),
                movable.get(item, 0) if each.bound else 0,
                soonest.get(item, 0) if each.near else 0,
            )
            (broken if end > each.begin else bounds).append(each)
        if bounds:
            followers[str(item)] = _first(bounds)
        if broken:
            findings.append(_out_of_order(kind, item, _first(broken)))
    return followers, findings


def _ends(blocks: Iterable[Block]) -> dict[UUID, int]:
    """Return when the last of the blocks of each task and meeting ends."""
    ends: dict[UUID, int] = {}
    for block in blocks:
        if block.kind != "habit" and block.owner is not None:
            ends[block.owner] = max(block.last_minute, ends.get(block.owner, 0))
    return ends


def _first(blocks: Sequence[Staying]) -> Follower:
    """Return what begins first."""
    begin = min(each.begin for each in blocks)
    firsts = [each for each in blocks if each.begin == begin]
    items = {str(each.block.owner) for each in firsts}
    return Follower(tuple(sorted(items)), begin, movable=not any(each.bound for each in firsts))


def _out_of_order(kind: str, item: UUID, first: Follower) -> ItemFinding:
    cause = Explanation("begins_before_its_end", items=first.items, instants=(first.begin,))
    helps = (Explanation("plan_everybody"),) if first.movable else ()
    return ItemFinding(kind, str(item), "out_of_order", cause, helps)
