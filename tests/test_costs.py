"""The tables of docs/deploy.md are what bench/costs.py computes, from the template's own figures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from bench.costs import SIZES, Counted, Month, Prices, Setting, Workload, assumptions, counted, dollars, tables

ROOT = Path(__file__).parents[1]
COUNTS = Counted(calls_a_calendar=1, trips_a_calendar=2, trips_a_run=12)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def test_the_guide_shows_what_is_computed() -> None:
    last = (ROOT / "bench" / "last.md").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    for table in (*tables(counted(last)).split("\n\n"), assumptions(Workload(), Prices())):
        assert table in guide, "run `python -m bench.costs` and put its tables there"


def vars_of(each: object) -> dict[str, float]:
    return {name: getattr(each, name) for name in each.__dataclass_fields__}  # type: ignore[attr-defined]


def test_memory_and_cadence_are_the_templates(template: dict[str, Any]) -> None:
    found = {
        name: template["Resources"][name]["Properties"]["MemorySize"] for name in ("CalendarSync", "SmartScheduling")
    }
    assert (Setting().sync_gb * 1024, Setting().plan_gb * 1024) == tuple(found.values())
    prod = template["Mappings"]["ByStage"]["prod"]
    assert (prod["SyncCadence"], prod["ScheduleCadence"]) == ("cron(0/15 * * * ? *)", "cron(0 0/6 * * ? *)")
    assert (Setting().syncs_a_day, Setting().plans_a_day) == (24 * 60 // 15, 24 // 6)
    defaults = {name: template["Parameters"][name]["Default"] for name in ("UpkeepRetentionDays", "PlanBudgetSeconds")}
    assert (Setting().retention_days, Setting().plan_seconds) == tuple(defaults.values())
    assert Setting().syncs_at_once == prod["SyncConcurrency"]
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert Setting().mappings == kinds.count("AWS::Lambda::EventSourceMapping")


def test_there_are_no_more_alarms_and_about_as_many_instances() -> None:
    watching = yaml_parse((ROOT / "observability.yaml").read_text(encoding="utf-8"))
    alarms = [each for each in watching["Resources"].values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    assert 0 < len(alarms) <= Setting().alarms
    database = yaml_parse((ROOT / "network-and-database.yaml").read_text(encoding="utf-8"))
    instances = [each for each in database["Resources"].values() if each["Type"] == "AWS::RDS::DBInstance"]
    assert (len(instances), database["Mappings"]["ByStage"]["prod"]["LeastUnits"]) == (2, 1)
    assert (Setting().instances, Setting().least_units) == (2, 1.0)


def test_a_sync_waits_for_google_and_for_every_statement() -> None:
    load = Workload(calendars=3, accounts=1, google_seconds=1, statement_seconds=0.5, run_seconds=0.25)
    month = Month(1, COUNTS, load=load)
    assert month.statements == 12 + 3 * 2
    assert month.sync_seconds == pytest.approx(3 * 1 + 24 / 96 + 18 * 0.5 + 0.25)


def test_a_database_pays_for_the_stretch_in_which_a_tick_is_worked_off() -> None:
    load = Workload(calendars=1, google_seconds=1, statement_seconds=0, run_seconds=0, accounts=0, statements_a_unit=70)
    setting = Setting(syncs_at_once=20, instances=1)
    capacity = {n: Month(n, COUNTS, load=load, setting=setting).costs()["Aurora, capacity"] for n in (1, 9_000)}
    unit = 0.12 * 730  # an ACU for a month
    assert capacity[1] == pytest.approx(unit, rel=0.01), "the least there is"
    assert capacity[9_000] == pytest.approx(unit * (0.5 * 20 * 14 / 70 + 0.5)), "10 a second in the mean, 20 at once"


def test_every_price_is_asked_for() -> None:
    usual = sum(Month(10_000, COUNTS).costs().values())
    unused = [
        name
        for name, price in vars_of(Prices()).items()
        if sum(Month(10_000, COUNTS, prices=replace(Prices(), **{name: price * 10})).costs().values()) <= usual
    ]
    assert unused == []


def test_what_a_workspace_costs_falls_with_their_number() -> None:
    each = [sum(Month(size, COUNTS).costs().values()) / size for size in SIZES]
    assert each == sorted(each, reverse=True)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0.0342, "$0.034"), (0.5, "$0.5"), (1.04, "$1"), (88.2, "$88"), (549, "$550"), (33_812, "$34,000")],
)
def test_amounts_have_two_digits(amount: float, shown: str) -> None:
    assert dollars(amount) == shown


def test_a_measurement_without_the_counts_is_refused() -> None:
    with pytest.raises(ValueError, match="list calls a calendar"):
        counted("# Measured on another planet")
