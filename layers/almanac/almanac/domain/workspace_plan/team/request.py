"""One planning request: the planner's instance, and what is needed to read its plan back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from almanac.domain.explanation import ItemFinding
from almanac.domain.planner.model.instance import Instance
from almanac.domain.wall_clock import local_time
from almanac.domain.workspace_plan.existing_blocks import BlockSets
from almanac.domain.workspace_plan.habit_requests import OccurrenceKey
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import NOBODY, ItemKind


@dataclass(frozen=True, slots=True)
class ItemOwner:
    """The task, the meeting, or the occurrence of a habit, that an id of the planner's means.

    `user` is whose time it takes, of a meeting the first of those who must come; `others` are the rest of these.
    """

    kind: ItemKind
    owner: UUID
    title: str
    color: str
    instance: int = 1
    user: str = NOBODY
    others: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Those whose time it takes, nobody where there are no members."""
        return tuple(filter(None, (self.user, *self.others)))


@dataclass(frozen=True, slots=True)
class PlanningRequest:
    """One planning request: the instance, what each id means, and the blocks the plan is compared with.

    `wanted` holds the ISO dates per habit id of the instance; the planner's weekdays can only say "every Monday".
    `lengthened` are the minutes that owners have made occurrences of habits long. `windows` are those of each person.
    `names` are for explanations: titles of events, blocks, habits and what is waited for, and what people are called;
    they are never logged.
    """

    instance: Instance
    window: PlanningWindow
    items: Mapping[str, ItemOwner]
    wanted: Mapping[str, frozenset[str]]
    names: Mapping[str, str]
    existing: BlockSets
    findings: tuple[ItemFinding, ...]
    lengthened: Mapping[OccurrenceKey, int]
    windows: Mapping[str, PlanningWindow]
    one_person: bool = False
    """Whether one member is planned and not everybody."""

    @property
    def titles(self) -> dict[str, str]:
        """The titles of items, events and blocks by the ids of their rows."""
        return {**self.names, **{str(item.owner): item.title for item in self.items.values()}}

    def window_of(self, item: str) -> PlanningWindow:
        """Return the window of whose time an item takes."""
        return self.windows.get(self.items[item].user, self.window)

    def day(self, item: str, minute: int) -> date:
        """Return the local date of an instant, in the zone of whose time an item takes."""
        return local_time(minute, self.window_of(item).zone).date()
