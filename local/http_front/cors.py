"""Pages of other origins, as the gateway lets them in: it answers what a browser asks first by itself, and lets listed
pages read every answer, its own errors too.

What it allows is read from template.yaml. No cookie is let along: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from local.http_front.functions import gateway_definition

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")


def origin(text: str) -> str:
    """Read an origin. Raises ValueError; a pattern is none."""
    if _ORIGIN.fullmatch(text) is None:
        raise ValueError(text)
    return text


class Cors:
    """What the gateway adds to answers, for pages of `origins`: exact scheme, host and port."""

    def __init__(self, origins: Collection[str] = ()) -> None:
        said: dict[str, Any] = gateway_definition()["x-amazon-apigateway-cors"]["Fn::If"][1]
        self._origins = frozenset(origins)
        self._asked = {
            "Access-Control-Allow-Methods": ",".join(said["allowMethods"]),
            "Access-Control-Allow-Headers": ",".join(said["allowHeaders"]),
            "Access-Control-Max-Age": str(said["maxAge"]),
        }
        self._read = {"Access-Control-Expose-Headers": ",".join(said["exposeHeaders"])}

    def preflight(self, origin: str | None) -> Mapping[str, str] | None:
        """Return what answers a browser that asks before it calls; None where no page is let in: then it is a question
        for a function, as any other."""
        if origin is None or not self._origins:
            return None
        return {**self.headers(origin), **self._asked} if origin in self._origins else {}

    def headers(self, origin: str | None) -> Mapping[str, str]:
        """Return what an answer has for a page of that origin."""
        return {"Access-Control-Allow-Origin": origin, **self._read} if origin in self._origins and origin else {}
