"""Dead letters: what died and of what, sent back or deleted one by one, or all that are shown."""

from uuid import uuid4

from almanac.domain.operations.job_names import JOB_NAMES
from almanac.errors import BadInput
from almanac.web.console.pages import Page, Visit, back
from almanac.web.problem import Problem
from almanac.web.request import Answer

_SHOWN = 100
_PLACE = "/console/dead-letters"


def dead_letters(visit: Visit) -> Answer:
    """List dead letters with their causes; they stay where they are."""
    found = visit.call.use.dead_letters.listed(None, _SHOWN)
    letters = [each for each in found.letters if _sees(visit, each.letter.group)]
    names = visit.call.use.run_history.workspaces.workspace_names({e.job.ws_id for e in letters if e.job is not None})
    counts = found.counts if visit.seen is None else {}
    return visit.render("dead_letters.html", letters=letters, names=names, counts=counts, once=uuid4())


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
    return back(_PLACE, f"{gone} {'letter was' if gone == 1 else 'letters were'} sent back.")


def discard(visit: Visit) -> Answer:
    """Delete one letter."""
    job, _, message_id = visit.field("letter").partition(":")
    name = next((each for each in JOB_NAMES if each == job), None)
    if name is None:
        raise Problem(422, "bad_input", "is no letter", field="letter")
    if visit.seen is not None:
        found = visit.call.use.dead_letters.listed(name, 1000).letters
        if not any(e.letter.message_id == message_id and _sees(visit, e.letter.group) for e in found):
            raise Problem(404, "not_found")
    try:
        visit.call.use.dead_letters.discard(name, message_id)
    except BadInput:
        return back(_PLACE, "The letter is not there any more.")
    visit.call.audit("discard", None, message_id, job=name)
    return back(_PLACE, "The letter was deleted.")


def _sees(visit: Visit, group: str) -> bool:
    return visit.seen is None or group in {str(ws_id) for ws_id in visit.seen}


PAGES = (
    Page("GET", _PLACE, "operate", dead_letters),
    Page("POST", f"{_PLACE}/redrive", "operate", redrive),
    Page("POST", f"{_PLACE}/discard", "operate", discard),
)
