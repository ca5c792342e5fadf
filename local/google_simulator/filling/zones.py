"""Zone names of `.ics` files: Windows names, vendor prefixes and home-made VTIMEZONEs as IANA names."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_COMMON = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Helsinki", "America/New_York", "America/Chicago",
    "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
_SAMPLES = [datetime(year, month, 15, 12, tzinfo=UTC) for year in (2024, 2025, 2026) for month in range(1, 13)]


def iana_name(tzid: str, location: str | None = None) -> str | None:
    """The IANA zone a TZID means: by name, Windows name, vendor prefix, or X-LIC-LOCATION; None when none fits."""
    for candidate in (tzid, tzid.strip('"'), WINDOWS_TO_OLSON.get(tzid), location):
        if candidate and _known(candidate):
            return str(candidate)
    steps = tzid.split("/")
    for start in range(1, len(steps)):
        tail = "/".join(steps[start:])
        if _known(tail):
            return tail
    return None


def zone_like(rules: tzinfo) -> str | None:
    """An IANA zone with the same offsets from 2024 to 2026, the well-known ones first; None when none has them."""
    offsets = tuple(rules.utcoffset(moment.replace(tzinfo=None)) for moment in _SAMPLES)
    for name in (*_COMMON, *sorted(name for name in _names() if "/" in name)):
        place = ZoneInfo(name)
        if tuple(place.utcoffset(moment.replace(tzinfo=None)) for moment in _SAMPLES) == offsets:
            return name
    return None


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Every zone but the machine's own names for its local time."""
    return frozenset(available_timezones() - {"localtime", "Factory", "posixrules"})


def _known(name: str) -> bool:
    return name in _names()
