"""A plan before it is written: now and proposed, each move with its reason, and a button that writes exactly that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from almanac.domain.workspace_plan.planning_window import utc_instant
from almanac.errors import PermanentError
from almanac.presentation.history.diff import because
from almanac.presentation.operations.calendar_week import week_agenda
from almanac.presentation.preview import Preview
from almanac.presentation.svg.calendar_week import week_picture
from almanac.services.plan.apply import PlanChanged, job_of
from almanac.services.plan.proposal import PlanPreview
from almanac.web.console.pages import Page, Visit, back, whole
from almanac.web.request import Answer

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a plan: where something was, where it goes (None: nowhere), and why."""

    kind: str
    title: str
    before: datetime | None
    after: datetime | None
    minutes: int
    why: str
    causes: Sequence[str] = ()
    """What had changed, each the end of a sentence."""


def preview(visit: Visit) -> Answer:
    """Show what a plan would come to now. Writes nothing."""
    days = whole(visit.query("days"), 30, 7, 90, "days")
    try:
        found = visit.call.use.apply_plan.preview(job_of(visit.ws_id, days, force_reschedule=False, safe=False))
    except PermanentError as error:
        name, _zone = visit.call.use.directory.zone(visit.ws_id)
        said = {"ws_id": visit.ws_id, "name": name, "trouble": str(error), "code": error.code}
        return visit.render("plan_trouble.html", status=409, **said)
    return _shown(visit, found, days)


def apply(visit: Visit) -> Answer:
    """Write the plan that was shown; when it would be another one now, show that instead."""
    days = whole(visit.field("days"), 30, 7, 90, "days")
    job = job_of(visit.ws_id, days, force_reschedule=False, safe=False)
    try:
        report = visit.call.use.apply_plan(job, visit.field("fingerprint"))
    except PlanChanged as changed:
        return _shown(visit, changed.fresh, days, changed=True)
    visit.call.audit("apply_plan", visit.ws_id, report.run_id, outcome=report.outcome)
    counts = report.counts
    said = f"The plan was written: {counts.inserted} new, {counts.moved} moved, {counts.deleted} removed."
    return back(f"/console/workspaces/{visit.ws_id}/week", said)


def _shown(visit: Visit, found: PlanPreview, days: int, *, changed: bool = False) -> Answer:
    proposed = Preview(found).agenda()
    until = utc_instant(proposed.end)
    rows = visit.call.use.show_calendar(visit.ws_id, visit.now - timedelta(days=1), until)
    now = replace(week_agenda(found.workspace_name, proposed.zone, rows, visit.now, until), opened=proposed.opened)
    weeks = [
        (week, week_picture(now, week, proposed), week_picture(proposed, week, now)) for week in proposed.weeks()[:3]
    ]
    return visit.render(
        "plan.html",
        status=409 if changed else 200,
        ws_id=visit.ws_id,
        name=found.workspace_name,
        report=found.report,
        moves=moves(found),
        remarks=proposed.remarks,
        planned=proposed.planned(),
        zone=proposed.zone,
        weeks=weeks,
        days=days,
        fingerprint=found.fingerprint,
        changed=changed,
    )


def moves(found: PlanPreview) -> Sequence[Move]:
    """Return what the plan changes, in the order of the calendar as it would be."""
    changes, existing = found.proposal.changes, found.proposal.request.existing
    was = {block.event_id: block for block in (*existing.movable, *existing.unwanted)}
    made = [Move(b.kind, b.title, None, b.start, b.minutes, b.reason) for b in changes.inserted]
    causes = {event_id: [*map(because, each)] for event_id, each in found.causes.items()}
    for b in changes.moved:
        before = was[b.event_id].start if b.event_id in was else None
        why = causes.get(b.event_id, ())
        made.append(Move(b.kind, b.title, before, b.start, b.minutes, b.reason or "", why))
    gone = [was[event_id] for event_id in changes.deleted if event_id in was]
    made += [
        Move(b.kind, b.title, b.start, None, b.minutes, "no longer wanted there", causes.get(b.event_id, ()))
        for b in gone
    ]
    return sorted(made, key=lambda move: (move.after or move.before or _LAST, move.title))


PAGES = (
    Page("GET", "/console/workspaces/<ws>/plan", "read", preview, ("days",)),
    Page("POST", "/console/workspaces/<ws>/plan/apply", "run", apply),
)
