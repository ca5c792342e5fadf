"""What exports need from the outside."""

from typing import Protocol


class FileStore(Protocol):
    """Where files go."""

    def write(self, place: str, text: str) -> str:
        """Write a file where a person wants it; return where that is. Raises BadInput."""
        ...

    def keep(self, name: str, text: str) -> str:
        """Write a file where exports are kept; return where that is. Raises BadSettings."""
        ...
