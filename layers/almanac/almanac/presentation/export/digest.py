"""A digest as one HTML page that mail programs show, and as plain text that says the same. No picture, no link."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from almanac.domain.export.digest import Digest, Entry, Move, Span, Trouble
from almanac.domain.history.changes import Origin
from almanac.presentation.export.mail_page import QUIET, mail_card, mail_page, safe
from almanac.presentation.phrases import STATES
from almanac.presentation.tables import one_line
from almanac.services.digest.ports import DigestPage
from almanac.services.export.ports import Letter

MOST = 40
"""Lines of one part; how many more there are is said."""
MOST_MOVED = 12
"""Of what has moved: after a first plan that is everything, and the day is what a morning is about."""
_BY: dict[Origin, str] = {
    "plan": "by the plan",
    "app": "in your product",
    "sync": "in its calendar",
    "import": "in its calendar",
    "sweep": "in its calendar",
    "operator": "by an operator",
}
_TIME = "padding:5px 12px 5px 0;white-space:nowrap;vertical-align:top;font-variant-numeric:tabular-nums"


class DigestTexts(DigestPage):
    """The DigestPage of the services."""

    def html(self, digest: Digest) -> str:
        """Return it as one HTML page."""
        parts = [_card(title, rows, left) for title, rows, left in _parts(digest)]
        return mail_page(_subject(digest), _head(digest), _about(digest), parts)

    def letter(self, digest: Digest) -> Letter:
        """Return its mail: the page, and the same in plain text."""
        lines = [_head(digest), _about(digest)]
        for title, rows, left in _parts(digest):
            lines += ["", title, "-" * len(title)]
            for when, what, more in rows:
                lines.append(f"{when:<13} {what}" if when else what)
                lines += [f"{'':<14}{each}" if when else f"  {each}" for each in more]
            lines += [f"and {left} more"] if left else []
        return Letter(one_line(_subject(digest)), "\n".join(one_line(line) for line in lines) + "\n", self.html(digest))


Row = tuple[str, str, Sequence[str]]
"""When, what, and what is said below it."""


def _parts(digest: Digest) -> Iterator[tuple[str, Sequence[Row], int]]:
    """Yield each part: its title, its rows, how many there are beside them."""
    today = [_entry(each, digest) for each in digest.today]
    yield "Today", today[:MOST] or [("", "Nothing is in the calendar.", ())], max(0, len(today) - MOST)
    for title, rows, most in (
        ("At risk", [_trouble(each) for each in digest.at_risk], MOST),
        ("Without a place", [_trouble(each) for each in digest.without_place], MOST),
        ("Moved since yesterday", [_moved(each, digest) for each in digest.moved], MOST_MOVED),
    ):
        if rows:
            yield title, rows[:most], max(0, len(rows) - most)


def _subject(digest: Digest) -> str:
    return f"{digest.day:%A %d %B}: {_counted(len(digest.today), 'event')}, {digest.workspace}"


def _head(digest: Digest) -> str:
    return f"{digest.day:%A, %d %B %Y}"


def _about(digest: Digest) -> str:
    whose = digest.workspace if digest.person is None else f"{digest.person}, {digest.workspace}"
    if digest.planned_at is None:
        return f"{whose}. Times of {digest.zone.key}."
    return f"{whose}. Times of {digest.zone.key}; planned {digest.planned_at.astimezone(digest.zone):%a %H:%M}."


def _entry(each: Entry, digest: Digest) -> Row:
    notes = [each.block or "", each.location, "not yet agreed" if each.tentative else ""]
    said = ", ".join(note for note in notes if note)
    return _when(each, digest), each.title or "(no title)", (said,) if said else ()


def _when(each: Entry, digest: Digest) -> str:
    if each.all_day:
        return "all day"
    start, end = each.start.astimezone(digest.zone), each.end.astimezone(digest.zone)
    first = f"{start:%H:%M}" if start.date() == digest.day else "…"
    last = f"{end:%H:%M}" if end.date() == digest.day else "…"
    return f"{first}–{last}"


def _moved(each: Move, digest: Digest) -> Row:
    was, now = _span(each.was, each.all_day, digest), _span(each.now, each.all_day, digest)
    if each.was is None:
        said = f"new: {now}, {_BY[each.by]}"
    elif each.now is None:
        said = f"gone: was {was}, taken away {_BY[each.by]}"
    else:
        said = f"from {was} to {now}, {_BY[each.by]}"
    return "", each.title or "(no title)", (said,)


def _span(span: Span | None, all_day: bool, digest: Digest) -> str:
    if span is None:
        return ""
    start, end = (moment.astimezone(digest.zone) for moment in span)
    if all_day:
        return f"{start:%a %d %b}"
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %d %b %H:%M}"
    return f"{_day(start, digest)} {start:%H:%M}–{last}"


def _day(moment: datetime, digest: Digest) -> str:
    return "today" if moment.date() == digest.day else f"{moment:%a %d %b}"


def _trouble(each: Trouble) -> Row:
    said = [f"{STATES.get(each.status, each.status)}: {each.reason}"]
    return "", each.title, [*said, *([f"would help: {each.hint}"] if each.hint else [])]


def _card(title: str, rows: Sequence[Row], left: int) -> str:
    shown = "".join(_row(*row) for row in rows)
    more = f'<p class="quiet" style="margin:6px 0 0;{QUIET}">and {left} more</p>' if left else ""
    return mail_card(title, shown, more)


def _row(when: str, what: str, more: Sequence[str]) -> str:
    below = "".join(f'<br><span class="quiet" style="{QUIET}">{safe(each)}</span>' for each in more)
    time = f'<td style="{_TIME}">{safe(when)}</td>' if when else ""
    span = "" if when else ' colspan="2"'
    title = f"<bdi><strong>{safe(what)}</strong></bdi>"
    return f'<tr>{time}<td{span} style="padding:5px 0;width:100%">{title}{below}</td></tr>'


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count or 'no'} {word}s"
