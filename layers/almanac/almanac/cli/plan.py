"""`plan`: the pure planner. An instance (format 1 or 2) in, a schedule out, nothing else touched."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from almanac.cli import arguments, plan_options
from almanac.cli.arguments import Commands, add_command
from almanac.cli.output import write
from almanac.cli.session import Result, Session
from almanac.domain.planner.document.fields import InstanceError
from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.document.write_schedule import schedule_document
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.instance import Instance
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES
from almanac.domain.planner.planner import plan
from almanac.errors import BadInput
from almanac.presentation.instance_agenda import agenda_of
from almanac.presentation.wording import words
from almanac.strict_json import RepeatedKey, read_json

_BUDGET_SECONDS = 2.0
_EXAMPLES = """\
  almanac plan instance.json > schedule.json
  almanac plan instance.json --week --html plan.html
  cat instance.json | almanac plan --budget 10

A pipe gets the schedule as JSON, a terminal the week as a picture; --json and --week choose.
"""


def add_to(commands: Commands) -> None:
    """Add the parser."""
    parser = add_command(commands, "plan", _plan, "plan an instance; touches no database and no calendar", _EXAMPLES)
    parser.add_argument(
        "file", metavar="FILE", nargs="?", default="-", help="instance, format 1 or 2; - or none reads stdin"
    )
    parser.add_argument(
        "--budget",
        type=arguments.seconds,
        metavar="S",
        default=_BUDGET_SECONDS,
        help="seconds it may take (default: 2)",
    )
    parser.add_argument("--week", action="store_true", help="the week for people, into a pipe too")
    plan_options.add_to(parser)


def read_problem(name: str) -> Problem:
    """The checked problem of a file, or of stdin for `-`. Raises BadInput naming item and field."""
    document = _read_json(name)
    try:
        reading = read_instance(document)
        _check_grid(reading.instance)
        for fault in reading.left_out:
            write(sys.stderr, f"almanac: {fault}")
        return problem_of(reading.instance)
    except InstanceError as error:
        raise BadInput(error.where, error.problem) from None
    except OverflowError:
        raise BadInput("instance", "holds an instant or a length that leads out of the years 1 to 9999") from None


def _read_json(name: str) -> object:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise BadInput("FILE", f"cannot be read: {reason}") from None
    try:
        return read_json(content)
    except RepeatedKey as error:
        item = error.holder.get("id")
        where = f" in '{item}'" if isinstance(item, str) else ""
        raise BadInput("FILE", f"'{error.key}' is given more than once{where}") from None
    except json.JSONDecodeError as error:
        raise BadInput("FILE", f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):  # not UTF-8, a number of thousands of digits, nested beyond reason
        raise BadInput("FILE", "is not JSON") from None


def _check_grid(instance: Instance) -> None:
    """Formats have multiples of 15 only; the planner itself would round up. Raises BadInput."""
    for task in instance.tasks:
        chunks = {"min_chunk_min": task.min_chunk, "max_chunk_min": task.max_chunk} if task.splittable else {}
        _check_lengths(f"tasks '{task.id}'", {"duration_min": task.minutes, **chunks})
    for meeting in instance.meetings:
        _check_lengths(f"meetings '{meeting.id}'", {"duration_min": meeting.minutes})
    for habit in instance.habits:
        lengths = {"min_min": habit.min_minutes, "pref_min": habit.preferred_minutes, "max_min": habit.max_minutes}
        _check_lengths(f"habits '{habit.id}'", lengths)


def _check_lengths(where: str, lengths: Mapping[str, int]) -> None:
    for name, minutes in lengths.items():
        if minutes % SLOT_MINUTES:
            raise BadInput(where, f"{name} must be a multiple of {SLOT_MINUTES}, is {minutes}")


def _plan(args: Namespace, _session: Session) -> Result:
    problem = read_problem(args.file)
    found = plan(problem, args.budget, time.monotonic)
    agenda = agenda_of(problem.instance, found)
    plan_options.write_pictures(args, agenda)
    document = schedule_document(found, problem.zones, words)
    if args.week or sys.stdout.isatty():
        return Result(document, plan_options.agenda_text(args, agenda))
    return Result(document, json.dumps(document, indent=2))
