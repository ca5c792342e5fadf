"""What the relay may see: history, the bus, the queue of lanes. No key, no token, no provider."""

import os
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.settings import EventBusSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.lanes import LaneWiring

if TYPE_CHECKING:
    from almanac.services.events_out.ports import EventBus
    from almanac.services.events_out.relay import Relay
    from almanac.services.events_out.replay import ReplayOntoBus


class RelayWiring(LaneWiring):
    """The use case of the relay."""

    @cached_property
    def event_bus(self) -> "EventBus | None":
        """The bus; None where there is none. Raises BadSettings where this boto3 does not know its kind."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.event_bus import EventBridgeBus, OrderedBus

        name = load(EventBusSettings, self._environment).event_bus
        if name is None:
            return None
        if ":event-busv2/" in name:
            return OrderedBus(clients.client("eventbridgev2"), name)
        return EventBridgeBus(clients.client("events"), name)

    @cached_property
    def relay(self) -> "Relay":
        """The use case of the relay."""
        from almanac.adapters.aws.event_bus import SOURCE
        from almanac.adapters.postgres.history.publish import PostgresPublishing
        from almanac.services.events_out.relay import Relay

        store = PostgresPublishing(self.database)
        return Relay(store, store, self.event_bus, self.lane_queue, SOURCE, utc_now)

    @cached_property
    def replay_onto_bus(self) -> "ReplayOntoBus":
        """The use case of `almanac bus replay`."""
        from almanac.adapters.aws.event_bus import SOURCE
        from almanac.adapters.postgres.history.publish import PostgresPublishing
        from almanac.services.events_out.replay import ReplayOntoBus

        return ReplayOntoBus(PostgresPublishing(self.database), self.event_bus, SOURCE, time.sleep)


@cache
def container() -> RelayWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return RelayWiring(os.environ)
