"""The demo's last part: the planned week appears in Google, people move it about there, and the plan follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from almanac.presentation.outbound.status import status_text
from local.demo.stage import Stage
from local.demo.workspaces import Workspace
from local.stack.screen import counted

WRITES_PER_SECOND = 10
"""Of an account (ALMANAC_OUTBOUND_WRITES_PER_SECOND); 2 by default, which would take a while to watch."""

_NAME = "Harbour Design"
_AHEAD = timedelta(hours=2)
_OURS = """
SELECT e.id, e.title, e.start_at, e.end_at, e.locked, l.external_event_id, l.state, t.task_id
FROM workspace_calendar_events e
LEFT JOIN calendar_event_links l ON l.event_id = e.id AND l.current
LEFT JOIN task_calendar_events t ON t.event_id = e.id
WHERE e.ws_id = :ws_id AND e.provider = 'almanac' AND e.end_at > now() ORDER BY e.start_at, e.id
"""
_WAITING = (
    "SELECT count(*) FROM calendar_event_links WHERE ws_id = :ws_id AND state NOT IN ('agreed', 'gone', 'detached')"
)
_BUSY = "SELECT 1 FROM workspace_sync_leases WHERE ws_id = :ws_id AND (owner IS NOT NULL OR queued_at IS NOT NULL)"
_MINUTES_GO_BY = (
    "UPDATE runs SET started_at = started_at - interval '3 min', finished_at = finished_at - interval '3 min'"
    " WHERE ws_id = :ws_id AND kind = 'schedule'"
)
_PLANS = "SELECT count(*) FROM workspace_scheduling_metadata WHERE ws_id = :ws_id AND status <> 'running'"


def blocks_in_a_calendar(stage: Stage) -> str:
    """Scene 13. Returns the id of the calendar that is made."""
    why = "`almanac member target --new-calendar`, a dry run, and the next tick writes; nothing was before that."
    stage.screen.headline(13, "The week appears in Google", why)
    workspace, database = stage.workspace(_NAME), stage.stack.wiring.database
    user = workspace.emails[0].partition("@")[0]
    database.run(
        "INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws_id, :user) ON CONFLICT DO NOTHING",
        ws_id=workspace.ws_id,
        user=user,
    )
    stage.tell(f"$ almanac member target {workspace.ws_id} --user {user} --new-calendar")
    calendar = stage.stack.wiring.targets.make(workspace.ws_id, user)
    stage.tell(f"$ almanac outbound {workspace.ws_id} --dry-run")
    status = status_text(stage.stack.wiring.outbound.status(workspace.ws_id, dry_run=True, confirm=False))
    if stage.screen.verbose:
        print(f"\n{status}\n", flush=True)
    _write(stage, workspace)
    shown, ours = _shown(stage, calendar), database.run(_OURS, ws_id=workspace.ws_id)
    stage.require(len(shown) == len(ours) > 0, f"{counted(len(ours), 'block')} are in Google, each once")
    before = stage.stack.google.counters()["by_operation"].get("events.insert", 0)
    _write(stage, workspace)
    after = stage.stack.google.counters()["by_operation"].get("events.insert", 0)
    stage.require(before == after, "another tick writes nothing")
    return calendar


def people_move_blocks(stage: Stage, calendar: str) -> None:
    """Scene 14."""
    why = "A drag pins, a deletion is a wish for another time: the plan settles around both by itself."
    stage.screen.headline(14, "Somebody drags one, and deletes another", why)
    workspace, database = stage.workspace(_NAME), stage.stack.wiring.database
    ours = database.run(_OURS, ws_id=workspace.ws_id)
    dragged, deleted = [row for row in ours if row[7] is not None and row[2] > datetime.now(UTC) + _AHEAD][:2]
    to = dragged[2] + timedelta(hours=6)
    times: dict[str, Any] = {
        "start": {"dateTime": to.isoformat()},
        "end": {"dateTime": (to + (dragged[3] - dragged[2])).isoformat()},
    }
    stage.stack.google.patch_event(calendar, dragged[5], times)
    stage.tell(f"'{dragged[1]}' is dragged by six hours")
    stage.stack.google.delete_event(calendar, deleted[5])
    stage.tell(f"'{deleted[1]}' is deleted")
    plans = database.run(_PLANS, ws_id=workspace.ws_id)[0][0]
    database.run(_MINUTES_GO_BY, ws_id=workspace.ws_id)
    stage.tell("two minutes go by: of plans that follow a sync there is one in two minutes")
    stage.tick()
    stage.follow(lambda: database.run(_PLANS, ws_id=workspace.ws_id)[0][0] > plans)
    _write(stage, workspace)
    now: dict[object, Any] = {row[0]: row for row in database.run(_OURS, ws_id=workspace.ws_id)}
    pinned = now[dragged[0]]
    stage.require(pinned[2] == to and pinned[4], f"'{dragged[1]}' is where it was dragged to, and pinned")
    again = [row for row in now.values() if row[7] == deleted[7] and row[2] < deleted[3] and deleted[2] < row[3]]
    stage.require(deleted[0] not in now and not again, f"'{deleted[1]}' is planned again, not in that slot")
    shown = _shown(stage, calendar)
    times_there = {event["id"]: datetime.fromisoformat(event["start"]["dateTime"]) for event in shown}
    same = {row[5]: row[2] for row in now.values()} == times_there
    stage.require(same, f"{counted(len(shown), 'block')} in Google, at the times of the plan")


def _write(stage: Stage, workspace: Workspace) -> None:
    """Let the rule that wakes due writes fire, and wait until nothing is left to be written."""
    database = stage.stack.wiring.database
    enqueued = stage.stack.tick("outbound")["enqueued"]
    stage.tell(f"the outbound rule ticks: {counted(enqueued, 'workspace')} with something to write")
    stage.follow(lambda: database.run(_WAITING, ws_id=workspace.ws_id)[0][0] == 0)
    stage.follow(lambda: not database.run(_BUSY, ws_id=workspace.ws_id))


def _shown(stage: Stage, calendar: str) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return stage.stack.google.truth(calendar, now.isoformat(), (now + timedelta(days=90)).isoformat())
