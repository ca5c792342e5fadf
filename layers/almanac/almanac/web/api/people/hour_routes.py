"""Routes of hours and preferences: when work may happen, and what every plan should keep to."""

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from almanac.domain.hours.opening import Days, ListedHours
from almanac.domain.hours.preferences import (
    OF_MINUTES,
    ListedPreferences,
    PreferenceChange,
    caps_given,
)
from almanac.domain.wall_clock import WEEKDAYS, wall_minute
from almanac.presentation.items.hours import hours_of_category, preference_origins, preference_values
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.people.hour_bodies import DayBody, Hours, HoursList, PlanPreferences, PreferencesBody, WeekBody
from almanac.web.api.routes import Route
from almanac.web.call import current

Category = Annotated[str, Path(min_length=1, max_length=255, description="Category of hours, as work.")]
OfUser = Annotated[str | None, Query(min_length=1, max_length=255, description="Of this member; else the workspace's.")]


def list_hours(ws: Workspace, user_id: OfUser = None) -> HoursList:
    """List the hours by category: everybody's and what members have of their own, or what counts for one member."""
    hours = current().use.opening_hours
    return _list(hours.all(ws) if user_id is None else hours.of(ws, user_id))


def put_hours(ws: Workspace, category: Category, body: Annotated[WeekBody, Body()], user_id: OfUser = None) -> Hours:
    """Open a category in these hours and in no others, for everybody or for one member."""
    call = current()
    found = call.use.opening_hours.set(ws, category, user_id, _days(body))
    call.audit("hours_put", ws, found.category, user_id=user_id)
    return _hours(found)


def remove_hours(ws: Workspace, category: Category, user_id: OfUser = None) -> HoursList:
    """Forget what is stored of a category. Returns what counts now."""
    call = current()
    found = call.use.opening_hours.reset(ws, category, user_id)
    call.audit("hours_remove", ws, category.lower(), user_id=user_id)
    return _list(found)


def show_preferences(ws: Workspace, user_id: OfUser = None) -> PlanPreferences:
    """Show what every plan should keep to, and whose wish each is."""
    return _preferences(current().use.plan_preferences.of(ws, user_id))


def change_preferences(
    ws: Workspace, body: Annotated[PreferencesBody, Body()], user_id: OfUser = None
) -> PlanPreferences:
    """Change what is given of the preferences, of the workspace or of one member."""
    call = current()
    found = call.use.plan_preferences.change(ws, user_id, _change(body))
    call.audit("preferences_change", ws, user_id, changed=sorted(body.model_fields_set))
    return _preferences(found)


def _days(body: WeekBody) -> Days:
    found = {}
    for number, name in enumerate(WEEKDAYS):
        day: DayBody | None = getattr(body, name)
        blocks = day.timeBlocks if day is not None and day.enabled is not False else ()
        found[number] = tuple((wall_minute(each.startTime), wall_minute(each.endTime)) for each in blocks)
    return found


def _hours(found: ListedHours) -> Hours:
    return Hours.model_validate(hours_of_category(found))


def _list(found: Sequence[ListedHours]) -> HoursList:
    return HoursList(items=[_hours(each) for each in found])


def _change(body: PreferencesBody) -> PreferenceChange:
    given = {name: minutes for name in OF_MINUTES if (minutes := getattr(body, name)) is not None}
    caps = caps_given((body.daily_cap_minutes or {}).items())
    names = (*OF_MINUTES, "daily_cap_minutes")
    gone = {name for name in names if name in body.model_fields_set and getattr(body, name) is None}
    return PreferenceChange(given, caps, frozenset(gone))


def _preferences(found: ListedPreferences) -> PlanPreferences:
    said = {"user_id": found.user_id, **preference_values(found), **preference_origins(found)}
    return PlanPreferences.model_validate(said)


ROUTES = (
    Route("GET", "/v1/workspaces/<ws>/hours", "read", list_hours),
    Route("PUT", "/v1/workspaces/<ws>/hours/<category>", "operate", put_hours),
    Route("DELETE", "/v1/workspaces/<ws>/hours/<category>", "operate", remove_hours),
    Route("GET", "/v1/workspaces/<ws>/preferences", "read", show_preferences),
    Route("PATCH", "/v1/workspaces/<ws>/preferences", "operate", change_preferences),
)
