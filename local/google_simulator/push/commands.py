"""Steering and looking at push from outside."""

from local.google_simulator.push.deliveries import Deliveries, PushFault
from local.google_simulator.world.event import Json


class PushCommands:
    """The push side of the direct handle: what happens to messages, which calendars have none, what was delivered."""

    def __init__(self, deliveries: Deliveries) -> None:
        self.deliveries = deliveries
        self.world = deliveries.world

    def deliver_messages(self) -> int:
        """Deliver what is due, here and now; returns how many messages were tried."""
        return self.deliveries.deliver()

    def inject_push(self, fault: PushFault) -> None:
        """Activate a fault for messages from now on."""
        with self.world.lock:
            self.deliveries.inject(fault)

    def clear_push_faults(self) -> None:
        """Remove every fault of messages."""
        with self.world.lock:
            self.deliveries.clear_faults()

    def refuse_watching(self, calendar: str, status: int | None = 400) -> None:
        """Say pushNotSupportedForRequestedResource for the calendar, with that status; None allows it again."""
        with self.world.lock:
            self.world.calendar(calendar)
            self.world.channels.unwatchable.pop(calendar, None)
            if status is not None:
                self.world.channels.unwatchable[calendar] = status

    def forget_channels(self) -> None:
        """End every channel silently, as Google does with an endpoint that failed for days."""
        with self.world.lock:
            for channel in self.world.channels.by_id.values():
                channel.stopped = True

    def channels(self) -> list[Json]:
        """The live channels, without tokens."""
        with self.world.lock:
            now = self.world.clock.now()
            return [
                {
                    "id": channel.id,
                    "resource_id": channel.resource_id,
                    "account": channel.account,
                    "calendar": channel.calendar_id,
                    "address": channel.address,
                    "expires_at": channel.expires_at.isoformat(),
                }
                for channel in self.world.channels.by_id.values()
                if channel.is_live(now)
            ]

    def delivered(self, since: int = 0) -> list[Json]:
        """The log of tried messages after the first `since`: channel, state, number, status. Never a token."""
        with self.world.lock:
            return self.deliveries.log[since:]
