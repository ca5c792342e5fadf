"""Makes an export at once, into a file of whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from almanac.domain.export.kinds import FORMATS, ExportKind
from almanac.services.clock import Clock
from almanac.services.export.ports import FileStore, Maker, Wanted


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written: where, how much is in it, and of which version it is."""

    place: str
    kind: ExportKind
    items: int
    version: int | None


@dataclass(frozen=True, slots=True)
class ExportToFile:
    """The use case of `almanac export`; `files` keeps what has no name given."""

    makers: Mapping[ExportKind, Maker]
    files: FileStore
    clock: Clock

    def __call__(self, wanted: Wanted, place: str | None = None) -> Exported:
        """Write the file: to `place`, else under a name of its own where exports are kept.

        Raises UnknownWorkspace; BadInput for what cannot be wanted, it and BadSettings when the file cannot be written.
        """
        wanted.require_possible()
        now = self.clock()
        made = self.makers[wanted.kind](wanted, now)
        name = f"{wanted.ws_id}-{wanted.kind}-{now:%Y%m%dT%H%M%SZ}.{FORMATS[wanted.kind].extension}"
        written = self.files.write(place, made.content) if place is not None else self.files.keep(name, made.content)
        return Exported(written, wanted.kind, made.items, made.version)
