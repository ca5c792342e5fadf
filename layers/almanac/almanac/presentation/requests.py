"""What became of a request, as JSON and as text: sent, under way, ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from almanac.domain.operations.runs import RequestedPlan, SyncRun
from almanac.domain.workspace_plan.report import CHANGES, PlanReport
from almanac.presentation.phrases import cut_short, finding
from almanac.presentation.runs import end_of_sync, placed, plan_fields, run_fields
from almanac.presentation.tables import duration_text, one_line
from almanac.services.operations.follow_request import RequestProgress
from almanac.services.operations.requests import SentBulkRequest, SentRequest


def sent_document(sent: SentRequest) -> Mapping[str, object]:
    """Return the JSON document of a request that the queue has taken."""
    return {**asdict(sent), "status": "enqueued"}


def sent_text(sent: SentRequest, hint: str) -> str:
    """Return that the queue has taken a request; `hint` says where to look next."""
    return f"enqueued, request {sent.request_id}; {hint}"


def bulk_document(sent: SentBulkRequest) -> Mapping[str, object]:
    """Return the JSON document of a request for all workspaces."""
    return {"request_id": sent.request_id, "enqueued": sent.enqueued, "failed": sent.failed}


def ended_document(sent: SentBulkRequest, ended: Mapping[UUID, SyncRun]) -> Mapping[str, object]:
    """Return the JSON document of a request for all workspaces whose syncs have ended."""
    return {**bulk_document(sent), "workspaces": [run_fields(run) for run in ended.values()]}


def ended_text(ended: Mapping[UUID, SyncRun]) -> str:
    """Return how the syncs of all workspaces ended, in one line, and each that failed."""
    failed = [run for run in ended.values() if not run.success]
    told = [f"{run.ws_id}: {run.outcome} ({run.error_type})" for run in failed]
    return "\n".join([f"{len(ended)} workspace(s) synced, {len(failed)} of them failed", *told])


def bulk_text(sent: SentBulkRequest) -> str:
    """Return how many jobs of a request for all workspaces the queue has taken."""
    return f"enqueued {sent.enqueued} workspace(s), request {sent.request_id}"


def progress_line(progress: RequestProgress) -> str:
    """Return where a request stands, in one line."""
    elapsed = f"{progress.elapsed_seconds:.0f} s"
    if progress.status != "running":
        return f"{progress.status}, {elapsed}"
    if progress.calendars_done is None:
        return f"planning, {elapsed}"
    of_all = "" if progress.calendars is None else f" of {progress.calendars}"
    counts = f"{progress.calendars_done}{of_all} calendar(s) done, {progress.events_listed} events listed"
    return f"running, {elapsed}, {counts}"


def sync_document(runs: Sequence[SyncRun]) -> Mapping[str, object]:
    """Return the JSON document of a sync that has ended: its last run, and the ids of those before."""
    *earlier, last = runs
    return {**run_fields(last), "success": last.success, "earlier_runs": [run.run_id for run in earlier]}


def sync_text(runs: Sequence[SyncRun]) -> str:
    """Return how a sync ended, in one line."""
    *earlier, last = runs
    return end_of_sync(last, len(earlier))


def sync_failure(runs: Sequence[SyncRun]) -> str | None:
    """Return why a sync failed, in one line; None when it has not."""
    last = runs[-1]
    if last.success:
        return None
    more = f"`almanac runs --run {last.run_id}` tells more"
    return f"sync {last.status}: {last.error_type}: {last.error} ({more})"


def plan_document(plan: RequestedPlan) -> Mapping[str, object]:
    """Return the JSON document of a plan that has ended."""
    return {**plan_fields(plan), "success": plan.success}


def plan_text(plan: RequestedPlan) -> str:
    """Return how a plan ended, and what it says of single items."""
    return "\n".join(_plan_lines(plan))


def plan_failure(plan: RequestedPlan) -> str | None:
    """Return why a plan failed or was refused, in one line; None when it was made."""
    if plan.success:
        return None
    return f"plan {plan.status}: {plan.outcome}: {plan.error or REFUSED}"


def written_text(report: PlanReport) -> str:
    """Return what a plan that was shown has changed, now that it is written."""
    return f"{report.status}: {report.outcome}; {_blocks(asdict(report.counts))}; run {report.run_id}"


def _blocks(counts: Mapping[str, object]) -> str:
    return f"blocks: {', '.join(f'{counts[name]} {name}' for name in CHANGES if counts[name]) or 'none'}"


REFUSED = "something would be late or without a place"
"""Why `--apply safe` refuses a plan."""


def _plan_lines(plan: RequestedPlan) -> Iterator[str]:
    counts = asdict(plan.counts)
    yield f"{plan.status}: {plan.outcome} in {duration_text(plan.total_ms / 1000)}; run {plan.run_id}"
    if plan.status == "failed":
        return  # it came to nothing; the failure itself is told beside this
    yield placed(plan.counts)
    yield _blocks(counts)
    yield from filter(None, [cut_short(plan.counts.search_cut_percent)])
    for note in plan.warnings:
        what = note["title"] or f"{note['kind']} {note['id']}"
        if names := note.get("names"):
            what += f" ({', '.join(names)})"
        yield one_line(f"  {what}: {finding(note['status'], note['reason'], note['hint'])}")
