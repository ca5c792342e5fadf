"""What exports are made of and where they are kept: history, files. No key, no token, no provider."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.errors import BadSettings
from almanac.settings import ExportSettings, PublicSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.history.reading import HistoryWiring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from almanac.domain.export.kinds import ExportKind
    from almanac.services.export.ports import ExportFiles, Maker
    from almanac.services.feeds.feeds import Feeds


class ExportWiring(HistoryWiring):
    """Makes exports, and keeps them."""

    @cached_property
    def export_files(self) -> "ExportFiles":
        """The bucket, or the folder. Raises BadSettings where there is neither."""
        from almanac.adapters.files import FolderFiles

        settings = load(ExportSettings, self._environment)
        if settings.export_bucket is not None:
            from almanac.adapters.aws import clients
            from almanac.adapters.aws.export_bucket import S3Files

            return S3Files(clients.client("s3", signature_version="s3v4"), settings.export_bucket)
        if settings.export_folder is None:
            raise BadSettings("ALMANAC_EXPORT_BUCKET", "missing; set it, or ALMANAC_EXPORT_FOLDER")
        return FolderFiles(settings.export_folder, load(PublicSettings, self._environment).public_url)

    @property
    def has_export_files(self) -> bool:
        """Whether there is a bucket or a folder."""
        settings = load(ExportSettings, self._environment)
        return settings.export_bucket is not None or settings.export_folder is not None

    @cached_property
    def feeds(self) -> "Feeds":
        """Calendars under addresses of their own."""
        from almanac.adapters.postgres.accounts import PostgresWorkspaces
        from almanac.adapters.postgres.exports.feeds import PostgresFeeds
        from almanac.adapters.postgres.plan.members import PostgresPeople
        from almanac.presentation.history.calendar_file import ics_text
        from almanac.services.feeds.feeds import Feeds

        url = load(PublicSettings, self._environment).public_url
        store, people = PostgresFeeds(self.database), PostgresPeople(self.database)
        return Feeds(PostgresWorkspaces(self.database), store, people, self.history, ics_text, url, utc_now)

    @cached_property
    def makers(self) -> "Mapping[ExportKind, Maker]":
        """What makes each kind."""
        from almanac.adapters.postgres.exports.people import PostgresDays
        from almanac.adapters.postgres.exports.week import PostgresWeeks
        from almanac.presentation.export.digest import DigestTexts
        from almanac.presentation.export.report import report_csv, report_html
        from almanac.presentation.export.report_mail import report_letter
        from almanac.presentation.history.calendar_file import csv_text, ics_text
        from almanac.presentation.history.series_file import series_text
        from almanac.services.digest.make import MakeDigest
        from almanac.services.export.calendar_file import CalendarFile
        from almanac.services.reports.make import MakeReport

        return {
            "csv": CalendarFile(self.history, csv_text),
            "ics": CalendarFile(self.history, ics_text),
            "ics_series": CalendarFile(self.history, series_text),
            "digest": MakeDigest(PostgresDays(self.database), self.history, DigestTexts()),
            "report": MakeReport(PostgresWeeks(self.database), report_html, report_letter),
            "report_csv": MakeReport(PostgresWeeks(self.database), report_csv),
        }
