"""Who is late, by reason, and asking for syncs or plans of many workspaces at once: exactly those that are shown."""

from collections import Counter
from typing import Literal
from uuid import UUID, uuid4

from almanac.errors import QueueUnavailable
from almanac.presentation.operations.health import MEANING, SHORT, what_helps
from almanac.web.console.pages import Page, Visit, whole
from almanac.web.problem import Problem
from almanac.web.request import Answer, see_other

_SHOWN = 100
_JOBS = {"sync": "calendar.sync", "schedule": "calendar.schedule"}


def late(visit: Visit) -> Answer:
    """List who is late, the stalest first; reason and job live in the address."""
    reason, job = visit.query("reason"), visit.query("job")
    for name, value, known in (("reason", reason, SHORT), ("job", job, _JOBS)):
        if value and value not in known:
            raise Problem(422, "bad_input", f"knows {', '.join(known)}", field=name)
    found = [each for each in visit.call.use.workspace_health.all_late(visit.seen) if job in ("", each.job)]
    counts = Counter[str](each.lag.reason for each in found)
    chosen = [each for each in found if reason in ("", each.lag.reason)]
    skipped = whole(visit.query("after"), 0, 0, 1_000_000, "after")
    rows = chosen[skipped : skipped + _SHOWN]
    return visit.render(
        "late.html",
        rows=[{"each": each, "short": SHORT[each.lag.reason], "help": what_helps(each.lag)} for each in rows],
        names=visit.call.use.run_history.workspaces.workspace_names({each.ws_id for each in rows}),
        reason=reason,
        job=job,
        jobs=tuple(_JOBS),
        counts=[(each, SHORT[each], counts[each]) for each in MEANING if counts[each]],
        whole=len(chosen),
        more=skipped + _SHOWN if len(chosen) > skipped + _SHOWN else None,
        once=uuid4(),
    )


def ask_many(visit: Visit) -> Answer:
    """Ask for a sync or a plan of each workspace that the page has shown; the same form sent twice is one."""
    job, texts = visit.field("job"), visit.request.form.get("ws", [])[:_SHOWN]
    if job not in _JOBS:
        raise Problem(422, "bad_input", f"knows {', '.join(_JOBS)}", field="job")
    wanted = [ws_id for ws_id in dict.fromkeys(map(_id, texts)) if ws_id is not None]
    mine = [ws_id for ws_id in wanted if visit.call.principal.sees(ws_id)]
    if not mine:
        return visit.back("/console/late", "Nothing was asked for: no workspace was shown.")

    def do(batch_id: str) -> dict[str, str]:
        kind: Literal["calendar.sync", "calendar.schedule"] = "calendar.sync" if job == "sync" else "calendar.schedule"
        report = visit.call.use.request_sync.of_list(mine, "auto", batch_id, kind)
        if report.failed and not report.enqueued:
            raise QueueUnavailable("no job of the list could be sent")
        visit.call.audit(f"bulk_{job}", None, batch_id, accepted=report.enqueued, refused=len(mine) - report.enqueued)
        return {"job_id": batch_id}

    if visit.call.use.request_sync.workspaces.paused_of(mine) >= set(mine):
        return visit.back("/console/late", "Nothing was asked for: what was shown is paused.")
    request = {"a": "console-many", "j": job, "w": sorted(map(str, mine))}
    done = visit.call.use.once(visit.call.principal.name, visit.field("once")[:64] or None, request, do)
    return see_other(f"/console/jobs/{done['job_id']}")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


PAGES = (
    Page("GET", "/console/late", "read", late, ("reason", "job", "after")),
    Page("POST", "/console/ask", "run", ask_many),
)
