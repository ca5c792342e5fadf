"""`schedule`: asks for a workspace's plan, or shows here what it would be."""

from argparse import Namespace

from almanac.cli import arguments, plan_options
from almanac.cli.arguments import Commands, add_command
from almanac.cli.following import WAIT_SECONDS, follow
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation import requests
from almanac.presentation.preview import Preview
from almanac.services.operations.requests import SentRequest

_FEWEST_DAYS, _MOST_DAYS = 7, 90
_EXAMPLES = """\
  almanac schedule WS --preview
  almanac schedule WS --preview --html plan.html
  almanac schedule WS --preview --user ada
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
    parser.add_argument("--user", type=arguments.label, help="plan this member only, everybody else's blocks stay")
    parser.add_argument("--preview", action="store_true", help="plan here, show it, write nothing")
    parser.add_argument("--wait", action="store_true", help="follow it to its end")
    parser.add_argument(
        "--timeout", type=arguments.seconds, metavar="S", default=WAIT_SECONDS, help="seconds to wait (default: 900)"
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
    return _preview(args, session) if args.preview else _enqueue(args, session)


def _check_member(args: Namespace, session: Session) -> None:
    """Raise BadInput for a --user who is no member: a job that names such a one plans everybody."""
    if args.user is not None:
        known = [member.user_id for member in session.wiring.people.members(args.ws_id)]
        if args.user not in known:
            raise BadInput("--user", f"is no member; members are {', '.join(known) or 'none yet'}")


def _preview(args: Namespace, session: Session) -> Result:
    _check_member(args, session)
    asked = {"force_reschedule": args.force, "user_id": args.user}
    found = session.wiring.preview_plan(args.ws_id, args.window_days, args.apply, **asked)
    preview = Preview(found.report, found.proposal)
    agenda = preview.agenda(found.workspace_name)
    report = found.report
    failure = None if report.success else f"the plan would be {report.outcome}: {requests.REFUSED}"
    plan_options.write_pictures(args, agenda)
    said = f"A preview: the run would be {report.outcome}, and nothing was written.\n\n"
    return Result(preview.document(), said + plan_options.agenda_text(args, agenda), failure)


def _enqueue(args: Namespace, session: Session) -> Result:
    _check_member(args, session)
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
