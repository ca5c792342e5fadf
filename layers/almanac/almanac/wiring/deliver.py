"""What delivering webhooks may see: lanes, the keys of endpoints' secrets, and the way out. No token, no provider."""

import os
import random
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.wiring.base import utc_now
from almanac.wiring.lanes import LaneWiring
from almanac.wiring.webhooks import WebhookWiring

if TYPE_CHECKING:
    from almanac.services.events_out.deliver import DeliverLane


class DeliverWiring(LaneWiring, WebhookWiring):
    """The use case of one message."""

    @cached_property
    def deliver_lane(self) -> "DeliverLane":
        """The use case of one message."""
        from almanac.adapters.postgres.history.deliveries import PostgresDeliveries
        from almanac.adapters.postgres.history.publish import PostgresPublishing
        from almanac.services.events_out.deliver import DeliverLane

        return DeliverLane(
            store=PostgresDeliveries(self.database),
            lanes=PostgresPublishing(self.database),
            sender=self.webhook_sender,
            cipher=self.webhook_cipher,
            queue=self.lane_queue,
            clock=utc_now,
            chance=random.random,
        )


@cache
def container() -> DeliverWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return DeliverWiring(os.environ)
