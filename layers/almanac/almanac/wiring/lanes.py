"""The queue that wakes whoever delivers webhooks."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import LaneSettings, load
from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.adapters.aws.lane_queue import SqsLaneQueue


class LaneWiring(Base):
    """Wakes lanes."""

    @cached_property
    def lane_queue(self) -> "SqsLaneQueue | None":
        """The queue of lanes; None where no webhooks are delivered."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.lane_queue import SqsLaneQueue

        url = load(LaneSettings, self._environment).deliver_queue_url
        return None if url is None else SqsLaneQueue(clients.client("sqs", clients.region_of(url)), url)
