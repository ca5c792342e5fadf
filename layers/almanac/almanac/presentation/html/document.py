"""What every page of its own has around its body: no script, nothing from elsewhere."""

_DOCUMENT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{meta}<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
{body}</html>
"""


def document(title: str, style: str, body: str, *, meta: str = "") -> str:
    """Return the page. All is HTML already: `title` escaped, `body` with its tags, `style` and `meta` whole lines."""
    return _DOCUMENT.format(meta=meta, title=title, style=style, body=body)
