"""Which jobs have a queue in this installation."""

from collections.abc import Collection, Sequence

from almanac.domain.operations.job_names import JobName
from almanac.errors import BadSettings
from almanac.jobs import KIND_OF_NAME


def configured_jobs(kinds: Collection[str]) -> Sequence[JobName]:
    """Return the names of the jobs whose kinds have a queue. Raises BadSettings when none has."""
    found = [name for name, kind in KIND_OF_NAME.items() if kind in kinds]
    if not found:
        raise BadSettings("ALMANAC_SYNC_QUEUE_URL", "missing; set it, or ALMANAC_SCHEDULE_QUEUE_URL, to a queue's URL")
    return found
