"""What the relay may see: history, the bus, the queue of lanes. No key, no token, no provider."""

import os
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.settings import EventBusSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.lanes import LaneWiring

if TYPE_CHECKING:
    from almanac.adapters.aws.event_bus import EventBridgeBus
    from almanac.services.events_out.relay import Relay


class RelayWiring(LaneWiring):
    """The use case of the relay."""

    @cached_property
    def event_bus(self) -> "EventBridgeBus | None":
        """The bus; None where there is none."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.event_bus import EventBridgeBus

        name = load(EventBusSettings, self._environment).event_bus
        return None if name is None else EventBridgeBus(clients.client("events"), name)

    @cached_property
    def relay(self) -> "Relay":
        """The use case of the relay."""
        from almanac.adapters.aws.event_bus import SOURCE
        from almanac.adapters.postgres.history.publish import PostgresPublishing
        from almanac.services.events_out.relay import Relay

        store = PostgresPublishing(self.database)
        return Relay(store, store, self.event_bus, self.lane_queue, SOURCE, utc_now)


@cache
def container() -> RelayWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return RelayWiring(os.environ)
