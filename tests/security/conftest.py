"""A workspace in real Postgres with simulated Google, and a server that answers whatever a test wants."""

from collections.abc import Iterator

import pytest

from local.google_simulator.simulator import Simulator
from tests.adapters.conftest import server
from tests.integration.conftest import database, database_url, lent_databases, make_team, postgres, team

__all__ = ["database", "database_url", "lent_databases", "make_team", "postgres", "server", "team"]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=11) as simulator:
        yield simulator
