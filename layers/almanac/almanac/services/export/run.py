"""One run of an export: made, kept, and for a rule's mailed or announced. However often tried, one mail a reader."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Literal
from uuid import UUID, uuid4

from almanac.domain.export.kinds import FORMATS, ExportKind
from almanac.domain.export.report import ExportReport
from almanac.errors import (
    AlmanacError,
    DatabaseUnavailable,
    MailRefused,
    MailUnavailable,
    MailUncertain,
    OutOfMemory,
    TransientError,
    UnknownWorkspace,
    safe_error_fields,
)
from almanac.jobs import CalendarExport
from almanac.services.clock import Clock, Deadline
from almanac.services.export.ports import Export, ExportFiles, ExportStore, Letter, Made, Mail, Maker, Reader
from almanac.services.sync.ports import Refusal

logger = logging.getLogger(__name__)

_REMOVED = Refusal("removed")


@dataclass(frozen=True, slots=True)
class RunExport:
    """The use case behind the function `export`. Without `mail` a digest is announced; `link_to` says where it is."""

    store: ExportStore
    makers: Mapping[ExportKind, Maker]
    files: ExportFiles
    mail: Mail | None
    link_to: Callable[[UUID, UUID], str]
    """Gives the address of an export: of its workspace and id."""
    clock: Clock

    def __call__(
        self, job: CalendarExport, sent_at: datetime | None, _deadline: Deadline, message_id: str | None = None
    ) -> ExportReport:
        """Run the job; `sent_at` is when its message was sent. What goes wrong is in the report and in the run's row.

        Raises UnknownWorkspace and DatabaseUnavailable, which leave nothing to record, and after recording it any bug.
        """
        report = ExportReport(job.ws_id, uuid4(), job.kind)
        try:
            export = self.store.begin(job, report.run_id, sent_at, message_id)
        except UnknownWorkspace:
            if job.source == "manual":
                raise  # somebody may have mistyped it
            export = _REMOVED
        if isinstance(export, Refusal):
            report.status, report.outcome = "skipped", export.outcome
            return report
        self._recorded(export, report)
        return report

    def _recorded(self, export: Export, report: ExportReport) -> None:
        try:
            self._make(export, report)
        except DatabaseUnavailable:
            raise
        except AlmanacError as error:
            retry_after = (error.retry_after or 0.0) if isinstance(error, TransientError) else None
            report.fail(error.code, str(error), retry_after)
            self.store.fail(export, report)
        except MemoryError:
            report.fail(OutOfMemory.code, "the export needs more memory than its function has")
            self.store.fail(export, report)
        except Exception as error:  # noqa: BLE001 - a bug; recorded, and raised again without its text
            said = safe_error_fields(error)
            report.fail(said["error_type"], said["error"], 0.0)  # the row waits: a later version may do better
            logger.error("a workspace could not be exported", extra=said)  # noqa: TRY400 - its text may quote a title
            self.store.fail(export, report)
            raise AlmanacError(f"an export met an unexpected {type(error).__name__}; run {report.run_id}") from None

    def _make(self, export: Export, report: ExportReport) -> None:
        began, wanted = perf_counter(), export.wanted
        made = self.makers[wanted.kind](wanted, self.clock())
        key = f"{wanted.ws_id}/{export.id}.{FORMATS[wanted.kind].extension}"
        self.files.put(key, made.content, FORMATS[wanted.kind].media_type)
        link = self.link_to(wanted.ws_id, export.id)
        if wanted.day is not None:  # a rule asked for it, so nobody waits for it: its readers are told
            report.outcome = self._tell(export, made, link)
        report.counts.items, report.counts.bytes = made.items, len(made.content)
        report.counts.total_ms = round((perf_counter() - began) * 1000)
        # A digest is its person's, who has it now; of a report the workspace's product may want to know all the same.
        told = report.outcome == "announced" or (report.outcome == "mailed" and wanted.user_id is None)
        self.store.complete(export, report, key, link if told else None)

    def _tell(self, export: Export, made: Made, link: str) -> Literal["mailed", "announced"]:
        """Mail it to whoever it is for. Raises MailUnavailable: the next run goes on with those who have none yet."""
        if self.mail is None or made.letter is None:
            return "announced"
        letter = made.letter(link)
        mailed = [self._mailed(self.mail, export, reader, letter) for reader in self.store.readers(export)]
        return "mailed" if any(mailed) else "announced"

    def _mailed(self, mail: Mail, export: Export, reader: Reader, letter: Letter) -> bool:
        """Mail one reader, once: who died while sending, or had no answer, may have sent it. Raises MailUnavailable."""
        if reader.mail is not None:
            if reader.mail == "begun":
                self.store.note_mail(export, reader.user_id, "unknown")
            return True
        if reader.address is None:
            return False
        self.store.note_mail(export, reader.user_id, "begun")
        try:
            mail.send(reader.address, letter)
        except MailUnavailable:
            self.store.note_mail(export, reader.user_id, None)
            raise
        except MailRefused as error:
            self.store.note_mail(export, reader.user_id, None)
            logger.warning("an export could not be mailed", extra=safe_error_fields(error))
            return False
        except MailUncertain as error:
            self.store.note_mail(export, reader.user_id, "unknown")
            logger.warning("nobody can say whether an export was mailed", extra=safe_error_fields(error))
            return True
        self.store.note_mail(export, reader.user_id, "sent")
        return True
