"""The last plan of everybody, which says what is not simply in its place."""

from almanac.domain.operations.job_status import RecordedRun
from almanac.services.ledger.ports import RunFilter
from almanac.web.console.pages import Visit

_PLANS = 5
"""How far back a plan of everybody is looked for: those of one person say nothing of meetings."""


def last_plan(visit: Visit) -> RecordedRun | None:
    """Return the last plan of everybody."""
    wanted = RunFilter(ws_ids=[visit.ws_id], kind="schedule", statuses=("completed",))
    return next((run for run in visit.call.use.jobs.runs(wanted, None, _PLANS) if run.user_id is None), None)
