"""What a consent to some scopes lets be done (https://developers.google.com/identity/protocols/oauth2/scopes#calendar)."""

from collections.abc import Collection, Mapping

from almanac.services.accounts.ports import Writing

_ROOT = "https://www.googleapis.com/auth/"
_FULL, _EVENTS = f"{_ROOT}calendar", f"{_ROOT}calendar.events"
_OWNED_EVENTS, _MADE_HERE = f"{_ROOT}calendar.events.owned", f"{_ROOT}calendar.app.created"
WRITING_SCOPES: Mapping[Writing, str] = {
    "new_calendar": _MADE_HERE,
    "own_calendars": _OWNED_EVENTS,
    "all_calendars": _EVENTS,
}
"""The narrowest scope that lets so much be written."""


def grants_writing(scopes: Collection[str], *, owned: bool, made_here: bool) -> bool:
    """Return whether events may be written to a calendar: the account's own, or one that was made for us."""
    given = set(scopes)
    everywhere = bool(given & {_FULL, _EVENTS})
    return everywhere or (owned and _OWNED_EVENTS in given) or (made_here and _MADE_HERE in given)


def grants_calendars(scopes: Collection[str]) -> bool:
    """Return whether a calendar may be made."""
    return bool(set(scopes) & {_FULL, _MADE_HERE})
