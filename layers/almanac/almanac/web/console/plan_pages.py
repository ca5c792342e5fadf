"""A plan before it is written: now and proposed, each move with its reason, and a button that writes exactly that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from almanac.domain.workspace_plan.planning_window import utc_instant
from almanac.errors import PermanentError
from almanac.presentation.agenda import Agenda
from almanac.presentation.history.diff import because
from almanac.presentation.operations.calendar_week import week_agenda
from almanac.presentation.preview import Preview, in_words
from almanac.presentation.svg.calendar_week import week_picture
from almanac.services.plan.apply import PlanChanged, job_of
from almanac.services.plan.proposal import PlanPreview
from almanac.web.console.pages import Page, Visit, whole
from almanac.web.request import Answer

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a plan: where something was, where it goes (None: nowhere), and why."""

    kind: str
    title: str
    who: str
    """The names of those whose time it takes, "" where one timeline is all there is."""
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
    return visit.back(f"/console/workspaces/{visit.ws_id}/week", said)


def _shown(visit: Visit, found: PlanPreview, days: int, *, changed: bool = False) -> Answer:
    proposed = Preview(found).agenda()
    until = utc_instant(proposed.end)
    rows = visit.call.use.show_calendar(visit.ws_id, visit.now - timedelta(days=1), until)
    now = replace(week_agenda(found.workspace_name, proposed.zone, rows, visit.now, until), opened=proposed.opened)
    weeks = [(week, week_picture(now, week, proposed), _of_each(proposed, week, now)) for week in proposed.weeks()[:3]]
    return visit.render(
        "plan.html",
        status=409 if changed else 200,
        ws_id=visit.ws_id,
        name=found.workspace_name,
        report=found.report,
        moves=moves(found),
        remarks=proposed.remarks,
        headed=proposed.headed,
        planned=proposed.planned(),
        zone=proposed.zone,
        weeks=weeks,
        days=days,
        fingerprint=found.fingerprint,
        changed=changed,
    )


def _of_each(proposed: Agenda, week: Sequence[date], now: Agenda) -> Sequence[tuple[str, str]]:
    """Return (name, picture) of several people one below the other: in one nobody would see whose is what."""
    return [(one.name, week_picture(one, week, now)) for one in proposed.each_in(week)]


def moves(found: PlanPreview) -> Sequence[Move]:
    """Return what the plan changes, in the order of the calendar as it would be."""
    request, changes, existing = found.proposal.request, found.proposal.changes, found.proposal.request.existing
    was = {block.event_id: block for block in (*existing.movable, *existing.unwanted)}
    causes = {event_id: [*map(because, each)] for event_id, each in found.causes.items()}

    def who(*people: str | None) -> str:
        return ", ".join(request.names.get(person, person) for person in people if person)

    made = []
    for new in changes.inserted:
        whose, why = who(*(new.attending or [new.user])), in_words(new.explanation, request)
        made.append(Move(new.kind, new.title, whose, None, new.start, new.minutes, why))
    for moved in changes.moved:
        before = was.get(moved.event_id)
        whose = who(*(moved.attending or [before.user if before else None]))
        start, why = before.start if before else None, ""
        if moved.explanation is not None:
            why = in_words(moved.explanation, request)
        because_of = causes.get(moved.event_id, ())
        made.append(Move(moved.kind, moved.title, whose, start, moved.start, moved.minutes, why, because_of))
    for gone in (was[event_id] for event_id in changes.deleted if event_id in was):
        whose, why = who(*(gone.attending or [gone.user])), "no longer wanted there"
        because_of = causes.get(gone.event_id, ())
        made.append(Move(gone.kind, gone.title, whose, gone.start, None, gone.minutes, why, because_of))
    return sorted(made, key=lambda move: (move.after or move.before or _LAST, move.title))


PAGES = (
    Page("GET", "/console/workspaces/<ws>/plan", "read", preview, ("days",)),
    Page("POST", "/console/workspaces/<ws>/plan/apply", "run", apply),
)
