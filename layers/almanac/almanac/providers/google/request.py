"""The two shapes of an `events.list` request, and the fingerprint of what a sync token depends on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from almanac.domain.sync.window import Window
from almanac.providers.google.pages import MAPPING_VERSION

EVENT_FIELDS = (
    "id,status,etag,updated,sequence,summary,description,location,start,end,endTimeUnspecified,transparency,"
    "visibility,eventType,colorId,htmlLink,iCalUID,recurringEventId,originalStartTime,"
    "creator(email),organizer(email),attendees(email,displayName,responseStatus,self,organizer,optional,resource),"
    "extendedProperties(private)"
)
_TOKENS_FIELDS = f"nextPageToken,nextSyncToken,timeZone,items({EVENT_FIELDS})"
"""What tokens have always been asked with: a mask chooses what is shown of an answer, not what it is about."""
LISTING_FIELDS = f"accessRole,{_TOKENS_FIELDS}"
"""Without the two tokens in the mask, paging would end silently (traps 85)."""
CHANGES_FIELDS = LISTING_FIELDS.replace("items(", "items(recurrence,")
"""Of a listing of changes, which tells series as themselves: of instances that a series has lost, no listing by
`updatedMin` is promised to tell, but the series and its exceptions are resources of their own."""
MOST_A_PAGE = 2500
"""The most that `events.list` gives."""


@dataclass(frozen=True, slots=True)
class ListEvents:
    """One `events.list` request: exactly one of `window`, `sync_token` (trap 4) and `changed_since` is set."""

    calendar_id: str
    window: Window | None = None
    sync_token: str | None = None
    page_token: str | None = None
    page_size: int = MOST_A_PAGE
    changed_since: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse the shapes that Google refuses."""
        if (self.window, self.sync_token, self.changed_since).count(None) != 2:
            raise ValueError("a listing has either a window, a sync token or an instant")

    def parameters(self) -> dict[str, str | int | bool]:
        """Return the query. What is here beside token and window must stay equal for the life of a token (trap 5)."""
        shape: dict[str, str | int | bool] = {
            "calendarId": self.calendar_id,
            "singleEvents": self.changed_since is None,
            "maxResults": self.page_size,
            "fields": LISTING_FIELDS if self.changed_since is None else CHANGES_FIELDS,
        }
        if self.window is not None:
            shape |= {"timeMin": _rfc3339(self.window.start), "timeMax": _rfc3339(self.window.end)}
        if self.changed_since is not None:
            shape |= {"updatedMin": _rfc3339(self.changed_since), "showDeleted": True}
        if self.sync_token is not None:
            shape["syncToken"] = self.sync_token
        if self.page_token is not None:
            shape["pageToken"] = self.page_token
        return shape


def query_fingerprint(page_size: int) -> str:
    """Return what a sync token depends on beside its window: another request or mapping makes tokens void."""
    return sha256(f"{MAPPING_VERSION}|singleEvents|{page_size}|{_TOKENS_FIELDS}".encode()).hexdigest()[:16]


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
