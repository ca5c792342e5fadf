"""What a secret is kept and shown as: nobody comes back from it to the secret."""

import base64
from hashlib import sha256


def digest(secret: str) -> bytes:
    """Return the 32 bytes that are stored instead of a random secret: SHA-256, without salt, for nobody guesses it."""
    return sha256(secret.encode()).digest()


def pkce_challenge(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier: RFC 7636, section 4.2."""
    return base64.urlsafe_b64encode(digest(verifier)).decode().rstrip("=")
