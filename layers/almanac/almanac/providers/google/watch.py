"""Google's push: `events.watch` and `channels.stop`.

https://developers.google.com/workspace/calendar/api/guides/push
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from typing_extensions import override

from almanac.domain.push.channels import ASKED_LIFE
from almanac.domain.text import clean
from almanac.errors import AlmanacError, CalendarUnreachable, PushUnsupported
from almanac.providers.google.calendar import GoogleCalendar
from almanac.providers.google.errors import classify, rejected, unavailable
from almanac.services.sync.provider import Watch

_UNSUPPORTED = "pushnotsupportedforrequestedresource"
_TAKEN = "channelidnotunique"
_LONGEST_RESOURCE_ID = 255


class GoogleWatch(Watch):
    """Channels of one account. No parameter of a listing goes along: a filter there would mean silent gaps (P7)."""

    def __init__(self, calendar: GoogleCalendar, access_token: str) -> None:
        self._calendar = calendar
        self._token = access_token

    @override
    def start(self, calendar_id: str, channel_id: str, address: str, secret: str) -> tuple[str, datetime]:
        body = {
            "id": channel_id,
            "type": "web_hook",
            "address": address,
            "token": secret,
            "params": {"ttl": str(int(ASKED_LIFE.total_seconds()))},
        }
        said = {"calendarId": calendar_id, "body": body}
        answer = self._calendar.send(self._token, "events", "watch", said, None, classify_watch)
        return _resource_id(answer), parse_expiration(answer.get("expiration"))

    @override
    def stop(self, channel_id: str, resource_id: str) -> None:
        """404 and 410 mean that there is nothing left to stop (P40)."""
        said = {"body": {"id": channel_id, "resourceId": resource_id}}
        try:
            self._calendar.send(self._token, "channels", "stop", said, None, classify_watch)
        except CalendarUnreachable:
            return


def classify_watch(status: int, reasons: Sequence[str], *, retry_after: float | None) -> AlmanacError:
    """Return the error that a refusal of a watch or a stop is: no push for a calendar comes as 400 and as 403 (P45)."""
    names = {reason.replace("_", "").lower() for reason in reasons}
    if _UNSUPPORTED in names:
        return PushUnsupported(f"Google has no push for this calendar (HTTP {status})")
    if _TAKEN in names:  # by an attempt whose answer was lost; the next one has another id
        return unavailable(f"the channel's id is taken (HTTP {status})", retry_after)
    if status == 410:
        return CalendarUnreachable("Google knows the channel no more (HTTP 410)")
    return classify(status, reasons, retry_after=retry_after, listing_with_token=False, resumed_page=False)


def parse_expiration(said: Any) -> datetime:
    """Return the instant of an expiration: epoch milliseconds as text or number, or the text of an HTTP date (P6).

    Raises ProviderRejected when it is none of these.
    """
    try:
        if isinstance(said, int) or (isinstance(said, str) and said.isdecimal()):
            return datetime.fromtimestamp(int(said) / 1000, UTC)
        return parsedate_to_datetime(said).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise rejected("a channel without a usable expiration") from None


def _resource_id(answer: Mapping[str, Any]) -> str:
    found = answer.get("resourceId")
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_RESOURCE_ID or clean(found) != found:
        raise rejected("a channel without a usable resource id")
    return found
