"""`account add`, `account list`, `account disconnect`, `calendar switch`, `connections` and `channels`."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation import connections
from almanac.strict_json import RepeatedKey, read_json
from almanac.validation import first_fault

_EXAMPLES = """\
  almanac account add --workspace WS --email ada@example.org --user ada --token-file token.json
  cat token.json | almanac account add --workspace WS --email ada@example.org --user ada --token-file -

The file is JSON: {"refresh_token": "…", "access_token": "…", "expires_at": "2026-01-31T12:00:00Z"}.
Only refresh_token is needed; it is tried at once. The same command with a new token connects an account again.
"""
_LEAVE = """\
  almanac account disconnect WS ada@example.org
  almanac account disconnect ada@example.org --workspace WS
  almanac account disconnect --workspace WS --email ada@example.org --user ada --blocks remove
"""
_Token = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$")]


class TokenFile(BaseModel):
    """What `--token-file` holds. The refresh token is traded at once, so the other two are checked and left alone."""

    refresh_token: _Token
    access_token: _Token | None = None
    expires_at: AwareDatetime | None = None


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    accounts = add_group(commands, "account", "manage connected accounts")
    parser = add_command(accounts, "add", _add_account, "connect a Google account and its calendars", _EXAMPLES)
    parser.add_argument("--workspace", required=True, type=arguments.workspace, metavar="WS", help="its id or name")
    parser.add_argument("--email", required=True, type=arguments.email, help="the account's address")
    parser.add_argument("--user", required=True, type=arguments.new_user, help="its owner's id in the product")
    parser.add_argument("--token-file", required=True, metavar="FILE", help="JSON with refresh_token; - reads stdin")

    parser = add_command(accounts, "list", _list, "list the connected accounts of a workspace, or of all")
    arguments.add_workspace(parser, optional=True)
    about = "read nothing through an account any more; its calendars' events go after the grace"
    parser = add_command(accounts, "disconnect", disconnect, about, _LEAVE)
    about = "id or name of its workspace, unless --workspace gives it, and its address or id, unless --email does"
    parser.add_argument("words", metavar="WS ACCOUNT", nargs="*", type=arguments.label, help=about)
    parser.add_argument("--workspace", type=arguments.workspace, metavar="WS", help="the workspace's id or name")
    parser.add_argument("--email", type=arguments.email, help="the account's address")
    parser.add_argument("--user", type=arguments.label, help="id of the person whose account it is")
    about = "take what we have written ahead out of its calendars, or leave it there; then the grant is given back"
    parser.add_argument("--blocks", choices=("remove", "leave"), help=about)

    calendars = add_group(commands, "calendar", "switch calendars")
    about = "let syncs read a calendar, or not; while it is off its events take no time"
    parser = add_command(calendars, "switch", _switch, about, "  almanac calendar switch WS Climbing off")
    arguments.add_workspace(parser)
    parser.add_argument("calendar", metavar="CALENDAR", type=arguments.label, help="its id or name")
    parser.add_argument("state", choices=("on", "off"), help="whether it is read")

    parser = add_command(commands, "connections", _connections, "list a workspace's calendars and how they are")
    arguments.add_workspace(parser)
    about = "list push channels: which calendars ring when they change, and how they are"
    arguments.add_workspace(add_command(commands, "channels", _channels, about), optional=True)


def read_token_file(name: str) -> TokenFile:
    """Read and check the file, or stdin for `-`. Raises BadInput naming the field, never with a value."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise BadInput("--token-file", f"cannot be read: {reason}") from None
    try:
        return TokenFile.model_validate(read_json(content))
    except ValidationError as error:
        place, fault = first_fault(error)
    except RepeatedKey as error:  # another key may be anything, also the token
        place, fault = error.key if error.key in TokenFile.model_fields else "", "is given more than once"
    except (ValueError, RecursionError):
        place, fault = "", ""
    if place:
        raise BadInput(place, f"{fault} (in the token file)")
    raise BadInput("--token-file", 'is not a JSON object like {"refresh_token": "…"}')


def _add_account(args: Namespace, session: Session) -> Result:
    token = read_token_file(args.token_file).refresh_token
    account = session.wiring.connect_account(args.workspace, args.user, args.email, token)
    found = session.wiring.connections(args.workspace, account.id)
    again = account.version > 1
    document = connections.account_document(account.id, args.workspace, account.email, found, reconnected=again)
    accounts = session.wiring.accounts.all(args.workspace)
    return Result(document, connections.account_text(account.id, found, accounts, reconnected=again))


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.accounts.all(args.ws_id)
    return Result(connections.accounts_document(found), connections.accounts_text(found))


def disconnect(args: Namespace, session: Session) -> Result:
    """Let an account go. Raises BadInput for one that is not there."""
    ws_id, name = _workspace_and_account(args, session)
    with arguments.named({"account": "--email" if args.email else "ACCOUNT"}):
        account = session.wiring.accounts.disconnect(ws_id, name, user_id=args.user, blocks=args.blocks)
    document = connections.accounts_document([account])
    if account.status != "disconnected":
        return Result(document, f"leaving: {account.email} goes once syncs have taken its blocks back")
    left = _left_behind(session, ws_id, args.blocks)
    return Result(document, f"disconnected: {account.email}; {left}`almanac account add` connects it again")


def _workspace_and_account(args: Namespace, session: Session) -> tuple[UUID, str]:
    """Return whose account it is, and its address or id: words stand for what no option gives, in this order."""
    words = list(args.words)
    if args.workspace is None and words:
        args.workspace = arguments.workspace(words.pop(0))
        arguments.resolve_workspaces(args, session)
    if args.workspace is None:
        raise BadInput("--workspace", "missing; give the workspace of the account")
    name = words.pop(0) if args.email is None and words else args.email
    if name is None:
        raise BadInput("--email", "missing; give the account's address, or its id")
    if words:
        raise BadInput("ACCOUNT", "given twice; give one workspace and one account")
    return args.workspace, name


def _left_behind(session: Session, ws_id: UUID, blocks: str | None) -> str:
    """Say what an account that nobody could open any more has kept of ours (W98)."""
    waiting = session.wiring.outbound.status(ws_id, dry_run=False, confirm=False).links if blocks == "remove" else ()
    left = any(link.operation == "delete" for link in waiting)
    return "what we have written stays in its calendars, for its grant was gone, until " if left else ""


def _switch(args: Namespace, session: Session) -> Result:
    found = session.wiring.accounts.switch(args.ws_id, args.calendar, on=args.state == "on")
    return Result(connections.document(args.ws_id, found), connections.text(found))


def _connections(args: Namespace, session: Session) -> Result:
    found = session.wiring.connections(args.ws_id)
    return Result(connections.document(args.ws_id, found), connections.text(found))


def _channels(args: Namespace, session: Session) -> Result:
    found, on = session.wiring.channels(args.ws_id), session.wiring.channels.on
    return Result(connections.channels_document(found, on=on), connections.channels_text(found, on=on))
