"""Signatures of webhooks, as Standard Webhooks 1.0 says. https://www.standardwebhooks.com"""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def secret_text(key: bytes) -> str:
    """Return a key as people are shown it."""
    return PREFIX + b64encode(key).decode()


def signature(secret: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the HMAC-SHA256 of id, timestamp (seconds since 1970) and body."""
    message = f"{delivery_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), message, hashlib.sha256).digest()
    return f"v1,{b64encode(digest).decode()}"


def signed_headers(secrets: Sequence[str], delivery_id: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers of a delivery: while a secret rotates there are two signatures, and either is enough."""
    timestamp = int(now.timestamp())
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, delivery_id, timestamp, body) for secret in secrets),
    }


def _key(secret: str) -> bytes:
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a webhook secret is whsec_ and base64") from None
