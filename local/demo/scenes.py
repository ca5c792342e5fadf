"""The demo's first half: what happens on an ordinary day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.demo.stage import Stage
from local.demo.workspaces import Workspace, connect_files, connect_planned
from local.stack.truth import Versions, changes, versions

_PAST, _FUTURE = timedelta(days=90), timedelta(days=180)
"""What a sync keeps (ALMANAC_SYNC_PAST_DAYS, ALMANAC_SYNC_FUTURE_DAYS)."""

Json = dict[str, Any]


def connect_accounts(stage: Stage, files: Sequence[Path]) -> None:
    """Scene 1."""
    why = "`almanac workspace add`, `almanac account add`: tokens are tried, then stored encrypted."
    stage.screen.headline(1, "Accounts are connected", why)
    stage.workspaces += connect_planned(stage.stack, stage.tell)
    if files:
        stage.workspaces.append(connect_files(stage.stack, files, stage.say))


def first_tick(stage: Stage) -> None:
    """Scene 2."""
    why = "The orchestrator sends a job a workspace; calendar_sync has no token yet and reads everything."
    stage.screen.headline(2, "The first tick", why)
    with stage.screen.bar("rows stored", _visible(stage)) as bar:
        runs = stage.tick(lambda: bar(stage.rows()))
    stage.require(
        all(run.outcome == "redirected_to_full" for run in runs), "every run was a full one, for want of a token"
    )
    found = stage.require_truth(stage.workspaces, told=True)
    rows = [(w.name, c.name, c.stored, c.true, c.unstorable) for w, c in found]
    if stage.screen.verbose:
        stage.screen.table(("WORKSPACE", "CALENDAR", "ROWS", "IN GOOGLE", "UNSTORABLE"), rows, numbers_from=2)


def incremental_tick(stage: Stage) -> None:
    """Scene 3."""
    why = "The next tick asks Google what is new since its sync tokens, and gets just that."
    stage.screen.headline(3, "Events change", why)
    touched = [stage.workspace("Harbour Design"), stage.workspace("Monsoon Studio")]
    before = {workspace.name: _versions(stage, workspace) for workspace in touched}
    _live_a_little(stage, touched[0].emails[0])
    _cancel_one_of_a_series(stage, touched[1].emails[0])
    runs = {run.workspace: run for run in stage.tick()}
    for workspace in touched:
        run, expected = runs[workspace.name], changes(before[workspace.name], _versions(stage, workspace))
        brought = (run.inserted, run.updated, run.deleted)
        stage.require(
            brought == expected and run.outcome == "incremental",
            f"{workspace.name}: Google changed +{expected[0]} ~{expected[1]} -{expected[2]}, the run wrote "
            f"+{brought[0]} ~{brought[1]} -{brought[2]}",
        )
    others = [run for name, run in runs.items() if name not in before]
    stage.require(
        not any(r.inserted or r.updated or r.deleted for r in others), "nothing was written where nothing changed"
    )
    stage.require_truth(stage.workspaces)


def manual_message(stage: Stage) -> None:
    """Scene 4."""
    why = "One SQS message asks for one workspace; asking again at once is a cooldown."
    stage.screen.headline(4, "A message by hand", why)
    workspace = stage.workspace("Harbour Design")
    first, again = stage.ask(workspace), stage.ask(workspace)
    refused = f"the first message was a run, the second was refused for {again.retry_after or 0:.0f} s"
    stage.require((first.outcome, again.outcome) == ("incremental", "cooldown"), refused)


@dataclass(frozen=True, slots=True)
class Pick:
    """Events of one calendar to change: single ones with a time, and the instances of one series. Both by start."""

    singles: list[Json]
    instances: list[Json]


def pick(stage: Stage, calendar: str) -> Pick:
    """What the next five months of a calendar offer."""
    now = datetime.now(UTC)
    coming = stage.stack.google.truth(calendar, now.isoformat(), (now + timedelta(days=150)).isoformat())
    timed = [e for e in coming if "dateTime" in e["start"] and datetime.fromisoformat(e["start"]["dateTime"]) > now]
    series: dict[str, list[Json]] = {}
    for event in timed:
        if "recurringEventId" in event:
            series.setdefault(event["recurringEventId"], []).append(event)
    longest = max(series.values(), key=len, default=[])
    return Pick([event for event in timed if "recurringEventId" not in event], longest)


def _live_a_little(stage: Stage, calendar: str) -> None:
    """Insert three, rename one, move one, delete one, and split a series."""
    google, found = stage.stack.google, pick(stage, calendar)
    renamed, moved, deleted = found.singles[:3]
    for hours in (1, 26, 50):
        google.insert_event(calendar, new_event("Tasting", hours))
    stage.tell(f"{calendar}: 3 events inserted")
    google.patch_event(calendar, renamed["id"], {"summary": f"{renamed.get('summary', '')} (new room)"})
    stage.tell(f"{calendar}: one event renamed")
    google.patch_event(
        calendar, moved["id"], {end: _later(moved[end], timedelta(hours=27)) for end in ("start", "end")}
    )
    stage.tell(f"{calendar}: one event moved by 27 hours")
    google.delete_event(calendar, deleted["id"])
    stage.tell(f"{calendar}: one event deleted")
    google.split_series(calendar, found.instances[2]["id"], {"summary": "New format"})
    stage.tell(f"{calendar}: a series split: another title from its third coming event on")


def _cancel_one_of_a_series(stage: Stage, calendar: str) -> None:
    stage.stack.google.delete_event(calendar, pick(stage, calendar).instances[0]["id"])
    stage.tell(f"{calendar}: one event of a series cancelled")


def new_event(title: str, hours: float) -> Json:
    """A half-hour event that begins so many hours from now."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=hours)
    end = start + timedelta(minutes=30)
    return {"summary": title, "start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}


def _later(point: Json, shift: timedelta) -> Json:
    return point | {"dateTime": (datetime.fromisoformat(point["dateTime"]) + shift).isoformat()}


def _versions(stage: Stage, workspace: Workspace) -> Versions:
    return versions(stage.stack.wiring.database, stage.stack.google, workspace.ws_id)


def _visible(stage: Stage) -> int:
    """How many events Google shows in the window of a sync that begins now."""
    now, google = datetime.now(UTC), stage.stack.google
    span = (now - _PAST).isoformat(), (now + _FUTURE).isoformat()
    calendars = [calendar["id"] for account in google.accounts() for calendar in account["calendars"]]
    return sum(len(google.truth(calendar, *span)) for calendar in calendars)
