"""A plan as JSON: the schedule of formats 1 and 2, with the explanations beside it."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from almanac.domain.explanation import Wording
from almanac.domain.planner.model.plan import Finding, Plan, PlannedBlock
from almanac.domain.wall_clock import local_time


def schedule_document(plan: Plan, zones: Mapping[str, ZoneInfo], wording: Wording) -> dict[str, Any]:
    """Return {"instance", "events", "moved"} as the formats ask, plus findings and summary.

    Instants are in the zone of the person, of a meeting in that of its first one; ids stand for titles. `zones` has
    the zone of each person, "" for the nameless one.
    """
    return {
        "instance": plan.instance,
        "events": [entry(block, zones, wording) for block in plan.blocks],
        "moved": [entry(block, zones, wording) for block in plan.moved],
        "objective": plan.objective,
        "search_cut_percent": plan.search_cut_percent,
        "findings": [remark(finding, zones[finding.people[0]], wording) for finding in plan.findings],
        "summary": {name: getattr(plan.summary, name) for name in type(plan.summary).__slots__},
    }


def remark(finding: Finding, zone: ZoneInfo, wording: Wording) -> dict[str, Any]:
    """Return one finding."""
    return {
        "item": finding.item,
        "state": finding.state,
        "date": finding.date,
        "missing_min": finding.missing_minutes,
        "late_min": finding.late_minutes,
        "obstacle": wording([finding.cause], {}, zone),
        "help": wording(finding.suggestions, {}, zone),
    }


def entry(block: PlannedBlock, zones: Mapping[str, ZoneInfo], wording: Wording) -> dict[str, Any]:
    """Return one block; only a meeting says who comes."""
    zone = zones[block.people[0]]
    start, end = (local_time(minute, zone).isoformat() for minute in (block.start, block.end))
    found: dict[str, Any] = {"item": block.item, "start": start, "end": end}
    if block.optional:
        found["optional"] = list(block.optional)
    return found | {"reason": wording([block.reason], {}, zone)}
