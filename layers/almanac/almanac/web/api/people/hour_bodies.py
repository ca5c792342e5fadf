"""What is sent and answered of hours and preferences."""

from typing import Annotated, Literal

from pydantic import Field

from almanac.domain.hours.opening import MOST_BLOCKS
from almanac.domain.hours.preferences import LARGEST_CAP, LONGEST_BUFFER, LONGEST_NOTICE
from almanac.jobs import Label
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model

WallTime = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="09:30, 24:00")]


class TimeBlockBody(Fields):
    """Wall times; an end that is before the start lies on the next day."""

    startTime: WallTime  # noqa: N815 - the stored name
    endTime: WallTime  # noqa: N815 - the stored name


class DayBody(Fields):
    """One weekday; without a block, or not enabled, it is closed."""

    enabled: Annotated[bool | None, Field(description="False: closed, whatever its blocks.")] = None
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
