"""`runs`: what ran, how it ended, how long it took, why not."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from almanac.commands import arguments
from almanac.commands.arguments import Commands, add_command
from almanac.commands.output import duration, instant, table
from almanac.commands.session import Result, Session
from almanac.commands.sync import ended
from almanac.errors import BadInput

_EXAMPLES = """\
  almanac runs
  almanac runs WS --failed --limit 5
  almanac runs --run RUN
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(commands, "runs", _runs, "list the latest sync runs, or show one", _EXAMPLES)
    arguments.add_workspace(parser, optional=True)
    parser.add_argument("--failed", action="store_true", help="only those that failed, wholly or in part")
    parser.add_argument("--limit", type=arguments.count, metavar="N", default=20, help="at most so many (default: 20)")
    parser.add_argument("--run", type=arguments.uuid, metavar="RUN", help="one run, per calendar and with its problems")


def _runs(args: Namespace, session: Session) -> Result:
    if args.run is not None:
        return _one(args, session)
    store = session.wiring.operator_store
    if args.ws_id is not None:
        store.require_workspace(args.ws_id)
    found = store.runs(args.ws_id, failed=args.failed, limit=args.limit)
    return Result({"runs": found}, _runs_table(found) if found else "no run")


def _one(args: Namespace, session: Session) -> Result:
    if args.ws_id is not None or args.failed:
        raise BadInput("--run", "stands alone, without WS and --failed")
    run = session.wiring.operator_store.run(args.run)
    return Result(run, _described(run))


def _runs_table(found: Sequence[Mapping[str, Any]]) -> str:
    head = ("STARTED", "RUN", "WORKSPACE", "SOURCE", "STATUS", "OUTCOME", "TOOK", "CHANGED", "ERROR")
    rows = (
        (
            instant(run["started_at"]),
            run["run_id"],
            run["ws_id"],
            run["source"],
            run["status"],
            run["outcome"],
            _took(run),
            _changed(run),
            _error(run),
        )
        for run in found
    )
    return table(head, rows)


def _described(run: Mapping[str, Any]) -> str:
    asked = f"{run['source']} sync of workspace {run['ws_id']}, mode {run['requested_mode']}"
    when = f"started {instant(run['started_at'])}, {'running' if run['status'] == 'running' else ended(run)}"
    parts = [asked, when, *([_error(run) or ""] if run["error_type"] else [])]
    if run["calendars"]:
        parts += ["", _calendars_table(run["calendars"])]
    problems = [(c["name"] or c["connection_id"], p) for c in run["calendars"] for p in c["problems"]]
    if problems:
        head = ("CALENDAR", "EVENT", "PROBLEM", "STORED")
        rows = ((name, p["id"], p["reason"], "yes" if p["stored"] else "no") for name, p in problems)
        parts += ["", table(head, rows)]
    return "\n".join(parts)


def _calendars_table(calendars: Sequence[Mapping[str, Any]]) -> str:
    head = ("CALENDAR", "STATUS", "OUTCOME", "TOOK", "CHANGED", "REJECTED", "REPAIRED", "ERROR")
    rows = (
        (
            c["name"] or c["connection_id"],
            c["status"],
            c["outcome"],
            duration(c["total_ms"] / 1000),
            _changed(c),
            c["rejected"],
            c["repaired"],
            _error(c),
        )
        for c in calendars
    )
    return table(head, rows)


def _took(run: Mapping[str, Any]) -> str:
    finished = run["finished_at"]
    return "-" if finished is None else duration((finished - run["started_at"]).total_seconds())


def _changed(counts: Mapping[str, Any]) -> str:
    return f"+{counts['inserted']} ~{counts['updated']} -{counts['deleted']}"


def _error(row: Mapping[str, Any]) -> str | None:
    return f"{row['error_type']}: {row['error']}" if row["error_type"] else None
