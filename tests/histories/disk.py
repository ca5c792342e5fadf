"""A disk that is full: the kernel's own ENOSPC, for one table, without privileges.

Before a table grows, Postgres enters its free pages into the table's free space map. A map that is a link to /dev/full
cannot grow: https://www.postgresql.org/docs/current/storage-fsm.html, full(4).
"""

from contextlib import suppress
from pathlib import Path

from almanac.adapters.postgres.connection import Database

_FULL = Path("/dev/full")
_TABLE = "workspace_calendar_events"


class Disk:
    """The place where the server of `database` keeps its events; its files must be reachable from here."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._link: Path | None = None

    @property
    def is_full(self) -> bool:
        """Whether the table cannot grow."""
        return self._link is not None

    def fill(self) -> bool:
        """From now on the table cannot grow. False on a machine that has no /dev/full."""
        if not _FULL.exists() or self.is_full:
            return self.is_full
        self._write_anew()
        folder, file = self._db.run(f"SELECT current_setting('data_directory'), pg_relation_filepath('{_TABLE}')")[0]
        link = Path(folder, f"{file}_fsm")
        with suppress(FileExistsError):  # somebody was faster than us and has made the real map
            link.symlink_to(_FULL)
            self._link = link
        return self.is_full

    def make_room(self) -> None:
        """The table can grow again, as soon as no session is left that knows the full disk."""
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link = None

    def recover(self) -> None:
        """The table can grow again, for every session."""
        if self.is_full:
            self.make_room()
            self._write_anew()

    def _write_anew(self) -> None:
        """The table gets new files, without a map."""
        self._db.run(f"VACUUM FULL {_TABLE}")
