"""`adopt`: the rows of the system that Almanac replaces become Almanac's."""

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from adoption.rules import AdoptionCounts, LegacyWorkspace
from adoption.store import PostgresAdoptionStore
from adoption.use_case import Adoption, AdoptWorkspace
from almanac.cli import arguments
from almanac.cli.arguments import Commands, add_command
from almanac.cli.session import Result, Session
from almanac.errors import BadInput, DatabaseUnavailable, StorageFailed
from almanac.presentation.tables import table

_EXAMPLES = """\
  almanac adopt --dry-run
  almanac adopt --workspace WS
  almanac adopt --workspace WS --replace

The old tables are read through the views of docs/adopt/legacy_views.sql; docs/adopt.md is the whole way.
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(commands, "adopt", _adopt, "take over the rows of the system that Almanac replaces", _EXAMPLES)
    parser.add_argument("--workspace", type=arguments.uuid, metavar="WS", help="id of one workspace (default: all)")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="make what the product owns equal to the old state, whatever was done here",
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing, and say what would be written")


def _adopt(args: Namespace, session: Session) -> Result:
    if args.replace and args.workspace is None:
        raise BadInput("--replace", "needs --workspace: it overwrites what was done here")
    use_case = _wired(session)
    found = use_case.store.workspaces(args.workspace)

    def adopt(legacy: LegacyWorkspace) -> Adoption:
        return use_case(legacy, replace=args.replace, keep=not args.dry_run)

    done, failed = _each(found, adopt)
    kinds, remarks = _totals(done)
    document = {
        "workspaces": len(found),
        "dry_run": args.dry_run,
        "kinds": {kind: {"old_rows": each.old_rows, **asdict(each)} for kind, each in kinds.items()},
        "remarks": remarks,
        "failed": [{"ws_id": ws_id, "error": error} for ws_id, error in failed.items()],
    }
    complaint = f"{len(failed)} of {len(found)} workspaces could not be adopted" if failed else None
    return Result(document, _as_text(kinds, remarks, failed), complaint)


def _wired(session: Session) -> AdoptWorkspace:
    store = PostgresAdoptionStore(session.wiring.database)
    zones = {name.lower(): name for name in available_timezones().intersection(store.zones())}
    return AdoptWorkspace(store, session.wiring.cipher, zones)


def _each(
    found: Sequence[LegacyWorkspace], adopt: Callable[[LegacyWorkspace], Adoption]
) -> tuple[list[Adoption], dict[UUID, str]]:
    """A workspace whose rows the database refuses, or is too slow for, or that a run is writing, costs no other one.

    Without a database nothing goes on: what is too slow breaks the connection as well, so that the second one tells.
    """
    done: list[Adoption] = []
    failed: dict[UUID, str] = {}
    gone = False
    for legacy in found:
        try:
            done.append(adopt(legacy))
            gone = False
        except (StorageFailed, DatabaseUnavailable) as error:
            gone_before, gone = gone, isinstance(error, DatabaseUnavailable) and error.sqlstate is None
            if gone_before and gone:
                raise
            failed[legacy.id] = str(error)
    return done, failed


def _totals(done: Sequence[Adoption]) -> tuple[dict[str, AdoptionCounts], dict[str, int]]:
    kinds: dict[str, AdoptionCounts] = {}
    remarks: dict[str, int] = {}
    for adoption in done:
        for kind, each in adoption.kinds.items():
            kinds[kind] = kinds.get(kind, AdoptionCounts()) + each
        for name, number in adoption.remarks.items():
            remarks[name] = remarks.get(name, 0) + number
    return kinds, remarks


def _as_text(kinds: Mapping[str, AdoptionCounts], remarks: Mapping[str, int], failed: Mapping[UUID, str]) -> str:
    head = ("WHAT", "OLD ROWS", "ADOPTED", "THERE ALREADY", "LEFT OUT")
    rows: list[tuple[Any, ...]] = [
        (kind, each.old_rows, each.adopted, each.already_there, _reasons(each.left_out)) for kind, each in kinds.items()
    ]
    lines = [table(head, rows)] if rows else ["no workspace to adopt"]
    lines += [f"look at: {_reasons(remarks)}"] if remarks else []
    lines += [f"failed: {ws_id}: {error}" for ws_id, error in failed.items()]
    return "\n".join(lines)


def _reasons(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(numbers.items()))
