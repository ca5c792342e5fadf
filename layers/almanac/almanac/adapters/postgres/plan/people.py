"""Rows about people as what the domain plans: members with hours and preferences of their own, assignees, meetings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from almanac.adapters.postgres.plan.settings import read_open_hours, read_preferences
from almanac.domain.explanation import ItemFinding
from almanac.domain.workspace_plan.snapshot import Member
from almanac.domain.workspace_plan.team.rows import Assignment, Meeting, MeetingDependency

Row = Sequence[Any]


class StoredHours(NamedTuple):
    """Opening hours as stored: by category those of everybody, and for each user those of their own."""

    of_all: Mapping[str, object]
    own: Mapping[str, Mapping[str, object]]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "StoredHours":
        """Return rows of load_hours by whose they are; categories are taken in lower case."""
        found: dict[str | None, dict[str, object]] = {None: {}}
        for category, data, user in rows:
            found.setdefault(user, {})[category.lower()] = data
        of_all = found.pop(None)
        return cls(of_all, {user: hours for user, hours in found.items() if user is not None})

    def of_member(self, user: str) -> Mapping[str, object]:
        """Return the hours of a member: each category that they have not set is the workspace's."""
        return {**self.of_all, **self.own.get(user, {})}


def members(
    rows: Iterable[Row], stored_hours: StoredHours, workspace_preferences: object
) -> tuple[tuple[Member, ...], list[ItemFinding]]:
    """Return the members of load_people, and a finding for each of their preferences that cannot be used.

    What a member has not set is the workspace's: each category of hours and each preference by itself.
    """
    found: list[Member] = []
    findings: list[ItemFinding] = []
    common = workspace_preferences if isinstance(workspace_preferences, dict) else {}
    for user, name, time_zone, own in rows:
        hours, unreadable = read_open_hours(stored_hours.of_member(user).items())
        faults = read_preferences(own, hours)[1]
        mine = own if isinstance(own, dict) else {}
        preferences, _ = read_preferences({**common, **mine}, hours)
        found.append(Member(user, name, time_zone, preferences, hours, unreadable))
        findings += [replace(fault, people=(user,)) for fault in faults]
    return tuple(found), findings


def assignment(row: Row) -> Assignment:
    """Return one of the assignees of load_people."""
    task, *rest = row
    return Assignment(UUID(task), *rest)


def meeting(row: Row) -> Meeting:
    """Return one of the meetings of load_people."""
    key, title, color, priority, minutes, earliest, deadline, hard, category, required, optional, slots = row
    return Meeting(
        id=UUID(key),
        title=title,
        color=color,
        priority=priority,
        minutes=minutes,
        earliest=_instant(earliest),
        deadline=_instant(deadline),
        hard_deadline=hard,
        category=category,
        required=tuple(required),
        optional=tuple(optional),
        refused=tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in slots),
    )


def _instant(text: str | None) -> datetime | None:
    """Return an instant as JSON has it."""
    return None if text is None else datetime.fromisoformat(text)


def meeting_dependency(row: Row) -> MeetingDependency:
    """Return one of the dependencies of load_people."""
    waiting, after, completed, title = row
    return MeetingDependency(UUID(waiting), UUID(after), completed, title)
