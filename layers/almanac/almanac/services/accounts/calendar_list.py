"""Reads an account's calendar list to its end."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from almanac.domain.text import clean
from almanac.errors import ProviderRejected
from almanac.services.sync.provider import CalendarEntry

MOST_LIST_PAGES = 1000
"""Nobody has 250,000 calendars: a list of more pages has no end."""

Page = tuple[list[CalendarEntry], str | None]
"""Entries, and the token of the next page."""


def whole_list(page: Callable[[str | None], Page], provider: str) -> Sequence[CalendarEntry]:
    """Return the whole list, one entry a calendar: a list that changes while it is paged may repeat it.

    `page` asks for one page. Raises ProviderRejected for a list without end, and what `page` raises.
    """
    found: dict[str, CalendarEntry] = {}
    page_token, asked = None, set[str]()
    while True:
        entries, page_token = page(page_token)
        found |= {entry.calendar_id: replace(entry, name=clean(entry.name)) for entry in entries}
        if page_token is None:
            return [entry for entry in found.values() if not entry.deleted]
        if page_token in asked:
            raise ProviderRejected("a page of the calendar list names an earlier one as the next", provider=provider)
        if len(asked) == MOST_LIST_PAGES:
            raise ProviderRejected(f"a calendar list of more than {MOST_LIST_PAGES} pages", provider=provider)
        asked.add(page_token)
