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


class Queues(Base):
    """Sends jobs."""

    @cached_property
    def queue_urls(self) -> dict[str, str]:
        """URL per job kind, of those that are configured."""
        settings = load(QueueSettings, self._environment)
        urls = {job: getattr(settings, kind.queue_setting) for job, kind in JOBS.items()}
        return {kind: url for kind, url in urls.items() if url is not None}

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
            return clients.client("sqs", self.queues_region)
        except BadSettings:
            configured_jobs(self.queue_urls)
            raise

    @cached_property
    def queue(self) -> "SqsJobQueue":
        """The FIFO queues."""
        from almanac.adapters.aws.queue import SqsJobQueue

        return SqsJobQueue(self.sqs, self.queue_urls, time.sleep)
