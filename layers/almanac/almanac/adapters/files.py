"""Exports in a folder of this machine: FileStore and ExportFiles of the services. A link is signed with a key that lies
in the folder, so that whoever serves the folder can tell it from one that somebody made up."""

import hmac
import os
import secrets
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

from typing_extensions import override

from almanac.errors import BadInput, BadSettings, FilesRefused
from almanac.services.export.ports import ExportFiles, FileStore

_VARIABLE = "ALMANAC_EXPORT_FOLDER"
_KEY_FILE = ".key-of-links"
LINKS = "/exports/"
"""Where the paths of links begin."""


class FolderFiles(FileStore, ExportFiles):
    """FileStore and ExportFiles over a folder; None: only where somebody names a place. Files are their owner's alone.

    `public_url` is where links lead to; whoever serves it asks `linked_file`.
    """

    def __init__(
        self, folder: str | None, public_url: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._url = public_url or ""
        self._clock = clock

    @override
    def write(self, place: str, content: bytes) -> str:
        try:
            if Path(place).exists() and not Path(place).is_file():
                Path(place).write_bytes(content)  # /dev/null and pipes are written to: nothing takes their place
            else:
                _write(Path(place).resolve(), content)
        except OSError as error:
            raise BadInput("output", f"cannot be written: {error.strerror}") from None
        return place

    @override
    def keep(self, name: str, content: bytes) -> str:
        try:
            folder = self._place()
            folder.mkdir(parents=True, exist_ok=True)
            return _write(folder / name, content)
        except OSError as error:
            raise BadSettings(_VARIABLE, f"cannot be written to: {error.strerror}") from None

    @override
    def put(self, key: str, content: bytes, media_type: str) -> None:
        try:
            place = self._place() / key
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, content)
        except OSError as error:
            raise FilesRefused(f"{_VARIABLE} cannot be written to: {error.strerror}") from None

    @override
    def link(self, key: str, name: str, seconds: int) -> str:
        until = str(int(self._clock()) + seconds)
        said = {"name": name, "until": until, "signature": _signature(_key(self._place()), key, name, until)}
        return f"{self._url}{LINKS}{quote(key)}?{urlencode(said)}"

    @override
    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            (self._place() / key).unlink(missing_ok=True)

    def _place(self) -> Path:
        if self._folder is None:
            raise BadSettings(_VARIABLE, "missing; set it to a folder, or name a file")
        return Path(self._folder)


def linked_file(folder: str, path: str, query: str, now: float) -> tuple[str, bytes] | None:
    """Return the name and the content of the file that a link leads to; None when no link of ours does, or no more."""
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    name, until, signature = (asked.get(each, "") for each in ("name", "until", "signature"))
    key = path.removeprefix(LINKS)
    right = _signature(_key(Path(folder)), key, name, until)
    if not hmac.compare_digest(right.encode(), signature.encode()) or not until.isdecimal() or int(until) < now:
        return None
    try:
        return name, (Path(folder) / key).read_bytes()
    except OSError:
        return None


def _signature(key: bytes, *said: str) -> str:
    return hmac.new(key, "\n".join(said).encode("utf-8", "replace"), sha256).hexdigest()


def _key(folder: Path) -> bytes:
    """The folder's key, made when it is first needed."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / _KEY_FILE
    try:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass  # an earlier process has made it
    return place.read_bytes()


def _write(path: Path, content: bytes) -> str:
    """As a whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)
    return str(path)
