"""What a subscriber keeps: which events are there, folded from changes that may come twice and in any order."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

Taken = Literal["new", "double", "begin_anew", "of_no_event"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (ws_id TEXT, epoch INTEGER, version INTEGER, PRIMARY KEY (ws_id, epoch, version));
CREATE TABLE IF NOT EXISTS events (
    ws_id TEXT, event_id TEXT, version INTEGER, there INTEGER, kind TEXT, PRIMARY KEY (ws_id, event_id)
);
"""
_GOES = ("event.deleted", "block.removed")


class Table:
    """Events by workspace, in a file that outlives the process.

    A change is known by workspace, epoch and version: one that was seen is dropped. Of an event the change with the
    highest version holds, whichever came first. Another epoch means that the other side was restored: the workspace
    begins anew.
    """

    def __init__(self, file: Path | str) -> None:
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def take(self, ws_id: str, change: Mapping[str, Any], epoch: int = 0) -> Taken:
        """Fold one change in: `version`, `kind`, `subject`. What it was is told; all or nothing is kept of it."""
        with self._db:
            self._db.execute("BEGIN")
            newest = self._db.execute("SELECT max(epoch) FROM seen WHERE ws_id = ?", (ws_id,)).fetchone()[0]
            if newest is not None and epoch < newest:
                return "double"  # of a life that is over
            if newest is not None and epoch > newest:
                self._db.execute("DELETE FROM seen WHERE ws_id = ?", (ws_id,))
                self._db.execute("DELETE FROM events WHERE ws_id = ?", (ws_id,))
            mark = (ws_id, epoch, change["version"])
            if not self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", mark).rowcount:
                return "double"
            anew = newest is not None and epoch > newest
            if not change["kind"].startswith(("event.", "block.")):
                return "begin_anew" if anew else "of_no_event"
            there = change["kind"] not in _GOES
            self._db.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?) ON CONFLICT (ws_id, event_id) DO UPDATE SET"
                " version = excluded.version, there = excluded.there, kind = excluded.kind"
                " WHERE excluded.version > version",
                (ws_id, change["subject"], change["version"], there, change["kind"]),
            )
            return "begin_anew" if anew else "new"

    def events(self, ws_id: str) -> set[str]:
        """Ids of the events that are there, of those that changed since it listens."""
        rows = self._db.execute("SELECT event_id FROM events WHERE ws_id = ? AND there", (ws_id,))
        return {row[0] for row in rows}

    def close(self) -> None:
        """Close the file."""
        self._db.close()
