"""Dead letters and their causes, with queues and runs in memory."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Barrier
from uuid import UUID

import pytest

from almanac.errors import BadInput, BadSettings
from almanac.services.queues.dead_letters import DeadLetters
from almanac.services.queues.ports import DeadLetter, FailedRun, RunsOfMessages

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
WS, OTHER, RUN = UUID(int=1), UUID(int=2), UUID(int=3)
KINDS = ("calendar.sync", "calendar.schedule")


def letter(message_id: str, body: str, group: str = "g") -> DeadLetter:
    return DeadLetter(message_id, group, body, 3, SINCE)


@dataclass
class Queues:
    """DeadLetterQueues."""

    letters: dict[str, list[DeadLetter]] = field(default_factory=dict)

    def count(self, job_kind: str) -> int:
        return len(self.letters.get(job_kind, []))

    def peek(self, job_kind: str, limit: int) -> list[DeadLetter]:
        return self.letters.get(job_kind, [])[:limit]

    def discard(self, job_kind: str, message_id: str) -> bool:
        before = self.letters.get(job_kind, [])
        self.letters[job_kind] = [each for each in before if each.message_id != message_id]
        return len(self.letters[job_kind]) < len(before)

    def redrive(self, job_kind: str, limit: int) -> int:
        return min(limit, self.count(job_kind))


@dataclass
class Runs:
    """RunsOfMessages."""

    failed: dict[str, FailedRun] = field(default_factory=dict)

    def failed_runs(self, message_ids: Sequence[str], ws_ids: Sequence[UUID]) -> Mapping[str, FailedRun]:
        return {message_id: run for message_id, run in self.failed.items() if message_id in message_ids}

    def known(self, ws_ids: Sequence[UUID]) -> Set[UUID]:
        return {WS} & set(ws_ids)


def no_database() -> RunsOfMessages:
    raise BadSettings("ALMANAC_DATABASE_URL", "missing")


def body(ws_id: UUID = WS) -> str:
    return f'{{"ws_id": "{ws_id}"}}'


@pytest.mark.parametrize(
    ("text", "run", "error_type", "error", "run_id"),
    [
        ("poison", None, "bad_job", "body: Invalid JSON", None),
        (body(), FailedRun(RUN, "failed", "internal", "unexpected KeyError"), "internal", "unexpected KeyError", RUN),
        (body(), FailedRun(RUN, "running", None, None), None, "its run never said how it ended", RUN),
        (body(OTHER), None, "unknown_workspace", f"ws_id: no workspace {OTHER}", None),
        (body(), None, None, "no run of it is recorded", None),
    ],
)
def test_each_letter_has_a_cause(
    text: str, run: FailedRun | None, error_type: str | None, error: str, run_id: UUID | None
) -> None:
    runs = Runs({"m": run} if run else {})
    queues = Queues({"calendar.sync": [letter("m", text)]})

    (found,) = DeadLetters(queues, lambda: runs, KINDS).listed("sync", 10).letters

    assert (found.error_type, found.run_id) == (error_type, run_id)
    assert found.error.startswith(error)
    assert (found.job is None) == (text == "poison")


def test_all_queues_are_looked_at_and_counted() -> None:
    queues = Queues({"calendar.sync": [letter(str(n), body()) for n in range(3)], "calendar.schedule": []})

    found = DeadLetters(queues, Runs, KINDS).listed(None, 2)

    assert found.counts == {"sync": 3, "schedule": 0}
    assert [(each.queue, each.letter.message_id) for each in found.letters] == [("sync", "0"), ("sync", "1")]


def test_only_queues_that_there_are_are_looked_at() -> None:
    assert DeadLetters(Queues(), Runs, {"calendar.schedule"}).listed(None, 2).counts == {"schedule": 0}
    with pytest.raises(BadSettings, match="ALMANAC_SYNC_QUEUE_URL: missing"):
        DeadLetters(Queues(), Runs, set()).listed(None, 2)


def test_sending_back_and_deleting_need_no_database() -> None:
    letters = DeadLetters(Queues({"calendar.sync": [letter("m", "poison")]}), no_database, KINDS)

    assert letters.redrive("sync", 5) == 1
    letters.discard("sync", "m")
    with pytest.raises(BadInput, match="message_id: no dead letter of that id can be seen in the sync queue's"):
        letters.discard("sync", "m")


def test_queues_are_looked_into_at_once() -> None:
    """An empty one keeps whoever looks for a second, and a page of three for three."""
    together = Barrier(2)

    class Slow(Queues):
        def peek(self, job_kind: str, limit: int) -> list[DeadLetter]:
            together.wait(10)
            return super().peek(job_kind, limit)

    assert DeadLetters(Slow(), Runs, KINDS).listed(None, 2).letters == []
