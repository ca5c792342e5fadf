"""`api-key` and `console`: who may call the HTTP API, and a link into the console."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from uuid import UUID

from almanac.cli import arguments
from almanac.cli.arguments import Commands, WorkspaceName, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.domain.access import ROLES, SCOPES, known_scopes
from almanac.errors import BadInput
from almanac.presentation.operations import api_keys

_ADD = """\
  almanac api-key add --name web-app --scope read --scope run --workspace WS
  almanac api-key add --name operators --scopes read,run,operate --all-workspaces
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "api-key", "keys of callers of the HTTP API")
    parser = add_command(group, "add", _add, "make a key; it is shown once", _ADD)
    parser.add_argument("--name", required=True, type=arguments.label, help="what it is for")
    parser.add_argument("--scope", action="append", default=[], choices=SCOPES, help="what it may do; again for more")
    parser.add_argument("--scopes", type=_scopes, default=(), metavar="LIST", help="the same, separated by commas")
    about = "a workspace that it sees; again for more"
    parser.add_argument("--workspace", action="append", default=[], type=arguments.workspace, metavar="WS", help=about)
    parser.add_argument("--all-workspaces", action="store_true", help="it sees every workspace, later ones too")
    about = "calls of a day, in UTC, after which it answers 429 (default: no limit)"
    parser.add_argument("--daily-limit", type=int, metavar="N", help=about)
    add_command(group, "list", _list, "list the keys, without their secrets")
    parser = add_command(group, "revoke", _revoke, "let a key open nothing any more")
    parser.add_argument("id", metavar="ID", type=arguments.label, help="its id in `almanac api-key list`")

    console = add_group(commands, "console", "the console in a browser")
    about = "print a link that signs in once, within a quarter of an hour"
    parser = add_command(console, "login", _login, about, "  almanac console login --role viewer\n")
    parser.add_argument("--role", choices=ROLES, default="admin", help="what it lets do (default: admin)")
    about = "only this workspace; again for more"
    parser.add_argument("--workspace", action="append", default=[], type=arguments.workspace, metavar="WS", help=about)


def _add(args: Namespace, session: Session) -> Result:
    if bool(args.workspace) == args.all_workspaces:
        raise BadInput("--workspace", "give the workspaces that it sees, or --all-workspaces")
    ws_ids = None if args.all_workspaces else _resolved(args.workspace, session)
    scopes = known_scopes([*args.scope, *args.scopes])
    key = session.wiring.api_keys.add(args.name, scopes, ws_ids, args.daily_limit)
    return Result(api_keys.new_key_document(key), api_keys.new_key_text(key))


def _list(_args: Namespace, session: Session) -> Result:
    keys = session.wiring.api_keys.all()
    return Result(api_keys.keys_document(keys), api_keys.keys_text(keys))


def _revoke(args: Namespace, session: Session) -> Result:
    session.wiring.api_keys.revoke(args.id)
    return Result({"revoked": args.id}, f"revoked {args.id}")


def _login(args: Namespace, session: Session) -> Result:
    url = session.wiring.console_logins.link(args.role, _resolved(args.workspace, session) or None)
    return Result({"url": url, "role": args.role}, url)


def _scopes(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(","))
    if not set(words) <= set(SCOPES):
        raise ArgumentTypeError(f"knows {', '.join(SCOPES)}")
    return words


def _resolved(given: Sequence[UUID | WorkspaceName], session: Session) -> list[UUID]:
    return [session.wiring.workspaces.named(ws) if isinstance(ws, WorkspaceName) else ws for ws in given]
