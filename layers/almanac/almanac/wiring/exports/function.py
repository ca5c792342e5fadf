"""What the function `export` may see: rows, files, who sends mail, its own queue. No key, no token, no provider."""

import os
import random
from functools import cache, cached_property
from typing import TYPE_CHECKING

from almanac.settings import MailSettings, PublicSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.exports.makers import ExportWiring
from almanac.wiring.queues import Queues

if TYPE_CHECKING:
    from almanac.adapters.aws.mail import SesMail
    from almanac.domain.export.report import ExportReport
    from almanac.jobs import CalendarExport
    from almanac.services.export.due import AskForDue
    from almanac.services.export.run import RunExport
    from almanac.services.queues.message_run import MessageRun


class ExportFunctionWiring(Queues, ExportWiring):
    """The use cases of a message and of a tick."""

    @cached_property
    def mail(self) -> "SesMail | None":
        """Who sends digests; None where they are announced."""
        from almanac.adapters.aws import clients
        from almanac.adapters.aws.mail import SesMail

        sender = load(MailSettings, self._environment).mail_from
        return None if sender is None else SesMail(clients.client("sesv2"), sender)

    @cached_property
    def run_export(self) -> "RunExport":
        """The use case of one job."""
        from almanac.adapters.postgres.exports.store import PostgresExportRuns
        from almanac.services.export.run import RunExport

        public_url = load(PublicSettings, self._environment).public_url or ""
        return RunExport(
            store=PostgresExportRuns(self.database, memory=self.memory_for("calendar.export")),
            makers=self.makers,
            files=self.export_files,
            mail=self.mail,
            # In the console, which asks who wants to see it; without an address of ours the path alone.
            link_to=lambda ws_id, export_id: f"{public_url}/console/workspaces/{ws_id}/exports/{export_id}",
            clock=utc_now,
        )

    @cached_property
    def receive_export(self) -> "MessageRun[CalendarExport, ExportReport]":
        """The use case of one record of the export queue."""
        from almanac.jobs import parse_export
        from almanac.services.queues.message_run import MessageRun

        return MessageRun(
            parse_export,
            lambda *asked: self.run_export(*asked),  # noqa: PLW0108 - see CalendarSyncWiring
            self.queue,
            random.random,
            "calendar.export",
        )

    @cached_property
    def ask_for_due(self) -> "AskForDue":
        """The use case of a tick."""
        from almanac.adapters.postgres.exports.store import PostgresDueExports
        from almanac.adapters.postgres.runs import PostgresAskedJobs
        from almanac.services.export.due import AskForDue
        from almanac.services.queues.recorded_queue import RecordedQueue

        queue = RecordedQueue(self.queue, PostgresAskedJobs(self.database))
        return AskForDue(PostgresDueExports(self.database), queue, utc_now)


@cache
def container() -> ExportFunctionWiring:
    """Return the process's wiring: kept for the life of a Lambda container."""
    return ExportFunctionWiring(os.environ)
