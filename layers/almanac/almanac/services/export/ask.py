"""What callers do with exports: ask for one, look at them, get an address to download from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from almanac.domain.export.kinds import FORMATS, ExportKind
from almanac.errors import BadInput, QueueUnavailable
from almanac.jobs import CalendarExport
from almanac.services.clock import Clock
from almanac.services.export.ports import Export, ExportDirectory, ExportFiles, ListedExport, Wanted
from almanac.services.operations.people import require_member
from almanac.services.operations.ports import PeopleStore, WorkspaceStore
from almanac.services.operations.requests import SentRequest, send_request
from almanac.services.queues.ports import JobQueue

LINK_SECONDS = 15 * 60
"""How long an address gives a file to whoever has it."""


class UnknownExport(BadInput):
    """No export of that id in the workspace, or no longer."""

    code = "unknown_export"

    def __init__(self) -> None:
        super().__init__("id", "no export of that id in this workspace; they are kept for 7 days")


@dataclass(frozen=True, slots=True)
class Exports:
    """The use case of the routes of exports. `files` is asked for only where a link is."""

    workspaces: WorkspaceStore
    people: PeopleStore
    directory: ExportDirectory
    queue: JobQueue
    files: Callable[[], ExportFiles]
    clock: Clock

    def ask(self, wanted: Wanted, request_id: str) -> SentRequest:
        """Send the job that makes it; the row is there before the message. Raises UnknownWorkspace, QueueUnavailable.

        BadInput, too, for what cannot be wanted, and for a person who is no member.
        """
        wanted.require_possible()
        self.workspaces.require_workspace(wanted.ws_id)
        if wanted.user_id is not None:
            require_member(self.people, wanted.ws_id, wanted.user_id, "user_id")
        export = Export(UUID(request_id), wanted)
        self.directory.add(export)
        job = CalendarExport(
            ws_id=wanted.ws_id,
            kind=wanted.kind,
            user_id=wanted.user_id,
            since=wanted.since,
            until=wanted.until,
            request_id=request_id,
            requested_at=self.clock(),
        )
        try:
            return send_request(self.queue, job)
        except QueueUnavailable:
            self.directory.withdraw(wanted.ws_id, export.id)
            raise

    def all(self, ws_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ListedExport]:
        """Return the newest exports of a workspace, or those that follow one."""
        return self.directory.all(ws_id, after, limit)

    def one(self, ws_id: UUID, export_id: UUID) -> tuple[ListedExport, str | None]:
        """Return an export, and an address of its file for LINK_SECONDS once it is made.

        Raises UnknownExport, FilesUnavailable and FilesRefused.
        """
        found = self.directory.one(ws_id, export_id)
        if found is None:
            raise UnknownExport
        if found.object_key is None:
            return found, None
        return found, self.files().link(found.object_key, file_name(found.kind, found.created_at), LINK_SECONDS)


def file_name(kind: ExportKind, at: datetime) -> str:
    """Return what a browser calls the file that it saves."""
    return f"{kind.partition('_')[0]}-{at:%Y-%m-%d}.{FORMATS[kind].extension}"
