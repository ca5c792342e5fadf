"""What Google does to a resource that an API client sends, before it looks at it: cut, stripped, counted."""

import re
from datetime import timedelta

from local.google_simulator.api.errors import ApiError, invalid
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import Account, Settings, World

_LONGEST_KEY, _LONGEST_VALUE = 44, 1024
_CONFERENCE_BLOCK = re.compile(r"-::~:~::~[:~]*::-.*?-::~:~::~[:~]*::-", re.DOTALL)
_TEXTS = ("summary", "description", "location")


def accepted(settings: Settings, body: Json) -> Json:
    """The body as Google keeps it: long property keys dropped, long values cut, conference blocks removed."""
    kept = dict(body)
    for name in _TEXTS:
        if isinstance(kept.get(name), str):
            kept[name] = _text(settings, kept[name])
    properties = kept.get("extendedProperties")
    if isinstance(properties, dict):
        kept["extendedProperties"] = {kind: _properties(values) for kind, values in properties.items()}
    return kept


def coloured(body: Json, version: str | None, stored: Json | None = None) -> Json:
    """The body with the colour that the client's `eventLabelVersion` is about: 1 labels, else `colorId` (W39).

    The other one is not listened to: of an update, which says everything, it stays as `stored`.
    """
    other = "colorId" if version == "1" else "eventLabelId"
    kept = {key: value for key, value in body.items() if key != other}
    if kept.get("eventLabelId") == "":
        kept["eventLabelId"] = None
    return kept | ({other: stored[other]} if stored and other in stored else {})


def check_identity(body: Json) -> None:
    """400 for an id and an iCalUID together: a client gives one of them."""
    if "id" in body and "iCalUID" in body:
        raise invalid("Only one of id and iCalUID may be given.", "iCalUID")


def count_creation(world: World, account: Account) -> None:
    """Count one more event that a client makes. 403 quotaExceeded beyond `Settings.creates_per_user` a day."""
    limit = world.settings.creates_per_user
    if limit is None:
        return
    now = world.clock.now()
    account.created = [moment for moment in account.created if now - moment < timedelta(days=1)]
    if len(account.created) >= limit:
        raise ApiError(403, "quotaExceeded", "Calendar usage limits exceeded.", domain="usageLimits")
    account.created.append(now)


def _text(settings: Settings, text: str) -> str:
    text = _CONFERENCE_BLOCK.sub("", text)
    return text.replace("\r\n", "\n").strip() if settings.trims_texts else text


def _properties(values: object) -> object:
    if not isinstance(values, dict):
        return values
    return {
        key: value[:_LONGEST_VALUE] if isinstance(value, str) else value
        for key, value in values.items()
        if len(key) <= _LONGEST_KEY
    }
