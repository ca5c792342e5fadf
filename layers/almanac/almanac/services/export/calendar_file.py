"""Writes a workspace's calendar into a file that other programs read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from almanac.domain.history.fold import State
from almanac.services.clock import Clock
from almanac.services.export.ports import FileStore
from almanac.services.history.read import History

FileKind = Literal["csv", "ics"]
Writer = Callable[[Mapping[UUID, State], datetime], str]
"""Gives a calendar's text, as of an instant."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written: where, and how many events are in it."""

    place: str
    kind: FileKind
    events: int
    version: int


@dataclass(frozen=True, slots=True)
class ExportCalendar:
    """The use case of `almanac export`; `writers` by kind, `files` keeps what has no name given."""

    history: History
    writers: Mapping[FileKind, Writer]
    files: FileStore
    clock: Clock

    def __call__(self, ws_id: UUID, kind: FileKind, place: str | None = None) -> Exported:
        """Write the workspace's events: to `place`, else under a name of its own where exports are kept.

        Raises UnknownWorkspace; BadInput and BadSettings when the file cannot be written.
        """
        now = self.clock()
        found = self.history.calendar(ws_id)
        text = self.writers[kind](found.events, now)
        name = f"{ws_id}-{now:%Y%m%dT%H%M%SZ}.{kind}"
        written = self.files.write(place, text) if place is not None else self.files.keep(name, text)
        return Exported(written, kind, len(found.events), found.version)
