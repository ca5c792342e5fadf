"""One person's part of a planning request: which blocks stay, which habits are wanted when, and what takes the time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.model.instance import HabitSpec, LockedEvent, PersonSpec, PreviousBlock
from almanac.domain.workspace_plan.block_decisions import BlockDecisions, decide_blocks
from almanac.domain.workspace_plan.busy_time import as_locked, busy_events
from almanac.domain.workspace_plan.existing_blocks import taken_by_blocks, worked_minutes
from almanac.domain.workspace_plan.free_time import due_dates, without_open_dates
from almanac.domain.workspace_plan.habit_requests import Dates, MinuteLimits, OccurrenceRequest, habit_faults
from almanac.domain.workspace_plan.snapshot import NOBODY, Block, Workspace
from almanac.domain.workspace_plan.team.views import View


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What is decided about one person before anything is planned; `busy` are the events that take their time."""

    view: View
    busy: Sequence[LockedEvent]
    decisions: BlockDecisions
    findings: Sequence[ItemFinding]

    @property
    def spec(self) -> PersonSpec:
        """The person as the planner knows them."""
        workspace, preferences = self.view.workspace, self.view.workspace.preferences
        return PersonSpec(
            self.view.user,
            self.view.window.zone,
            workspace.hours,
            preferences.break_minutes,
            preferences.notice_minutes,
            preferences.daily_caps,
        )

    @property
    def locked(self) -> list[LockedEvent]:
        """What takes the person's time and stays where it is, meetings that the plan knows left out."""
        people = None if self.view.user == NOBODY else (self.view.user,)
        events = (*self.busy, *taken_by_blocks(self.decisions.existing.fixed))
        return [replace(event, people=people) for event in events]

    @property
    def habits(self) -> list[HabitSpec]:
        """The wanted occurrences of the person's habits."""
        wanted = self.decisions.open_dates.items()
        return [replace(occurrence.spec(days), person=self.view.user) for occurrence, days in wanted]

    @property
    def previous(self) -> list[PreviousBlock]:
        """The existing plan as the planner made it."""
        return previous_blocks(self.decisions.existing.movable, self.decisions.occurrences)


def busy_time(workspace: Workspace) -> list[LockedEvent]:
    """Return the events that take the time of whoever's workspace it is."""
    return [as_locked(event, workspace.preferences) for event in busy_events(workspace.events)]


def person_plan(
    view: View,
    dates: Dates,
    categories: Mapping[str, Explanation],
    faulty_tasks: Collection[UUID],
    busy: Sequence[LockedEvent],
    meetings: Sequence[LockedEvent],
    *,
    force: bool,
    limits: MinuteLimits,
) -> PersonPlan:
    """Return one person's part; `meetings` are those that stay, `categories` what is wrong with unusable hours."""
    workspace, window = view.workspace, view.window
    faulty = habit_faults(workspace.habits, workspace.hours, categories)
    habits = [habit for habit in workspace.habits if habit.id not in faulty]
    due = due_dates(workspace, dates, window.zone)
    taken = (*busy, *meetings)
    decisions = decide_blocks(workspace, due, habits, faulty_tasks, taken, window, force=force, limits=limits)
    left_out = [ItemFinding("habit", str(key), "left_out", fault) for key, fault in faulty.items()]
    idle = without_open_dates(workspace, habits, dates, due, window)
    return PersonPlan(view, busy, decisions, (*left_out, *idle, *decisions.findings))


def previous_blocks(movable: Iterable[Block], occurrences: Iterable[OccurrenceRequest]) -> list[PreviousBlock]:
    """Return blocks as the planner made them: with real lengths, which on the calendar are rounded up."""
    spec_of: dict[object, str] = {
        (one.habit.id, one.instance, day): one.spec_id for one in occurrences for day in one.dates
    }
    return [
        PreviousBlock(
            spec_of[block.owner, block.instance, block.day] if block.kind == "habit" else str(block.owner),
            block.first_minute,
            block.first_minute + worked_minutes(block),
        )
        for block in movable
    ]
