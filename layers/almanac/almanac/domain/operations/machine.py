"""When a job needs a function with more memory: its run was killed for it, ran out of it, or did so lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Machine = Literal["standard", "large"]
"""The two sizes there are; a job that is too large for the large one is dead."""
EscalationCause = Literal["out_of_memory", "killed", "sticky"]
"""Why a job goes on in the large function: its run could not get memory, died without a word, or is of a workspace that
did so within STICKY_FOR."""

STICKY_FOR = timedelta(days=7)
"""So long a workspace's jobs go to the large function at once; then, if they need little there, to the standard one."""
FULL = 0.85
"""Of its memory that a run was last seen with: above it, whoever is killed is killed for it."""


ROOMY = 0.6
"""Of the standard function's memory that a run in the large one peaks at: below it the standard one will do again."""


@dataclass(frozen=True, slots=True)
class KilledRun:
    """An earlier run of the same message that never said how it ended. Megabytes; None is what nobody saw."""

    memory_mb: int | None
    resident_mb: int | None


def escalation(killed: KilledRun | None, large_until: datetime | None, now: datetime) -> EscalationCause | None:
    """Return why a job should not run in the standard function; None if it should.

    A run that was seen with room to spare was killed for its time, and goes on where it stood.
    """
    if killed is not None and _for_memory(killed):
        return "killed"
    if large_until is not None and large_until > now:
        return "sticky"
    return None


def _for_memory(killed: KilledRun) -> bool:
    if killed.memory_mb is None or killed.resident_mb is None:
        return True  # it died before its first page: of memory, for time has a reserve
    return killed.resident_mb >= FULL * killed.memory_mb
