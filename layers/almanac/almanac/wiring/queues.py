"""The FIFO queues."""

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from almanac.errors import BadSettings
from almanac.jobs import JOBS
from almanac.services.queues.configured_queues import configured_jobs
from almanac.settings import QueueSettings, load
from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.adapters.aws.queue import SqsJobQueue
    from almanac.adapters.process_memory import RunMemory


class Queues(Base):
    """Sends jobs."""

    traced = True
    """Whether what is sent belongs to the trace of this invocation; not of a tick, which sends very many."""

    @cached_property
    def queue_urls(self) -> dict[str, str]:
        """URL per job kind, of those that are configured."""
        settings = load(QueueSettings, self._environment)
        urls = {job: getattr(settings, kind.queue_setting) for job, kind in JOBS.items()}
        return {kind: url for kind, url in urls.items() if url is not None}

    @cached_property
    def large_queue_urls(self) -> dict[str, str]:
        """URL per job kind of the larger functions' queues, of those that are configured: where escalations go."""
        settings = load(QueueSettings, self._environment)
        named = {job: kind.large_queue_setting for job, kind in JOBS.items() if kind.large_queue_setting is not None}
        urls = {job: getattr(settings, setting) for job, setting in named.items()}
        return {kind: url for kind, url in urls.items() if url is not None}

    def memory_for(self, job: str) -> "RunMemory | None":
        """What this function's runs of a job may use, as Lambda says; None elsewhere."""
        from almanac.adapters.process_memory import RunMemory

        said = self._environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        return RunMemory(int(said), large=job not in self.large_queue_urls) if said.isdigit() else None

    @property
    def queues_region(self) -> str | None:
        """The AWS region that the queues' URLs name, for an environment that names none."""
        from almanac.adapters.aws import clients

        return next(filter(None, map(clients.region_of, self.queue_urls.values())), None)

    @cached_property
    def sqs(self) -> Any:
        """The client of SQS. Raises BadSettings: without any setting it is the queue that is missing, not a region."""
        from almanac.adapters.aws import clients

        try:
            sqs = clients.client("sqs", self.queues_region)
        except BadSettings:
            configured_jobs(self.queue_urls)
            raise
        return sqs if self.traced else clients.without_trace(sqs)

    @cached_property
    def queue(self) -> "SqsJobQueue":
        """The FIFO queues."""
        from almanac.adapters.aws.queue import SqsJobQueue

        return SqsJobQueue(self.sqs, self.queue_urls, time.sleep, large_urls=self.large_queue_urls)
