"""Onto the bus once more for one subscriber: marked, in order, to its end, in steps of memory."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.history.publish import PostgresPublishing
from almanac.errors import BadInput, CursorExpired, TransientError, UnknownWorkspace
from almanac.services.events_out.replay import TRIES, NoBus, ReplayOntoBus
from tests.integration import rows
from tests.integration.history.changing import Changing
from tests.integration.rows import NOON

pytestmark = pytest.mark.integration


class Bus:
    """EventBus that refuses an event by its id, so many times."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.largest = 0
        self.refusals: dict[str, int] = {}

    def put(self, events: Sequence[Mapping[str, Any]]) -> Sequence[bool]:
        self.largest = max(self.largest, len(events))
        taken = []
        for event in events:
            left = self.refusals.get(event["id"], 0)
            self.refusals[event["id"]] = left - 1
            taken.append(left <= 0)
        self.events += [event for event, ok in zip(events, taken, strict=True) if ok]
        return taken


class Replaying(Changing):
    def __init__(self, database: Database) -> None:
        self.database, self.bus, self.waits = database, Bus(), list[float]()
        self.ws_id = rows.workspace(database)
        self.replay = ReplayOntoBus(PostgresPublishing(database), self.bus, "almanac", self.waits.append)

    @property
    def versions(self) -> list[int]:
        return [event["data"]["version"] for event in self.bus.events]


@pytest.fixture
def replaying(database: Database) -> Replaying:
    return Replaying(database)


def test_one_workspace_from_a_version_to_its_head_marked_and_in_order(replaying: Replaying) -> None:
    other = rows.workspace(replaying.database)
    replaying.event(700)
    replaying.event(3, other)

    done = replaying.replay("billing", replaying.ws_id, 100, None)

    assert (done.workspaces, done.events) == (1, 601)
    assert replaying.versions == list(range(100, 701))
    assert {event["replay_id"] for event in replaying.bus.events} == {"billing"}
    assert replaying.bus.events[0]["id"] == f"{replaying.ws_id}/100"
    assert replaying.bus.largest == 500


def test_all_workspaces_from_an_instant(replaying: Replaying) -> None:
    other = rows.workspace(replaying.database)
    replaying.first_reading(50)
    replaying.event(2, other)

    done = replaying.replay("billing", None, None, NOON - timedelta(days=365))
    later = replaying.replay("billing", None, None, NOON + timedelta(days=3650))

    assert (done.workspaces, done.events) == (2, 3)  # a first reading is told as one
    assert (later.workspaces, later.events) == (0, 0)


def test_what_the_bus_refuses_goes_again_with_what_followed_it(replaying: Replaying) -> None:
    replaying.event(4)
    replaying.bus.refusals = {f"{replaying.ws_id}/2": 2}

    replaying.replay("billing", replaying.ws_id, 1, None)

    assert replaying.versions == [1, 3, 4, 3, 4, 2, 3, 4]
    assert replaying.waits == [1.0, 2.0]


def test_what_cannot_be_replayed_is_refused(replaying: Replaying) -> None:
    replaying.event(2)
    replaying.bus.refusals = {f"{replaying.ws_id}/1": TRIES}
    with pytest.raises(TransientError, match="2 events"):
        replaying.replay("billing", replaying.ws_id, 1, None)
    with pytest.raises(UnknownWorkspace):
        replaying.replay("billing", uuid4(), 1, None)
    with pytest.raises(BadInput):
        replaying.replay("billing", replaying.ws_id, None, None)
    with pytest.raises(NoBus):
        ReplayOntoBus(replaying.replay.store, None, "almanac", replaying.waits.append)("b", None, 1, None)
    replaying.database.run("UPDATE workspace_history_heads SET oldest = 2")
    with pytest.raises(CursorExpired):
        replaying.replay("billing", replaying.ws_id, 1, None)
