"""Time as the use cases take it: the instant, waiting, and what is left of an invocation."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""The current instant, aware, UTC."""
Sleep = Callable[[float], None]
"""Wait that many seconds."""
Deadline = Callable[[], float]
"""Seconds that are left for the current invocation."""
