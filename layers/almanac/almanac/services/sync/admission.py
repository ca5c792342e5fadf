"""Which messages of the sync queue need a run: the rule of the domain, asked about a job."""

from almanac.domain.sync.admission import BURST_SECONDS, SECOND_LOOK_SECONDS, Refuse, WantedSync, refuse_sync
from almanac.jobs import CalendarSync


def sync_admission(job: CalendarSync, cooldown_seconds: float) -> Refuse:
    """Return what decides about the job, once the facts are known."""
    second_look = job.source == "push" and not job.look_again and job.channel_id is None
    settle = SECOND_LOOK_SECONDS if second_look else BURST_SECONDS
    wanted = WantedSync(job.mode, job.calendar_id, job.direction, job.source, job.force, job.connection_id, settle)
    return lambda facts: refuse_sync(facts, wanted, cooldown_seconds)
