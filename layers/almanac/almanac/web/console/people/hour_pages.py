"""When work may happen, and what every plan should keep to: of a workspace, and of each member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from almanac.domain.hours.opening import DEFAULT_CATEGORIES, ListedHours
from almanac.domain.hours.preferences import BREAKS, CAPS, OF_MINUTES
from almanac.domain.people_names import people_names
from almanac.domain.wall_clock import WEEKDAYS
from almanac.errors import BadInput
from almanac.presentation.items.hours import alike_days, preference_rows, preference_values
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.web.console.items import fields
from almanac.web.console.pages import Page, Visit
from almanac.web.console.people.hour_form import LABELS, MOST_MINUTES, EnteredPreferences, EnteredWeek
from almanac.web.request import Answer

_HOURS, _PREFERENCES = fields.changed_meanwhile("hours"), fields.changed_meanwhile("preferences")


@dataclass(frozen=True, slots=True)
class Row:
    """Hours as they are shown: in words, and their form if it is open. `own`: they are of whom the page is."""

    hours: ListedHours
    own: bool
    usual: bool
    """Whether there are others that count without these."""
    days: Sequence[tuple[str, str]]
    entered: EnteredWeek | None
    mark: str
    """What tells whether the hours are still as they are shown."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What somebody has entered and cannot be stored, and why: weeks by their category (None: a new one)."""

    complaint: str
    weeks: Mapping[str | None, EnteredWeek] = field(default_factory=dict)
    preferences: EnteredPreferences | None = None


def hours(visit: Visit) -> Answer:
    """Show the hours and the preferences. Changes nothing."""
    return _shown(visit, visit.query("user") or None)


def put(visit: Visit) -> Answer:
    """Open a category in these hours and no others: a new one, or one that still is as the form has shown it."""
    user, entered, mark = _user(visit), EnteredWeek.sent(visit), visit.field("seen")
    use = visit.call.use.opening_hours
    counting = {each.category: each for each in use.of(visit.ws_id, user)}
    was = counting.get(entered.category.lower())
    try:
        _require_shown(was, mark)
        found = use.set(visit.ws_id, entered.category, user, entered.week(), seen=was)
    except ChangedMeanwhile:
        return visit.back(_place(visit, user), _HOURS)
    except BadInput as error:
        refused = Refused(fields.in_words(error, LABELS), {entered.category if mark else None: entered})
        return _shown(visit, user, refused)
    visit.call.audit("hours_put", visit.ws_id, found.category, user_id=user)
    return visit.back(_place(visit, user), "The hours were set: the next plan keeps to them.")


def reset(visit: Visit) -> Answer:
    """Forget the hours of a category, if they still are as the page has shown them: the usual ones count again.

    Where there are no usual ones the category is gone, which whoever wants it has to say.
    """
    user, category = _user(visit), visit.request.form.get("category", [""])[0]
    use = visit.call.use.opening_hours
    found = use.all(visit.ws_id)
    was = next((each for each in found if (each.category, each.user_id) == (category, user)), None)
    usual = was is None or _has_usual(was, found)
    if not usual and visit.field("sure") != "yes":
        return visit.back(_place(visit, user), "Nothing was taken away: it was not confirmed.")
    try:
        _require_shown(was, visit.field("seen") or "none")
        use.reset(visit.ws_id, category, user, was)
    except ChangedMeanwhile:
        return visit.back(_place(visit, user), _HOURS)
    visit.call.audit("hours_remove", visit.ws_id, category, user_id=user)
    said = "The hours were taken back: the usual ones count again." if usual else "The category was taken away."
    return visit.back(_place(visit, user), said)


