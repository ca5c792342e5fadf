"""`python -m bench`: measure everything, print the table, and keep it in bench/last.md with its machine.

With the names of parts (`--help` lists them) only those are measured, and nothing is kept.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.cold_start import cold_start
from bench.drain import drain
from bench.events_out import events_out
from bench.figures import Figure, table
from bench.history import history
from bench.http import RUNS_A_DAY, http
from bench.isolation import isolation
from bench.machine import machine
from bench.memory import memory
from bench.neighbours import CALLS, neighbours
from bench.orchestrator import orchestrator
from bench.quota import quota
from bench.resync import resync
from bench.ringing import ringing
from bench.stage import ROOT, settle_environment, stage
from bench.throughput import throughput
from bench.traffic import traffic
from bench.upkeep import RUNS as RUNS_KEPT_UP
from bench.upkeep import upkeep
from bench.watching import RUNS as RUNS_WATCHED
from bench.watching import watching
from bench.webhooks import one_dead_of
from bench.writing import writing

_LAST = Path(__file__).with_name("last.md")
_PLANNER = Path(__file__).with_name("planner.py")
_SMALL, _LARGE = 10_000, 300_000
_START_ROUNDS = 7
_DRAINED, _DRAINED_LONG, _DRAINED_SHORT = 200, 1_000, 40
_SUBSCRIBERS, _SUBSCRIBERS_LONG, _SUBSCRIBERS_SHORT = 2_000, 10_000, 200
_TOWN_ROUNDS, _TOWN_ROUNDS_LONG = 2, 8
_TOWN_SHORT: Mapping[str, int] = {"workspaces": 44, "workers": 6, "large_events": 5_000}
_SHORT = 20
"""What --short divides rows of runs, events and workspaces by."""

Options = argparse.Namespace


def main() -> int:
    """Measure. A missed target is marked and is no failure: a busy machine is not a defect."""
    options = _parser().parse_args()
    if options.short:
        options.events, options.workspaces, options.rounds = options.events // _SHORT, options.workspaces // _SHORT, 1
    settle_environment()
    where, began = machine(), time.monotonic()
    figures: list[Figure] = []
    try:
        for name in [part for part in _PARTS if part in (options.parts or _PARTS)]:
            figures += _PARTS[name](options)
            print(f"{name}: done after {time.monotonic() - began:.0f} s", file=sys.stderr)
    except BaseException:
        print(table(figures) if figures else "")  # what took minutes to measure is not lost with the part that failed
        raise
    sections = [table(figures)] if figures else []
    if _PLANNER.exists() and "planner" in (options.parts or ["planner"]):
        sections.append(_planner())
    text = "\n\n".join(sections)
    print(text)
    if not options.parts and not options.short:
        _LAST.write_text(_document(text, where, options), encoding="utf-8")
        print(f"kept in {_LAST.relative_to(ROOT)}", file=sys.stderr)
    return 0


def _sync(options: Options) -> list[Figure]:
    sizes = sorted({_SMALL, options.events, *([_LARGE] if options.large else [])})
    with stage(durable=options.durable) as around:
        return [
            *throughput(around, options.events, options.rounds),
            *resync(around),
            *memory(around, sizes),
        ]


def _history(options: Options) -> list[Figure]:
    with stage(durable=options.durable) as around:
        return history(around, options.rounds)


def _orchestrator(options: Options) -> list[Figure]:
    return orchestrator(options.workspaces, options.rounds, durable=options.durable)


def _cold_start(_options: Options) -> list[Figure]:
    return cold_start(_START_ROUNDS)


def _watching(options: Options) -> list[Figure]:
    return watching(options.workspaces, _many(options, RUNS_WATCHED), options.rounds, durable=options.durable)


def _writing(options: Options) -> list[Figure]:
    return writing(options.rounds, durable=options.durable)


def _upkeep(options: Options) -> list[Figure]:
    return upkeep(_many(options, RUNS_KEPT_UP), durable=options.durable)


def _http(options: Options) -> list[Figure]:
    return [*http(options.rounds, _many(options, RUNS_A_DAY)), *neighbours(_size(options, CALLS, CALLS, CALLS // 5))]


def _events_out(options: Options) -> list[Figure]:
    return [
        *events_out(options.rounds),
        *one_dead_of(_size(options, _SUBSCRIBERS, _SUBSCRIBERS_LONG, _SUBSCRIBERS_SHORT), options.rounds),
    ]


def _traffic(_options: Options) -> list[Figure]:
    return traffic()


def _drain(options: Options) -> list[Figure]:
    return drain(_size(options, _DRAINED, _DRAINED_LONG, _DRAINED_SHORT))


def _isolation(options: Options) -> list[Figure]:
    return isolation(_size(options, _TOWN_ROUNDS, _TOWN_ROUNDS_LONG, 1), **(_TOWN_SHORT if options.short else {}))


def _quota(options: Options) -> list[Figure]:
    return quota() if options.long else []


def _ringing(_options: Options) -> list[Figure]:
    return ringing()


def _size(options: Options, usual: int, long: int, short: int) -> int:
    return long if options.long else short if options.short else usual


def _many(options: Options, rows: int) -> int:
    """So many rows, or a part of them."""
    return rows // _SHORT if options.short else rows


_PARTS = {
    "sync": _sync,
    "history": _history,
    "orchestrator": _orchestrator,
    "writing": _writing,
    "upkeep": _upkeep,
    "cold-start": _cold_start,
    "watching": _watching,
    "http": _http,
    "events-out": _events_out,
    "traffic": _traffic,
    "drain": _drain,
    "isolation": _isolation,
    "quota": _quota,
    "ringing": _ringing,
}


def _planner() -> str:
    """The planner's own table; it has a program of its own."""
    done = subprocess.run([sys.executable, "-m", "bench.planner"], cwd=ROOT, capture_output=True, text=True, check=True)
    return f"Planner:\n\n{done.stdout.strip()}"


def _document(text: str, where: str, options: Options) -> str:
    kept = "synced to the disk (fsync on)" if options.durable else "not synced to the disk (fsync off)"
    return (
        f"# Measured on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
        f"{options.events:,} events, {options.workspaces:,} workspaces, medians of {options.rounds} rounds.\n"
        f"{where}. Postgres: {kept}, for all ways alike.\n"
        "Written by `make bench`; compare the ratios, for the other figures are the machine's.\n\n"
        f"{text}\n"
    )


def _part(name: str) -> str:
    """One of the parts; `choices` would refuse that none is given."""
    if name not in (*_PARTS, "planner"):
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(_PARTS)}, planner")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", type=_part, metavar="part", help=f"{', '.join(_PARTS)}, planner")
    parser.add_argument("--events", type=int, default=100_000, help="events of the full sync (default 100,000)")
    parser.add_argument("--workspaces", type=int, default=100_000, help="due workspaces (default 100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved repetitions (default 3)")
    parser.add_argument("--large", action="store_true", help="memory also of 300,000 events")
    parser.add_argument(
        "--short",
        action="store_true",
        help="a twentieth of the rows, few workspaces, one round: whether the parts work; nothing is kept",
    )
    parser.add_argument(
        "--long",
        action="store_true",
        help="1,000 workspaces drained, 10,000 subscribers, eight rounds of isolation, and the quota",
    )
    parser.add_argument("--durable", action="store_true", help="Postgres with fsync, which measures the disk as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
