"""`webhook …`: who is told of changes."""

from argparse import ArgumentParser, Namespace

from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command, add_group
from almanac.cli.session import Result, Session
from almanac.errors import BadInput
from almanac.presentation.history import webhooks

_ADD_EXAMPLES = """\
  almanac webhook add https://example.com/hook --workspace WS
  almanac webhook add https://example.com/hook --all-workspaces --kind block.moved --kind plan.completed
"""


def add_to(commands: Commands) -> None:
    """Add the parsers."""
    group = add_group(commands, "webhook", "tell others what changes, by signed requests")
    parser = add_command(group, "add", _add, "add an endpoint and print its secret, once", _ADD_EXAMPLES)
    parser.add_argument("url", metavar="URL", help="https, port 443 or 8443, a public address")
    of = parser.add_mutually_exclusive_group(required=True)
    of.add_argument("--workspace", dest="ws_id", type=arguments.workspace, metavar="WS", help="of one workspace")
    of.add_argument("--all-workspaces", action="store_true", help="of all that there are and will be")
    parser.add_argument("--kind", action="append", default=[], metavar="KIND", help="only these (default: every kind)")
    parser = add_command(group, "list", _list, "list the endpoints: status, how far behind, what is wrong")
    parser.add_argument("--workspace", dest="ws_id", type=arguments.workspace, metavar="WS", help="of one workspace")
    for name, answer, about in (
        ("test", _test, "send webhook.test to an endpoint and show the answer"),
        ("enable", _enable, "let an endpoint go on where it stands"),
        ("pause", _pause, "send an endpoint nothing until it is enabled"),
        ("rotate", _rotate, "print a new secret; the old one is good for 24 hours more"),
        ("remove", _remove, "forget an endpoint"),
    ):
        _add_endpoint(add_command(group, name, answer, about))
    about = "tell it nothing of what has happened meanwhile"
    group.choices["enable"].add_argument("--skip", action="store_true", help=about)
    parser = add_command(group, "replay", _replay, "tell an endpoint again what happened")
    _add_endpoint(parser)
    parser.add_argument(
        "--workspace", dest="ws_id", required=True, type=arguments.workspace, metavar="WS", help="where"
    )
    since = parser.add_mutually_exclusive_group(required=True)
    since.add_argument("--from", dest="version", type=arguments.version, metavar="V", help="from version V on")
    since.add_argument("--since", type=arguments.instant, metavar="TIME", help="from an instant on")


def _add_endpoint(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ENDPOINT", type=arguments.uuid, help="its id")


def _add(args: Namespace, session: Session) -> Result:
    with arguments.named({"kinds": "--kind"}):
        endpoint_id, secret = session.wiring.webhooks.add(args.url, args.ws_id, args.kind)
    return Result({"id": str(endpoint_id), "secret": secret}, f"webhook {endpoint_id}\nsecret  {secret}")


def _list(args: Namespace, session: Session) -> Result:
    found = session.wiring.webhooks.all(args.ws_id)
    names = session.wiring.workspaces.names({each.ws_id for each in found if each.ws_id is not None})
    return Result(webhooks.list_document(found), webhooks.list_text(found, names))


def _test(args: Namespace, session: Session) -> Result:
    answer = session.wiring.webhooks.test(args.id)
    failure = None if answer.error_type is None else f"the endpoint did not take it: {answer.error_type}"
    return Result(webhooks.answer_document(answer), webhooks.answer_text(answer), failure)


def _enable(args: Namespace, session: Session) -> Result:
    session.wiring.webhooks.set_status(args.id, "active", skip=args.skip)
    where = "with what changes from now on" if args.skip else "where it stands"
    return Result({"id": str(args.id), "status": "active"}, f"webhook {args.id} goes on {where}")


def _pause(args: Namespace, session: Session) -> Result:
    session.wiring.webhooks.set_status(args.id, "paused")
    return Result({"id": str(args.id), "status": "paused"}, f"webhook {args.id} is paused")


def _rotate(args: Namespace, session: Session) -> Result:
    secret = session.wiring.webhooks.rotate(args.id)
    return Result({"id": str(args.id), "secret": secret}, f"secret  {secret}")


def _remove(args: Namespace, session: Session) -> Result:
    session.wiring.webhooks.remove(args.id)
    return Result({"id": str(args.id)}, f"webhook {args.id} is forgotten")


def _replay(args: Namespace, session: Session) -> Result:
    if args.version == 0:
        raise BadInput("--from", "begins at 1, the first version")
    with arguments.named({"from_version": "--from"}):
        first = session.wiring.webhooks.replay(args.id, args.ws_id, args.version, args.since)
    return Result({"id": str(args.id), "from_version": first}, f"webhook {args.id} hears again from version {first} on")
