"""Blocks of plans as people look at them, and keep them where they are."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.workspace_plan.snapshot import ItemKind


@dataclass(frozen=True, slots=True)
class ListedBlock:
    """A block of a task, a habit or a meeting, and whose time it takes; `locked`: no plan moves it."""

    event_id: UUID
    kind: ItemKind
    title: str
    start: datetime
    end: datetime
    user_ids: tuple[str, ...]
    locked: bool
