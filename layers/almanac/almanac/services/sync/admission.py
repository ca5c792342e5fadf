"""Which messages of the sync queue need a run: the rule of the domain, asked about a job."""

from almanac.domain.sync.admission import Refuse, WantedSync, refuse_sync
from almanac.jobs import CalendarSync


def sync_admission(job: CalendarSync, cooldown_seconds: float) -> Refuse:
    """Return what decides about the job, once the facts are known."""
    wanted = WantedSync(job.mode, job.calendar_id, job.direction, job.source, job.force)
    return lambda facts: refuse_sync(facts, wanted, cooldown_seconds)
