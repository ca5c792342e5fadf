"""Habits as people set them up: what, whose, how long, on which dates, and which of these are left out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from uuid import UUID, uuid4

from almanac.domain.items.habits import HabitChange, HabitWishes, ListedHabit
from almanac.domain.wall_clock import zone_of
from almanac.domain.workspace_plan.habit_windows import in_circles
from almanac.errors import BadInput
from almanac.services.clock import Clock
from almanac.services.items.ports import HabitStore
from almanac.services.items.requirements import hours_of, require_as_seen, require_hours
from almanac.services.operations.people import require_member
from almanac.services.operations.ports import PeopleStore, WorkspaceStore
from almanac.services.plan.ports import DatesBetween

FARTHEST_SKIP = timedelta(days=3 * 366)
"""How far ahead a date may be left out: further on, looking whether it is one of the habit's would take long."""
_NEXT = timedelta(days=366)
"""How far the next date of a habit is looked for."""


class UnknownHabit(BadInput):
    """The workspace has no habit of that id."""

    code = "unknown_habit"

    def __init__(self) -> None:
        super().__init__("habit_id", "the workspace has no such habit; `almanac habit list` shows those there are")


@dataclass(frozen=True, slots=True)
class Habits:
    """The use case of `almanac habit …`."""

    workspaces: WorkspaceStore
    people: PeopleStore
    store: HabitStore
    dates_between: DatesBetween
    clock: Clock

    def add(self, ws_id: UUID, wishes: HabitChange, habit_id: UUID | None = None) -> UUID:
        """Add a habit of which this is said, and return its id: a new one, or the given one, under which it is added
        once however often. It begins today, unless another date is given.

        Raises BadInput of a field, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        habit = wishes.applied_to(HabitWishes.usual(self._today(ws_id, wishes.user_id)))
        if not habit.name:
            raise BadInput("name", "missing")
        self._require_whose(ws_id, habit, wishes)
        require_hours(habit.hours, self._hours(ws_id, habit), "whom it is for")
        self._require_order(ws_id, habit, None)
        added = habit_id or uuid4()
        self.store.add(ws_id, added, habit)
        return added

    def change(self, ws_id: UUID, habit_id: UUID, change: HabitChange, seen: ListedHabit | None = None) -> ListedHabit:
        """Change what is given of a habit, and return it as it is then.

        Raises UnknownHabit, BadInput of a field, ChangedMeanwhile where it is not any more as it was `seen`,
        UnknownWorkspace.
        """
        was = self.one(ws_id, habit_id).wishes
        wanted = change.applied_to(was)
        self._require_whose(ws_id, wanted, change)
        if change.hours is not None or wanted.user_id != was.user_id:
            require_hours(wanted.hours, self._hours(ws_id, wanted), "whom it is for")
        if change.after is not None or change.before is not None:
            self._require_order(ws_id, wanted, habit_id)

        def changed(now: ListedHabit) -> HabitWishes:
            require_as_seen(seen, now)
            return change.applied_to(now.wishes)

        if not self.store.change(ws_id, habit_id, changed):
            raise UnknownHabit
        return self.one(ws_id, habit_id)

    def skip(self, ws_id: UUID, habit_id: UUID, day: date) -> ListedHabit:
        """Leave out one of the dates of a habit that are still ahead: the next plan takes its block away.

        Raises UnknownHabit, BadInput for a date that is over or that it does not fall on, UnknownWorkspace.
        """
        habit = self.one(ws_id, habit_id)
        today = self._today(ws_id, habit.wishes.user_id)
        if day < today:
            raise BadInput("day", "is over")
        if day > today + FARTHEST_SKIP:
            raise BadInput("day", f"must be at most {FARTHEST_SKIP.days} days ahead")
        if day not in self.dates_between(habit.wishes.recurrence, day, day):
            raise BadInput("day", f"is none of the habit's dates{self._next(habit, day)}")
        self.store.skip(ws_id, habit_id, day)
        return self.one(ws_id, habit_id)

    def unskip(self, ws_id: UUID, habit_id: UUID, day: date) -> ListedHabit:
        """Have a date that was left out after all. Raises UnknownHabit, UnknownWorkspace."""
        self.one(ws_id, habit_id)
        self.store.unskip(ws_id, habit_id, day)
        return self.one(ws_id, habit_id)

    def remove(self, ws_id: UUID, habit_id: UUID) -> None:
        """Delete a habit: the next plan takes its blocks to come away. Raises UnknownHabit, UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        if not self.store.remove(ws_id, habit_id):
            raise UnknownHabit

    def one(self, ws_id: UUID, habit_id: UUID) -> ListedHabit:
        """Return one habit. Raises UnknownHabit, UnknownWorkspace."""
        for each in self.all(ws_id):
            if each.habit_id == habit_id:
                return each
        raise UnknownHabit

    def all(self, ws_id: UUID) -> Sequence[ListedHabit]:
        """Return the habits. Raises UnknownWorkspace."""
        self.workspaces.require_workspace(ws_id)
        return self.store.all(ws_id)

    def _today(self, ws_id: UUID, user: str | None) -> date:
        zone = zone_of(self.store.zone(ws_id, user)) or UTC
        return self.clock().astimezone(zone).date()

    def _next(self, habit: ListedHabit, day: date) -> str:
        dates = self.dates_between(habit.wishes.recurrence, day, day + _NEXT)
        return f"; the next one is {min(dates).isoformat()}" if dates else ""

    def _require_whose(self, ws_id: UUID, habit: HabitWishes, change: HabitChange) -> None:
        if habit.user_id is not None and change.user_id is not None:
            require_member(self.people, ws_id, habit.user_id, "user_id")

    def _hours(self, ws_id: UUID, habit: HabitWishes) -> Sequence[Collection[str]]:
        """Return the categories of whose habit it is; of who is no member any more those of the default member."""
        members = [each.user_id for each in self.people.members(ws_id)]
        return hours_of(self.people, ws_id, [habit.user_id] if habit.user_id in members else [])

    def _require_order(self, ws_id: UUID, habit: HabitWishes, habit_id: UUID | None) -> None:
        """Raise BadInput for another habit that is not there, or that would have to be on both sides of this one."""
        if habit.other is None or habit.order is None:
            return
        others = {each.habit_id: each.wishes for each in self.store.all(ws_id) if each.habit_id != habit_id}
        if habit.other not in others:
            raise BadInput(habit.order, "names no other habit of the workspace")
        this = habit_id or UUID(int=0)
        pairs = [
            (each.other, key) if each.order == "after" else (key, each.other)
            for key, each in {**others, this: habit}.items()
            if each.other is not None
        ]
        if this in in_circles(pairs):
            raise BadInput(habit.order, "would make habits wait for each other in a circle")
