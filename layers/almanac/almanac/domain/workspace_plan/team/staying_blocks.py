"""What waits for tasks and stays where it is: pinned, or not of the one person who is planned. It bounds them."""

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
class StayingBlocks:
    """Blocks ahead of work and of meetings, and what waits for what.

    `waiting` has what waits for each item, `found` the blocks of each, and whether a plan of everybody leaves it too.
    `idle` is open work that is used up: what waits for that waits through it for nothing else.
    """

    waiting: Mapping[UUID, Collection[UUID]]
    idle: Collection[UUID]
    found: Mapping[UUID, Sequence[tuple[Block, bool]]]

    @classmethod
    def of(
        cls,
        waits: Mapping[UUID, Collection[UUID]],
        idle: Collection[UUID],
        blocks: Iterable[tuple[Block, bool]],
        window: PlanningWindow,
    ) -> "StayingBlocks":
        """Return those of the blocks that are ahead: what has begun or is done bounds nothing any more."""
        waiting: dict[UUID, list[UUID]] = defaultdict(list)
        for item, afters in waits.items():
            for after in afters:
                waiting[after].append(item)
        found: dict[UUID, list[tuple[Block, bool]]] = defaultdict(list)
        for block, bound in blocks:
            begun = block.started or block.done or block.first_minute < window.now
            if block.owner is not None and not begun and block.first_minute < window.end:
                found[block.owner].append((block, bound))
        return cls(waiting, idle, found)

    def after(self, task: UUID) -> Iterator[tuple[Block, bool]]:
        """Yield the blocks of everything that waits for a task, for it itself or through other work."""
        seen, ahead = {task}, [task]
        while ahead:
            for item in self.waiting.get(ahead.pop(), ()):
                if item not in seen:
                    seen.add(item)
                    yield from self.found.get(item, ())
                    ahead += [item] if item not in self.idle else []


def limits(
    tasks: Iterable[UUID], existing: BlockSets, staying: StayingBlocks
) -> tuple[dict[str, Follower], list[ItemFinding]]:
    """Return what bounds each task, and a finding for each whose own block lies too late already.

    Such a block is not taken away for it: where it stays itself, and where a plan of everybody would not move the
    other one either, this begin bounds nothing.
    """
    fixed, movable = _ends(existing.fixed), _ends(existing.movable)
    followers: dict[str, Follower] = {}
    findings: list[ItemFinding] = []
    for task in tasks:
        bounds: list[tuple[Block, bool]] = []
        broken: list[tuple[Block, bool]] = []
        for block, bound in staying.after(task):
            end = max(fixed.get(task, 0), movable.get(task, 0) if bound else 0)
            (broken if end > block.first_minute else bounds).append((block, bound))
        if bounds:
            followers[str(task)] = _first(bounds)
        if broken:
            findings.append(_out_of_order(task, _first(broken)))
    return followers, findings


def _ends(blocks: Iterable[Block]) -> dict[UUID, int]:
    """Return when the last of the blocks of each task ends."""
    ends: dict[UUID, int] = {}
    for block in blocks:
        if block.kind == "task" and block.owner is not None:
            ends[block.owner] = max(block.last_minute, ends.get(block.owner, 0))
    return ends


def _first(blocks: Sequence[tuple[Block, bool]]) -> Follower:
    """Return what begins first."""
    begin = min(block.first_minute for block, _ in blocks)
    firsts = [(str(block.owner), bound) for block, bound in blocks if block.first_minute == begin]
    return Follower(tuple(sorted({item for item, _ in firsts})), begin, movable=not any(bound for _, bound in firsts))


def _out_of_order(task: UUID, first: Follower) -> ItemFinding:
    cause = Explanation("begins_before_its_end", items=first.items, instants=(first.begin,))
    helps = (Explanation("plan_everybody"),) if first.movable else ()
    return ItemFinding("task", str(task), "out_of_order", cause, helps)
