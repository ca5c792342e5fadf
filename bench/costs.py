"""What a month costs at three sizes, from stated prices, stated assumptions and the counts in bench/last.md.

`python -m bench.costs` prints the tables of docs/deploy.md; a test holds them equal. US dollars, list prices of
us-east-1, no free tier and no savings plan.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.figures import number

SIZES = (100, 10_000, 1_000_000)
_LAST = Path(__file__).with_name("last.md")
_HOURS, _DAYS = 730.0, 365 / 12
_POLLS_AN_HOUR = 5 * 3600 / 20
"""Empty receives of one event source mapping: five pollers, which wait for 20 seconds each."""


@dataclass(frozen=True, slots=True)
class Prices:
    """As the providers' pages and guides to them gave them for us-east-1 between February and June 2026."""

    lambda_gb_second: float = 0.0000133334  # arm64, first tier
    lambda_requests: float = 0.20e-6
    sqs_fifo_requests: float = 0.50e-6
    logs_gb: float = 0.50  # CloudWatch, ingested
    metric: float = 0.30  # a month, custom
    alarm: float = 0.10  # a month
    secret: float = 0.40  # a month
    aurora_unit_hour: float = 0.12  # Aurora Serverless v2, an ACU
    aurora_storage_gb: float = 0.10  # a month
    aurora_requests: float = 0.20e-6  # I/O, standard configuration
    proxy_unit_hour: float = 0.015  # RDS Proxy, an ACU of its target
    nat_hour: float = 0.045  # a zone
    address_hour: float = 0.005  # a public IPv4 address of the NAT gateway, a zone
    nat_gb: float = 0.045


@dataclass(frozen=True, slots=True)
class Workload:
    """What a workspace is like, and what the surroundings take. None of it is measured here."""

    calendars: int = 2
    accounts: int = 1
    google_seconds: float = 0.2  # an answer of Google's
    statement_seconds: float = 0.002  # a round trip to the database, through the proxy
    run_seconds: float = 0.02  # of CPU at 512 MB
    events_gb: float = 750e-6  # stored, with indexes: 500 events
    run_row_gb: float = 1.2e-6  # a run, its job and its two calendars, with their indexes
    log_line_gb: float = 2.5e-6  # of one run, metrics included
    answer_gb: float = 4e-6  # what Google and an AWS API answer, through the NAT gateway
    io_a_run: float = 6.0  # storage requests
    statements_a_unit: float = 400.0  # short statements a second that one ACU does


@dataclass(frozen=True, slots=True)
class Setting:
    """Of template.yaml: memory in GB, days, seconds, runs a day. A test compares them."""

    sync_gb: float = 512 / 1024
    plan_gb: float = 1769 / 1024
    syncs_a_day: int = 96
    plans_a_day: int = 4
    plan_seconds: float = 2.0
    retention_days: int = 90
    instances: int = 2  # of the own database in prod: one stands by
    least_units: float = 1.0  # of each
    proxy_units: float = 8.0  # the least that is billed
    metrics: int = 150
    alarms: int = 60
    zones: int = 2  # of the own network
    mappings: int = 7  # queues that Lambda asks
    syncs_at_once: int = 20


@dataclass(frozen=True, slots=True)
class Counted:
    """Of bench/last.md, of a run in which nothing has changed."""

    calls_a_calendar: float
    trips_a_calendar: float
    trips_a_run: float


def counted(text: str) -> Counted:
    """The counts of a kept measurement. Raises ValueError when one is missing."""

    def value(name: str) -> float:
        found = re.search(rf"^\| [\w-]+ +\| {re.escape(name)} +\| +([\d.,]+) \w+ +\|", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"bench/last.md has no row {name!r}")
        return float(found[1].replace(",", ""))

    return Counted(
        value("list calls a calendar"),
        value("database round trips a calendar"),
        value("— and of the run itself, however many calendars"),
    )


