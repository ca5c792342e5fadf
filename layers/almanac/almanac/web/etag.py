"""Entity tags: whoever has the newest version is told so in one line (RFC 9110, section 8.8.3)."""

from hashlib import sha256

from almanac.web.request import Answer, Request


def etag_of(body: str | bytes) -> str:
    """Return the tag of a body."""
    content = body.encode() if isinstance(body, str) else body
    return f'"{sha256(content).hexdigest()[:32]}"'


def matches(header: str | None, tag: str) -> bool:
    """Whether a list of tags of a request names this one; weak ones count."""
    return header is not None and any(
        each.strip().removeprefix("W/") == tag or each.strip() == "*" for each in header.split(",")
    )


def conditional(answer: Answer, request: Request) -> Answer:
    """Give a 200 its tag; who asks for what they have already gets 304 without a body.

    Only who asks: where something was done, the answer tells what (RFC 9110, section 13.1.2).
    """
    if answer.status != 200:
        return answer
    tag = etag_of(answer.body)
    headers = {"ETag": tag, **answer.headers}
    if request.method == "GET" and matches(request.headers.get("if-none-match"), tag):
        kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        return Answer(304, "", kept, answer.cookies)
    return Answer(200, answer.body, headers, answer.cookies)
