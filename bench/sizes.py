"""What 10 thousand, 100 thousand and a million workspaces ask for, the settings that suit, and what breaks first.

`python -m bench.sizes` prints the tables of docs/scale.md; a test holds them equal. Counts come from bench/last.md,
what the surroundings take from bench/costs.py, the rest is stated here.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.costs import Counted, Month, Setting, Workload, counted
from bench.figures import number

_LAST = Path(__file__).with_name("last.md")
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a stack ends. The first three are Google's and the template's, which a test compares."""

    google_a_minute: float = 10_000
    orchestrator_seconds: float = 120
    upkeep_seconds: float = 300 - 15
    database_units: float = 16  # MostUnits of the own database in prod
    messages_a_second: float = 2_000  # an orchestrator with a third of a processor; 4,600 measured with a whole one
    deletions_a_second: float = 6_000  # run rows, their calendars' and jobs; ten times as many beside a local disk
    plans_at_once: int = 10  # ScheduleConcurrency
    others_at_once: int = 5  # orchestrator, upkeep, migrate, a person or two


@dataclass(frozen=True, slots=True)
class Size:
    """Settings for so many workspaces. All but `workspaces` and `stacks` are what each stack is deployed with."""

    workspaces: int
    stacks: int = 1
    cadence_minutes: int = 15
    concurrency: int = 20
    pace: int = 300
    retention_days: int = 90
    upkeeps_a_day: int = 1


PROD = Size(10_000)
"""The template's stage `prod` as it is."""
SIZES = (
    PROD,
    Size(100_000, 1, 30, 40, 225, 14, 4),
    Size(1_000_000, 10, 30, 40, 225, 14, 4),
)


class Stack:
    """One stack of a size, computed; rates and times are of this stack."""

    def __init__(self, size: Size, counts: Counted, limits: Limits | None = None, load: Workload | None = None) -> None:
        setting = replace(Setting(), syncs_a_day=round(24 * 60 / size.cadence_minutes))
        self._size, self._limits, self._setting = size, limits or Limits(), setting
        self._load = load or Workload()
        self.workspaces = size.workspaces / size.stacks
        self._month = Month(round(self.workspaces), counts, load=self._load, setting=setting)

    @property
    def run_seconds(self) -> float:
        """One after the other in one process: what a sync takes, or what the pace allows."""
        return max(self._month.sync_seconds, self._month.calls * 60 / self._size.pace)

    @property
    def syncs_a_second(self) -> float:
        """While a tick is worked off, all processes together."""
        return self._size.concurrency / self.run_seconds

    @property
    def runs_a_day(self) -> int:
        """Run rows that one workspace leaves."""
        return self._setting.syncs_a_day + self._setting.plans_a_day

    def needs(self) -> Mapping[str, str]:
        """What it asks for."""
        period = self._size.cadence_minutes * 60
        tick = self.workspaces / self.syncs_a_second
        return {
            "workspaces a stack": number(self.workspaces),
            "sending a tick": f"{_two(self.workspaces / self._limits.messages_a_second)} s",
            "one sync": f"{_two(self.run_seconds)} s",
            "working a tick off; a manual sync may wait so long": f"{_two(tick)} s, {tick / period:.0%} of the period",
            **self._of_google(),
            **self._of_aws(),
        }

    def _of_google(self) -> Mapping[str, str]:
        size, calls = self._size, self._month.calls
        mean = self.workspaces * calls / size.cadence_minutes
        return {
            "Calendar requests a minute, in the mean": f"{_two(mean)}, {mean / self._limits.google_a_minute:.0%}",
            "— while a tick is worked off": _two(self.syncs_a_second * calls * 60),
            "— never more than, by the pace": f"{size.concurrency * size.pace:,}",
        }

    def _of_aws(self) -> Mapping[str, str]:
        size, limits = self._size, self._limits
        functions = size.concurrency + limits.plans_at_once + limits.others_at_once
        statements = self.syncs_a_second * self._month.statements
        rows = self.workspaces * self.runs_a_day
        kept = rows * size.retention_days * self._load.run_row_gb
        units = statements / self._load.statements_a_unit
        return {
            "functions at once, and database connections": number(functions),
            "— functions of all stacks": number(functions * size.stacks),
            "SQS requests a second while a tick is worked off": _two(2 * self.syncs_a_second),
            "statements a second meanwhile": f"{_two(statements)}, {_two(units)} ACU",
            "run rows a day": _two(rows),
            "run rows kept": f"{_two(kept)} GB",
        }

    def ends(self) -> Mapping[str, float]:
        """How many workspaces the stack carries by each limit; beyond the smallest, that is what breaks first."""
        size, limits, month = self._size, self._limits, self._month
        period = size.cadence_minutes * 60
        return {
            "syncs: a tick takes as long as its period": period * self.syncs_a_second,
            "Google: the project's requests a minute": limits.google_a_minute * size.cadence_minutes / month.calls,
            "orchestrator: its time limit": limits.orchestrator_seconds * limits.messages_a_second,
            "upkeep: deletes a day's run rows in its time": (
                limits.upkeep_seconds * limits.deletions_a_second * size.upkeeps_a_day / self.runs_a_day
            ),
            "database: statements of a period": (
                limits.database_units * self._load.statements_a_unit * period / month.statements
            ),
        }


def tables(counts: Counted) -> str:
    """The settings, what they make, and how far each stack goes: three tables in Markdown."""
    stacks = [Stack(size, counts) for size in SIZES]
    head = [f"{size.workspaces:,} workspaces" for size in SIZES]
    settings = {name: [say(size) for size in SIZES] for name, say in _SETTINGS.items()}
    needs, ends = [each.needs() for each in stacks], [each.ends() for each in stacks]
    reach = {name: [_two(each[name]) for each in ends] for name in sorted(ends[0], key=lambda name: ends[0][name])}
    reach["**breaks first**"] = [f"**{min(each, key=lambda name: each[name]).partition(':')[0]}**" for each in ends]
    return "\n\n".join(
        [
            _table("settings", head, settings),
            _table("a stack", head, {name: [each[name] for each in needs] for name in needs[0]}),
            _table("a stack carries, by", head, reach),
        ]
    )


_SETTINGS: Mapping[str, Callable[[Size], str]] = {
    "stacks, each with an OAuth client and a database of its own": lambda size: str(size.stacks),
    "`SyncCadence`": lambda size: f"`cron(0/{size.cadence_minutes} * * * ? *)`",
    "`TickAlarmSeconds`": lambda size: str(2 * 60 * size.cadence_minutes),
    "`SyncConcurrency` (mapping)": lambda size: str(size.concurrency),
    "`GoogleRequestsPerMinute` (mapping)": lambda size: str(size.pace),
    "`UpkeepRetentionDays`": lambda size: str(size.retention_days),
    "`UpkeepCadence`": lambda size: "daily" if size.upkeeps_a_day == 1 else f"`rate({24 // size.upkeeps_a_day} hours)`",
}


def _two(value: float) -> str:
    """Two significant digits."""
    digits = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return number(rounded) if rounded >= 10 else f"{rounded:g}"


def _table(what: str, head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(
        [
            f"| {what} | {' | '.join(head)} |",
            "| --- |" + " ---: |" * len(head),
            *(f"| {name} | {' | '.join(row)} |" for name, row in rows.items()),
        ]
    )


if __name__ == "__main__":
    print(tables(counted(_LAST.read_text(encoding="utf-8"))))
