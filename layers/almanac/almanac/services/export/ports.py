"""What exports need from the outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol
from uuid import UUID

from almanac.domain.export.kinds import ExportKind
from almanac.domain.export.report import ExportReport
from almanac.errors import BadInput
from almanac.jobs import CalendarExport
from almanac.services.sync.ports import Refusal

MailState = Literal["begun", "sent", "unknown"]
"""Of a mail. `begun`: it is being sent, or who sent it has died."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is to hold. A `user_id` is whose digest it is, `day` the person's date that it is of."""

    ws_id: UUID
    kind: ExportKind
    user_id: str | None = None
    day: date | None = None
    since: datetime | None = None
    until: datetime | None = None

    def require_possible(self) -> None:
        """Raise BadInput when `since` is not before `until`, and for one person's share of what has no such share."""
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise BadInput("until", "must be after since")
        if self.user_id is not None and self.kind != "digest":
            raise BadInput("user_id", f"is whose digest it is; {self.kind} holds the whole workspace, leave it out")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Made:
    """The content of an export, how many events or lines are in it, and of which version of the workspace it is.

    `letter`: writes its mail, given the address at which the file is.
    """

    content: bytes
    items: int
    version: int | None = None
    letter: Callable[[str], Letter] | None = None


Maker = Callable[[Wanted, datetime], Made]
"""Makes one kind of export, as of an instant. Raises UnknownWorkspace."""


@dataclass(frozen=True, slots=True)
class Export:
    """A row that a run is about to fill."""

    id: UUID
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom an export is mailed to, where (None: nowhere), and what an earlier run's mail to them has come to."""

    user_id: str
    address: str | None
    mail: MailState | None


@dataclass(frozen=True, slots=True)
class ListedExport:
    """One export as people see it."""

    id: UUID
    ws_id: UUID
    kind: ExportKind
    user_id: str | None
    day: date | None
    since: datetime | None
    until: datetime | None
    status: Literal["queued", "completed", "failed"]
    object_key: str | None
    items: int | None
    bytes: int | None
    error_type: str | None
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime


class FileStore(Protocol):
    """Where files go that somebody writes at a terminal."""

    def write(self, place: str, content: bytes) -> str:
        """Write a file where a person wants it; return where that is. Raises BadInput."""
        ...

    def keep(self, name: str, content: bytes) -> str:
        """Write a file where exports are kept; return where that is. Raises BadSettings."""
        ...


class ExportFiles(Protocol):
    """Where the files of jobs are kept. All raise FilesUnavailable and FilesRefused."""

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Keep a file; one of that key is replaced."""
        ...

    def link(self, key: str, name: str, seconds: int) -> str:
        """Return an address that gives the file, under a name, to whoever has it, for so many seconds."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Delete files; one that is not there is no error."""
        ...


class Mail(Protocol):
    """Sends mail."""

    def send(self, to: str, letter: Letter) -> None:
        """Send one mail, in two parts that say the same.

        Raises MailUnavailable when nothing was sent, MailUncertain when nobody can say, MailRefused.
        """
        ...


class ExportStore(Protocol):
    """The rows of exports, and their runs in the ledger. All raise DatabaseUnavailable and StorageFailed."""

    def begin(
        self, job: CalendarExport, run_id: UUID, sent_at: datetime | None, message_id: str | None
    ) -> Export | Refusal:
        """Record a run that begins, and its row unless it is there; or one that does not take place, and why.

        Raises UnknownWorkspace.
        """
        ...

    def readers(self, export: Export) -> Sequence[Reader]:
        """Whom a rule's export is mailed to: a digest to its person, a report to the members who want it.

        Their address is that of their settings, else of their first account.
        """
        ...

    def note_mail(self, export: Export, user_id: str, state: MailState | None) -> None:
        """Keep how far the mail to somebody has come."""
        ...

    def complete(self, export: Export, report: ExportReport, key: str, link: str | None) -> None:
        """End run and row; with a `link`, tell the workspace's history that a digest or report is ready there."""
        ...

    def fail(self, export: Export, report: ExportReport) -> None:
        """End the run; the row waits for another one when trying again can help, else it has failed."""
        ...


Morning = tuple[str, time]
"""A time zone's name, and the time of day there at which somebody wants a digest."""


class DueExports(Protocol):
    """Exports that wait to be asked for. All raise DatabaseUnavailable and StorageFailed."""

    def mornings(self) -> Sequence[Morning]:
        """The mornings of all members who want a digest."""
        ...

    def open_digests(self, days: Mapping[Morning, date], limit: int) -> int:
        """Add the rows of digests that are not there, of members by their mornings' dates; return how many."""
        ...

    def report_zones(self) -> Sequence[str]:
        """The time zones of all workspaces that want a weekly report."""
        ...

    def open_reports(self, days: Mapping[str, date], limit: int) -> int:
        """Add the rows of reports that are not there, of workspaces by their zones' Mondays; return how many."""
        ...

    def unsent(self, again_after: timedelta, young: timedelta, limit: int) -> Sequence[tuple[Export, int]]:
        """Rows that wait and are `young`: never sent, or so long ago; each with how often."""
        ...

    def mark_sent(self, ids: Collection[UUID]) -> None:
        """A message of these is in the queue."""
        ...

    def give_up(self, after: timedelta) -> int:
        """Let rows fail that have waited for so long; return how many."""
        ...


class ExportDirectory(Protocol):
    """What callers ask for and look at. All raise DatabaseUnavailable and StorageFailed."""

    def add(self, export: Export) -> None:
        """Keep what was asked for, unless it is there."""
        ...

    def withdraw(self, ws_id: UUID, export_id: UUID) -> None:
        """Forget what was asked for and never sent."""
        ...

    def all(self, ws_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ListedExport]:
        """The newest exports of a workspace, or those that follow one."""
        ...

    def one(self, ws_id: UUID, export_id: UUID) -> ListedExport | None:
        """One of them."""
        ...
