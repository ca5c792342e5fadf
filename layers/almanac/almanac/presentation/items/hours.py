"""Hours and preferences: tables for people, documents for programs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from almanac.domain.hours.opening import ListedHours, block_text, stored_week
from almanac.domain.hours.preferences import ListedPreferences
from almanac.domain.wall_clock import Week
from almanac.presentation.tables import one_line, table

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hours_document(ws_id: UUID, found: Iterable[ListedHours]) -> Mapping[str, Any]:
    """Return the hours for --json."""
    return {"ws_id": ws_id, "hours": [hours_of_category(each) for each in found]}


def hours_of_category(hours: ListedHours) -> Mapping[str, Any]:
    """Return the hours of one category, the week in the form in which it is stored; null where nobody can read that."""
    return {
        "category": hours.category,
        "user_id": hours.user_id,
        "default": hours.default,
        "week": None if hours.week is None else stored_week(hours.week),
        "fault": hours.fault or None,
    }


def hours_table(found: Iterable[ListedHours]) -> str:
    """Return each category with whose it is, and its weekdays below; days that are alike stand together."""
    lines: list[str] = []
    for each in found:
        whose = "default" if each.default else "of the workspace" if each.user_id is None else f"of {each.user_id}"
        lines.append(one_line(f"{each.category}, {whose}"))
        if each.week is None:
            lines.append(one_line(f"  cannot be read as they are stored: {each.fault}"))
        else:
            lines += [f"  {days:<10}  {said or 'closed'}" for days, said in alike_days(each.week)]
    return "\n".join(lines)


def alike_days(week: Week) -> Sequence[tuple[str, str]]:
    """Return ("Mon to Fri", "09:00-12:30, 13:15-17:30") of days that follow each other and are alike; "" is closed."""
    days = [", ".join(map(block_text, blocks)) for blocks in week]
    if len(set(days)) == 1:
        return [("every day", days[0])]
    parts, first = [], 0
    for day, text in enumerate(days):
        if day + 1 < len(days) and days[day + 1] == text:
            continue
        parts.append((f"{DAYS[first]}{'' if first == day else f' to {DAYS[day]}'}", text))
        first = day + 1
    return parts


def week_text(week: Week) -> str:
    """Return "every day 07:00-23:00", "Mon to Fri 09:00-12:30, 13:15-17:30; Sat 10:00-12:00", "never"."""
    return "; ".join(f"{days} {said}" for days, said in alike_days(week) if said) or "never"


def hours_text(hours: Mapping[str, Week | None]) -> Sequence[tuple[str, str]]:
    """Return (categories, when they are open) in words; those that are open alike stand together."""
    alike: dict[str, list[str]] = {}
    for category in sorted(hours):
        week = hours[category]
        said = "cannot be read as they are stored" if week is None else week_text(week)
        alike.setdefault(said, []).append(category)
    return [(", ".join(categories), said) for said, categories in alike.items()]


def preferences_document(ws_id: UUID, found: ListedPreferences) -> Mapping[str, Any]:
    """Return the preferences for --json, and of each whose it is."""
    return {"ws_id": ws_id, "user_id": found.user_id, **preference_values(found), **preference_origins(found)}


def preference_values(found: ListedPreferences) -> Mapping[str, Any]:
    """Return what counts, in minutes by the names of the preferences."""
    values = found.values
    return {
        "break_minutes": values.break_minutes,
        "min_notice_minutes": values.notice_minutes,
        "daily_cap_minutes": dict(values.daily_caps),
        "buffer_before_minutes": values.buffer_before,
        "buffer_after_minutes": values.buffer_after,
    }


def preference_origins(found: ListedPreferences) -> Mapping[str, Any]:
    """Return of each preference whether it is the member's, the workspace's or the default, and what is unusable."""
    whose = "workspace" if found.user_id is None else "member"
    origin = {
        name: whose if name in found.own else "workspace" if name in found.of_workspace else "default"
        for name in preference_values(found)
    }
    return {"origin": origin, "unusable": [{"field": name, "fault": fault} for name, fault in found.unusable]}


def preferences_text(found: ListedPreferences) -> str:
    """Return the preferences as a table."""
    unusable = [one_line(f"{name} as it is stored cannot be used: {fault}") for name, fault in found.unusable]
    return "\n".join([table(("PREFERENCE", "MINUTES", ""), preference_rows(found)), *unusable])


def preference_rows(found: ListedPreferences) -> Sequence[tuple[str, str, str]]:
    """Return (name, minutes, whose it is) of each preference, in words."""
    origins = preference_origins(found)["origin"]
    return [(name, _value(value), _whose(origins[name], found)) for name, value in preference_values(found).items()]


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{category}={minutes}" for category, minutes in sorted(value.items())) or "none"
    return str(value)


def _whose(origin: str, found: ListedPreferences) -> str:
    return f"of {found.user_id}" if origin == "member" else "default" if origin == "default" else "of the workspace"
