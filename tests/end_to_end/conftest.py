"""The whole system, each test in folders of its own, under nobody's shell settings."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from local.stack.stack import FOREIGN_PREFIXES
from tests.integration.conftest import database_url, lent_databases, postgres

__all__ = ["database_url", "lent_databases", "own_environment", "postgres"]


@pytest.fixture(autouse=True, scope="session")
def own_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(FOREIGN_PREFIXES)]:
            patch.delenv(name)
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("no_proxy", "127.0.0.1")
        yield


def session_members(session: int) -> list[int]:
    """Process ids of a session: whatever group a program moved to, it stays in the session it was started in."""
    listed = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=True)
    return [pid for pid in map(int, listed.stdout.split()) if _session_of(pid) == session]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
