"""Forty workspaces, four of them in trouble: real queues with groups, real handler processes, a real database.

`make bench-scale` measures the same with two hundred. Here nothing is timed: what is asked is who came before whom.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from bench.crowd import Crowd, Ran, crowd, until
from bench.isolation import LARGE, POISON, REVOKED, SLOW, TROUBLE, Town

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(120)]

HEALTHY, WORKERS = 36, 6
ORDERED = 6
"""Healthy workspaces that get several messages at once."""
MESSAGES = [f"message {n}" for n in range(4)]


@dataclass
class Story:
    """One round with everybody in it: what the run rows and the handlers' logs tell."""

    around: Crowd
    healthy: list[UUID]
    ordered: list[UUID]
    blocked: UUID
    runs: list[Ran] = field(default_factory=list)
    logged: list[dict[str, Any]] = field(default_factory=list)

    def of(self, *ws_ids: UUID) -> list[Ran]:
        """The runs of some workspaces, in the order of their starts."""
        return [ran for ran in self.runs if ran.ws_id in ws_ids]

    def said(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.logged if line.get("message") == message]


@pytest.fixture(scope="module")
def story(own_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("town")
    with crowd(folder) as around:
        town = Town.found(around, HEALTHY, large_events=50_000, google_seconds=0.2, slow_seconds=4)
        with around.workers(WORKERS):
            yield play(town)


def play(town: Town) -> Story:
    """A first pass of the healthy ones, so that every process is warm; then everybody, the troubled in front."""
    around, healthy = town.around, list(town.healthy)
    since = around.now()
    around.ask(healthy)
    until(lambda: around.ended(since) == HEALTHY, seconds=60, what="the first pass")
    town.change()
    story = Story(around, healthy, healthy[:ORDERED], blocked=uuid4())
    around.connect(story.blocked, "blocked@example.test", [5])
    around.send(story.blocked, POISON)
    around.send(story.blocked, json.dumps({"job": "calendar.sync", "ws_id": str(story.blocked)}))
    since = around.now()
    around.ask(list(TROUBLE))  # on their own: batches of one call go side by side
    around.ask(healthy)
    for request_id in MESSAGES:
        for ws_id in story.ordered:
            job = {"job": "calendar.sync", "ws_id": str(ws_id), "request_id": request_id, "force": True}
            around.send(ws_id, json.dumps(job))
    expected = len(TROUBLE) + HEALTHY + ORDERED * len(MESSAGES) + 1  # what waits behind the poison
    until(lambda: around.ended(since) == expected, seconds=90, what="the round")
    story.runs = around.runs(since)
    story.logged = [json.loads(line) for line in lines(around.logs) if line.startswith("{")]
    return story


def lines(logs: Path) -> list[str]:
    return [line for path in sorted(logs.glob("calendar_sync-*.log")) for line in path.read_text().splitlines()]


def test_every_healthy_workspace_gets_what_has_changed(story: Story) -> None:
    firsts = [ran for ran in story.of(*story.healthy) if ran.request_id not in MESSAGES]
    assert Counter(ran.ws_id for ran in firsts) == dict.fromkeys(story.healthy, 1)
    assert {(ran.status, ran.outcome) for ran in firsts} == {("completed", "incremental")}
    assert all(ran.changes for ran in firsts)


@pytest.mark.parametrize("troubled", [SLOW, LARGE], ids=["slow", "large"])
def test_all_healthy_workspaces_are_done_before_one_that_takes_long_and_came_first(
    story: Story, troubled: UUID
) -> None:
    (run,) = story.of(troubled)
    firsts = [ran for ran in story.of(*story.healthy) if ran.request_id not in MESSAGES]
    assert run.sent_at <= min(ran.sent_at for ran in firsts)
    assert run.started_at < max(ran.started_at for ran in firsts)
    assert max(ran.finished_at for ran in firsts) < run.finished_at


def test_those_in_trouble_end_as_they_must(story: Story) -> None:
    ended = {ws_id: [(ran.status, ran.outcome, ran.changes) for ran in story.of(ws_id)] for ws_id in TROUBLE}
    assert ended[SLOW] == [("completed", "redirected_to_full", 60)]
    assert ended[LARGE] == [("completed", "redirected_to_full", 50_000)]
    assert [(status, changes) for status, _, changes in ended[REVOKED]] == [("failed", 0)]


def test_messages_of_a_group_are_done_in_the_order_in_which_they_were_sent(story: Story) -> None:
    for ws_id in story.ordered:
        first, *then = [ran.request_id for ran in story.of(ws_id)]
        assert first not in MESSAGES
        assert then == list(MESSAGES)


def test_a_workspace_never_runs_twice_at_a_time(story: Story) -> None:
    by_workspace = groupby(sorted(story.runs, key=lambda ran: (ran.ws_id, ran.started_at)), lambda ran: ran.ws_id)
    for _, runs in by_workspace:
        for earlier, later in pairwise(runs):
            assert earlier.finished_at <= later.started_at
    assert "already_running" not in {ran.outcome for ran in story.runs}, "the queue, not the lease, kept them apart"


def test_no_message_is_handled_twice_and_none_is_lost(story: Story) -> None:
    ended = Counter(line["message_id"] for line in story.said("run ended"))
    assert set(ended.values()) == {1}
    assert {ran.message_id for ran in story.runs} <= ended.keys()


def test_several_workspaces_run_at_the_same_time(story: Story) -> None:
    running = [ran for ran in story.runs if ran.ws_id not in TROUBLE]
    at_once = [sum(o.started_at <= ran.started_at < o.finished_at for o in running) for ran in running]
    assert max(at_once) >= 3, "else nothing of the above would tell anything"


def test_a_poisoned_message_holds_up_what_is_behind_it_in_its_group_and_nothing_else(story: Story) -> None:
    stayed = [line for line in story.said("message stays in the queue") if line["ws_id"] == str(story.blocked)]
    assert [line["error_type"] for line in stayed] == ["bad_job"] * 3, "three receives within seconds, then it is dead"
    (behind,) = story.of(story.blocked)
    assert behind.status == "completed"
