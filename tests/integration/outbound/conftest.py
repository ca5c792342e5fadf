"""A workspace that writes to a simulated Google."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.google_simulator.simulator import Simulator
from tests.integration.outbound.stage import Writing


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def make_team(simulator: Simulator, database_url: str) -> Iterator[Callable[..., Writing]]:
    made: list[Writing] = []

    def make(**settings: Any) -> Writing:
        made.append(Writing(simulator, database_url, **settings))
        return made[-1]

    yield make
    for team in made:
        team.close()


@pytest.fixture
def team(make_team: Callable[..., Writing]) -> Writing:
    return make_team()
