"""Exports in a folder of this machine: the FileStore of the services."""

import os
from pathlib import Path

from typing_extensions import override

from almanac.errors import BadInput, BadSettings
from almanac.services.export.ports import FileStore

_VARIABLE = "ALMANAC_EXPORT_FOLDER"


class FolderFiles(FileStore):
    """FileStore over a folder; None: only where somebody names a place. Files are their owner's alone."""

    def __init__(self, folder: str | None) -> None:
        self._folder = folder

    @override
    def write(self, place: str, text: str) -> str:
        try:
            return _write(Path(place), text)
        except OSError as error:
            raise BadInput("output", f"cannot be written ({type(error).__name__})") from None

    @override
    def keep(self, name: str, text: str) -> str:
        if self._folder is None:
            raise BadSettings(_VARIABLE, "missing; set it to a folder, or name a file")
        try:
            folder = Path(self._folder)
            folder.mkdir(parents=True, exist_ok=True)
            return _write(folder / name, text)
        except OSError as error:
            raise BadSettings(_VARIABLE, f"cannot be written to ({type(error).__name__})") from None


def _write(path: Path, text: str) -> str:
    """As a whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    unfinished.replace(path)
    return str(path)
