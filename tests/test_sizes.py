"""The tables of docs/scale.md are what bench/sizes.py computes, and its settings keep what they promise."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from bench.costs import Counted, Workload, counted
from bench.sizes import PROD, SIZES, Limits, Size, Stack, tables

ROOT = Path(__file__).parents[1]
COUNTS = Counted(calls_a_calendar=1, trips_a_calendar=2, trips_a_run=12)
USERS_LIMIT = 600


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def test_the_page_shows_what_is_computed() -> None:
    last = (ROOT / "bench" / "last.md").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    for table in tables(counted(last)).split("\n\n"):
        assert table in page, "run `python -m bench.sizes` and put its tables there"


def test_the_first_size_is_the_template_as_it_is(template: dict[str, Any]) -> None:
    prod = template["Mappings"]["ByStage"]["prod"]
    assert (PROD.concurrency, PROD.pace) == (prod["SyncConcurrency"], int(prod["GoogleRequestsPerMinute"]))
    assert prod["SyncCadence"] == f"cron(0/{PROD.cadence_minutes} * * * ? *)"
    assert template["Parameters"]["UpkeepRetentionDays"]["Default"] == PROD.retention_days
    assert SIZES[0] is PROD


def test_the_limits_are_the_templates(template: dict[str, Any]) -> None:
    network: dict[str, Any] = yaml_parse((ROOT / "network-and-database.yaml").read_text(encoding="utf-8"))
    resources, limits = template["Resources"], Limits()
    assert template["Parameters"]["GoogleQuotaPerMinute"]["Default"] == limits.google_a_minute
    assert resources["Orchestrator"]["Properties"]["Timeout"] == limits.orchestrator_seconds
    assert resources["Upkeep"]["Properties"]["Timeout"] - 15 == limits.upkeep_seconds
    assert network["Mappings"]["ByStage"]["prod"]["MostUnits"] == limits.database_units
    assert template["Mappings"]["ByStage"]["prod"]["ScheduleConcurrency"] == limits.plans_at_once


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.workspaces:,}")
class TestEachSize:
    def test_every_limit_lies_at_least_a_fifth_above(self, size: Size) -> None:
        stack = Stack(size, COUNTS)
        assert {name: end for name, end in stack.ends().items() if end < 1.2 * stack.workspaces} == {}

    def test_the_pace_keeps_the_project_below_its_limit_and_two_of_one_user_below_theirs(self, size: Size) -> None:
        assert size.concurrency * size.pace <= 0.9 * Limits().google_a_minute
        assert 2 * size.pace <= USERS_LIMIT

    def test_a_message_that_waits_is_not_sent_again(self, size: Size) -> None:
        stack = Stack(size, COUNTS)
        assert stack.workspaces / stack.syncs_a_second < 3600, "after an hour a queued workspace counts as due again"

    def test_lambdas_account_has_room_for_all_stacks(self, size: Size) -> None:
        functions = Stack(size, COUNTS).needs()["— functions of all stacks"]
        assert int(functions.replace(",", "")) <= 1000


def test_a_sync_takes_as_long_as_its_requests_or_as_the_pace_allows() -> None:
    load = Workload(calendars=3, accounts=0, google_seconds=1, statement_seconds=0, run_seconds=0)
    assert Stack(replace(PROD, pace=600), COUNTS, load=load).run_seconds == pytest.approx(3)
    assert Stack(replace(PROD, pace=30), COUNTS, load=load).run_seconds == pytest.approx(3 * 60 / 30)


@pytest.mark.parametrize(
    ("better", "limit"),
    [
        (replace(PROD, concurrency=40), "syncs"),
        (replace(PROD, cadence_minutes=30), "Google"),
        (replace(PROD, upkeeps_a_day=2), "upkeep"),
    ],
)
def test_a_setting_moves_the_limit_it_is_for(better: Size, limit: str) -> None:
    def end(size: Size) -> float:
        return next(end for name, end in Stack(size, COUNTS).ends().items() if name.startswith(limit))

    assert end(better) == pytest.approx(2 * end(PROD))


def test_every_limit_counts() -> None:
    def told(limits: Limits) -> object:
        stack = Stack(PROD, COUNTS, limits)
        return stack.needs(), stack.ends()

    for field in fields(Limits):
        half = replace(Limits(), **{field.name: getattr(Limits(), field.name) // 2})
        assert told(half) != told(Limits()), field.name
