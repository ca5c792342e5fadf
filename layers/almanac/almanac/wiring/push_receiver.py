"""What push_receiver may see: the keys of rings, and the queue of syncs. No database, token or provider's secret."""

import os
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.wiring.base import utc_now
from almanac.wiring.push import PushWiring
from almanac.wiring.queues import Queues

if TYPE_CHECKING:
    from almanac.services.push.receive import ReceiveRing


class PushReceiverWiring(Queues, PushWiring):
    """The use case of a ring."""

    @cached_property
    def receive_ring(self) -> "ReceiveRing":
        """The use case of push_receiver."""
        from almanac.providers.google.ring import ring_of
        from almanac.services.push.receive import ReceiveRing

        return ReceiveRing(ring_of, self.push_keys, self.queue, utc_now)


@cache
def container() -> PushReceiverWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return PushReceiverWiring(os.environ)
