"""What is written out, and what waits: as a document and in words."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from almanac.domain.outbound.waiting import HeldCalendar, OutboundStatus, WaitingLink
from almanac.presentation.outbound.conflicts import REASONS, conflict_document, named, side_text
from almanac.presentation.tables import instant_text, listing
from almanac.services.outbound.ports import MemberTarget, RepairCounts

HELP = {
    "reconnect_required": "its owner must connect the account again",
    "permission_missing": "its owner has not granted writing: connect the account again with that scope",
    "role": "the account may only read the calendar; it is looked at again every hour",
    "calendar_lost": "the calendar is gone; choose another with `almanac member target`",
    "quota": "the account has used up a limit of its calendars; it goes on by itself",
    "rate_limit": "the provider asks to slow down; it goes on by itself",
    "budget": "the account has had its creations and deletions of today; it goes on tomorrow (UTC)",
    "mass_change": "much would be deleted at once; `almanac outbound WS --confirm` lets it through",
    "other_installation": "another installation has written there: is ALMANAC_INSTALLATION right? If this is a copy of"
    " its database, `almanac installation renew` gives it a name of its own",
    "dry_run_first": "look at `almanac outbound WS --dry-run` first; then syncs write",
}


def target_text(ws_id: UUID, user_id: str, calendar: str | None, *, made: bool = False) -> str:
    """Say where a member's blocks go from now on; `made`: the calendar is theirs for that."""
    if calendar is None:
        return f"{user_id}: written nowhere; blocks ahead are taken back by the next sync"
    where = f"a calendar of their own, {calendar}" if made else calendar
    return f"{user_id}: blocks go to {where}, after `almanac outbound {ws_id} --dry-run` has been looked at"


def status_document(status: OutboundStatus) -> dict[str, Any]:
    """Return everything that waits, by what is to become of it."""
    by: dict[str, list[dict[str, Any]]] = {"create": [], "change": [], "delete": []}
    for link in status.links:
        if link.operation is not None:
            by[link.operation].append(_link(status, link))
    return {
        "ws_id": status.ws_id,
        "dry_run": status.dry_run,
        **by,
        "held": [_held(each) for each in status.held],
        "lost": [_held(each) for each in status.held if each.reason == "calendar_lost"],
        "mass_change": [_held(each) for each in status.held if each.reason == "mass_change"],
        "consented": list(status.consented),
        "failed": [_link(status, link) for link in status.links if link.state == "failed"],
        "kept_alive": [_link(status, link) for link in status.links if link.kept_alive],
        "conflicts": [conflict_document(link) for link in status.conflicts],
        "unowned": [{"user_id": user_id, "blocks": blocks} for user_id, blocks in status.unowned.items()],
    }


def status_text(status: OutboundStatus, targets: Sequence[MemberTarget] | None = None) -> str:
    """Return the same for people; with `targets`, of all members, it says so when blocks go nowhere."""
    lines: list[str] = []
    signs = {"create": "+", "change": "~", "delete": "-"}
    waiting = [link for link in status.links if link.operation is not None]
    if waiting:
        head = ("", "TITLE", "WHEN", "CALENDAR")
        rows = [
            (signs[link.operation or ""], link.title or "(no title)", _when(link), link.calendar_id) for link in waiting
        ]
        details = [_changes(link) if link.operation == "change" else () for link in waiting]
        lines.append(listing(head, list(zip(rows, details, strict=True))))
    counts = {name: sum(link.operation == name for link in waiting) for name in signs}
    lines.append(f"{counts['create']} to create, {counts['change']} to change, {counts['delete']} to delete")
    lines += [f"held: {each.calendar_id} ({each.reason}) - {_help(status, each)}" for each in status.held]
    for link in status.links:
        if link.state == "failed" or link.kept_alive:
            told = REASONS.get(link.reason or "") or f"{link.reason or link.error_type}; its next change is tried again"
            former = status.where_it_stays(link)
            until = "" if former is None else f"; until then it stays in {former}"
            lines.append(f"{link.state}: {link.title or link.event_id} - {told}{until}")
    if status.conflicts:
        lines.append(f"{len(status.conflicts)} to decide: `almanac conflicts {status.ws_id}`")
    lines += [unowned_text(user_id, blocks) for user_id, blocks in status.unowned.items()]
    if targets is not None and all(each.email is None for each in targets):
        lines.append(f"no member has a target calendar, so blocks go nowhere: {_how_to_target(status.ws_id, targets)}")
    if status.dry_run:
        lines.append("Nothing was written. The next sync does what stands here.")
    return "\n".join(lines)


def unowned_text(user_id: str, blocks: int) -> str:
    """Say that so many blocks go nowhere, for whose they are is no member, and what helps."""
    said = "1 block ahead goes" if blocks == 1 else f"{blocks} blocks ahead go"
    return f"{said} nowhere: {user_id} is no member; give the task or habit to somebody else, or add them again"


def repair_document(ws_id: UUID, counts: RepairCounts) -> dict[str, Any]:
    """Return what a repair found."""
    return {"ws_id": ws_id, **asdict(counts)}


def repair_text(counts: RepairCounts) -> str:
    """Say what a repair found."""
    found = f"{counts.known} known, {counts.adopted} adopted, {counts.restored} brought back here"
    return f"{found}, {counts.copies} copies by people, left alone; the next sync reads what is in doubt"


def _link(status: OutboundStatus, link: WaitingLink) -> dict[str, Any]:
    return named(link) | {
        "kind": link.kind,
        "state": link.state,
        "when": (link.desired or link.base or {}).get("when"),
        "changes": dict(link.changes),
        "reason": link.reason or link.error_type,
        "stays_in": status.where_it_stays(link),
    }


def _held(each: HeldCalendar) -> dict[str, Any]:
    said = {"calendar_id": each.calendar_id, "email": each.email, "reason": each.reason, "until": each.until}
    return said | {"help": HELP.get(each.reason, "")}


def _help(status: OutboundStatus, each: HeldCalendar) -> str:
    if each.calendar_id in status.consented:
        return "you have consented: the next sync lets it through, within an hour"
    return HELP.get(each.reason, "") + ("" if each.until is None else f" (next look {instant_text(each.until)})")


def _how_to_target(ws_id: UUID, targets: Sequence[MemberTarget]) -> str:
    first = "" if targets else f"`almanac member add {ws_id} --user U`, then "
    user = targets[0].user_id if len(targets) == 1 else "U"
    return f"{first}`almanac member target {ws_id} --user {user} --new-calendar`"


def _changes(link: WaitingLink) -> tuple[str, ...]:
    """Of each field what stands there and what is to."""
    was = link.ours or {}
    return tuple(f"{name}: {side_text(was.get(name))} -> {side_text(value)}" for name, value in link.changes.items())


def _when(link: WaitingLink) -> str:
    when = (link.desired or link.base or {}).get("when", {})
    return str(when.get("start") or when.get("first") or "")
