"""What is wrong with the categories of hours that tasks, habits and meetings name."""

from collections.abc import Collection, Iterable

from almanac.domain.explanation import Explanation
from almanac.domain.workspace_plan.snapshot import Workspace


def category_faults(workspace: Workspace) -> dict[str, Explanation]:
    """Return what is wrong with each category of hours that a task or habit names and that cannot be used."""
    named = {task.category for task in workspace.tasks} | {habit.category for habit in workspace.habits}
    unknown = {c: fault for c in named if (fault := unknown_hours(c, [workspace.hours])) is not None}
    unreadable = workspace.unreadable_hours.items()
    return unknown | {c: Explanation("hours_unreadable", category=c, quotes=(fault,)) for c, fault in unreadable}


def unknown_hours(category: str, each: Iterable[Collection[str]]) -> Explanation | None:
    """Return the fault of a category that not all of some people have, with those that they do; None for none."""
    common = set.intersection(*map(set, each))
    if category in common:
        return None
    return Explanation("hours_unknown", category=category, quotes=tuple(sorted(common)))
