"""Feeds, as JSON and as text."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from almanac.presentation.tables import instant_text, listing
from almanac.services.feeds.ports import Feed


def new_document(feed_id: UUID, url: str) -> Mapping[str, object]:
    """Return the JSON document of a feed whose address was made just now."""
    return {"id": str(feed_id), "url": url}


def new_text(feed_id: UUID, url: str) -> str:
    """Return the address, and that it is not shown again."""
    return f"{url}\n\nfeed {feed_id}; whoever has the address reads the calendar, and it is not shown again"


def list_document(feeds: Sequence[Feed]) -> Mapping[str, object]:
    """Return the JSON document of feeds."""
    return {
        "feeds": [
            {
                "id": str(feed.id),
                "name": feed.name,
                "user_id": feed.user_id,
                "created_at": feed.created_at,
                "rotated_at": feed.rotated_at,
                "revoked_at": feed.revoked_at,
                "last_used_on": feed.last_used_on,
            }
            for feed in feeds
        ]
    }


def list_text(feeds: Sequence[Feed]) -> str:
    """Return the feeds as a table, and how to make one when there is none."""
    if not feeds:
        return "no feed: `almanac feed add WS` makes one"
    rows = (
        ((feed.name, feed.user_id or "everybody", feed.last_used_on, instant_text(feed.revoked_at)), [feed.id])
        for feed in feeds
    )
    return listing(("NAME", "OF", "LAST READ", "REVOKED"), rows)
