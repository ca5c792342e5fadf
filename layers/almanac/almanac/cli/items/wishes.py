"""Options of what tasks, habits and meetings wish alike: how they are called, how much they weigh, by when they end."""

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Set
from typing import TypeVar

from almanac.cli import arguments
from almanac.domain.items.wishes import LONGEST, PRIORITIES
from almanac.errors import BadInput

Bound = TypeVar("Bound", bound=str)


def add_item(parser: ArgumentParser, kind: str) -> None:
    """Add WS, and the id of what a command is about, stored as `task_id` of a task."""
    arguments.add_workspace(parser)
    about = f"its id in `almanac {kind} list`"
    parser.add_argument(f"{kind}_id", metavar=kind.upper(), type=arguments.uuid, help=about)


def add_wishes(parser: ArgumentParser, *, required: bool = False, **usual: object) -> None:
    """Add --minutes, --priority and --hours. `usual` is what something new has without them; of a change nothing.

    `required`: it has no usual length.
    """

    def told(name: str) -> str:
        return f" (default: {usual[name]})" if name in usual else ""

    usually = usual.get
    minutes = f"its length{told('minutes')}"
    parser.add_argument(
        "--minutes", type=arguments.count, default=usually("minutes"), required=required, metavar="N", help=minutes
    )
    weight = f"how urgent it is{told('priority')}"
    parser.add_argument("--priority", choices=PRIORITIES, default=usually("priority"), help=weight)
    hours = f"category{told('hours')}"
    parser.add_argument("--hours", type=arguments.label, default=usually("hours"), help=hours)


def add_bounds(parser: ArgumentParser, *, changing: bool) -> None:
    """Add --earliest, --deadline and --hard; of a change what takes them away, too."""
    parser.add_argument(
        "--earliest", type=arguments.instant, metavar="TIME", help="not before; ISO 8601 with an offset"
    )
    parser.add_argument("--deadline", type=arguments.instant, metavar="TIME", help="to end by; ISO 8601 with an offset")
    about = "rather not at all than after the deadline"
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--hard", action="store_true", default=None if changing else False, help=about)
    if not changing:
        return
    either.add_argument("--soft", dest="hard", action="store_false", help="rather late than not at all")
    for bound, about in (("earliest", "it may begin at once"), ("deadline", "it has none any more")):
        parser.add_argument(f"--no-{bound}", dest="without", action="append_const", const=bound, default=[], help=about)


def category_of(args: Namespace) -> str | None:
    """Return the category of --hours: upper and lower case are the same."""
    return None if args.hours is None else str(args.hours).lower()


def require_minutes(args: Namespace) -> None:
    """Raise BadInput for a length that no plan can hold."""
    if args.minutes is not None and args.minutes > LONGEST:
        raise BadInput("--minutes", f"must be 1 to {LONGEST}")


def taken_away(args: Namespace, bounds: Collection[Bound]) -> Set[Bound]:
    """Return those of the bounds that a change takes away. Raises BadInput for one that it also gives."""
    found = frozenset(bound for bound in bounds if bound in args.without)
    for bound in found:
        if getattr(args, bound) is not None:
            option = bound.replace("_", "-")
            raise BadInput(f"--no-{option}", f"goes not with --{option}")
    return found
