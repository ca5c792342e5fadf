"""The frame of pages that mail programs show: styles stand at each element, for they drop sheets."""

from collections.abc import Iterable
from html import escape

from almanac.presentation.html.document import document
from almanac.presentation.tables import one_line

QUIET = "color:#5d6878;font-size:13px"
"""Of what is said beside; its element has the class `quiet` as well, for the dark."""
_META = """\
<meta name="color-scheme" content="light dark">
"""
_STYLE = """\
:root { color-scheme: light dark }
@media (prefers-color-scheme: dark) {
  body, .page { background: #12161c !important; color: #e4e9f0 !important }
  .card { background: #1a2029 !important; border-color: #2b333f !important }
  .quiet { color: #93a0b2 !important } td, h2 { color: #e4e9f0 !important; border-color: #2b333f !important }
}
"""
_BODY = """\
<body class="page" style="margin:0;background:#f4f6f9;color:#1f2733;font:15px/1.5 'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:640px;margin:0 auto;padding:20px 14px 36px">
<h1 style="font-size:22px;margin:0 0 2px">{head}</h1>
<p class="quiet" style="margin:0 0 16px;color:#5d6878">{about}</p>
{parts}
</div>
</body>
"""
_CARD = "background:#fff;border:1px solid #dfe4eb;border-radius:10px;padding:12px 16px;margin:0 0 14px"


def mail_page(title: str, head: str, about: str, parts: Iterable[str]) -> str:
    """Return the page: its subject, heading and line below are text, its parts HTML."""
    body = _BODY.format(head=safe(head), about=safe(about), parts="\n".join(parts))
    return document(safe(title), _STYLE, body, meta=_META)


def mail_card(title: str, rows: str, more: str = "") -> str:
    """Return one part: a table of rows, and what is said below it, all HTML."""
    return (
        f'<div class="card" style="{_CARD}"><h2 style="font-size:16px;margin:0 0 6px">{title}</h2>'
        f'<table role="presentation" style="border-collapse:collapse;width:100%">{rows}</table>{more}</div>'
    )


def safe(text: str) -> str:
    """Return strangers' text as HTML: escaped, in one line."""
    return escape(one_line(text))
