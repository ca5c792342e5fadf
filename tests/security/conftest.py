"""A workspace in real Postgres with simulated Google, and a server that answers whatever a test wants."""

from collections.abc import Callable, Iterator

import pytest

from local.google_simulator.simulator import Simulator
from tests.adapters.conftest import server
from tests.integration.conftest import database, database_url, lent_databases, postgres
from tests.integration.team import Team

__all__ = ["database", "database_url", "lent_databases", "postgres", "server"]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=11) as simulator:
        yield simulator


@pytest.fixture
def make_team(simulator: Simulator, database_url: str) -> Iterator[Callable[..., Team]]:
    made: list[Team] = []

    def make(**settings: str) -> Team:
        made.append(Team(simulator, database_url, **settings))
        return made[-1]

    yield make
    for team in made:
        team.close()


@pytest.fixture
def team(make_team: Callable[..., Team]) -> Team:
    return make_team()
