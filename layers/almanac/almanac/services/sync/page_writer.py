"""Translates a pass's pages and writes them, each with its progress in one transaction; counts what came of them."""

from collections.abc import Sequence, Set
from dataclasses import replace
from time import perf_counter

from almanac.domain.calendar.events import EventPage, EventProblem
from almanac.domain.sync.passes import Checkpoint
from almanac.domain.sync.report import PROBLEMS_KEPT, ConnectionReport
from almanac.services.sync.page_reader import RunContext
from almanac.services.sync.ports import Connection, PageCounts, Progress
from almanac.services.sync.provider import ListedPage, Version


class PageWriter:
    """The pages of one connection's passes in one run, on their way to the store."""

    def __init__(self, run: RunContext, connection: Connection, report: ConnectionReport) -> None:
        self._run = run
        self._connection = connection
        self._report = report
        self.rewrites = False
        """Whether rows are written although their etag is equal: the calendar was read with other eyes before."""

    def translate(self, listed: ListedPage, at: Checkpoint) -> EventPage:
        """Return the page in neutral form, its problems noted, without what nobody wants to keep."""
        began = perf_counter()
        page = listed.events()
        self._report.tally.map_ms += (perf_counter() - began) * 1000
        self._note(page.problems if not at.recheck else [p for p in page.problems if p not in self._report.problems])
        return page if at.kind == "full" else self._wanted(page, at)

    def write(self, page: EventPage, at: Checkpoint, progress: Progress | None) -> PageCounts:
        """Write the page and, with it, where the pass stands."""
        tally = self._report.tally
        began = perf_counter()
        if self.rewrites and at.kind == "full":
            page = replace(page, rewrite=True)
        written = self._run.pages.apply_page(self._run.lease, self._connection, page, at.kind, progress)
        tally.write_ms += (perf_counter() - began) * 1000
        tally.inserted += written.inserted
        tally.updated += written.updated
        tally.deleted += written.deleted
        tally.unchanged += written.unchanged
        return written

    def _wanted(self, page: EventPage, at: Checkpoint) -> EventPage:
        """Return a delta's page without events far outside the window that have no row.

        A delta cannot say which days it is about: a series without end comes with instances of decades. An event that
        is here and moves out keeps its row, and with it what the app owns.
        """
        far = [row.external_event_id for row in page.rows if at.window.is_far_from(row.start_at, row.end_at)]
        if not far:
            return page
        unwanted = set(far) - self._run.pages.known_events(self._run.lease, self._connection, far)
        return page.without(unwanted)

    def without_strays(self, page: EventPage) -> tuple[EventPage, Set[Version]]:
        """Return a recheck's page without changed occurrences that have no row, and these, each with its version.

        A listing of changes tells an occurrence as itself, also one whose series has ended before it since: where
        occurrences are listed it is not shown (trap 34). One that is has a row by then, under the same id.
        """
        changed = {row.external_event_id: row.etag for row in page.rows if row.recurring_event_id is not None}
        if not changed:
            return page, frozenset()
        strays = changed.keys() - self._run.pages.known_events(self._run.lease, self._connection, list(changed))
        return page.without(strays), {(event_id, changed[event_id]) for event_id in strays}

    def _note(self, problems: Sequence[EventProblem]) -> None:
        report = self._report
        repaired = sum(problem.stored for problem in problems)
        report.tally.repaired += repaired
        report.tally.rejected += len(problems) - repaired
        report.problems += problems[: PROBLEMS_KEPT - len(report.problems)]
