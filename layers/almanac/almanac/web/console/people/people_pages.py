"""The people of a workspace and their meetings: when each is held, or why it has no time; forms for meetings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from almanac.domain.items.meetings import LEAST_PEOPLE, ListedMeeting
from almanac.domain.items.wishes import LONGEST, PRIORITIES
from almanac.domain.operations.people import ListedMember
from almanac.domain.people_names import people_names
from almanac.domain.wall_clock import zone_of
from almanac.errors import BadInput
from almanac.presentation.items.hours import hours_text
from almanac.presentation.people import after_change
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.web.console.items.fields import Refused, add_once, changed_meanwhile
from almanac.web.console.items.last_plan import last_plan
from almanac.web.console.pages import Page, Visit, identified
from almanac.web.console.people.meeting_form import Entered, as_change, choices, in_words
from almanac.web.request import Answer

_CHANGED = changed_meanwhile("meeting")


@dataclass(frozen=True, slots=True)
class Row:
    """A meeting as it is shown: the clocks of who comes, and its form if that is open.

    One form at a time: each offers every member twice.
    """

    meeting: ListedMeeting
    clocks: Sequence[tuple[str, datetime]]
    """Who comes and reads another clock than the workspace's, and what that says at the beginning."""
    entered: Entered | None
    offered: Sequence[str]
    mark: str
    """What tells whether the meeting is still as it is shown."""


def people(visit: Visit) -> Answer:
    """Show who is in the workspace, and which meetings there are. Changes nothing."""
    return _shown(visit)


def add(visit: Visit) -> Answer:
    """Add a meeting; the same form sent twice is one."""
    entered = Entered.sent(visit)

    def add_it(meeting_id: UUID) -> UUID:
        return visit.call.use.meetings.add(visit.ws_id, entered.wanted(visit.clock), meeting_id)

    try:
        add_once(visit, "meeting", entered.mark, add_it)
    except BadInput as error:
        return _shown(visit, Refused(None, entered, in_words(error)))
    return visit.back(_place(visit), "The meeting was added: the next plan looks for its time.")


def change(visit: Visit) -> Answer:
    """Change a meeting, if it still is as the form has shown it."""
    meetings, entered = visit.call.use.meetings, Entered.sent(visit)
    was = meetings.one(visit.ws_id, identified(visit.parameters["meeting_id"], "unknown_meeting"))
    zone = visit.clock
    if visit.field("seen") != Entered.of(was, zone).mark:
        return visit.back(_place(visit), _CHANGED)
    try:
        found = meetings.change(visit.ws_id, was.meeting_id, as_change(entered.wanted(zone, was), was), was)
    except ChangedMeanwhile:
        return visit.back(_place(visit), _CHANGED)
    except BadInput as error:
        return _shown(visit, Refused(was.meeting_id, entered, in_words(error)))
    visit.call.audit("meeting_change", visit.ws_id, was.meeting_id)
    return visit.back(_place(visit), f"The meeting was changed: {after_change(found)}.")


def remove(visit: Visit) -> Answer:
    """Call a meeting off, for whoever has said that this is meant."""
    if visit.field("sure") != "yes":
        return visit.back(_place(visit), "Nothing was called off: it was not confirmed.")
    meeting_id = identified(visit.parameters["meeting_id"], "unknown_meeting")
    visit.call.use.meetings.remove(visit.ws_id, meeting_id)
    visit.call.audit("meeting_remove", visit.ws_id, meeting_id)
    return visit.back(_place(visit), "The meeting was called off: the next plan takes its block away.")


def _shown(visit: Visit, refused: Refused[Entered] | None = None) -> Answer:
    use, ws_id, zone = visit.call.use, visit.ws_id, visit.clock
    name, zone_name = use.directory.zone(ws_id)
    members, hours = use.people.members(ws_id), use.people.hours(ws_id)
    names = people_names((each.user_id, each.name) for each in members)
    plan, calendars = last_plan(visit), use.connections(ws_id)
    of_users = [each.user_id for each in members]
    drafts = {} if refused is None else {refused.item_id: refused.entered}
    rows = []
    for each in use.meetings.all(ws_id):
        stored = Entered.of(each, zone)
        entered = drafts.get(each.meeting_id, stored if str(each.meeting_id) == visit.query("change") else None)
        offered = choices(of_users, entered) if entered is not None else ()
        rows.append(Row(each, _clocks(each, members, names, zone), entered, offered, stored.mark))
    new = drafts.get(None, Entered())
    return visit.render(
        "people.html",
        status=200 if refused is None else 422,
        ws_id=ws_id,
        name=name,
        zone=zone_name,
        clock=zone,
        members=members,
        names=names,
        hours={user: hours_text(week) for user, week in hours.items()},
        calendars={user: [each for each in calendars if each.user_id == user] for user in of_users},
        targets={each.user_id: each for each in use.outbound.targets(ws_id)},
        rows=rows,
        plan=plan,
        new=new,
        offered=choices(of_users, new),
        categories=use.people.categories(ws_id),
        priorities=PRIORITIES,
        longest=LONGEST,
        enough=len(members) >= LEAST_PEOPLE,
        refused=refused,
        once=uuid4(),
    )


def _clocks(
    meeting: ListedMeeting, members: Sequence[ListedMember], names: Mapping[str, str], zone: ZoneInfo
) -> Sequence[tuple[str, datetime]]:
    if meeting.start is None:
        return ()
    there = meeting.attending or meeting.required
    begins = [
        (names[each.user_id], meeting.start.astimezone(zone_of(each.time_zone) or zone))
        for each in members
        if each.user_id in there
    ]
    usual = meeting.start.astimezone(zone).utcoffset()
    return [(who, moment) for who, moment in begins if moment.utcoffset() != usual]


def _place(visit: Visit) -> str:
    return f"/console/workspaces/{visit.ws_id}/people"


PAGES = (
    Page("GET", "/console/workspaces/<ws>/people", "read", people, ("change",)),
    Page("POST", "/console/workspaces/<ws>/meetings", "operate", add),
    Page("POST", "/console/workspaces/<ws>/meetings/<meeting_id>", "operate", change),
    Page("POST", "/console/workspaces/<ws>/meetings/<meeting_id>/remove", "operate", remove),
)
