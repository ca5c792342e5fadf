"""Random histories of push: whatever happens to rings, watches and rows, the rows come to be what Google has."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanac.adapters.crypto import new_key
from local.google_simulator.push.deliveries import PushFault
from local.google_simulator.simulator import Simulator
from tests.integration.test_push import Installation

pytestmark = pytest.mark.integration
_numbers = count(1)
STEPS = (
    *("edit", "edit", "edit", "deliver", "deliver", "work", "work", "tick", "tick"),
    *("lose", "double", "delay", "reorder", "forge", "cut watch", "refuse watch", "refuse stop"),
    *("nearly expired", "google forgets", "rows lost", "die in watch", "minutes pass", "switch off and on"),
)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


class History:
    """One account's calendar and its installation, step by step."""

    def __init__(self, simulator: Simulator, database_url: str) -> None:
        self.here = Installation(simulator, database_url, new_key())
        self.calendar = f"person{next(_numbers)}@example.test"
        self.here.team.connect(self.calendar)
        self.edits = count(1)

    def play(self, step: str) -> None:
        team, push = self.here.team, self.here.simulator.push
        if step in ("lose", "double", "delay", "reorder", "forge"):
            push.inject_push(PushFault(action=step, seconds=120))  # type: ignore[arg-type] # one of its actions
        elif step in ("cut watch", "refuse watch", "refuse stop"):
            action = "cut_within" if step == "cut watch" else "error"
            team.inject(action, path="*/stop" if step == "refuse stop" else "*/watch")
        else:
            steps: dict[str, Callable[[], object]] = {
                "edit": lambda: team.add(self.calendar, f"edit {next(self.edits)}"),
                "deliver": self.here.deliver,
                "work": self.here.work,
                "tick": self.tick,
                "nearly expired": lambda: self.channels("SET expires_at = now() + interval '1 hour'"),
                "google forgets": push.forget_channels,
                "rows lost": lambda: team.database.run("DELETE FROM calendar_push_channels"),
                "die in watch": lambda: self.channels("SET status = 'pending', resource_id = NULL, expires_at = NULL"),
                "minutes pass": lambda: self.here.simulator.commands.step_clock(130),
                "switch off and on": self.switch,
            }
            steps[step]()

    def tick(self) -> None:
        """The rule, where it finds the workspace due."""
        if self.here.is_due():
            self.here.team.sync()

    def switch(self) -> None:
        accounts, ws_id = self.here.team.wiring.accounts, self.here.team.ws_id
        accounts.switch(ws_id, self.calendar, on=False)
        self.tick()
        accounts.switch(ws_id, self.calendar, on=True)

    def channels(self, what: str) -> None:
        self.here.team.database.run(f"UPDATE calendar_push_channels {what} WHERE status = 'active'")

    def settle(self) -> None:
        """No more trouble: what was stored as waiting is over, and an hour and a half passes.

        Something changes, so every channel rings, also one whose row was lost: that is how it is found, and stopped.
        """
        self.here.simulator.commands.clear_faults()
        self.here.simulator.push.clear_push_faults()
        self.play("edit")
        database = self.here.team.database
        for _ in range(4):
            database.run(
                "UPDATE calendar_push_channels SET retry_at = now() - interval '1 second' WHERE retry_at > now()"
            )
            database.run("UPDATE calendar_sync_states SET last_synced_at = last_synced_at - interval '90 minutes'")
            self.here.simulator.commands.step_clock(600)
            self.tick()
            self.here.deliver()
            self.here.work()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=25))
def test_whatever_happens_to_rings_rows_come_true_and_one_channel_is_left(
    simulator: Simulator, database_url: str, steps: list[str]
) -> None:
    history = History(simulator, database_url)
    try:
        history.here.team.sync()
        for step in steps:
            history.play(step)
        history.settle()
        team = history.here.team
        assert team.stored(history.calendar) == team.truth(history.calendar)
        rows = team.database.run(
            "SELECT id::text FROM calendar_push_channels WHERE ws_id = :ws_id AND status = 'active'", ws_id=team.ws_id
        )
        live = {c["id"] for c in simulator.push.channels() if c["calendar"] == history.calendar}
        assert len(rows) == 1
        forgotten = "google forgets" in steps
        assert live == {rows[0][0]} or (forgotten and not live)
    finally:
        history.here.team.database.run("DELETE FROM workspaces")
        history.here.close()
