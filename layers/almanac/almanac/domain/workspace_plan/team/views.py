"""What of a workspace is whose: for each person a workspace of their own, in their zone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from almanac.domain.planner.model.slot_mask import ceil_to_slot
from almanac.domain.wall_clock import date_instants, zone_of
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import NOBODY, CalendarEvent, Workspace
from almanac.domain.workspace_plan.team.assignments import AssignedTasks


@dataclass(frozen=True, slots=True)
class View:
    """One person's part of a workspace; tasks are parts of tasks, and no meeting is in it."""

    user: str
    window: PlanningWindow
    workspace: Workspace


def windows_of(workspace: Workspace, window: PlanningWindow) -> dict[str, PlanningWindow]:
    """Return the window of each person: one end for all, but everybody's own zone and notice."""
    if not workspace.members:
        return {NOBODY: window}
    return {
        member.user: PlanningWindow(
            zone=zone_of(member.time_zone) or window.zone,
            now=window.now,
            first=ceil_to_slot(window.now + member.preferences.notice_minutes),
            end=window.end,
        )
        for member in workspace.members
    }


def views_of(workspace: Workspace, window: PlanningWindow, assigned: AssignedTasks) -> Sequence[View]:
    """Return what is whose, in the order of the members; without members everything is the nameless person's."""
    if not workspace.members:
        return [View(NOBODY, window, workspace)]
    windows = windows_of(workspace, window)
    tasks = {user: tuple(row for row in assigned.rows if assigned.users[row.id] == user) for user in windows}
    mine = [block for block in assigned.blocks if block.kind != "meeting"]
    blocks = {user: tuple(block for block in mine if block.user == user) for user in windows}
    default = workspace.default_user
    return [
        View(
            member.user,
            windows[member.user],
            replace(
                workspace,
                time_zone=member.time_zone or workspace.time_zone,
                preferences=member.preferences,
                hours=member.hours,
                unreadable_hours=member.unreadable_hours,
                tasks=tasks[member.user],
                habits=tuple(habit for habit in workspace.habits if (habit.user or default) == member.user),
                events=tuple(
                    on_own_dates(each, window.zone, windows[member.user].zone)
                    for each in workspace.events
                    if each.users is None or member.user in (each.users or (default,))
                ),
                blocks=blocks[member.user],
            ),
        )
        for member in workspace.members
    ]


def on_own_dates(event: CalendarEvent, workspaces: ZoneInfo, persons: ZoneInfo) -> CalendarEvent:
    """Return an all-day event on the same dates of a person's zone; it is stored with midnights of the workspace's."""
    if not event.all_day or workspaces.key == persons.key:
        return event
    first, end = (moment.astimezone(workspaces).date() for moment in (event.start, event.end))
    return replace(event, start=date_instants(first, persons)[0], end=date_instants(end, persons)[0])
