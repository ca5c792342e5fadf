"""Which messages of the schedule queue need a run: the rule of the domain, asked about a job."""

from almanac.domain.sync.admission import Refuse, WantedPlan, refuse_plan
from almanac.jobs import CalendarSchedule


def plan_admission(job: CalendarSchedule) -> Refuse:
    """Return what decides about the job, once the facts are known."""
    wanted = WantedPlan(job.window_days, job.force_reschedule, job.user_id)
    return lambda facts: refuse_plan(facts, wanted)
