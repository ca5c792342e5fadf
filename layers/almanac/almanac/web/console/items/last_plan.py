"""What the last plan of everybody says of tasks, habits and meetings: each that is not simply in its place."""

from collections.abc import Mapping
from typing import Any

from almanac.domain.operations.job_status import RecordedRun
from almanac.services.ledger.ports import RunFilter
from almanac.web.console.pages import Visit

_PLANS = 5
"""How far back a plan of everybody is looked for: those of one person say nothing of meetings."""


def last_plan(visit: Visit) -> RecordedRun | None:
    """Return the last plan of everybody."""
    wanted = RunFilter(ws_ids=[visit.ws_id], kind="schedule", statuses=("completed",))
    return next((run for run in visit.call.use.jobs.runs(wanted, None, _PLANS) if run.user_id is None), None)


def notes_of(plan: RecordedRun | None) -> Mapping[str, Mapping[str, Any]]:
    """Return the notes of a plan by the id of what they are about."""
    return {str(note.get("id")): note for note in (plan.report.get("warnings", []) if plan else [])}
