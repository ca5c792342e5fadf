"""Who has just written wakes the relay."""

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from almanac.settings import NudgeSettings, load
from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.adapters.aws.nudge_queue import SqsNudgeQueue
    from almanac.services.events_out.nudge import Nudge


class NudgeWiring(Base):
    """Wakes the relay."""

    @cached_property
    def nudge(self) -> "Nudge":
        """Tells the relay of a workspace that has changed; nobody, where there is no queue."""
        from almanac.adapters.postgres.history.publish import PostgresPublishing
        from almanac.services.events_out.nudge import Nudge

        url = load(NudgeSettings, self._environment).nudge_queue_url
        return Nudge(PostgresPublishing(self.database), None if url is None else cache(partial(_nudge_queue, url)))


def _nudge_queue(url: str) -> "SqsNudgeQueue":
    from almanac.adapters.aws import clients
    from almanac.adapters.aws.nudge_queue import SqsNudgeQueue

    return SqsNudgeQueue(clients.client("sqs", clients.region_of(url)), url)
