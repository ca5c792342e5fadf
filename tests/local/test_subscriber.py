"""The sample subscriber: whatever the order and however often, its table is what is there; forged hooks are refused."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from almanac.domain.delivery.body import range_body
from almanac.domain.delivery.signature import secret_text, signed_headers
from almanac.domain.history.changes import Change
from almanac.domain.history.envelope import change_event
from local.subscriber.__main__ import main, read_queue, take_delivery
from local.subscriber.hook import TOLERANCE_SECONDS, is_genuine
from local.subscriber.table import Table

WS, ONE, TWO = UUID(int=1), UUID(int=2), UUID(int=3)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def change(version: int, kind: str, subject: UUID) -> Change:
    return Change(version, kind, subject, NOW, "sync", None, None, None)


CHANGES = [
    change(1, "event.created", ONE),
    change(2, "event.created", TWO),
    change(3, "event.deleted", ONE),
    change(4, "event.updated", TWO),
    change(5, "run.failed", WS),
]


class Queue:
    """SQS, as far as a consumer uses it; every event is there twice."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.messages = [{"Body": json.dumps({"detail": e}), "ReceiptHandle": str(n)} for n, e in enumerate(events * 2)]
        self.deleted: list[str] = []

    def receive_message(self, **_: Any) -> dict[str, Any]:
        taken, self.messages = self.messages[:10], self.messages[10:]
        return {"Messages": taken} if taken else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 - its names
        self.deleted.append(ReceiptHandle)


def test_any_order_and_doubles_come_to_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for order in permutations(CHANGES):
        queue = Queue([change_event(WS, each, "almanac") for each in order])

        with closing(Table(":memory:")) as table:
            read_queue(queue, "url", table, rounds=2)
            assert table.events(str(WS)) == {str(TWO)}

        assert len(queue.deleted) == 2 * len(CHANGES)
        said = capsys.readouterr().out.split()
        assert (said.count("new"), said.count("double"), said.count("of_no_event")) == (4, 5, 1)


@pytest.fixture
def table() -> Iterator[Table]:
    with closing(Table(":memory:")) as table:
        yield table


def test_another_epoch_begins_anew(table: Table) -> None:
    fields = {"version": 2, "kind": "event.created", "subject": str(ONE)}
    table.take(str(WS), fields)

    taken = table.take(str(WS), {"version": 2, "kind": "workspace.restored", "subject": str(WS)}, epoch=1)

    assert (taken, table.events(str(WS))) == ("begin_anew", set())
    assert table.take(str(WS), fields) == "double"
    assert table.take(str(WS), {**fields, "version": 3}, epoch=1) == "new"


def test_a_hook_is_what_was_signed_a_moment_ago(table: Table) -> None:
    secret = secret_text(bytes(range(32)))
    body = range_body(WS, (1, 5), CHANGES, more=False, replayed=False, at=NOW)
    headers = signed_headers([secret], "delivery", NOW, body)

    assert is_genuine(secret, headers, body, NOW.timestamp())
    assert not is_genuine(secret, headers, body + b" ", NOW.timestamp())
    assert not is_genuine(secret, headers, body, NOW.timestamp() + TOLERANCE_SECONDS + 1)
    assert not is_genuine(secret_text(bytes(32)), headers, body, NOW.timestamp())
    assert not is_genuine(secret, {}, body, NOW.timestamp())
    take_delivery(table, json.loads(body))
    assert table.events(str(WS)) == {str(TWO)}


@pytest.mark.parametrize("piped", ["", "[]", '{"id": "1"}'])
def test_an_endpoint_that_could_not_be_added_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], piped: str
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(piped))

    assert main(["--listen", "0"]) == 1
    assert capsys.readouterr().err.startswith("subscriber: no endpoint comes through the pipe")
