"""A plan as JSON: the schedule of format 1, with the explanations beside it."""

from typing import Any
from zoneinfo import ZoneInfo

from almanac.domain.explanation import Wording
from almanac.domain.planner.model.plan import Plan, PlannedBlock
from almanac.domain.wall_clock import local_time


def schedule_document(plan: Plan, zone: ZoneInfo, wording: Wording) -> dict[str, Any]:
    """Return {"instance", "events", "moved"} as format 1 asks, plus findings and summary.

    Instants are in the user's zone, ids stand for titles.
    """
    return {
        "instance": plan.instance,
        "events": [entry(block, zone, wording) for block in plan.blocks],
        "moved": [entry(block, zone, wording) for block in plan.moved],
        "objective": plan.objective,
        "findings": [
            {
                "item": finding.item,
                "state": finding.state,
                "date": finding.date,
                "missing_min": finding.missing_minutes,
                "late_min": finding.late_minutes,
                "obstacle": wording([finding.cause], {}, zone),
                "help": wording(finding.suggestions, {}, zone),
            }
            for finding in plan.findings
        ],
        "summary": {name: getattr(plan.summary, name) for name in type(plan.summary).__slots__},
    }


def entry(block: PlannedBlock, zone: ZoneInfo, wording: Wording) -> dict[str, str]:
    """Return one block."""
    start, end = (local_time(minute, zone).isoformat() for minute in (block.start, block.end))
    return {"item": block.item, "start": start, "end": end, "reason": wording([block.reason], {}, zone)}
