"""Routes of hours and preferences: when work may happen, and what every plan should keep to."""

from collections.abc import Sequence
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from almanac.domain.hours.opening import MOST_BLOCKS, Days, ListedHours
from almanac.domain.hours.preferences import (
    LARGEST_CAP,
    LONGEST_BUFFER,
    LONGEST_NOTICE,
    OF_MINUTES,
    ListedPreferences,
    PreferenceChange,
)
from almanac.domain.wall_clock import WEEKDAYS, wall_minute
from almanac.jobs import Label
from almanac.presentation.items.hours import hours_of_category, preference_origins, preference_values
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current

Category = Annotated[str, Path(min_length=1, max_length=255, description="Category of hours, as work.")]
OfUser = Annotated[str | None, Query(min_length=1, max_length=255, description="Of this member; else the workspace's.")]
WallTime = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="09:30, 24:00")]


class TimeBlockBody(Fields):
    """Wall times; an end that is before the start lies on the next day."""

    startTime: WallTime  # noqa: N815 - the stored name
    endTime: WallTime  # noqa: N815 - the stored name


class DayBody(Fields):
    """One weekday; without a block, or not enabled, it is closed."""

    enabled: bool = True
    timeBlocks: list[TimeBlockBody] = Field(default_factory=list, max_length=MOST_BLOCKS)  # noqa: N815 - the stored name


class WeekBody(Fields):
    """A week of opening hours; a weekday that is left out is closed."""

    monday: DayBody | None = None
    tuesday: DayBody | None = None
    wednesday: DayBody | None = None
    thursday: DayBody | None = None
    friday: DayBody | None = None
    saturday: DayBody | None = None
    sunday: DayBody | None = None


class TimeBlock(Model):
    """Wall times; an end that is before the start lies on the next day."""

    startTime: str  # noqa: N815 - the stored name
    endTime: str  # noqa: N815 - the stored name


class Day(Model):
    """One weekday's hours."""

    enabled: bool
    timeBlocks: list[TimeBlock]  # noqa: N815 - the stored name


class Week(Model):
    """A week of opening hours."""

    monday: Day
    tuesday: Day
    wednesday: Day
    thursday: Day
    friday: Day
    saturday: Day
    sunday: Day


class Hours(Model):
    """Hours of a category: a member's own, or (`user_id` null) everybody's. `default`: nothing is stored.

    `week` is null where what is stored cannot be read, and `fault` says why.
    """

    category: str
    user_id: str | None
    default: bool
    week: Week | None
    fault: str | None


class HoursList(Model):
    """Hours by category."""

    items: list[Hours]


class PreferencesBody(Fields):
    """What is to be changed, in minutes; what is left out stays, null takes one away (of a cap: that category's)."""

    break_minutes: Literal[0, 15] | None = None
    min_notice_minutes: Annotated[int, Field(ge=0, le=LONGEST_NOTICE)] | None = None
    daily_cap_minutes: dict[Label, Annotated[int, Field(ge=0, le=LARGEST_CAP)] | None] | None = None
    buffer_before_minutes: Annotated[int, Field(ge=0, le=LONGEST_BUFFER)] | None = None
    buffer_after_minutes: Annotated[int, Field(ge=0, le=LONGEST_BUFFER)] | None = None


class PreferenceOrigins(Model):
    """Whose each preference is."""

    break_minutes: Literal["default", "workspace", "member"]
    min_notice_minutes: Literal["default", "workspace", "member"]
    daily_cap_minutes: Literal["default", "workspace", "member"]
    buffer_before_minutes: Literal["default", "workspace", "member"]
    buffer_after_minutes: Literal["default", "workspace", "member"]


class UnusablePreference(Model):
    """Something that is stored and cannot be used."""

    field: str
    fault: str


class PlanPreferences(Model):
    """What counts for the workspace, or for a member; minutes."""

    user_id: str | None
    break_minutes: int
    min_notice_minutes: int
    daily_cap_minutes: dict[str, int]
    buffer_before_minutes: int
    buffer_after_minutes: int
    origin: PreferenceOrigins
    unusable: list[UnusablePreference]


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
        blocks = day.timeBlocks if day is not None and day.enabled else ()
        found[number] = tuple((wall_minute(each.startTime), wall_minute(each.endTime)) for each in blocks)
    return found


def _hours(found: ListedHours) -> Hours:
    return Hours.model_validate(hours_of_category(found))


def _list(found: Sequence[ListedHours]) -> HoursList:
    return HoursList(items=[_hours(each) for each in found])


def _change(body: PreferencesBody) -> PreferenceChange:
    given = {name: minutes for name in OF_MINUTES if (minutes := getattr(body, name)) is not None}
    caps = {category.lower(): minutes for category, minutes in (body.daily_cap_minutes or {}).items()}
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