def prefer(visit: Visit) -> Answer:
    """Change the preferences, if they still are as the form has shown them."""
    user, use = _user(visit), visit.call.use
    seen = use.plan_preferences.of(visit.ws_id, user)
    categories = {each.category for each in use.opening_hours.of(visit.ws_id, user)}
    was, entered = EnteredPreferences.of(seen), EnteredPreferences.sent(visit, categories)
    if visit.field("seen") != fields.mark_of(was):
        return visit.back(_place(visit, user), _PREFERENCES)
    try:
        change = entered.change_of(seen)
        use.plan_preferences.change(visit.ws_id, user, change, seen)
    except ChangedMeanwhile:
        return visit.back(_place(visit, user), _PREFERENCES)
    except BadInput as error:
        return _shown(visit, user, Refused(fields.in_words(error, LABELS), preferences=entered))
    changed = sorted({*change.minutes, *change.without, *([CAPS] if change.caps else ())})
    visit.call.audit("preferences_change", visit.ws_id, user, changed=changed)
    return visit.back(_place(visit, user), "The preferences were changed: the next plan keeps to them.")


def _shown(visit: Visit, user: str | None, refused: Refused | None = None) -> Answer:
    use, ws_id = visit.call.use, visit.ws_id
    name, zone = use.directory.zone(ws_id)
    members, all_hours = use.people.members(ws_id), use.opening_hours.all(ws_id)
    rows = [_row(visit, each, user, all_hours, refused) for each in use.opening_hours.of(ws_id, user)]
    preferences = use.plan_preferences.of(ws_id, user)
    stored = EnteredPreferences.of(preferences)
    asked = refused.preferences if refused is not None else None
    return visit.render(
        "hours.html",
        status=200 if refused is None else 422,
        ws_id=ws_id,
        name=name,
        zone=next((each.time_zone for each in members if each.user_id == user and each.time_zone), zone),
        user=user,
        members=members,
        names=people_names((each.user_id, each.name) for each in members),
        rows=rows,
        of_members=[_row(visit, each, each.user_id, all_hours) for each in all_hours if each.user_id is not None],
        new=refused.weeks.get(None) if refused is not None else None,
        days=WEEKDAYS,
        refused=refused,
        preferences=preference_rows(preferences),
        unusable=preferences.unusable,
        entered=asked or stored,
        minutes=list(zip(OF_MINUTES, (asked or stored).minutes, strict=True)),
        counting=preference_values(preferences),
        breaks=BREAKS,
        longest=MOST_MINUTES,
        labels=LABELS,
        seen=fields.mark_of(stored),
    )


def _row(
    visit: Visit, each: ListedHours, user: str | None, all_hours: Sequence[ListedHours], refused: Refused | None = None
) -> Row:
    own = not each.default and each.user_id == user
    usual = _has_usual(each, all_hours)
    days = [] if each.week is None else [(days, said or "closed") for days, said in alike_days(each.week)]
    opened = EnteredWeek.of(each) if visit.query("change") == each.category else None
    entered = refused.weeks.get(each.category, opened) if refused is not None else opened
    return Row(each, own, usual, days, entered, fields.mark_of(each))


def _has_usual(hours: ListedHours, all_hours: Sequence[ListedHours]) -> bool:
    """Whether others count once these are forgotten: the default ones, or for a member those of everybody."""
    of_all = any(each.category == hours.category and each.user_id is None for each in all_hours)
    return hours.category in DEFAULT_CATEGORIES or (hours.user_id is not None and of_all)


def _require_shown(was: ListedHours | None, mark: str) -> None:
    """Raise ChangedMeanwhile unless a form has shown these hours, BadInput for a new one (no mark) that is there."""
    if mark and (was is None or fields.mark_of(was) != mark):
        raise ChangedMeanwhile
    if not mark and was is not None:
        raise BadInput("category", "is there already: change it where it stands")


def _user(visit: Visit) -> str | None:
    """Return of whom a form is; None of everybody."""
    return visit.request.form.get("user", [""])[0] or None


def _place(visit: Visit, user: str | None) -> str:
    """Return the page of somebody; of everybody for who is no member any more, and has none."""
    member = user is not None and any(each.user_id == user for each in visit.call.use.people.members(visit.ws_id))
    return f"/console/workspaces/{visit.ws_id}/hours{'?' + urlencode({'user': user}) if member else ''}"


_HERE = "/console/workspaces/<ws>/hours"
PAGES = (
    Page("GET", _HERE, "read", hours, ("change", "user")),
    Page("POST", _HERE, "operate", put),
    Page("POST", f"{_HERE}/reset", "operate", reset),
    Page("POST", f"{_HERE}/preferences", "operate", prefer),
)
