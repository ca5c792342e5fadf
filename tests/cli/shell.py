"""The command line in this process, with an environment that is the test's own."""

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from almanac.cli.main import main
from almanac.services.operations import follow_request

SETTINGS = (
    "ALMANAC_DATABASE_URL",
    "ALMANAC_DATABASE_SECRET_ARN",
    "ALMANAC_SYNC_QUEUE_URL",
    "ALMANAC_SCHEDULE_QUEUE_URL",
    "ALMANAC_TOKEN_KEYS",
    "ALMANAC_TOKEN_KEYS_SECRET_ARN",
    "ALMANAC_GOOGLE_CLIENT_ID",
    "ALMANAC_GOOGLE_SECRET_ARN",
)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr; nothing was written to stdout."""
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


class Shell:
    """Runs `almanac …`. It begins without any setting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setattr(follow_request, "FOLLOW_SECONDS", 0.02)  # as a worker of a test looks for messages
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)

    def set(self, **settings: str) -> None:
        """Set environment variables, each without its ALMANAC_."""
        for name, value in settings.items():
            self._monkeypatch.setenv(f"ALMANAC_{name.upper()}", value)

    def type(self, text: str) -> None:
        """What the next command reads from stdin."""
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    def __call__(self, *argv: object) -> Ended:
        """Run one command."""
        self._capsys.readouterr()
        code = main([str(word) for word in argv])
        said = self._capsys.readouterr()
        return Ended(code, said.out, said.err)
