"""Lists what has changed since a pass of several pages began, because its token need not tell.

Read literally, the reference of `nextSyncToken` promises what has changed "since this result was returned": the last
page, hours after the first one where a pass was interrupted.
"""

from collections.abc import Set
from dataclasses import dataclass, replace

from almanac.domain.calendar.events import EventPage
from almanac.domain.sync.passes import Checkpoint, delta_before_recheck
from almanac.services.sync.page_reader import PageReader, following
from almanac.services.sync.page_writer import PageWriter
from almanac.services.sync.ports import Progress
from almanac.services.sync.provider import Version


@dataclass(slots=True)
class Found:
    """Whether a recheck has written anything, and what it has met of which only a listing of occurrences tells.

    That is series, and changed occurrences without a row, which their series may have lost.
    """

    written: bool
    untold: Set[Version] = frozenset()


def recheck(reader: PageReader, writer: PageWriter, at: Checkpoint, provider: str) -> Found:
    """List and write what has changed since the pass began. Raises OutOfTime; the next run goes on at its page."""
    found = Found(at.found)
    asked = {(at.attempt, at.page_token)}
    after = delta_before_recheck(at)
    while True:
        listed = reader.read(at, None)
        page, strays = writer.without_strays(writer.translate(listed, at))
        next_page = following(at, listed, asked, provider)
        found.untold = found.untold | listed.series | strays
        if next_page is not None:  # whatever this page writes: it is written and noted in one transaction
            brought = page.rows or page.tombstones or found.untold
            next_page = replace(next_page, found=found.written or bool(brought))
        if page.rows or page.tombstones or next_page is not None:
            written = writer.write(page, at, Progress(at.fingerprint, at.window, next_page or after))
            found.written = found.written or bool(written.inserted or written.updated or written.deleted)
        if next_page is None:
            return found
        at = next_page


def settle(writer: PageWriter, at: Checkpoint, sync_token: str | None) -> None:
    """Let the stored token hold as it is."""
    nothing = EventPage((), (), (), (), mapping_version=0)
    writer.write(nothing, at, Progress(at.fingerprint, at.window, sync_token=sync_token))
