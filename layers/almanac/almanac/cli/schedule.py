"""`schedule`: asks for a workspace's plan, or shows here what it would be."""

import time
from argparse import Namespace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from almanac.cli import arguments, plan_options
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.cli.sync import ProgressLine
from almanac.domain.workspace_plan.report import CHANGES, COUNTS
from almanac.errors import BadInput, QueueUnavailable, TransientError
from almanac.jobs import CalendarSchedule
from almanac.presentation.preview import STATES, preview
from almanac.presentation.tables import duration, one_line
from almanac.services.operations.requests import POLL_SECONDS, RequestProgress
from almanac.services.plan.ports import PlanningRuns, Record
from almanac.services.queues.ports import OutgoingJob

_WAIT_SECONDS = 900.0
_FEWEST_DAYS, _MOST_DAYS = 7, 90
_EXAMPLES = """\
  almanac schedule WS --preview
  almanac schedule WS --preview --html plan.html
  almanac schedule WS --window-days 14 --wait

Exit code with --wait: 0 when the plan stands, 1 when it has failed, was refused (--apply safe) or takes too long.
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(commands, "schedule", _schedule, "ask for a plan, or preview it", _EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument(
        "--window-days", type=arguments.count, metavar="N", default=30, help="days to plan, 7 to 90 (default: 30)"
    )
    parser.add_argument("--force", action="store_true", help="from scratch; what is locked, begun or near stays")
    applies = ("full", "safe")
    parser.add_argument("--apply", choices=applies, default="full", help="safe: not if anything is late or left over")
    parser.add_argument("--preview", action="store_true", help="plan here, show it, write nothing")
    parser.add_argument("--wait", action="store_true", help="follow it to its end")
    parser.add_argument(
        "--timeout", type=arguments.seconds, metavar="S", default=_WAIT_SECONDS, help="seconds to wait (default: 900)"
    )
    plan_options.add_to(parser)


def _schedule(args: Namespace, session: Session) -> Result:
    if not _FEWEST_DAYS <= args.window_days <= _MOST_DAYS:
        raise BadInput("--window-days", f"must be {_FEWEST_DAYS} to {_MOST_DAYS}")
    if args.preview and args.wait:
        raise BadInput("--wait", "does not go with --preview")
    for option in ("svg", "html"):
        if getattr(args, option) is not None and not args.preview:
            raise BadInput(f"--{option}", "needs --preview")
    session.wiring.operator_store.require_workspace(args.ws_id)
    job = CalendarSchedule(
        ws_id=args.ws_id,
        window_days=args.window_days,
        force_reschedule=args.force,
        apply=args.apply,
        request_id=str(uuid4()),
    )
    return _preview(args, job, session) if args.preview else _enqueue(args, job, session)


def _preview(args: Namespace, job: CalendarSchedule, session: Session) -> Result:
    found = preview(session.wiring.plan_workspace, job)
    agenda = found.agenda(session.wiring.planning_runs.workspace_name(job.ws_id))
    report = found.report
    failure = None if report.success else f"the plan would be {report.outcome}: {_SAFE}"
    plan_options.write_pictures(args, agenda)
    said = f"A preview: the run would be {report.outcome}, and nothing was written.\n\n"
    return Result(found.document(), said + plan_options.text(args, agenda), failure)


_SAFE = "something would be late or without a place"


def _enqueue(args: Namespace, job: CalendarSchedule, session: Session) -> Result:
    request_id = job.request_id or ""
    sent = job.model_copy(update={"requested_at": datetime.now(UTC)})
    for lost in session.wiring.asking_queue.send([OutgoingJob(sent, reason=f"request {request_id}")]):
        raise QueueUnavailable(f"the job could not be sent ({lost.error})")
    if args.wait:
        return _followed(job.ws_id, request_id, args.timeout, session.wiring.planning_runs)
    document = {"ws_id": job.ws_id, "request_id": request_id, "status": "enqueued"}
    return Result(document, f"enqueued, request {request_id}; `almanac schedule {job.ws_id} --preview` shows the plan")


def _followed(ws_id: UUID, request_id: str, timeout: float, runs: PlanningRuns) -> Result:
    teller = ProgressLine()
    try:
        run = _ended_run(ws_id, request_id, timeout, runs, teller)
    finally:
        teller.end()
    success = run["status"] != "failed" and run["outcome"] != "blocked"
    failure = f"plan {run['status']}: {run['outcome']}: {run['error'] or _SAFE}"
    return Result({**run, "success": success}, _told(run), None if success else failure)


def _ended_run(ws_id: UUID, request_id: str, timeout: float, runs: PlanningRuns, tell: ProgressLine) -> Record:
    """The request's run once it has ended. Raises TransientError when it has not within the timeout (seconds).

    A message that met a running run comes back, so that refusal is no end.
    """
    began = time.monotonic()
    while True:
        run = runs.of_request(ws_id, request_id)
        if run is not None and run["status"] != "running" and run["outcome"] != "already_running":
            return run
        elapsed = time.monotonic() - began
        if elapsed >= timeout:
            raise TransientError(f"not done after {timeout:g} s; `almanac queues` tells what waits")
        tell(RequestProgress("waiting" if run is None else "planning", elapsed))
        time.sleep(min(POLL_SECONDS, timeout - elapsed))


def _told(run: Record) -> str:
    """How a run ended, and what it has to say about single items."""
    counts = ", ".join(f"{run[name]} {name.replace('_', ' ')}" for name in COUNTS if run[name]) or "nothing to place"
    blocks = ", ".join(f"{run[name]} {name}" for name in CHANGES if run[name]) or "none"
    lines = [f"{run['status']}: {run['outcome']} in {duration(run['total_ms'] / 1000)}; run {run['run_id']}"]
    lines += [counts, f"blocks: {blocks}"]
    for note in run["warnings"]:
        hint = f"; would help: {note['hint']}" if note["hint"] else ""
        what = note["title"] or f"{note['kind']} {note['id']}"
        lines.append(one_line(f"  {what}: {STATES.get(note['status'], note['status'])}: {note['reason']}{hint}"))
    return "\n".join(lines)