class Month:
    """One size, computed. Amounts are dollars a month."""

    def __init__(
        self,
        workspaces: int,
        counts: Counted,
        prices: Prices | None = None,
        load: Workload | None = None,
        setting: Setting | None = None,
    ) -> None:
        self._n, self._counts = workspaces, counts
        self._price, self._load, self._set = prices or Prices(), load or Workload(), setting or Setting()

    @property
    def syncs(self) -> float:
        """Runs a month."""
        return self._n * self._set.syncs_a_day * _DAYS

    @property
    def plans(self) -> float:
        """Plans a month."""
        return self._n * self._set.plans_a_day * _DAYS

    @property
    def statements(self) -> float:
        """Round trips to the database of one sync."""
        return self._counts.trips_a_run + self._load.calendars * self._counts.trips_a_calendar

    @property
    def calls(self) -> float:
        """Calendar API requests of one sync."""
        return self._load.calendars * self._counts.calls_a_calendar

    @property
    def sync_seconds(self) -> float:
        """How long one sync takes; an access token lives for an hour."""
        load = self._load
        refreshes = load.accounts * 24 / self._set.syncs_a_day
        return (
            (self.calls + refreshes) * load.google_seconds + self.statements * load.statement_seconds + load.run_seconds
        )

    def needs(self) -> Mapping[str, float]:
        """What has to be granted: by AWS, by Google, by the database."""
        ticks = self._set.syncs_a_day * 60 / 1440  # a minute
        return {
            "syncs a second": self._n * self._set.syncs_a_day / 86_400,
            "syncs at once (`SyncConcurrency`)": self._n * self._set.syncs_a_day / 86_400 * self.sync_seconds,
            "Calendar API requests a minute": self._n * self.calls * ticks / 60,
            "Calendar API requests a day": self._n * self.calls * self._set.syncs_a_day,
            "database statements a second": self._n * self._set.syncs_a_day / 86_400 * self.statements,
        }

    def costs(self) -> Mapping[str, float]:
        """What AWS asks for, by what it is for."""
        price, load, setting = self._price, self._load, self._set
        runs = self.syncs + self.plans
        units = setting.instances * self._units()
        kept = self._n * (
            load.events_gb + load.run_row_gb * setting.retention_days * (setting.syncs_a_day + setting.plans_a_day)
        )
        carried = self.syncs * (self.calls + 2) * load.answer_gb
        asked = setting.mappings * _POLLS_AN_HOUR * _HOURS + runs * 2.1  # receive, delete, and a tenth of a batch
        return {
            "Lambda, syncs": self._lambda(self.syncs, self.sync_seconds, setting.sync_gb),
            "Lambda, plans": self._lambda(
                self.plans, setting.plan_seconds + self.statements * load.statement_seconds, setting.plan_gb
            ),
            "SQS": asked * price.sqs_fifo_requests,
            "logs": runs * load.log_line_gb * price.logs_gb,
            "metrics, alarms, secrets": setting.metrics * price.metric
            + setting.alarms * price.alarm
            + 3 * price.secret,
            "Aurora, capacity": units * price.aurora_unit_hour * _HOURS,
            "Aurora, storage and I/O": kept * price.aurora_storage_gb + runs * load.io_a_run * price.aurora_requests,
            "RDS Proxy": max(units, setting.proxy_units) * price.proxy_unit_hour * _HOURS,
            "NAT gateway": setting.zones * (price.nat_hour + price.address_hour) * _HOURS + carried * price.nat_gb,
        }

    def _units(self) -> float:
        """ACUs of one instance, in the mean: a tick is worked off at a stretch, and then there is nothing to do."""
        mean, most = self.needs()["syncs a second"], self._set.syncs_at_once / self.sync_seconds
        rate = max(mean, most)  # of more syncs than that, the concurrency has been raised
        busy = max(self._set.least_units, rate * self.statements / self._load.statements_a_unit)
        share = mean / rate
        return share * busy + (1 - share) * self._set.least_units

    def _lambda(self, runs: float, seconds: float, gigabytes: float) -> float:
        return runs * (seconds * gigabytes * self._price.lambda_gb_second + self._price.lambda_requests)


