"""Members and meetings: tables for people, documents for programs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from almanac.domain.items.meetings import ListedMeeting
from almanac.domain.operations.people import ListedMember
from almanac.domain.wall_clock import Week, wall_text
from almanac.presentation.phrases import length
from almanac.presentation.tables import instant_text, listing, table

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def members_document(found: Iterable[ListedMember]) -> Mapping[str, Any]:
    """Return the members for --json."""
    return {"members": [asdict(member) for member in found]}


def digest_document(ws_id: UUID, member: ListedMember) -> Mapping[str, Any]:
    """Return what is set of a member's digest for --json."""
    return {"ws_id": ws_id, "user_id": member.user_id, "digest": asdict(member.digest)}


def digest_text(member: ListedMember) -> str:
    """Return the same as a sentence."""
    digest = member.digest
    weekly = ", and the weekly report" if digest.weekly else ""
    if not digest.on:
        return f"{member.user_id} gets no digest{weekly}"
    where = digest.email or "at the address of their first account"
    return f"{member.user_id} gets a digest at {digest.at}{weekly}, {where}"


def members_text(found: Iterable[ListedMember]) -> str:
    """Return the members as a table."""
    rows = [
        (
            each.user_id,
            each.name,
            each.time_zone or "the workspace's",
            each.accounts,
            each.tasks,
            _digest(each),
            _default(each),
        )
        for each in found
    ]
    if not rows:
        return "no members: the whole workspace is planned as one timeline"
    return table(("USER", "NAME", "ZONE", "ACCOUNTS", "TASKS", "DIGEST", ""), rows)


def _digest(member: ListedMember) -> str:
    return member.digest.at if member.digest.on else ""


def _default(member: ListedMember) -> str:
    return "has what is nobody's" if member.default else ""


def hours_text(hours: Mapping[str, Week | None]) -> Sequence[tuple[str, str]]:
    """Return (categories, when they are open) in words; those that are open alike stand together."""
    alike: dict[str, list[str]] = {}
    for category in sorted(hours):
        week = hours[category]
        said = "cannot be read as they are stored" if week is None else _week_text(week)
        alike.setdefault(said, []).append(category)
    return [(", ".join(categories), said) for said, categories in alike.items()]


def _week_text(week: Week) -> str:
    """Return "every day 07:00-23:00", "Mon to Fri 09:00-12:30, 13:15-17:30; Sat 10:00-12:00", "never"."""
    days = [", ".join(f"{wall_text(start)}-{wall_text(end)}" for start, end in spans) for spans in week]
    if len(set(days)) == 1:
        return f"every day {days[0]}" if days[0] else "never"
    parts, first = [], 0
    for day, text in enumerate(days):
        if day + 1 < len(days) and days[day + 1] == text:
            continue
        if text:
            parts.append(f"{_DAYS[first]}{'' if first == day else f' to {_DAYS[day]}'} {text}")
        first = day + 1
    return "; ".join(parts)


def meetings_document(found: Iterable[ListedMeeting]) -> Mapping[str, Any]:
    """Return the meetings for --json."""
    return {"meetings": [meeting_document(meeting) for meeting in found]}


def meeting_document(meeting: ListedMeeting) -> Mapping[str, Any]:
    """Return one of them for --json."""
    return asdict(meeting)


def changed_meeting_text(meeting: ListedMeeting) -> str:
    """Return what a meeting is now, and what comes of it."""
    return f"{meetings_text([meeting])}\n{after_change(meeting)}"


def after_change(meeting: ListedMeeting) -> str:
    """Return what becomes of the block of a meeting that was changed."""
    if meeting.locked:
        return "its block is locked and stays where it is"
    if meeting.start is None:
        return "the next plan looks for its time"
    return "the next plan leaves its block there or moves it"


def meetings_text(found: Iterable[ListedMeeting]) -> str:
    """Return the meetings as a listing."""
    rows = [
        (
            (each.title, length(each.minutes), each.priority, instant_text(each.start), instant_text(each.deadline)),
            (each.meeting_id, _who(each)),
        )
        for each in found
    ]
    return listing(("MEETING", "TAKES", "PRIORITY", "BEGINS", "DEADLINE"), rows) if rows else "no open meetings"


def _who(meeting: ListedMeeting) -> str:
    optional = f", perhaps {', '.join(meeting.optional)}" if meeting.optional else ""
    coming = f"; coming: {', '.join(meeting.attending)}" if meeting.attending else ""
    return f"with {', '.join(meeting.required)}{optional}{coming}"
