"""Why a workspace is late, one reason a job, and what helps."""

from collections.abc import Mapping

from almanac.domain.operations.lag import Reason
from almanac.domain.operations.run_statistics import BehindWorkspace, RunSummaryReport
from almanac.presentation.tables import instant_text

HELP: Mapping[Reason, str] = {
    "reconnect_required": "the account's owner has to connect it again",
    "timezone_missing": "give the workspace a time zone: `almanac workspace set`",
    "running": "nothing to do: a run is at work",
    "backing_off": "nothing to do: it is tried again then; `almanac sync` tries at once",
    "waiting": "nothing to do unless it lasts: `almanac queues` shows whether messages are taken",
    "error": "look at the last run: `almanac runs WS --failed`",
    "never": "look at ticks and queues: it could have been done and never was",
    "overdue": "look at ticks and queues: nothing that is stored stands in its way",
}


def document(report: RunSummaryReport) -> Mapping[str, object]:
    """Return the JSON document: `state`, and the reasons with their instants and what helps."""
    state = "late" if report.behind else "healthy"
    return {"ws_id": str(report.ws_id), "state": state, "why": [_reason(each) for each in report.behind]}


def text(report: RunSummaryReport) -> str:
    """Return the reasons, two lines each."""
    if not report.behind:
        return "not late: syncs and plans are as fresh as they should be"
    return "\n".join(_lines(each) for each in report.behind)


def _reason(each: BehindWorkspace) -> Mapping[str, object]:
    lag = each.lag
    return {
        "job": each.job,
        "reason": lag.reason,
        "since": lag.since,
        "until": lag.until,
        "error_type": lag.error_type,
        "last_done_at": each.last_done_at,
        "help": HELP[lag.reason],
    }


def _lines(each: BehindWorkspace) -> str:
    lag = each.lag
    until = "" if lag.until is None else f" until {instant_text(lag.until)}"
    error = "" if lag.error_type is None else f" ({lag.error_type})"
    said = f"{each.job}: {lag.reason}{error} since {instant_text(lag.since)}{until}"
    return f"{said}, last done {instant_text(each.last_done_at)}\n  {HELP[lag.reason]}"
