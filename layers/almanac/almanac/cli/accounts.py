"""`workspace add`, `account add` and `connections`."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation import connections

_EXAMPLES = """\
  almanac account add --workspace WS --email ada@example.org --user ada --token-file token.json
  cat token.json | almanac account add --workspace WS --email ada@example.org --user ada --token-file -

The file is JSON: {"refresh_token": "…", "access_token": "…", "expires_at": "2026-01-31T12:00:00Z"}.
Only refresh_token is needed; it is tried at once. The same command with a new token connects an account again.
"""
_Token = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$")]


class TokenFile(BaseModel):
    """What `--token-file` holds. The refresh token is traded at once, so the other two are checked and left alone."""

    refresh_token: _Token
    access_token: _Token | None = None
    expires_at: AwareDatetime | None = None


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    workspaces = add_group(commands, "workspace", "manage workspaces")
    example = "  almanac workspace add --name 'Design team' --timezone Europe/Berlin"
    parser = add_command(workspaces, "add", _add_workspace, "add a workspace; with --id it can be repeated", example)
    parser.add_argument("--name", required=True, type=arguments.label, help="what people call it")
    parser.add_argument("--timezone", required=True, type=arguments.zone, help="IANA zone, as Europe/Berlin")
    parser.add_argument("--id", type=arguments.uuid, help="its id (default: a new one)")

    accounts = add_group(commands, "account", "manage connected accounts")
    parser = add_command(accounts, "add", _add_account, "connect a Google account and its calendars", _EXAMPLES)
    parser.add_argument("--workspace", required=True, type=arguments.uuid, metavar="WS", help="id of the workspace")
    parser.add_argument("--email", required=True, type=arguments.email, help="the account's address")
    parser.add_argument("--user", required=True, type=arguments.label, help="id of the person in the workspace product")
    parser.add_argument("--token-file", required=True, metavar="FILE", help="JSON with refresh_token; - reads stdin")

    parser = add_command(commands, "connections", _connections, "list a workspace's calendars and how they are")
    arguments.add_workspace(parser)


def read_token_file(name: str) -> TokenFile:
    """Read and check the file, or stdin for `-`. Raises BadInput naming the field, never with a value."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise BadInput("--token-file", f"cannot be read: {reason}") from None
    try:
        return TokenFile.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "missing":
        raise BadInput(str(first["loc"][0]), "missing in the token file")
    if first["loc"]:
        raise BadInput(str(first["loc"][0]), f"unusable in the token file: {first['msg']}")
    raise BadInput("--token-file", 'is not a JSON object like {"refresh_token": "…"}')


def _add_workspace(args: Namespace, session: Session) -> Result:
    with arguments.named({"id": "--id"}):
        ws_id = session.wiring.workspaces.add(args.name, args.timezone, args.id)
    return Result({"ws_id": ws_id}, f"workspace {ws_id}")


def _add_account(args: Namespace, session: Session) -> Result:
    token = read_token_file(args.token_file).refresh_token
    account = session.wiring.connect_account(args.workspace, args.user, args.email, token)
    found = session.wiring.connections(args.workspace, account.id)
    again = account.version > 1
    document = connections.account_document(account.id, args.workspace, account.email, found, reconnected=again)
    return Result(document, connections.account_text(account.email, found, reconnected=again))


def _connections(args: Namespace, session: Session) -> Result:
    found = session.wiring.connections(args.ws_id)
    return Result(connections.document(args.ws_id, found), connections.text(found))
