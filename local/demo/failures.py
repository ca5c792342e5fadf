"""The demo's second half: what goes wrong in the field, and how it ends."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

from local.demo.scenes import new_event, pick
from local.demo.stage import DemoFailed, Stage
from local.demo.workspaces import Workspace, add_account, connect
from local.google_simulator.control.faults import Fault
from local.stack.stack import ROOT, VISIBILITY_SECONDS

POISON = '{"job":"calendar.sync","ws_id":"not-a-uuid"}'
"""A body that no schema accepts."""
LEASE_SECONDS = 5
"""The demo's lease (ALMANAC_SYNC_LEASE_SECONDS); 120 by default."""

_KILL_HIDDEN_SECONDS = 8  # longer than reading one page and the lease after it
_LARGE, _PAGE = 12_500, 2_500
_CLI_SECONDS = 60


def expired_token(stage: Stage) -> None:
    """Scene 5."""
    why = "Google answers 410: the run forgets it, reads everything, and sweeps what it does not meet."
    stage.screen.headline(5, "A sync token expires", why)
    workspace, google = stage.workspace("Monsoon Studio"), stage.stack.google
    calendar = workspace.emails[0]
    google.delete_event(calendar, pick(stage, calendar).singles[0]["id"])
    google.forget_tombstones(calendar)
    google.expire_sync_tokens(calendar)
    stage.say(f"{calendar}: one event deleted, its tombstone forgotten, the sync tokens expired")
    run = stage.ask(workspace, force=True)
    stage.require(run.outcome == "token_expired_full" and run.deleted == 1, "a full pass in the same run found it gone")
    stage.require_truth([workspace])


def revoked_account(stage: Stage) -> None:
    """Scene 6."""
    why = "Only its owner can heal that: it is recorded, and schedules leave the account alone until then."
    stage.screen.headline(6, "An account is revoked", why)
    workspace, google = stage.workspace("Meridian Travel"), stage.stack.google
    email = workspace.emails[0]
    google.revoke_account(email)
    google.insert_event(email, new_event("Fitting", 5))
    stage.say(f"{email}: consent withdrawn; and an event inserted that nobody can read now")
    stage.require(_outcome(stage, workspace) == "reconnect_required", "its run ended as reconnect_required")
    stage.require(_outcome(stage, workspace) is None, f"the next tick left {workspace.name} out")
    _reconnect(stage, workspace, str(google.reconnect_account(email)["refresh_token"]))
    stage.require(_outcome(stage, workspace) == "incremental", "connected again, it went on where it had stopped")
    stage.require_truth([workspace])


def poison_message(stage: Stage) -> None:
    """Scene 7."""
    why = "Three receives, then the dead-letter queue, unchanged. Other workspaces do not wait for it."
    stage.screen.headline(7, "A poison message", why)
    workspace = stage.workspace("Southern Clinic")
    before = len(stage.runs)
    stage.say(f"message in the group of {workspace.name}: {POISON}")
    stage.stack.send(workspace.ws_id, POISON)
    enqueued = stage.fire()
    stage.follow(
        lambda: len({run.ws_id for run in stage.runs[before:]}) >= enqueued and bool(stage.stack.dead_letters())
    )
    receives = sum(message.error_type == "bad_job" for message in stage.kept)
    as_sent = stage.stack.dead_letters() == [POISON]
    stage.require(receives == 3 and as_sent, f"received {receives} times, it is in the dead-letter queue as sent")
    ran = {run.ws_id: run for run in stage.runs[before:]}
    stage.require(len(ran) == enqueued, "no other workspace waited for it")
    stage.require(workspace.ws_id in ran, "its own workspace's sync came after it")


def killed_worker(stage: Stage) -> None:
    """Scene 8."""
    why = "Its lease expires, its message comes back, and the next run reads on at the stored page."
    stage.screen.headline(8, "A worker is killed in the middle", why)
    workspace = _connect_large(stage)
    fault = Fault(action="delay", path="*/events", calendar=workspace.emails[0], page_token=True, delay_seconds=60)
    stage.stack.google.inject(fault)
    stage.hide_received_for(_KILL_HIDDEN_SECONDS)
    stage.tell(
        f"the lease lasts {LEASE_SECONDS} s here, not 120; the message comes back after {_KILL_HIDDEN_SECONDS} s"
    )
    before = len(stage.runs)
    stage.tell("a bulk request: the orchestrator is handed a list of one workspace")
    stage.stack.orchestrate({"job": "calendar.sync", "workspaces": [{"ws_id": str(workspace.ws_id)}]})
    with stage.screen.bar("rows stored", _LARGE) as bar:
        stage.follow(lambda: stage.rows(workspace) >= _PAGE, then=lambda: bar(stage.rows(workspace)))
        killed = _kill_workers(stage)
        stage.say(
            f"SIGKILL for {killed} workers, while page 2 is on its way; {stage.rows(workspace):,} rows are stored"
        )
        stage.follow(
            lambda: any(r.ws_id == workspace.ws_id and r.status == "completed" for r in stage.runs[before:]),
            then=lambda: bar(stage.rows(workspace)),
        )
    stage.stack.hide_received_for(VISIBILITY_SECONDS)
    ran = [run for run in stage.runs[before:] if run.ws_id == workspace.ws_id and run.outcome != "already_running"]
    *stale, last = ran  # on a slow machine a page may outlast the lease, too
    stage.require(stale[-1].error_type == "stale", "the killed run is closed as stale")
    read_on = last.inserted == _LARGE - _PAGE and last.unchanged == 0
    stage.require(read_on, f"the next run read on at page 2: {last.inserted:,} rows were left")
    stage.require_truth([workspace])


def _outcome(stage: Stage, workspace: Workspace) -> str | None:
    """How the workspace's run of the next tick ends; None when it gets none."""
    return next((run.outcome for run in stage.tick() if run.ws_id == workspace.ws_id), None)


def _reconnect(stage: Stage, workspace: Workspace, refresh_token: str) -> None:
    """What its owner types, as a process of its own. Raises DemoFailed with the command's complaint."""
    email = workspace.emails[0]
    command = ["account", "add", "--workspace", str(workspace.ws_id)]
    options = ["--email", email, "--user", email.partition("@")[0], "--token-file", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "almanac", *command, *options],
        input=f'{{"refresh_token": "{refresh_token}"}}',
        env=os.environ | stage.stack.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_CLI_SECONDS,
        check=False,
        process_group=0,  # Ctrl-C is for the demo
    )
    if done.returncode:
        raise DemoFailed(f"almanac account add: {done.stderr.strip()}")
    stage.tell(f"$ almanac {' '.join(command)} \\")
    stage.tell(f"      {' '.join(options)}")
    stage.say(done.stdout.splitlines()[0])


def _connect_large(stage: Stage) -> Workspace:
    email, zone = "archive@northwind.test", "UTC"
    token = add_account(stage.stack.google, email, zone)
    stage.stack.google.add_flat_events(email, _LARGE, seed=6)
    workspace = connect(stage.stack, "Northwind Store", zone, {email: token}, stage.tell)
    stage.workspaces.append(workspace)
    stage.tell(f"{email}: {_LARGE:,} events, {_PAGE:,} a page")
    return workspace


def _kill_workers(stage: Stage) -> int:
    """Kill every worker: from outside, nobody tells which of them has the message."""
    pids = stage.stack.worker_pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)
