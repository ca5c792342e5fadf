"""Google's push message: headers only, no body (P13)."""

import re
from collections.abc import Mapping

from almanac.domain.push.token import LONGEST_CHANNEL_ID, LONGEST_TOKEN
from almanac.services.push.ports import Ring

PUSH_PATH = "/google/push"
"""Where Google's rings arrive, below the public URL; one route of the HTTP API."""

_NAMES = ("channel-id", "channel-token", "resource-id", "resource-state", "message-number")
_LONGEST = 255
_PLAIN = re.compile(r"[\x21-\x7e]+")


def ring_of(headers: Mapping[str, str]) -> Ring | None:
    """Return what a message says; None when a header is missing, empty, too long or not plain text.

    Any state but `sync` means that there may be something to see, unknown ones too (P15).
    """
    said = {name.lower(): value for name, value in headers.items()}
    found = [said.get(f"x-goog-{name}", "") for name in _NAMES]
    channel_id, token, resource_id, state, number = found
    if any(len(each) > _LONGEST + 1 or not _PLAIN.fullmatch(each) for each in found):
        return None
    if len(channel_id) > LONGEST_CHANNEL_ID or len(token) > LONGEST_TOKEN or len(resource_id) > _LONGEST:
        return None
    return Ring(channel_id, token, resource_id, number, first=state == "sync")
