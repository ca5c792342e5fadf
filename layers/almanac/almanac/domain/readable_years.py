"""Times that databases have and Python has not: years beyond 1 to 9999, and no end at all."""

from datetime import UTC, date, datetime

FIRST, LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
"""What is beyond them is read as these, infinity too: a day or a zone more, and Python would have no year for it. An
event without an end in some product is one event, and must not cost its workspace every plan."""


def instant(text: str) -> datetime:
    """Return an instant as Postgres and JSON write it, or the one of FIRST and LAST that it lies beyond."""
    try:
        return min(max(datetime.fromisoformat(text), FIRST), LAST)
    except ValueError:
        return FIRST if _is_before_python(text) else LAST


def day(text: str) -> date:
    """Return the same of a date."""
    try:
        return min(max(date.fromisoformat(text), FIRST.date()), LAST.date())
    except ValueError:
        return FIRST.date() if _is_before_python(text) else LAST.date()


def _is_before_python(text: str) -> bool:
    return text.startswith("-") or text.endswith("BC")
