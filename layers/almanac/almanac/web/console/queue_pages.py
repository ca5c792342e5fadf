"""Dead letters: what died and of what, sent back or deleted one by one, or all that are shown."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from almanac.domain.operations.job_names import JOB_NAMES, JobName
from almanac.errors import BadInput
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.problem import Problem
from almanac.web.request import Answer

_SHOWN, _LOOKED_AT = 100, 1000
_PLACE = "/console/dead-letters"
_FILTERS = ("job", "ws_id")


def dead_letters(visit: Visit) -> Answer:
    """List dead letters with their causes, all or those of a job or a workspace; they stay where they are."""
    job, ws_text = visit.query("job"), visit.query("ws_id")
    if job and job not in JOB_NAMES:
        raise Problem(422, "bad_input", f"knows {', '.join(JOB_NAMES)}", field="job")
    group = str(identified(ws_text, "unknown_workspace")) if ws_text else None
    all_seen = visit.seen is None and group is None
    found = visit.call.use.dead_letters.listed(_job(job), _SHOWN if all_seen else _LOOKED_AT)
    mine = [e for e in found.letters if _sees(visit, e.letter.group) and group in (None, e.letter.group)]
    letters = mine[:_SHOWN]
    names = visit.call.use.run_history.workspaces.workspace_names({e.job.ws_id for e in letters if e.job is not None})
    counts = found.counts if all_seen else {}
    filters = {"job": job, "ws_id": ws_text}
    said: dict[str, Any] = {"letters": letters, "names": names, "counts": counts, "filters": filters, "jobs": JOB_NAMES}
    return visit.render("dead_letters.html", **said, once=uuid4())


def redrive(visit: Visit) -> Answer:
    """Send letters back into their queue: exactly those that the page has shown."""
    chosen = [text for text in visit.request.form.get("letter", []) if ":" in text][: _SHOWN * 2]

    def do(_request_id: str) -> dict[str, int]:
        gone = 0
        for job in JOB_NAMES:
            ids = [text.partition(":")[2] for text in chosen if text.startswith(f"{job}:")]
            if ids:
                gone += len(visit.call.use.dead_letters.redrive_chosen(job, len(ids), visit.seen, ids))
        visit.call.audit("redrive", None, None, redriven=gone)
        return {"redriven": gone}

    once = visit.field("once")[:64] or None
    request = {"a": "console-redrive", "l": sorted(chosen)}
    gone = visit.call.use.once(visit.call.principal.name, once, request, do)["redriven"]
    return visit.back(_filtered(visit), f"{gone} {'letter was' if gone == 1 else 'letters were'} sent back.")


def discard(visit: Visit) -> Answer:
    """Delete one letter."""
    job, _, message_id = visit.field("letter").partition(":")
    name = _job(job)
    if name is None:
        raise Problem(422, "bad_input", "is no letter", field="letter")
    if visit.seen is not None:
        found = visit.call.use.dead_letters.listed(name, _LOOKED_AT).letters
        if not any(e.letter.message_id == message_id and _sees(visit, e.letter.group) for e in found):
            raise Problem(404, "not_found")
    try:
        visit.call.use.dead_letters.discard(name, message_id)
    except BadInput:
        return visit.back(_filtered(visit), "The letter is not there any more.")
    visit.call.audit("discard", None, message_id, job=name)
    return visit.back(_filtered(visit), "The letter was deleted.")


def _job(name: str) -> JobName | None:
    return next((each for each in JOB_NAMES if each == name), None)


def _filtered(visit: Visit) -> str:
    """The list as it was looked at."""
    kept = {name: visit.field(name)[:36] for name in _FILTERS if visit.field(name)}
    return _PLACE + (f"?{urlencode(kept)}" if kept else "")


def _sees(visit: Visit, group: str) -> bool:
    return visit.seen is None or group in {str(ws_id) for ws_id in visit.seen}


PAGES = (
    Page("GET", _PLACE, "operate", dead_letters, _FILTERS),
    Page("POST", f"{_PLACE}/redrive", "operate", redrive),
    Page("POST", f"{_PLACE}/discard", "operate", discard),
)
