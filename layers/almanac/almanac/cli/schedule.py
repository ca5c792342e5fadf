"""`schedule`: asks for a workspace's plan, shows here what it would be, or writes what was shown."""

import shlex
from argparse import Namespace

from almanac.cli import arguments, plan_options
from almanac.cli.arguments import Commands, add_command
from almanac.cli.following import WAIT_SECONDS, follow
from almanac.cli.session import Result, Session
from almanac.domain.workspace_plan.outcome import NOT_WRITTEN
from almanac.errors import BadInput
from almanac.jobs import CalendarSchedule
from almanac.presentation import requests
from almanac.presentation.preview import Preview
from almanac.services.operations.requests import SentRequest
from almanac.services.plan.apply import PlanChanged, job_of
from almanac.services.plan.proposal import PlanPreview

_FEWEST_DAYS, _DAYS, _MOST_DAYS = 7, 30, 90
_EXAMPLES = """\
  almanac schedule WS --preview
  almanac schedule WS --preview --html plan.html
  almanac schedule WS --preview --user ada
  almanac schedule WS --write FINGERPRINT
  almanac schedule WS --window-days 14 --wait

--preview prints its FINGERPRINT. --write writes exactly that plan, with the same other options, or nothing.
Exit code with --wait: 0 when the plan stands, 1 when it has failed, was refused (--apply safe) or takes too long.
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(
        commands, "schedule", _schedule, "ask for a plan, preview it, or write what was shown", _EXAMPLES
    )
    arguments.add_workspace(parser)
    parser.add_argument(
        "--window-days", type=arguments.count, metavar="N", default=_DAYS, help="days to plan, 7 to 90 (default: 30)"
    )
    parser.add_argument("--force", action="store_true", help="from scratch; what is locked, begun or near stays")
    applies = ("full", "safe")
    parser.add_argument("--apply", choices=applies, default="full", help="safe: not if anything is late or left over")
    parser.add_argument("--user", type=arguments.label, help="plan this member only, everybody else's blocks stay")
    parser.add_argument("--preview", action="store_true", help="plan here, show it, write nothing")
    parser.add_argument(
        "--write", type=arguments.fingerprint, metavar="FINGERPRINT", help="write the plan that --preview has shown"
    )
    parser.add_argument("--wait", action="store_true", help="follow it to its end")
    parser.add_argument(
        "--timeout", type=arguments.seconds, metavar="S", default=WAIT_SECONDS, help="seconds to wait (default: 900)"
    )
    plan_options.add_to(parser)


def _schedule(args: Namespace, session: Session) -> Result:
    if not _FEWEST_DAYS <= args.window_days <= _MOST_DAYS:
        raise BadInput("--window-days", f"must be {_FEWEST_DAYS} to {_MOST_DAYS}")
    here = [option for option in ("preview", "write") if getattr(args, option)]
    if len(here) > 1:
        raise BadInput("--write", "does not go with --preview")
    if here and args.wait:
        raise BadInput("--wait", f"does not go with --{here[0]}")
    for option in ("svg", "html"):
        if getattr(args, option) is not None and not args.preview:
            raise BadInput(f"--{option}", "needs --preview")
    _check_member(args, session)
    return _preview(args, session) if args.preview else _write(args, session) if args.write else _enqueue(args, session)


def _check_member(args: Namespace, session: Session) -> None:
    """Raise BadInput for a --user who is no member: a job that names such a one plans everybody."""
    if args.user is not None:
        session.wiring.people.require(args.ws_id, args.user)


def _preview(args: Namespace, session: Session) -> Result:
    found = session.wiring.apply_plan.preview(_job(args))
    report = found.report
    failure = None if report.success else f"the plan would be {report.outcome}: {requests.REFUSED}"
    plan_options.write_pictures(args, Preview(found).agenda())
    return _shown(args, found, f"A preview: the run would be {report.outcome}, and nothing was written.", failure)


def _write(args: Namespace, session: Session) -> Result:
    try:
        report = session.wiring.apply_plan(_job(args), args.write)
    except PlanChanged as changed:
        said = "Nothing was written. What the plan would come to now:"
        return _shown(args, changed.fresh, said, f"{changed.code}: {changed}")
    failure = None if report.success else f"nothing was written: {report.outcome}: {requests.REFUSED}"
    return Result(report.as_dict(), requests.written_text(report), failure)


def _job(args: Namespace) -> CalendarSchedule:
    wishes = {"force_reschedule": args.force, "safe": args.apply == "safe", "user_id": args.user}
    return job_of(args.ws_id, args.window_days, **wishes)


def _shown(args: Namespace, found: PlanPreview, said: str, failure: str | None) -> Result:
    """Return a preview, and what to type to have it written, if it would be."""
    preview = Preview(found)
    if found.report.success and found.report.outcome not in ("unchanged", *NOT_WRITTEN):
        said += f"\nTo write exactly this: {_command(args, found.fingerprint)}"
    text = f"{said}\n\n{plan_options.agenda_text(args, preview.agenda())}"
    return Result(preview.document(), text, failure)


def _command(args: Namespace, fingerprint: str) -> str:
    """Return what writes a preview: the wishes are part of it."""
    words = ["almanac", "schedule", str(args.ws_id), "--write", fingerprint]
    words += ["--window-days", str(args.window_days)] if args.window_days != _DAYS else []
    words += ["--force"] if args.force else []
    words += ["--apply", args.apply] if args.apply != "full" else []
    words += ["--user", args.user] if args.user is not None else []
    return shlex.join(words)


def _enqueue(args: Namespace, session: Session) -> Result:
    asked = {"force_reschedule": args.force, "user_id": args.user}
    sent = session.wiring.request_plan(args.ws_id, args.window_days, args.apply, **asked)
    if args.wait:
        return _followed(sent, args.timeout, session)
    text = requests.sent_text(sent, f"`almanac schedule {sent.ws_id} --preview` shows the plan")
    return Result(requests.sent_document(sent), text)


def _followed(sent: SentRequest, timeout: float, session: Session) -> Result:
    hint = "`almanac queues` tells what waits"
    *_, plan = follow(session.wiring.follow_plan, sent.ws_id, sent.request_id, timeout, hint)
    return Result(requests.plan_document(plan), requests.plan_text(plan), requests.plan_failure(plan))
