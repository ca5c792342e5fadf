"""The FIFO queues."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.jobs import JOBS
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

    @cached_property
    def queue(self) -> "SqsJobQueue":
        """The FIFO queues."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.queue import SqsJobQueue

        return SqsJobQueue(clients.client("sqs"), self.queue_urls, time.sleep)
