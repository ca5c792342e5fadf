"""CloudFormation, told how a custom resource ended: one PUT to the pre-signed address that came with the request.

Written out because of what it may not do: no redirect, no proxy, no log line with the address, which is a credential.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from almanac.errors import BadInput, TransientError
from almanac.services.clock import Sleep

_AWS = (".amazonaws.com", ".amazonaws.com.cn")
_THIS_MACHINE = ("localhost", "127.0.0.1", "host.docker.internal")
_WAITS = (0.5, 1.0)  # seconds between tries
_TIMEOUT_SECONDS = 4  # to connect, and to be answered: three tries and two pauses fit in what an upgrade leaves


@dataclass(frozen=True, slots=True)
class PresignedAnswers:
    """Answers over HTTPS to AWS; plain HTTP to this machine only, which is where a local CloudFormation listens."""

    sleep: Sleep

    def send(self, address: str, answer: Mapping[str, Any]) -> None:
        """Deliver the answer. Raises BadInput for an unusable address, TransientError after the third try."""
        parts, body = _checked(address), json.dumps(answer).encode()
        failure = _put(parts, body)
        for seconds in _WAITS:
            if failure is None:
                return
            self.sleep(seconds)
            failure = _put(parts, body)
        if failure is not None:
            raise TransientError(f"CloudFormation did not take the answer ({failure})")


def _checked(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise BadInput("ResponseURL", "is not a URL") from None
    host = parts.hostname or ""
    here = parts.scheme == "http" and host in _THIS_MACHINE
    if not here and not (parts.scheme == "https" and host.endswith(_AWS)):
        raise BadInput("ResponseURL", "must be an https address of AWS: it is a credential")
    return parts


def _put(parts: SplitResult, body: bytes) -> str | None:
    """One try; why it failed, None when it did not. S3 signed an empty content type, so exactly that is sent."""
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("PUT", f"{parts.path or '/'}?{parts.query}", body, {"Content-Type": ""})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return None if 200 <= status < 300 else f"HTTP {status}"
