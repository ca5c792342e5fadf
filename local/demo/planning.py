"""The demo's third part: a week is planned, a meeting lands on it, and the plan goes around."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from almanac.presentation.html.plan import page
from almanac.presentation.preview import Preview
from almanac.presentation.terminal.plan import described
from almanac.services.plan.apply import job_of
from local.demo.stage import Stage
from local.demo.work import TOO_LONG, furnish
from local.demo.workspaces import FROM_FILES, Workspace, planned_zone
from local.stack.screen import counted

BUDGET_SECONDS = 1
"""What one plan of the demo may take (ALMANAC_PLAN_BUDGET_SECONDS); 2 by default."""

_PICTURE_LINES = 32
"""A week in the terminal takes more or fewer, as the plan falls; its page has all of it."""

_NAME = "Harbour Design"
_ZONE = planned_zone(_NAME)
_AHEAD = timedelta(hours=2)
_RUN = """
SELECT outcome, scheduled, late, unscheduled, inserted, moved, deleted, unchanged, plan_ms, warnings,
    source
FROM workspace_scheduling_metadata
WHERE ws_id = :ws_id AND status <> 'running' ORDER BY started_at DESC
"""
_BLOCKS = """
SELECT e.id, e.title, e.start_at, e.end_at, coalesce(t.scheduling_reason, h.scheduling_reason), t.event_id IS NOT NULL,
    e.xmin::text
FROM workspace_calendar_events e
LEFT JOIN task_calendar_events t ON t.event_id = e.id
LEFT JOIN habit_calendar_events h ON h.event_id = e.id
WHERE e.ws_id = :ws_id AND e.provider = 'almanac' ORDER BY e.start_at, e.id
"""


@dataclass(frozen=True, slots=True)
class _PlanRun:
    """An ended planning run: one row of `workspace_scheduling_metadata`."""

    outcome: str
    scheduled: int
    late: int
    unscheduled: int
    inserted: int
    moved: int
    deleted: int
    unchanged: int
    plan_ms: int
    warnings: list[dict[str, str]]
    source: str


@dataclass(frozen=True, slots=True)
class _Block:
    """A generated block; `version` is its row's."""

    id: UUID
    title: str
    start: datetime
    end: datetime
    reason: str
    of_task: bool
    version: str

    @property
    def when(self) -> str:
        """Local weekday and times."""
        start, end = (moment.astimezone(ZoneInfo(_ZONE)) for moment in (self.start, self.end))
        return f"{start:%a %d %b %H:%M}-{end:%H:%M}"


def first_plan(stage: Stage) -> None:
    """Scene 9."""
    why = "The six-hourly rule; tasks and habits go into the time that the synced calendars leave."
    stage.screen.headline(9, "A week is planned", why)
    workspace = stage.workspace(_NAME)
    tasks, habits = furnish(stage.stack.wiring.database, workspace.ws_id, _ZONE)
    stage.say(f"{_NAME} gets {counted(tasks, 'task')} and {counted(habits, 'habit')}")
    run = _tick(stage, workspace)
    blocks = _blocks(stage, workspace)
    show(stage, workspace, "week-1.html")
    stage.require(_blocks(stage, workspace) == blocks, "what is shown is what was written, and showing writes nothing")
    stage.require(run.outcome == "planned" and run.inserted == len(blocks) > tasks, f"{len(blocks)} blocks are planned")
    titles = {block.title for block in blocks}
    told = any(note["status"] == "unscheduled" and "10 h" in note["reason"] for note in run.warnings)
    stage.require(TOO_LONG not in titles and told, f"'{TOO_LONG}' fits into no day, and the run says so")


def meeting_on_a_block(stage: Stage) -> None:
    """Scene 10."""
    why = "The sync that brings it asks for a plan, seconds later; that moves what it must, and keeps the rest."
    stage.screen.headline(10, "A meeting lands on a block", why)
    workspace = stage.workspace(_NAME)
    before = {block.id: block for block in _blocks(stage, workspace)}
    hit = next(block for block in before.values() if block.of_task and block.start > datetime.now(UTC) + _AHEAD)
    _insert_meeting(stage, workspace, hit)
    known = _planned(stage, workspace)
    run = next(run for run in stage.tick() if run.ws_id == workspace.ws_id)
    stage.require(run.outcome == "incremental" and run.inserted == 1, "the sync has brought it")
    planned = _next_plan(stage, workspace, known)
    stage.require(planned.source == "sync", "the plan that followed was asked for by the sync, not by a rule")
    after = {block.id: block for block in _blocks(stage, workspace)}
    _tell_moves(stage, before, after)
    now = after.get(hit.id)
    around = now is not None and (now.end <= hit.start or hit.end <= now.start)
    stage.require(around, f"'{hit.title}' went around it, and is the same row")
    kept = sum(before[key].version == after[key].version for key in before.keys() & after.keys())
    stage.require(kept == planned.unchanged > len(before) / 2, f"{kept} of {len(before)} blocks were not touched")
    again = _tick(stage, workspace)
    same = {block.id: block for block in _blocks(stage, workspace)} == after
    stage.require(again.outcome == "unchanged" and same, "planning once more changes nothing")
    show(stage, workspace, "week-2.html", drawn=False)


