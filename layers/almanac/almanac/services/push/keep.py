"""What every run of an installation with push does about channels: rings are noted, and channels kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from almanac.domain.push.token import PushKeys
from almanac.jobs import CalendarSync
from almanac.services.push.ports import ChannelStore, PushHome, RangChannel
from almanac.services.push.run_channels import OpenSession, RunChannels
from almanac.services.queues.ports import JobQueue
from almanac.services.sync.ports import Lease
from almanac.services.sync.retrying import Retrier

RingOutcome = Literal["channel_unknown", "superseded"]
"""Of a ring that needs no run."""


@dataclass(frozen=True, slots=True)
class KeepChannels:
    """What every run of an installation with push does about channels."""

    store: ChannelStore
    home: PushHome
    keys: Callable[[], PushKeys]
    queue: JobQueue

    def ring(self, job: CalendarSync) -> RingOutcome | None:
        """Note the ring that the job is about. Returns why nothing is to be read for it; None: a look is due.

        A channel's first ring tells of no change: where its calendar was read since the watch, there is nothing to see.
        """
        if job.channel_id is None or job.connection_id is None or job.resource_id is None:
            return None
        rang = RangChannel(job.ws_id, job.connection_id, job.channel_id, job.resource_id)
        heard = self.store.ring(rang, self.home)
        if heard == "unknown":
            return "channel_unknown"
        return "superseded" if heard == "read" and not job.look_again else None

    def begin(self, lease: Lease, retrier: Retrier, open_session: OpenSession) -> RunChannels:
        """Return the channels of one run."""
        stored = self.store.load(lease.ws_id, self.home)
        return RunChannels(self.store, self.home, self.keys, self.queue, lease, retrier, open_session, stored)
