"""What somebody types, against a real Postgres: fixtures that tests of commands import."""

from collections.abc import Callable
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.cli.main import main
from tests.integration import rows

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; returns its exit code and what it has said on both ways out."""
    monkeypatch.setenv("ALMANAC_DATABASE_URL", database_url)
    monkeypatch.setenv("ALMANAC_PLAN_BUDGET_SECONDS", "0.05")

    def one(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return one


@pytest.fixture
def ws_id(database: Database) -> UUID:
    return rows.workspace(database)
