"""Whether a run may begin: superseded, already running, cooling down, or go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.run_outcomes import Outcome, RefusedOutcome

BURST_SECONDS = 3.0
"""The first ring of a burst is looked after at once, the others together: three seconds later, and so on."""
SECOND_LOOK_SECONDS = 10.0
"""A ring may overtake its change: what found nothing looks once more after so long."""


@dataclass(frozen=True, slots=True)
class LaterRun:
    """A run of the same kind that began after the message was sent, and has completed."""

    scope: Mapping[str, Any]
    """What its message wanted covered, by the fields of its job."""
    outcome: Outcome
    paused: bool = False
    """It left a calendar in its pause."""


@dataclass(frozen=True, slots=True)
class AdmissionFacts:
    """What the store knows about a workspace when a message arrives. Instants are the database's."""

    now: datetime
    lease_expires_at: datetime | None
    """Of a lease that somebody holds, live or not."""
    last_manual_at: datetime | None
    later_runs: Sequence[LaterRun] = ()
    last_push_at: datetime | None = None
    """When a push of the same calendar last had it read, within the last minute."""


RefusedRun = tuple[RefusedOutcome, float | None]
"""The outcome that refuses a run, and the seconds after which asking again makes sense."""
Refuse = Callable[[AdmissionFacts], RefusedRun | None]
"""Decides about one message; None lets its run begin."""


@dataclass(frozen=True, slots=True)
class WantedSync:
    """What a sync is to cover, and how urgently. `force` skips `superseded` and `cooldown`, never a running run."""

    mode: str
    calendar_id: str | None
    direction: str
    source: str
    force: bool
    connection_id: UUID | None = None
    settle: float = BURST_SECONDS
    """Seconds that a push waits after the run of another one."""


@dataclass(frozen=True, slots=True)
class WantedPlan:
    """What a plan is to cover. Only a forced run makes another forced one superfluous.

    `user_id` is the person that is to be planned, None for everybody; a run for everybody covers each.
    """

    window_days: int
    force_reschedule: bool
    user_id: str | None = None


def refuse_sync(facts: AdmissionFacts, wanted: WantedSync, cooldown: float) -> RefusedRun | None:
    """Return what refuses a sync. `cooldown` in seconds, between manual requests only."""
    running = _running(facts)
    if running is not None or wanted.force:
        return running
    if any(_covers_sync(run, wanted) for run in facts.later_runs):
        return "superseded", None
    if wanted.source == "push" and facts.last_push_at is not None:
        left = wanted.settle - (facts.now - facts.last_push_at).total_seconds()
        if left > 0:
            return "too_soon", left
    if wanted.source == "manual" and facts.last_manual_at is not None:
        left = cooldown - (facts.now - facts.last_manual_at).total_seconds()
        if left > 0:
            return "cooldown", left
    return None


def refuse_plan(facts: AdmissionFacts, wanted: WantedPlan) -> RefusedRun | None:
    """Return what refuses a plan; it has no cooldown."""
    running = _running(facts)
    if running is None and any(_covers_plan(run, wanted) for run in facts.later_runs):
        return "superseded", None
    return running


def _running(facts: AdmissionFacts) -> RefusedRun | None:
    if facts.lease_expires_at is not None and facts.lease_expires_at > facts.now:
        return "already_running", (facts.lease_expires_at - facts.now).total_seconds()
    return None


def _covers_sync(run: LaterRun, wanted: WantedSync) -> bool:
    """Whether it did at least what is wanted. Only another schedule is content with one that left a calendar paused."""
    return (
        run.outcome != "continued"
        and run.scope.get("calendar_id") in (None, wanted.calendar_id)
        and run.scope.get("direction", "both") in ("both", wanted.direction)
        and run.scope.get("connection_id") in (None, _text(wanted.connection_id))
        and (wanted.mode != "full" or run.scope["mode"] == "full")
        and (wanted.source == "schedule" or not run.paused)
    )


def _text(connection_id: UUID | None) -> str | None:
    return None if connection_id is None else str(connection_id)


def _covers_plan(run: LaterRun, wanted: WantedPlan) -> bool:
    wide_enough: bool = run.scope["window_days"] >= wanted.window_days
    concerned = run.scope.get("user_id") in (None, wanted.user_id)
    return wide_enough and concerned and (run.scope["force_reschedule"] or not wanted.force_reschedule)
