"""The plan against the calendar: which blocks stay, which move and keep their id, which come and which go."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from almanac.domain.explanation import Explanation
from almanac.domain.workspace_plan.planning_window import utc_instant
from almanac.domain.workspace_plan.report import Placed
from almanac.domain.workspace_plan.snapshot import NOBODY, Block, ItemKind
from almanac.domain.workspace_plan.team.request import PlanningRequest


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A block to put on the calendar; `day` (local) and `instance` name the occurrence of a habit."""

    kind: ItemKind
    owner: UUID
    title: str
    color: str
    start: datetime
    end: datetime
    minutes: int
    reason: str
    explanation: Explanation
    day: date | None
    instance: int
    user: str = NOBODY
    """Whose block it is, of a task or habit."""
    attending: tuple[str, ...] = ()
    """Who comes to a meeting."""


@dataclass(frozen=True, slots=True)
class MovedBlock:
    """A block that stays the same row at another time, of another length, or under its item's new name.

    `reason` is None where the one it was placed with still holds: it is not moved, and nobody comes or goes.
    """

    event_id: UUID
    kind: ItemKind
    title: str
    start: datetime
    end: datetime
    minutes: int
    reason: str | None
    explanation: Explanation | None
    attending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be written for the plan to stand; `unchanged` blocks already do."""

    inserted: tuple[NewBlock, ...]
    moved: tuple[MovedBlock, ...]
    deleted: tuple[UUID, ...]
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether nothing has to be written."""
        return not (self.inserted or self.moved or self.deleted)


def changes(request: PlanningRequest, plan: Iterable[Placed]) -> Changes:
    """Return the smallest set of writes: a block in the plan is left alone, one whose item is there is moved."""
    blocks: dict[Hashable, list[Block]] = defaultdict(list)
    for block in request.existing.movable:
        blocks[block.kind, str(block.owner), block.day, block.instance].append(block)
    inserted, moved, deleted, unchanged = [], [], [block.event_id for block in request.existing.unwanted], 0
    for key, placed in _by_owner(request, plan).items():
        pairs, spare, homeless = _matched(blocks.pop(key, []), placed)
        deleted += [block.event_id for block in spare]
        inserted += [_new(request, place) for place in homeless]
        for block, place in pairs:
            title = request.items[place.item].title
            if _stands(block, place, title) and block.attending == _attending(request, place):
                unchanged += 1
            else:
                moved.append(_moved(block, place, title, _attending(request, place)))
    deleted += [block.event_id for left in blocks.values() for block in left]
    return Changes(tuple(inserted), tuple(moved), tuple(deleted), unchanged)


def _by_owner(request: PlanningRequest, plan: Iterable[Placed]) -> Mapping[Hashable, list[Placed]]:
    """Return the placements of each task, and of each occurrence of each habit, in time order."""
    found: dict[Hashable, list[Placed]] = defaultdict(list)
    for place in sorted(plan, key=lambda place: (place.start, place.item)):
        item = request.items[place.item]
        owner = str(item.owner) if item.kind == "habit" else place.item
        found[item.kind, owner, _date(request, place), item.instance].append(place)
    return found


def _matched(blocks: list[Block], placed: list[Placed]) -> tuple[list[tuple[Block, Placed]], list[Block], list[Placed]]:
    """Return (pairs, blocks left over, placements left over): equal times first, equal starts, then time order."""
    pairs = []
    rules: tuple[Callable[[Block, Placed], bool], ...] = (
        lambda block, place: (block.first_minute, block.last_minute) == (place.start, place.end),
        lambda block, place: block.first_minute == place.start,
        lambda _block, _place: True,
    )
    for alike in rules:
        for block in list(blocks):
            place = next((place for place in placed if alike(block, place)), None)
            if place is not None:
                pairs.append((block, place))
                blocks.remove(block)
                placed.remove(place)
    return pairs, blocks, placed


def _stands(block: Block, place: Placed, title: str) -> bool:
    here = (block.start, block.end, block.minutes, block.title)
    return here == (utc_instant(place.start), utc_instant(place.end), place.minutes, title)


def _new(request: PlanningRequest, place: Placed) -> NewBlock:
    item = request.items[place.item]
    span = utc_instant(place.start), utc_instant(place.end)
    return NewBlock(
        item.kind,
        item.owner,
        item.title,
        item.color,
        *span,
        place.minutes,
        place.reason,
        place.explanation,
        _date(request, place),
        item.instance,
        NOBODY if item.kind == "meeting" else item.user,
        _attending(request, place),
    )


def _moved(block: Block, place: Placed, title: str, attending: tuple[str, ...]) -> MovedBlock:
    span = utc_instant(place.start), utc_instant(place.end)
    stays = span == (block.start, block.end) and attending == block.attending
    reason, explanation = (None, None) if stays else (place.reason, place.explanation)
    minutes = place.minutes
    return MovedBlock(block.event_id, block.kind, title, *span, minutes, reason, explanation, attending)


def _date(request: PlanningRequest, place: Placed) -> date | None:
    """Return the local date of a block's start for a habit, None for anything else."""
    return request.day(place.item, place.start) if request.items[place.item].kind == "habit" else None


def _attending(request: PlanningRequest, place: Placed) -> tuple[str, ...]:
    """Return who comes to a meeting, nobody for anything else."""
    return place.people if request.items[place.item].kind == "meeting" else ()
