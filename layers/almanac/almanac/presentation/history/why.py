"""Why a workspace is late, one reason a job, and what helps."""

from collections.abc import Mapping, Sequence

from almanac.domain.operations.forecast import Forecast
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
    "paused": "nothing to do: somebody wants that; `almanac workspace resume WS` lets it go on",
}


def document(report: RunSummaryReport, ahead: Sequence[Forecast]) -> Mapping[str, object]:
    """Return the JSON document: `state`, the reasons with their instants and what helps, and what is foreseen."""
    state = "late" if report.behind else "healthy"
    why = [_reason(each) for each in report.behind]
    return {"ws_id": str(report.ws_id), "state": state, "why": why, "forecast": [foreseen(each) for each in ahead]}


def text(report: RunSummaryReport, ahead: Sequence[Forecast]) -> str:
    """Return the reasons, two lines each, and what is foreseen."""
    lines = [_lines(each) for each in report.behind] or ["not late: syncs and plans are as fresh as they should be"]
    return "\n".join([*lines, *(_ahead(each) for each in ahead)])


def foreseen(each: Forecast) -> Mapping[str, object]:
    """Return a forecast as JSON documents tell it."""
    lag = each.why
    return {
        "job": each.job,
        "will_be_late": each.will_be_late,
        "behind_at": each.behind_at,
        "done_at": each.done_at,
        "reason": None if lag is None else lag.reason,
        "until": None if lag is None else lag.until,
        "help": None if lag is None else HELP[lag.reason],
    }


def _ahead(each: Forecast) -> str:
    if each.done_at is None:
        reason = "a person" if each.why is None else each.why.reason
        return f"{each.job}: will not be done by itself ({reason}), behind at {instant_text(each.behind_at)}"
    said = "will be late" if each.will_be_late else "will be in time"
    waits = "" if each.why is None else f", {each.why.reason}"
    done, behind = instant_text(each.done_at), instant_text(each.behind_at)
    return f"{each.job}: {said}: done about {done}, behind at {behind}{waits}"


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
