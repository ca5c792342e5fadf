"""What a plan comes to: the counts, the notes and the outcome of its run."""

from almanac.domain.workspace_plan.changes import Changes
from almanac.domain.workspace_plan.from_plan import WorkspacePlan
from almanac.domain.workspace_plan.report import PlanReport
from almanac.domain.workspace_plan.team.request import PlanningRequest

NOT_WRITTEN = ("nothing_to_plan", "blocked")
"""Outcomes of a plan that is not written."""


def record_outcome(
    report: PlanReport, request: PlanningRequest, planned: WorkspacePlan, wanted: Changes, *, safe: bool
) -> None:
    """Put the plan into the report. `safe`: nothing is written while anything would be late or without a place."""
    counts = report.counts
    report.window = request.window.span
    report.objective = planned.objective
    report.notes = list(planned.notes)
    counts.left_out = sum(note.status == "left_out" for note in report.notes)
    for name in ("tasks", "habits", "scheduled", "late", "partial", "unscheduled", "at_risk", "search_cut_percent"):
        setattr(counts, name, getattr(planned, name))
    misfits = counts.late + counts.partial + counts.unscheduled + counts.left_out
    if not (request.items or request.existing.movable or request.existing.unwanted or counts.left_out):
        report.outcome = "nothing_to_plan"
    elif safe and misfits:
        report.outcome, report.status = "blocked", "skipped"
        counts.forget_changes()
        return
    elif counts.attempts > 1:
        report.outcome = "replanned"
    else:
        report.outcome = "unchanged" if wanted.empty else "planned"
    counts.inserted, counts.moved = len(wanted.inserted), len(wanted.moved)
    counts.deleted, counts.unchanged = len(wanted.deleted), wanted.unchanged
