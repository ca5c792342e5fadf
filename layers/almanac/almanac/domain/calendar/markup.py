"""Descriptions: providers' hold markup, those of events made here are plain text."""

from html.parser import HTMLParser

_BREAKS = ("br", "p", "div", "li", "ul", "ol", "tr")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's signature
        if tag in _BREAKS and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")


def plain_text(markup: str) -> str:
    """Return the text of a description, a line for each paragraph. Text without markup comes back as it is."""
    if "<" not in markup and "&" not in markup:
        return markup
    reader = _Text()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts).strip("\n")
