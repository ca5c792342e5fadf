"""How full the queues are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.jobs import KIND_OF_NAME
from almanac.services.operations.ports import MeasuredQueues
from almanac.services.queues.configured_queues import configured_jobs


@dataclass(frozen=True, slots=True)
class QueueDepths:
    """The use case of `almanac queues`. `kinds` are the jobs that have a queue."""

    queues: MeasuredQueues
    kinds: Collection[str]

    def __call__(self) -> Mapping[JobName, QueueDepth]:
        """Return the depth of each queue. Raises QueueUnavailable, and BadSettings when there is no queue."""
        return {name: self.queues.depth(KIND_OF_NAME[name]) for name in configured_jobs(self.kinds)}
