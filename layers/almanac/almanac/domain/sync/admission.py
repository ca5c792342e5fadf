"""Whether a run may begin: superseded, already running, cooling down, or go."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AdmissionFacts:
    """What the store knows about a workspace when a message arrives. Instants are the database's."""

    now: datetime
    lease_expires_at: datetime | None
    """Of a lease that somebody holds, live or not."""
    superseded: bool
    """A run of at least this scope began after the message was sent, and has completed."""
    last_manual_at: datetime | None


def refuse(
    facts: AdmissionFacts, source: str, direction: str, *, force: bool, cooldown: float
) -> tuple[str, float | None] | None:
    """The outcome that refuses the run, with the seconds after which asking again makes sense; None to go on.

    Nothing is written to a provider yet, so a purely outbound job has nothing to do here and is told so.
    `force` skips `superseded` and `cooldown`, never a running run. A cooldown is for repeated manual requests only.
    """
    if direction == "outbound":
        return "outbound_unavailable", None
    if facts.lease_expires_at is not None and facts.lease_expires_at > facts.now:
        return "already_running", (facts.lease_expires_at - facts.now).total_seconds()
    if force:
        return None
    if facts.superseded:
        return "superseded", None
    if source == "manual" and facts.last_manual_at is not None:
        left = cooldown - (facts.now - facts.last_manual_at).total_seconds()
        if left > 0:
            return "cooldown", left
    return None
