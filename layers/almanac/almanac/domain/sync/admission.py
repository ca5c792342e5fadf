"""Whether a run may begin: paused, superseded, already running, cooling down, or go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from almanac.domain.operations.machine import EscalationCause, KilledRun, escalation
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
class ManualRun:
    """A run that a person asked for in the last hour, and that did something."""

    started_at: datetime
    scope: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AdmissionFacts:
    """What the store knows about a workspace when a message arrives. Instants are the database's."""

    now: datetime
    lease_expires_at: datetime | None
    """Of a lease that somebody holds, live or not."""
    manual_runs: Sequence[ManualRun] = ()
    later_runs: Sequence[LaterRun] = ()
    last_push_at: datetime | None = None
    """When a push of the same calendar last had it read, within the last minute."""
    killed: KilledRun | None = None
    """An earlier run of this message, which died."""
    large_until: datetime | None = None
    """Until when the workspace's jobs belong into the large function."""
    paused: bool = False
    """Somebody wants the workspace to be let alone."""


RefusedRun = tuple[RefusedOutcome, float | None] | tuple[RefusedOutcome, float | None, EscalationCause]
"""The outcome that refuses a run, the seconds after which asking again makes sense, and why it is escalated."""
Refuse = Callable[[AdmissionFacts], RefusedRun | None]
"""Decides about one message; None lets its run begin."""


@dataclass(frozen=True, slots=True)
class WantedSync:
    """What a sync is to cover, and how urgently. `force` skips `superseded` and `cooldown`, never a run or a pause."""

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
    held = _paused_or_running(facts)
    if held is not None or wanted.force:
        return held
    if any(_covers_sync(run, wanted) for run in facts.later_runs):
        return "superseded", None
    if wanted.source == "push" and facts.last_push_at is not None:
        left = wanted.settle - (facts.now - facts.last_push_at).total_seconds()
        if left > 0:
            return "too_soon", left
    return _cooling_down(facts, wanted, cooldown) if wanted.source == "manual" else None


def _cooling_down(facts: AdmissionFacts, wanted: WantedSync, cooldown: float) -> RefusedRun | None:
    """Only what repeats a request is refused: another calendar, or all of it anew, is another one."""
    same = [run.started_at for run in facts.manual_runs if _covers_scope(run.scope, wanted)]
    left = cooldown - (facts.now - max(same)).total_seconds() if same else 0.0
    return ("cooldown", left) if left > 0 else None


def refuse_plan(facts: AdmissionFacts, wanted: WantedPlan) -> RefusedRun | None:
    """Return what refuses a plan; it has no cooldown."""
    held = _paused_or_running(facts)
    if held is None and any(_covers_plan(run, wanted) for run in facts.later_runs):
        return "superseded", None
    return held


def refuse_here(refuse: Refuse) -> Refuse:
    """Return the rule of a function beside which there is a larger one: `refuse`, and what is too large for it."""

    return lambda facts: refuse(facts) or _escalated(facts)


def _escalated(facts: AdmissionFacts) -> RefusedRun | None:
    cause = escalation(facts.killed, facts.large_until, facts.now)
    return None if cause is None else ("escalated", None, cause)


def _paused_or_running(facts: AdmissionFacts) -> RefusedRun | None:
    if facts.paused:
        return "paused", None
    if facts.lease_expires_at is not None and facts.lease_expires_at > facts.now:
        return "already_running", (facts.lease_expires_at - facts.now).total_seconds()
    return None


def _covers_sync(run: LaterRun, wanted: WantedSync) -> bool:
    """Whether it did at least what is wanted. Only another schedule is content with one that left a calendar paused."""
    return (
        run.outcome != "continued"
        and _covers_scope(run.scope, wanted)
        and (wanted.source == "schedule" or not run.paused)
    )


def _covers_scope(scope: Mapping[str, Any], wanted: WantedSync) -> bool:
    return (
        scope.get("calendar_id") in (None, wanted.calendar_id)
        and scope.get("direction", "both") in ("both", wanted.direction)
        and scope.get("connection_id") in (None, _text(wanted.connection_id))
        and (wanted.mode != "full" or scope["mode"] == "full")
    )


def _text(connection_id: UUID | None) -> str | None:
    return None if connection_id is None else str(connection_id)


def _covers_plan(run: LaterRun, wanted: WantedPlan) -> bool:
    wide_enough: bool = run.scope["window_days"] >= wanted.window_days
    concerned = run.scope.get("user_id") in (None, wanted.user_id)
    return wide_enough and concerned and (run.scope["force_reschedule"] or not wanted.force_reschedule)