def _tick(stage: Stage, workspace: Workspace, rule: str = "schedule") -> _PlanRun:
    """Let a rule fire that plans, and wait for the workspace's run. Raises DemoFailed, Interrupted."""
    known = _planned(stage, workspace)
    began = time.perf_counter()
    enqueued = stage.stack.tick(rule)["enqueued"]
    took = time.perf_counter() - began
    stage.tell(
        f"the rule ticks: the orchestrator finds {enqueued} of {len(stage.workspaces)} workspaces due ({took:.1f} s)"
    )
    return _next_plan(stage, workspace, known)


def _planned(stage: Stage, workspace: Workspace) -> int:
    """How many planning runs of the workspace have ended."""
    return len(stage.stack.wiring.database.run(_RUN, ws_id=workspace.ws_id))


def _next_plan(stage: Stage, workspace: Workspace, known: int) -> _PlanRun:
    """Wait for another planning run than those that are known. Raises DemoFailed, Interrupted."""
    stage.follow(lambda: _planned(stage, workspace) > known)
    run = _PlanRun(*stage.stack.wiring.database.run(_RUN, ws_id=workspace.ws_id)[0])
    counts = f"+{run.inserted} ~{run.moved} -{run.deleted}, {run.unchanged} as they were"
    stage.say(
        f"{workspace.name}: {run.outcome}, blocks {counts}; {run.scheduled} scheduled, {run.late} late, "
        f"{run.unscheduled} without a place; planned in {run.plan_ms} ms"
    )
    return run


def _blocks(stage: Stage, workspace: Workspace) -> list[_Block]:
    return [_Block(*row) for row in stage.stack.wiring.database.run(_BLOCKS, ws_id=workspace.ws_id)]


def _insert_meeting(stage: Stage, workspace: Workspace, hit: _Block) -> None:
    calendar = workspace.emails[0]
    times: dict[str, Any] = {"start": {"dateTime": hit.start.isoformat()}, "end": {"dateTime": hit.end.isoformat()}}
    stage.stack.google.insert_event(calendar, {"summary": "Board meeting", **times})
    stage.tell(f"{calendar}: 'Board meeting' inserted at {hit.when}, where '{hit.title}' was to be")


def _tell_moves(stage: Stage, before: Mapping[UUID, _Block], after: Mapping[UUID, _Block]) -> None:
    moved = [(before[key], after[key]) for key in before.keys() & after.keys() if before[key].when != after[key].when]
    rows = [(was.title, was.when, now.when) for was, now in sorted(moved, key=lambda pair: pair[0].start)]
    rows += [(block.title, block.when, "-") for key, block in before.items() if key not in after]
    rows += [(block.title, "-", block.when) for key, block in after.items() if key not in before]
    stage.screen.table(("BLOCK", "WAS", "IS"), rows, numbers_from=3)
    for _, now in moved:
        stage.tell(f"{now.title}: {now.reason}")


def show(stage: Stage, workspace: Workspace, file: str, *, drawn: bool = True) -> None:
    """The week as it is written, as `almanac schedule --preview` draws it, and the page it can write.

    A plan that stands is its own preview. Where nothing is `drawn` there is the page alone, but for who wants all.
    """
    stage.tell(f"$ almanac schedule {workspace.ws_id} --preview --html {file}")
    found = stage.stack.wiring.apply_plan.preview(job_of(workspace.ws_id, 30, force_reschedule=False, safe=False))
    agenda = Preview(found).agenda()
    if drawn or stage.screen.verbose:
        told = described(agenda, reasons=stage.screen.verbose)
        print(told if stage.screen.verbose else _folded(told), flush=True)
    (stage.stack.folder / file).write_text(page(agenda), encoding="utf-8")
    stage.pages.append(stage.stack.folder / file)


def _folded(told: str) -> str:
    """The picture's first lines, the last one (what comes later), and how many are between."""
    lines = told.splitlines()
    left_out = len(lines) - _PICTURE_LINES
    if left_out < 2:
        return told
    return "\n".join([*lines[: _PICTURE_LINES - 3], f"  and {left_out + 1} more lines: VERBOSE=1", *lines[-2:]])


def your_week(stage: Stage) -> None:
    """The calendar that somebody brought, planned and drawn."""
    workspace = stage.workspace(FROM_FILES)
    why = "A few tasks of an ordinary week go between your own events; nothing of it leaves this machine."
    stage.screen.headline(15, "Your calendar", why)
    zone = stage.stack.wiring.database.run("SELECT timezone FROM workspaces WHERE id = :id", id=workspace.ws_id)[0][0]
    furnish(stage.stack.wiring.database, workspace.ws_id, zone)
    _tick(stage, workspace, "changes")
    show(stage, workspace, "your-week.html")
