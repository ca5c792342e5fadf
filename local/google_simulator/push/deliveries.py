"""Messages on their way: told of changes, lost, doubled, late or forged where a test says, delivered over HTTP.

A message has no body; its headers are those of Google's guide "Push notifications".
"""

import http.client
import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from local.google_simulator.world.channels import Channel
from local.google_simulator.world.state import World
from local.google_simulator.world.times import stamp_text

RETRIED = {500, 502, 503, 504}
MOST_TRIES = 8
MOST_AT_ONCE = 1000
"""Messages that one look at a channel makes, however many changes there were."""
_FIRST_BACKOFF = timedelta(seconds=1)
_SECONDS_TO_ANSWER = 5


class PushFault(BaseModel):
    """What happens to the messages `nth` to `nth + times - 1` (None: for ever) from now on, of `state` if given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal["lose", "delay", "double", "reorder", "forge"]
    state: Literal["sync", "exists"] | None = None
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0


@dataclass(slots=True)
class Message:
    """One message of a channel; `token` is what it carries, `due` when it is tried next."""

    channel: Channel
    state: str
    number: int
    token: str | None
    due: datetime
    tries: int = 0

    def headers(self) -> dict[str, str]:
        """Everything that it says."""
        channel = self.channel
        said = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Expiration": format_datetime(channel.expires_at, usegmt=True),
            "X-Goog-Message-Number": str(self.number),
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-State": self.state,
            "X-Goog-Resource-URI": channel.resource_uri,
        }
        return said if self.token is None else said | {"X-Goog-Channel-Token": self.token}


@dataclass(slots=True)
class Deliveries:
    """What is to be delivered, and a log of what was. `log` never holds a token."""

    world: World
    waiting: list[Message] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    _faults: list[tuple[PushFault, list[int]]] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(0))

    def inject(self, fault: PushFault) -> None:
        """Activate a fault for messages from now on."""
        self._faults.append((fault, [0]))

    def clear_faults(self) -> None:
        """Remove every fault."""
        self._faults.clear()

    def announce(self, channel: Channel) -> None:
        """Put the `sync` message of a new channel on its way."""
        self._enqueue(channel, "sync")

    def collect(self) -> None:
        """A message for each change that a channel has not been told of; the caller holds the world's lock."""
        now = self.world.clock.now()
        for channel in self.world.channels.by_id.values():
            changes = self._position(channel) - channel.told
            channel.told += changes
            for _ in range(min(changes, MOST_AT_ONCE)):
                if channel.still_rings(now):
                    self._enqueue(channel, "exists")
                    channel.after_stop -= channel.stopped

    def deliver(self) -> int:
        """Deliver what is due by the simulated clock, on the caller's thread. Returns how many were tried."""
        with self.world.lock:
            self.collect()
            now = self.world.clock.now()
            due = [message for message in self.waiting if message.due <= now]
            self.waiting = [message for message in self.waiting if message.due > now]
        for message in due:
            self._try(message)
        return len(due)

    def _position(self, channel: Channel) -> int:
        if channel.calendar_id is None:
            return self.world.accounts[channel.account].list_sequence
        return self.world.calendars[channel.calendar_id].sequence

    def _enqueue(self, channel: Channel, state: str) -> None:
        channel.number += 1 if state == "sync" else self._chance.randint(1, 3)  # gaps mean nothing
        now = self.world.clock.now()
        message = Message(channel, state, channel.number, channel.token, now)
        for action, seconds in self._acting(state):
            if action == "lose":
                return
            if action == "delay":
                message.due = now + timedelta(seconds=seconds)
            elif action == "double":
                self.waiting.append(replace(message))
            elif action == "forge":
                message.token = _forged(message.token)
            else:
                self.waiting.insert(0, message)
                return
        self.waiting.append(message)

    def _acting(self, state: str) -> list[tuple[str, float]]:
        acting: list[tuple[str, float]] = []
        for fault, seen in self._faults:
            if fault.state in (None, state):
                seen[0] += 1
                beyond = seen[0] - fault.nth
                if beyond >= 0 and (fault.times is None or beyond < fault.times):
                    acting.append((fault.action, fault.seconds))
        return acting

    def _try(self, message: Message) -> None:
        status = post(message.channel.address, message.headers())
        with self.world.lock:
            now = self.world.clock.now()
            self.log.append(
                {
                    "at": stamp_text(now),
                    "channel": message.channel.id,
                    "state": message.state,
                    "number": message.number,
                    "status": status,
                }
            )
            message.tries += 1
            if status in RETRIED and message.tries < MOST_TRIES:
                message.due = now + _FIRST_BACKOFF * 2 ** (message.tries - 1)
                self.waiting.append(message)


def _forged(token: str | None) -> str:
    """Another token of the same length."""
    return "x" if not token else token[:-1] + ("0" if token[-1] != "0" else "1")


def post(address: str, headers: dict[str, str]) -> int | None:
    """Send one message; the status, or None when nobody answered."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS_TO_ANSWER)
    try:
        connection.request("POST", parts.path or "/", headers={"Content-Length": "0", "Accept": "*/*"} | headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer.status
