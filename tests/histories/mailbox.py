"""The sync queue of a history: messages stay until they are done with, and come in whatever order somebody likes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from almanac.jobs import message_body
from almanac.services.queues.message_run import SqsMessage
from almanac.services.queues.ports import FailedSend, OutgoingJob

_EARLIER = timedelta(seconds=2)
"""One message in three counts as sent this long ago: a run that begins after it makes it superfluous, which takes more
than a second."""
_RECEIVES = 3
_numbers = count(1)


@dataclass(slots=True)
class Message:
    """A message in the queue."""

    body: str
    message_id: str
    sent_at: datetime
    receives: int = 0

    def received(self) -> SqsMessage:
        """The next receive of it."""
        self.receives += 1
        return SqsMessage(self.body, self.message_id, f"receipt-{self.message_id}", self.receives, self.sent_at)


@dataclass(slots=True)
class Mailbox:
    """JobQueue in memory. `refuse` lets the next send fail."""

    messages: list[Message] = field(default_factory=list)
    refuse: bool = False
    refused: int = 0
    sent: int = 0

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        if self.refuse and envelopes:
            self.refuse = False
            self.refused += 1
            return [FailedSend(envelope.job.ws_id, "InternalError") for envelope in envelopes]
        for envelope in envelopes:
            self.put(message_body(envelope.job))
        return []

    def put(self, body: str) -> None:
        """A message that somebody has sent."""
        self.sent += 1
        sent_at = datetime.now(UTC) - (_EARLIER if self.sent % 3 == 0 else timedelta())
        self.messages.append(Message(body, f"message-{next(_numbers)}", sent_at))

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        """It is in the queue anyway; time passes quickly here."""

    def clear(self) -> None:
        """Begin anew."""
        self.messages.clear()
        self.refuse, self.refused, self.sent = False, 0, 0

    def settle(self, message: Message, *, done: bool) -> None:
        """After a receive: a finished message goes, and so does one that has used up its receives."""
        if (done or message.receives >= _RECEIVES) and message in self.messages:
            self.messages.remove(message)
