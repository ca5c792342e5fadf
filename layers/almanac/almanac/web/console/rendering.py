"""Templates, and the words that they put instants and numbers into."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from almanac.domain.delivery.addresses import without_secrets
from almanac.presentation.phrases import cut_short
from almanac.presentation.tables import duration_text, one_line, unshown

_PACKAGE = "almanac.web.console"
STATIC = ("console.css", "console.js", "htmx.min.js")
_ORIGINS = {
    "sync": "a sync",
    "import": "a first reading",
    "sweep": "a full reading that no longer found it",
    "plan": "a plan",
    "app": "your product",
    "operator": "an operator or maintenance",
}
_SOURCES = {
    "schedule": "the clock",
    "manual": "hand",
    "push": "a ring",
    "continuation": "itself, going on",
    "batch": "a list",
    "plan": "a plan",
    "sync": "a sync",
}
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@cache
def environment() -> Environment:
    """Return the templates: everything is escaped, and a name that is not given is an error."""
    made = Environment(
        loader=FunctionLoader(lambda name: (files(_PACKAGE) / "templates" / name).read_text(encoding="utf-8")),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "ago": ago,
        "at": at,
        "took": took,
        "share": share,
        "number": number,
        "words": words,
        "cut_short": cut_short,
        "kind": kind,
        "job": job,
        "source": source,
        "origin": origin,
        "side": side,
        "line": one_line,
        "without_secrets": without_secrets,
    }
    made.globals |= {"asset": asset}
    return made


def page(template: str, values: Mapping[str, Any]) -> str:
    """Return a page."""
    return environment().get_template(template).render(values)


@cache
def asset_content(name: str) -> tuple[bytes, str]:
    """Return a file of the console and its content type. Raises KeyError for any other."""
    if name not in STATIC:
        raise KeyError(name)
    return (files(_PACKAGE) / "static" / name).read_bytes(), _TYPES[name.rsplit(".", 1)[1]]


@cache
def asset(name: str) -> str:
    """Return the address of a file: it changes when the file does, so that browsers keep it for ever."""
    return f"/console/static/{sha256(asset_content(name)[0]).hexdigest()[:12]}/{name}"


def at(moment: datetime | None, *, seconds: bool = False) -> Markup:
    """Return an instant, for people and machines; to the minute unless seconds matter."""
    if moment is None:
        return Markup("–")
    if (said := unshown(moment)) is not None:
        return escape(said)
    utc = moment.astimezone(UTC)
    text = f"{utc:%d %b %H:%M}" if utc.year == datetime.now(UTC).year else f"{utc:%d %b %Y %H:%M}"
    text += f"{utc::%S}" if seconds else ""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%c} UTC", text)


def ago(moment: datetime | None, now: datetime) -> Markup:
    """Return how long ago an instant was, or how far ahead it is."""
    if moment is None:
        return Markup("never")
    seconds = (now - moment).total_seconds()
    text = duration_text(abs(round(seconds)) if abs(seconds) >= 10 else 0).replace("0.0 s", "just now")
    if text != "just now":
        text = f"{text} ago" if seconds >= 0 else f"in {text}"
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%c} UTC", text)


def took(milliseconds: float | None) -> str:
    """Return a duration that was measured in milliseconds."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else duration_text(milliseconds / 1000)


def share(part: float | None) -> str:
    """Return a share as a percentage that never rounds up to all."""
    if part is None:
        return "–"
    percent = part * 100
    return "100 %" if part == 1 else f"{min(percent, 99.99):.2f} %" if percent >= 99.5 else f"{percent:.1f} %"


def number(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,.0f}".replace(",", "\u202f")


def kind(name: str) -> str:
    """Return a kind of change as words: `event.created` is `event created`."""
    return name.replace(".", " ").replace("_", " ")


def origin(name: str) -> str:
    """Return who made a change."""
    return _ORIGINS.get(name, name)


def job(name: str) -> str:
    """Return the name of a job as people say it."""
    return {"schedule": "plan"}.get(name, words(name))


def source(name: str) -> str:
    """Return who asked for a run."""
    return _SOURCES.get(name, words(name))


def side(value: Any) -> str:
    """Return one side of an event's field: a time as its two ends in UTC, nothing as such."""
    if isinstance(value, Mapping):
        ends = [_end(str(value[each])) for each in ("start", "end", "first", "after") if value.get(each)]
        return " to ".join(ends) or "gone"
    return "nothing" if value in (None, "") else str(value)


def _end(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment:%d %b %Y}" if len(text) == len("2026-03-02") else f"{moment.astimezone(UTC):%d %b %Y %H:%M}"


def words(code: str | None) -> str:
    """Return a stored code as words."""
    return (code or "–").replace("_", " ")
