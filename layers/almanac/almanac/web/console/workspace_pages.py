"""Workspaces, one workspace, its week; and the buttons that ask for a sync or a plan or turn a switch."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from almanac.domain.operations.connections import SWITCHES
from almanac.domain.operations.job_status import totals
from almanac.domain.people_names import people_names
from almanac.domain.wall_clock import wall_instant
from almanac.presentation.operations.calendar_week import day_list, state_rows, week_agenda
from almanac.presentation.operations.health import SHORT, meaning, what_helps
from almanac.presentation.svg.calendar_week import week_picture
from almanac.services.ledger.ports import RunFilter
from almanac.web.console.history.past_pages import as_of
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.paging import cursor, named_place
from almanac.web.request import Answer, see_other

_ROWS = 50
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


def workspaces(visit: Visit) -> Answer:
    """List workspaces by name."""
    text, after = visit.query("name")[:255] or None, visit.query("after")
    listed = {"l": "console-workspaces", "n": text}
    begin = named_place(after, listed) if after else None
    found = visit.call.use.directory.workspaces(visit.seen, text, begin, _ROWS + 1)
    rows = found[:_ROWS]
    late = {each.ws_id: each for each in visit.call.use.workspace_health.all_late([row.ws_id for row in rows])}
    more = cursor(listed, (rows[-1].name, rows[-1].ws_id)) if len(found) > _ROWS else None
    return visit.render("workspaces.html", rows=rows, late=late, short=SHORT, text=text or "", more=more)


def workspace(visit: Visit) -> Answer:
    """How one workspace does: calendars with their switches, what is in the way, what ran."""
    use, ws_id = visit.call.use, visit.ws_id
    health = use.workspace_health(ws_id)
    name, zone = use.directory.zone(ws_id)
    runs = use.jobs.runs(RunFilter(ws_ids=[ws_id]), None, 8)
    accounts = {each.account_id: each for each in health.calendars}
    members = use.people.members(ws_id)
    return visit.render(
        "workspace.html",
        name=name,
        zone=zone,
        ws_id=ws_id,
        health=health,
        pause=use.pauses.of(ws_id),
        why=None if health.why is None else (meaning(health.why), what_helps(health.why)),
        ahead=[
            (each, each.why and meaning(each.why), each.why and what_helps(each.why)) for each in use.foresee(ws_id)
        ],
        accounts=accounts.values(),
        runs=runs,
        members=members,
        names=people_names((each.user_id, each.name) for each in members),
        waits=use.outbound.status(ws_id, dry_run=False, confirm=False),
        totals=totals,
        once=uuid4(),
    )


def week(visit: Visit) -> Answer:
    """A week of events and blocks."""
    use, ws_id = visit.call.use, visit.ws_id
    name, zone_name = use.directory.zone(ws_id)
    zone = ZoneInfo(zone_name or "UTC")
    first = _monday(visit.query("week"), visit.now.astimezone(zone).date())
    days = tuple(first + timedelta(days=n) for n in range(7))
    since, until = (_instant(day, zone) for day in (first, first + timedelta(days=7)))
    rows = use.show_calendar(ws_id, since, until)
    version = as_of(visit, visit.query("at")[:40])
    if version is not None:
        then = use.show_calendar.as_it_was(ws_id, version, since, until)
        rows = [*state_rows(then, {row["id"]: row["block"] for row in rows})]
    agenda = week_agenda(name, zone, rows, visit.now, until)
    return visit.render(
        "week.html",
        name=name,
        zone=zone_name,
        ws_id=ws_id,
        first=first,
        last=days[-1],
        before=f"{(first - timedelta(days=7)):%G-W%V}",
        after=f"{(first + timedelta(days=7)):%G-W%V}",
        picture=week_picture(agenda, days, everything=True),
        days=day_list(agenda, days),
        waits=use.outbound.status(ws_id, dry_run=False, confirm=False),
        rows=rows,
        version=version,
        at=visit.query("at")[:40],
    )


def ask_sync(visit: Visit) -> Answer:
    """Ask for a sync; the same form sent twice is one."""
    mode = "full" if visit.field("mode") == "full" else "auto"

    def do(job_id: str) -> dict[str, str]:
        visit.call.use.request_sync(visit.ws_id, mode, None, force=False, request_id=job_id)  # type: ignore[arg-type]
        visit.call.audit("sync", visit.ws_id, job_id, mode=mode)
        return {"job_id": job_id}

    return _sent(visit, "sync", do, {"mode": mode})


def ask_plan(visit: Visit) -> Answer:
    """Ask for a plan, likewise."""

    def do(job_id: str) -> dict[str, str]:
        visit.call.use.request_plan(visit.ws_id, 30, "full", force_reschedule=False, request_id=job_id)
        visit.call.audit("schedule", visit.ws_id, job_id)
        return {"job_id": job_id}

    return _sent(visit, "schedule", do, {})


def pause(visit: Visit) -> Answer:
    """Let the workspace alone, for whoever has said that this is meant."""
    place = f"/console/workspaces/{visit.ws_id}"
    if visit.field("sure") != "yes":
        return visit.back(place, "Nothing was paused: it was not confirmed.")
    visit.call.use.pauses.pause(visit.ws_id, visit.call.principal.name)
    visit.call.audit("pause", visit.ws_id)
    return see_other(place)


def resume(visit: Visit) -> Answer:
    """Let it go on, with a sync at once; the same form sent twice is one."""

    def do(job_id: str) -> dict[str, str]:
        visit.call.use.pauses.resume(visit.ws_id, job_id)
        visit.call.audit("resume", visit.ws_id, job_id)
        return {"job_id": job_id}

    return _sent(visit, "resume", do, {})


def switch(visit: Visit) -> Answer:
    """Turn one switch of a calendar."""
    connection_id = identified(visit.parameters["connection_id"], "unknown_connection")
    name, on = visit.field("switch"), visit.field("on") == "yes"
    if name not in SWITCHES:
        return visit.back(f"/console/workspaces/{visit.ws_id}", "Nothing was switched: no such switch.")
    found = visit.call.use.switch_connection.set(visit.ws_id, connection_id, {name: on})
    visit.call.audit("switch", visit.ws_id, connection_id, **{name: on})
    return visit.back(f"/console/workspaces/{visit.ws_id}", f"{found.name}: {name} is {'on' if on else 'off'} now.")


def _sent(visit: Visit, action: str, do: object, said: dict[str, str]) -> Answer:
    """Lead to the job's page. The form's own number makes a double click one request."""
    once = visit.field("once")[:64] or None
    request = {"a": f"console-{action}", "w": str(visit.ws_id), **said}
    job = visit.call.use.once(visit.call.principal.name, once, request, do)  # type: ignore[arg-type]
    return see_other(f"/console/jobs/{job['job_id']}")


def _monday(text: str, today: date) -> date:
    try:
        chosen = datetime.strptime(f"{text}-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a date, no instant
    except ValueError:
        chosen = date.min
    return chosen if _FIRST_YEAR <= chosen.year <= _LAST_YEAR else today - timedelta(days=today.weekday())


def _instant(day: date, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(wall_instant(day, 0, zone) * 60, zone)


PAGES = (
    Page("GET", "/console/workspaces", "read", workspaces, ("name", "after")),
    Page("GET", "/console/workspaces/<ws>", "read", workspace),
    Page("GET", "/console/workspaces/<ws>/week", "read", week, ("week", "at")),
    Page("POST", "/console/workspaces/<ws>/sync", "run", ask_sync),
    Page("POST", "/console/workspaces/<ws>/schedule", "run", ask_plan),
    Page("POST", "/console/workspaces/<ws>/pause", "operate", pause),
    Page("POST", "/console/workspaces/<ws>/resume", "operate", resume),
    Page("POST", "/console/workspaces/<ws>/connections/<connection_id>", "operate", switch),
)
