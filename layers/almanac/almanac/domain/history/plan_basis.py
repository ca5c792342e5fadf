"""What a plan was made from, item by item, so that the next one can say what had changed: tasks, habits, hours."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from almanac.domain.wall_clock import Week, wall_text
from almanac.domain.workspace_plan.snapshot import Habit, Preferences, TaskRow, Workspace
from almanac.domain.workspace_plan.team.rows import Meeting

Facts = Mapping[str, Any]
"""What is known of one item, ready for JSON: what people would call a field, and its value."""
Basis = Mapping[str, Facts]
"""By `task:<id>`, `habit:<id>`, `meeting:<id>`, `hours:<person>:<category>` and `preferences:<person>`; the person is
empty where all is one timeline, and of everybody's hours. With members, whose is what is nobody's: `DEFAULT_MEMBER`."""
DEFAULT_MEMBER = "default_member:"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def basis_of(workspace: Workspace) -> Basis:
    """Return what a plan of the workspace is made from, events and blocks aside: of those history tells."""
    waits = defaultdict[UUID, list[str]](list)
    for each in workspace.dependencies:
        waits[each.task].append(str(each.after))
    for wait in workspace.meeting_dependencies:
        waits[wait.waiting].append(str(wait.after))
    who = defaultdict[UUID, list[str]](list)
    for one in workspace.assignments:
        who[one.task].append(one.user if one.total_minutes is None else f"{one.user} ({one.total_minutes} min)")
    found = {f"task:{task.id}": _task(task, who[task.id], waits[task.id]) for task in workspace.tasks}
    found |= {f"habit:{habit.id}": _habit(habit) for habit in workspace.habits}
    found |= {f"meeting:{each.id}": _meeting(each, waits[each.id]) for each in workspace.meetings}
    return found | dict(_of_people(workspace))


def _of_people(workspace: Workspace) -> Iterator[tuple[str, Facts]]:
    yield "preferences:", _preferences(workspace.preferences) | {"time_zone": workspace.time_zone}
    for category, week in workspace.hours.items():
        yield f"hours::{category}", _hours(week)
    if workspace.members:
        yield DEFAULT_MEMBER, {"user": workspace.default_user}
    for member in workspace.members:
        yield f"preferences:{member.user}", _preferences(member.preferences) | {"time_zone": member.time_zone}
        for category, week in member.hours.items():
            yield f"hours:{member.user}:{category}", _hours(week)


def _task(task: TaskRow, who: list[str], waits: list[str]) -> dict[str, Any]:
    return {
        "title": task.title,
        "priority": task.priority,
        "duration": task.total_minutes,
        "done": task.done_minutes,
        "splitting": [task.min_chunk, task.max_chunk] if task.splittable else None,
        "not_before": _instant(task.earliest),
        "deadline": _instant(task.deadline),
        "hard_deadline": task.hard_deadline,
        "hours": task.category,
        "assignees": sorted(who),
        "waits_for": sorted(waits),
        "refused": [_instant(start) for start, _ in task.refused],
    }


def _habit(habit: Habit) -> dict[str, Any]:
    rule = {name: value for name, value in asdict(habit.recurrence).items() if value not in (None, ())}
    return {
        "title": habit.name,
        "priority": habit.priority,
        "duration": [habit.min_minutes, habit.preferred_minutes, habit.max_minutes],
        "ideal_time": habit.ideal_time,
        "part_of_day": habit.part_of_day,
        "recurrence": {name: str(value) for name, value in rule.items()},
        "times_a_day": habit.instances,
        "order": None if habit.other_habit is None else [habit.order, str(habit.other_habit)],
        "hours": habit.category,
        "owner": habit.user,
        "refused": [_instant(start) for start, _ in habit.refused],
    }


def _meeting(meeting: Meeting, waits: list[str]) -> dict[str, Any]:
    return {
        "title": meeting.title,
        "priority": meeting.priority,
        "duration": meeting.minutes,
        "not_before": _instant(meeting.earliest),
        "deadline": _instant(meeting.deadline),
        "hard_deadline": meeting.hard_deadline,
        "hours": meeting.category,
        "assignees": sorted((*meeting.required, *(f"{user} (perhaps)" for user in meeting.optional))),
        "waits_for": sorted(waits),
        # Left out where there are none: a basis of an earlier version knows of none, and that is no change.
        **({"refused": [_instant(start) for start, _ in meeting.refused]} if meeting.refused else {}),
    }


def _preferences(wanted: Preferences) -> dict[str, Any]:
    return {**asdict(wanted), "daily_caps": dict(wanted.daily_caps)}


def _hours(week: Week) -> dict[str, Any]:
    spans = (", ".join(f"{wall_text(start)}-{wall_text(end)}" for start, end in day) for day in week)
    return dict(zip(WEEKDAYS, spans, strict=True))


def _instant(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())
