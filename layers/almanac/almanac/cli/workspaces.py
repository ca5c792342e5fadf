"""`workspace add`, `list`, `set`, `pause`, `resume` and `remove`."""

from argparse import Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation import connections

_SET_EXAMPLES = """\
  almanac workspace set WS --timezone Europe/Berlin
  almanac workspace set 'Design team' --name 'Design'
  almanac workspace set WS --weekly-report on
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "workspace", "manage workspaces")
    example = "  almanac workspace add --name 'Design team' --timezone Europe/Berlin"
    parser = add_command(group, "add", _add, "add a workspace; with --id it can be repeated", example)
    parser.add_argument("--name", required=True, type=arguments.label, help="what people call it")
    parser.add_argument("--timezone", required=True, type=arguments.zone, help="IANA zone, as Europe/Berlin")
    parser.add_argument("--id", type=arguments.uuid, help="its id (default: a new one)")
    add_command(group, "list", _list, "list the workspaces with their zones, accounts and last syncs")
    parser = add_command(group, "set", _set, "change a workspace's name, time zone or reports", _SET_EXAMPLES)
    arguments.add_workspace(parser)
    parser.add_argument("--name", type=arguments.label, help="what people call it")
    parser.add_argument("--timezone", type=arguments.zone, help="IANA zone, as Europe/Berlin")
    about = "a report of the week each Monday morning"
    parser.add_argument("--weekly-report", choices=("on", "off"), help=about)
    pausing = "let a workspace alone: nothing is read, planned or written until it is resumed"
    arguments.add_workspace(add_command(group, "pause", _pause, pausing, "  almanac workspace pause WS"))
    resuming = "let a paused workspace go on, with a sync at once"
    arguments.add_workspace(add_command(group, "resume", _resume, resuming, "  almanac workspace resume WS"))
    about = "delete a workspace whose accounts are all disconnected, with its events, plans and history"
    parser = add_command(group, "remove", _remove, about, "  almanac workspace remove WS --confirm")
    arguments.add_workspace(parser)
    parser.add_argument("--confirm", action="store_true", help="nothing brings it back")


def _add(args: Namespace, session: Session) -> Result:
    ws_id = session.wiring.workspaces.add(args.name, args.timezone, args.id)
    said = f"workspace {ws_id}"
    if session.wiring.workspaces.shares_name(args.name):
        said += f"\nanother has that name: call it by its id, or `almanac workspace set {ws_id} --name …`"
    return Result({"ws_id": ws_id}, said)


def _list(_args: Namespace, session: Session) -> Result:
    found = session.wiring.workspaces.all()
    return Result(connections.workspaces_document(found), connections.workspaces_text(found))


def _set(args: Namespace, session: Session) -> Result:
    if args.name is None and args.timezone is None and args.weekly_report is None:
        raise BadInput("--timezone", "missing; give it, or --name, or --weekly-report")
    wanted = None if args.weekly_report is None else args.weekly_report == "on"
    name, zone, report = session.wiring.workspaces.set(args.ws_id, args.name, args.timezone, weekly_report=wanted)
    document = {"ws_id": args.ws_id, "name": name, "timezone": zone, "weekly_report": report}
    said = ", a report each Monday" if report else ""
    return Result(document, f"workspace {args.ws_id}: {name}, {zone}{said}")


def _remove(args: Namespace, session: Session) -> Result:
    if not args.confirm:
        raise BadInput("--confirm", "is needed: events, tasks, plans and history of the workspace go for ever")
    session.wiring.workspaces.remove(args.ws_id)
    return Result({"ws_id": args.ws_id}, f"workspace {args.ws_id} is removed")


def _pause(args: Namespace, session: Session) -> Result:
    found = session.wiring.pauses.pause(args.ws_id, "command line")
    said = f"workspace {args.ws_id} is paused; `almanac workspace resume {args.ws_id}` lets it go on"
    return Result({"ws_id": args.ws_id, "paused_at": found.since, "paused_by": found.paused_by}, said)


def _resume(args: Namespace, session: Session) -> Result:
    sent = session.wiring.pauses.resume(args.ws_id)
    said = f"workspace {args.ws_id} goes on; sync {sent.request_id} is in the queue"
    return Result({"ws_id": args.ws_id, "request_id": sent.request_id}, said)
