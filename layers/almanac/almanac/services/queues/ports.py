"""What queues and dispatching need from the outside."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from almanac.domain.operations.machine import Machine
from almanac.domain.run_outcomes import Status
from almanac.jobs import Job


@dataclass(frozen=True, slots=True)
class OutgoingJob:
    """A job and why it is sent: the reason makes the deduplication id."""

    job: Job
    reason: str


@dataclass(frozen=True, slots=True)
class FailedSend:
    """A job that the queue did not take, after all tries: the error's stable code, and for people what to do."""

    ws_id: UUID
    error: str
    advice: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that failed too often, body unchanged. `received` counts earlier looks at it too.

    `since` is SQS's sent timestamp; of a FIFO queue that may be the instant at which the message was given up.
    """

    message_id: str
    group: str
    body: str
    received: int
    since: datetime


class JobQueue(Protocol):
    """The FIFO queues; each job goes to the queue of its kind, in the group of its workspace."""

    def send(self, envelopes: Sequence[OutgoingJob]) -> Sequence[FailedSend]:
        """Send in batches of ten, several at a time, failed entries again. Returns those that could not be sent."""
        ...

    def postpone(self, job_kind: str, receipt_handle: str, seconds: float) -> None:
        """Let a received message come back after that long. Raises QueueUnavailable."""
        ...


class AskedJobs(Protocol):
    """What was asked for, kept before it is sent. Raises DatabaseUnavailable and StorageFailed."""

    def record(self, jobs: Sequence[Job]) -> None:
        """Keep the jobs, all or none; each has a request id. One that is there already stays as it is."""
        ...

    def mark_sent(self, jobs: Sequence[Job]) -> None:
        """The queue has taken these."""
        ...

    def withdraw(self, jobs: Sequence[Job]) -> None:
        """Forget those of them that were never sent and that no run has begun."""
        ...


@dataclass(frozen=True, slots=True)
class SyncHealth:
    """Workspaces with a calendar that should have been read and was not, connections that fail or are lost, and
    accounts that have used half of what may be created and deleted for them today."""

    workspaces_behind: int
    connections_in_error: int
    budgets_half_used: int


@dataclass(frozen=True, slots=True)
class ChannelStates:
    """Push channels: active; of these without a ring for an hour, and with less than a day left, which should have been
    renewed; calendars whose watch keeps failing; calendars that their provider has no push for."""

    active: int
    silent: int
    overdue: int
    failing: int
    unsupported: int


class DueWorkspace(NamedTuple):
    """A workspace that is due, or asked for, and the size of function that its jobs go to at once."""

    ws_id: UUID
    machine: Machine = "standard"


class DueStore(Protocol):
    """Which workspaces are due, from stored state. Raises DatabaseUnavailable, StorageFailed."""

    def due_for_sync(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        """The next due workspaces in id order after `after`; fewer than `limit` = the end."""
        ...

    def due_for_outbound(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        """Workspaces with something to write to a provider, likewise."""
        ...

    def due_for_schedule(self, after: UUID | None, limit: int) -> Sequence[DueWorkspace]:
        """Workspaces with something to plan, likewise."""
        ...

    def due_for_replan(self, after: UUID | None, limit: int) -> Sequence[tuple[DueWorkspace, str]]:
        """Workspaces that have changed since their last plan, likewise, each with the run of that plan."""
        ...

    def now(self) -> datetime:
        """The database's time: what `mark_queued` compares with."""
        ...

    def known(self, ws_ids: Sequence[UUID]) -> Sequence[DueWorkspace]:
        """Those of the ids that are workspaces, in any order."""
        ...

    def mark_queued(self, ws_ids: Sequence[UUID], since: datetime) -> None:
        """A schedule's message waits for these, unless their run has begun since that instant."""
        ...

    def tell_late(self, now: datetime) -> int:
        """Note which workspaces have begun to be late and which have caught up; how many are news."""
        ...

    def roll_up_runs(self) -> int:
        """Count the runs of every quarter of an hour that is over, once, for overviews; return how many were."""
        ...

    def channel_states(self) -> ChannelStates | None:
        """How the push channels are; None where push is off."""
        ...

    def sync_health(self, now: datetime) -> SyncHealth:
        """How many are behind now, in one cheap statement."""
        ...


@dataclass(frozen=True, slots=True)
class FailedRun:
    """How the run of a message failed; a status of `running` never said how it ended, and has no error."""

    run_id: UUID
    status: Status
    error_type: str | None
    error: str | None


class DeadLetterQueues(Protocol):
    """The dead letters of each job's queue. Raises QueueUnavailable; BadSettings without a dead-letter queue."""

    def count(self, job_kind: str) -> int:
        """How many there are, approximately."""
        ...

    def peek(self, job_kind: str, limit: int) -> list[DeadLetter]:
        """Up to `limit` of them, which all stay where they are; of a group its first, and what came with it."""
        ...

    def discard(self, job_kind: str, message_id: str) -> bool:
        """Delete one; False when none of that id can be seen."""
        ...

    def redrive(self, job_kind: str, limit: int) -> int:
        """Send up to `limit` back home, in order within each group; how many went.

        Each is sent before it is deleted: an interruption can repeat one (harmless, jobs are), never lose one.
        """
        ...

    def redrive_chosen(
        self, job_kind: str, limit: int, groups: Collection[str] | None, message_ids: Collection[str] | None
    ) -> Sequence[str]:
        """Send those of these groups (None: of any) and ids (None: all) back home likewise; return the ids that went.

        Of a group only its first letters can be seen at a time, so that some may be left.
        """
        ...


class RunsOfMessages(Protocol):
    """What the database knows of messages. Raises DatabaseUnavailable and StorageFailed."""

    def failed_runs(self, message_ids: Sequence[str], ws_ids: Sequence[UUID]) -> Mapping[str, FailedRun]:
        """By message id, the latest run that failed or never ended."""
        ...

    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        """Those of the ids that are workspaces."""
        ...
