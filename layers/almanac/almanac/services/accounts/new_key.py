"""Keys that encrypt tokens at rest."""

from collections.abc import Callable

NewKey = Callable[[], str]
"""The use case of `almanac new-key`: returns a new key, as ALMANAC_TOKEN_KEYS takes it."""