def tables(counts: Counted) -> str:
    """Both tables in Markdown: what a month costs, and what has to be granted."""
    months = [Month(size, counts) for size in SIZES]
    costs = [month.costs() for month in months]
    sums = [sum(each.values()) for each in costs]
    rows = {name: [dollars(each[name]) for each in costs] for name in costs[0]}
    rows["**together, a month**"] = [f"**{dollars(each)}**" for each in sums]
    rows["a workspace"] = [dollars(each / size) for each, size in zip(sums, SIZES, strict=True)]
    needs = [month.needs() for month in months]
    wants = {name: [rounded(each[name]) for each in needs] for name in needs[0]}
    return f"{_table('a month', rows)}\n\n{_table('needs', wants)}"


def dollars(amount: float) -> str:
    """Two significant digits, and no cents above ten dollars: more would pretend to know."""
    return f"${rounded(amount)}"


def rounded(value: float) -> str:
    """Two significant digits, in words of a price list."""
    two = float(f"{value:.2g}")
    return number(two) if two >= 10 else f"{two:g}"


def assumptions(load: Workload, price: Prices) -> str:
    """What the tables rest on, as a table."""
    rows = {
        "calendars, accounts a workspace": f"{load.calendars}, {load.accounts}",
        "an answer of Google's": f"{load.google_seconds:g} s",
        "a statement, through the proxy": f"{load.statement_seconds * 1000:g} ms",
        "what one ACU does": f"{load.statements_a_unit:g} such statements a second",
        "CPU of a sync without changes": f"{load.run_seconds * 1000:g} ms at 512 MB",
        "stored a workspace": f"{load.events_gb * 1e6:g} kB of events, {load.run_row_gb * 1e6:g} kB a run",
        "logs and metrics a run": f"{load.log_line_gb * 1e6:g} kB",
        "an answer over the NAT gateway": f"{load.answer_gb * 1e6:g} kB",
        "storage requests a run": f"{load.io_a_run:g}",
        "Lambda, arm64": f"${price.lambda_gb_second * 1e6:g} a million GB-seconds,"
        f" ${price.lambda_requests * 1e6:.2f} a million requests",
        "SQS FIFO": f"${price.sqs_fifo_requests * 1e6:.2f} a million requests",
        "CloudWatch": f"${price.logs_gb:.2f} a GB of logs, ${price.metric:.2f} a metric, ${price.alarm:.2f} an alarm",
        "Secrets Manager": f"${price.secret:.2f} a secret",
        "Aurora Serverless v2": f"${price.aurora_unit_hour:.2f} an ACU-hour, ${price.aurora_storage_gb:.2f} a GB,"
        f" ${price.aurora_requests * 1e6:.2f} a million storage requests",
        "RDS Proxy": f"${price.proxy_unit_hour:g} an ACU-hour, for at least {Setting().proxy_units:g}",
        "NAT gateway": f"${price.nat_hour:g} an hour and zone, ${price.nat_gb:g} a GB,"
        f" ${price.address_hour:g} an hour and address",
    }
    return "\n".join(["| assumed | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())])


def _table(what: str, rows: Mapping[str, list[str]]) -> str:
    head = f"| {what} | " + " | ".join(f"{size:,} workspaces" for size in SIZES) + " |"
    return "\n".join(
        [head, "| --- | ---: | ---: | ---: |", *(f"| {name} | {' | '.join(row)} |" for name, row in rows.items())]
    )


if __name__ == "__main__":
    print(tables(counted(_LAST.read_text(encoding="utf-8"))))
    print(f"\n{assumptions(Workload(), Prices())}")
