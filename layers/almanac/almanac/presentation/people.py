"""Members and meetings: tables for people, documents for programs."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, astuple
from typing import Any
from uuid import UUID

from almanac.domain.items.meetings import ListedMeeting
from almanac.domain.operations.people import ListedMember
from almanac.presentation.phrases import finding, length
from almanac.presentation.tables import instant_text, listing, table


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


def meetings_document(found: Iterable[ListedMeeting]) -> Mapping[str, Any]:
    """Return the meetings for --json."""
    return {"meetings": [meeting_document(meeting) for meeting in found]}


def meeting_document(meeting: ListedMeeting) -> Mapping[str, Any]:
    """Return one of them for --json."""
    return asdict(meeting)


def changed_meeting_text(meeting: ListedMeeting, members: Iterable[ListedMember]) -> str:
    """Return what a meeting is now, and what comes of it."""
    return f"{meetings_text([meeting], members)}\n{after_change(meeting)}"


def after_change(meeting: ListedMeeting) -> str:
    """Return what becomes of the block of a meeting that was changed."""
    if meeting.locked:
        return "its block is locked and stays where it is"
    if meeting.start is None:
        return "the next plan looks for its time"
    return "the next plan leaves its block there or moves it"


def meetings_text(found: Iterable[ListedMeeting], members: Iterable[ListedMember]) -> str:
    """Return the meetings as a listing: who is asked, and is no member any more; what the last plan says of them."""
    users = {member.user_id for member in members}
    rows = [
        (
            (each.title, length(each.minutes), each.priority, instant_text(each.start), instant_text(each.deadline)),
            (each.meeting_id, _who(each, users), *(finding(*astuple(note)) for note in each.notes)),
        )
        for each in found
    ]
    return listing(("MEETING", "TAKES", "PRIORITY", "BEGINS", "DEADLINE"), rows) if rows else "no open meetings"


def _who(meeting: ListedMeeting, users: Container[str]) -> str:
    optional = f", perhaps {_asked(meeting.optional, users)}" if meeting.optional else ""
    coming = f"; coming: {', '.join(meeting.attending)}" if meeting.attending else ""
    return f"with {_asked(meeting.required, users) or 'nobody'}{optional}{coming}"


def _asked(people: Iterable[str], users: Container[str]) -> str:
    return ", ".join(who(user, users) for user in people)


def who(user: str, users: Container[str]) -> str:
    """Return somebody's id, and that it is no member's; `users` are those of the members."""
    return user if user in users else f"{user} (no member)"
