"""What setting up tasks, habits and meetings needs from the outside."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from almanac.domain.items.blocks import ListedBlock
from almanac.domain.items.habits import HabitWishes, ListedHabit
from almanac.domain.items.meetings import ListedMeeting, NewMeeting
from almanac.domain.items.tasks import ListedTask, NewTask, Order


class MeetingStore(Protocol):
    """Meetings. Raises DatabaseUnavailable and StorageFailed."""

    def add(self, ws_id: UUID, meeting_id: UUID, meeting: NewMeeting) -> None:
        """Add a meeting with its people, unless it was added before under that id."""
        ...

    def change(self, ws_id: UUID, meeting_id: UUID, changed: Callable[[ListedMeeting], NewMeeting]) -> bool:
        """Make an open meeting what `changed` says of it as it is, which nobody else changes meanwhile.

        What `changed` raises leaves everything as it is. False when there is no such open meeting. Who comes to its
        block is changed with it, unless that is done or over.
        """
        ...

    def remove(self, ws_id: UUID, meeting_id: UUID) -> bool:
        """Delete a meeting with its people and what waits for it; False when there was none."""
        ...

    def all(self, ws_id: UUID) -> Sequence[ListedMeeting]:
        """Return the open meetings, those without a place first."""
        ...


class TaskStore(Protocol):
    """Tasks. Raises DatabaseUnavailable and StorageFailed."""

    def add(self, ws_id: UUID, task_id: UUID, task: NewTask) -> None:
        """Add a task with its people and what it waits for, unless it was added before under that id."""
        ...

    def change(self, ws_id: UUID, task_id: UUID, changed: Callable[[ListedTask], NewTask]) -> bool:
        """Make a task what `changed` says of it as it is, which nobody else changes meanwhile.

        What `changed` raises leaves everything as it is. False when there is no such task. What one of its people has
        done stays, while they are one of them.
        """
        ...

    def remove(self, ws_id: UUID, task_id: UUID) -> bool:
        """Delete a task with its people and its order; False when there was none."""
        ...

    def one(self, ws_id: UUID, task_id: UUID) -> ListedTask | None:
        """Return a task, open or done; None when there is none."""
        ...

    def all(
        self, ws_id: UUID, user: str | None, *, done: bool, begin: int = 0, most: int | None = None
    ) -> Sequence[ListedTask]:
        """Return the open tasks, those in trouble and without a block first, or the last ones that were ticked off.

        `user`: those of one member only, what is nobody's among those of the default member. `begin` of them are left
        out, and no more than `most` are returned.
        """
        ...

    def order(self, ws_id: UUID, tasks: Collection[UUID], meetings: Collection[UUID]) -> Order:
        """Return which of these there are, and what of the workspace waits for what."""


class HabitStore(Protocol):
    """Habits. Raises DatabaseUnavailable and StorageFailed."""

    def add(self, ws_id: UUID, habit_id: UUID, habit: HabitWishes) -> None:
        """Add a habit, unless it was added before under that id."""
        ...

    def change(self, ws_id: UUID, habit_id: UUID, changed: Callable[[ListedHabit], HabitWishes]) -> bool:
        """Make a habit what `changed` says of it as it is, which nobody else changes meanwhile.

        What `changed` raises leaves everything as it is; what is as it was is not written. False when there is none.
        """
        ...

    def skip(self, ws_id: UUID, habit_id: UUID, day: date) -> None:
        """Leave out one local date of a habit; nothing happens where it is left out."""
        ...

    def unskip(self, ws_id: UUID, habit_id: UUID, day: date) -> None:
        """Leave that date out no more; nothing happens where it is not left out."""
        ...

    def remove(self, ws_id: UUID, habit_id: UUID) -> bool:
        """Delete a habit; False when there was none."""
        ...

    def all(self, ws_id: UUID) -> Sequence[ListedHabit]:
        """Return the habits, those that are paused last."""
        ...

    def zone(self, ws_id: UUID, user: str | None) -> str | None:
        """Return the IANA zone of a member, or of the default one (None); the workspace's where they have none."""
        ...


class BlockStore(Protocol):
    """Blocks of plans. Raises DatabaseUnavailable and StorageFailed."""

    def between(self, ws_id: UUID, since: datetime, until: datetime) -> Sequence[ListedBlock]:
        """Return the blocks that end after `since` and begin before `until`, in time order."""
        ...

    def lock(self, ws_id: UUID, event_id: UUID, *, locked: bool) -> ListedBlock | None:
        """Lock a block or let it go; nothing is written where it is so already. Return it; None when there is none."""
        ...
