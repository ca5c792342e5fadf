"""An OpenID provider over HTTPS: its addresses from its own document, one request a call, bounded, no redirect.

https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import json
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from typing_extensions import override

from almanac.errors import PermanentError, TransientError
from almanac.services.access.ports import Issuer

_SECONDS = 10
_LARGEST = 256 * 1024
_LOCAL = ("localhost", "127.0.0.1")


class OidcIssuer(Issuer):
    """One issuer. Addresses that its document names are used only over https, or on this machine."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._document: Mapping[str, Any] | None = None

    @override
    def authorization_url(self) -> str:
        """Return where people consent. Raises TransientError and PermanentError."""
        return self._address("authorization_endpoint")

    @override
    def trade(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Trade a code at the token endpoint. Raises TransientError, and PermanentError when it is refused."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return _ask("POST", self._address("token_endpoint"), urlencode(form), headers)

    def _address(self, name: str) -> str:
        if self._document is None:
            found = _ask("GET", f"{self._issuer}/.well-known/openid-configuration", None, {})
            if str(found.get("issuer", "")).rstrip("/") != self._issuer.rstrip("/"):
                raise PermanentError("the issuer's document is of another issuer")
            self._document = found
        return str(self._document.get(name, ""))


def _ask(method: str, url: str, body: str | None, headers: Mapping[str, str]) -> Mapping[str, Any]:
    parts = urlsplit(url)
    if parts.hostname is None or not (parts.scheme == "https" or parts.hostname in _LOCAL):
        raise PermanentError("the issuer names an address that is not https")
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection: HTTPConnection = (
        HTTPSConnection(parts.hostname, parts.port, timeout=_SECONDS, context=ssl.create_default_context())
        if parts.scheme == "https"
        else HTTPConnection(parts.hostname, parts.port, timeout=_SECONDS)
    )
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        content = answer.read(_LARGEST + 1)
    except (OSError, HTTPException) as error:
        raise TransientError(f"the issuer does not answer ({type(error).__name__})") from None
    finally:
        connection.close()
    if answer.status >= 500:
        raise TransientError(f"the issuer is unavailable (HTTP {answer.status})")
    if answer.status != 200 or len(content) > _LARGEST:
        raise PermanentError(f"the issuer refuses (HTTP {answer.status})")
    try:
        said = json.loads(content)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise PermanentError("the issuer's answer is no JSON object")
    return said
