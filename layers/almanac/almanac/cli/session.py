"""What a command is given, and what it hands back."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import Environment

if TYPE_CHECKING:
    from almanac.wiring.command_line import Wiring


@dataclass(frozen=True, slots=True)
class Result:
    """A command's answer: `document` for --json, `text` for people. `failure`, one line, makes the exit code 1."""

    document: Mapping[str, object]
    text: str
    failure: str | None = None


class Session:
    """The environment, and everything that is built from it once a command asks for it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    @cached_property
    def wiring(self) -> "Wiring":
        """The process's wiring. Settings are read where they are needed: BadSettings comes from there."""
        from almanac.wiring.command_line import Wiring  # noqa: PLC0415 - loads the database's driver, and --help and plan need none

        return Wiring(self.environment)

    def close(self) -> None:
        """Close what was opened."""
        if "wiring" in vars(self):
            self.wiring.close()
