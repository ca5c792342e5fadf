"""`undo`, `trace` and `restored`: a run taken back, the line of a change, and a database that was restored."""

from argparse import Namespace
from uuid import UUID

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation.history import trace, undo

_UNDO = """\
  almanac undo RUN            # what would come back
  almanac undo RUN --apply
"""
_TRACE = """\
  almanac trace RUN
  almanac trace WS/412        # by a version
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    about = "take back what one run swept away or planned; shows it first"
    parser = add_command(commands, "undo", _undo, about, _UNDO)
    parser.add_argument("run_id", type=arguments.uuid, metavar="RUN", help="id of a sync that swept, or of a plan")
    parser.add_argument("--apply", action="store_true", help="do it; what has changed since stays as it is")
    about = "follow a change from what asked for it to who was told"
    parser = add_command(commands, "trace", _trace, about, _TRACE)
    about = "a job, run, webhook delivery or event, or WS/VERSION"
    parser.add_argument("id", type=arguments.label, metavar="ID", help=about)
    about = "say that this database was restored from a backup, so that whoever follows it begins anew"
    parser = add_command(commands, "restored", _restored, about)
    parser.add_argument("--confirm", action="store_true", help="every workspace's followers read everything again")


def _undo(args: Namespace, session: Session) -> Result:
    use = session.wiring.undo_run
    found = use(args.run_id) if args.apply else use.preview(args.run_id)
    return Result(undo.document(found), undo.text(found))


def _trace(args: Namespace, session: Session) -> Result:
    lines = session.wiring.trace(_with_id(args.id, session))
    return Result(trace.document(lines), trace.text(lines))


def _with_id(text: str, session: Session) -> str:
    """Put the id of a workspace in the place of its name, where a version of it is asked for."""
    name, slash, version = text.rpartition("/")
    try:
        UUID(name)
    except ValueError:
        return f"{session.wiring.workspaces.named(name)}/{version}" if slash else text
    return text


def _restored(args: Namespace, session: Session) -> Result:
    if not args.confirm:
        raise BadInput("--confirm", "is needed: every workspace's followers read everything again")
    epoch = session.wiring.history.restored()
    return Result({"epoch": epoch}, f"epoch {epoch} has begun; every workspace is told")
