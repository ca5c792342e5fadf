"""Hours and preferences as workspaces store them: JSON, checked here, so that a bad value is named, not obeyed."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.hours.opening import DEFAULT_CATEGORIES, DEFAULT_WEEK
from almanac.domain.hours.preferences import LARGEST_CAP, LONGEST_BUFFER, LONGEST_NOTICE
from almanac.domain.wall_clock import WEEKDAYS, Week, wall_minute
from almanac.domain.workspace_plan.snapshot import Preferences
from almanac.validation import first_fault

Buffer = Annotated[int, Field(ge=0, le=LONGEST_BUFFER)]
WallTime = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d(:00)?|24:00(:00)?)$")]


class TimeBlock(BaseModel):
    """Wall times "HH:MM"; "24:00" is the day's end, an end before the start lies on the next day."""

    model_config = ConfigDict(frozen=True)

    startTime: WallTime  # noqa: N815 - the stored name
    endTime: WallTime  # noqa: N815 - the stored name


class Day(BaseModel):
    """One weekday's opening hours."""

    model_config = ConfigDict(frozen=True)

    enabled: bool = True
    timeBlocks: tuple[TimeBlock, ...] = ()  # noqa: N815 - the stored name


class StoredPreferences(BaseModel):
    """`workspaces.settings.scheduling`: what a workspace wants of every plan. Every field may be left out."""

    model_config = ConfigDict(frozen=True)

    break_minutes: Literal[0, 15] = Field(default=0, description="wanted free time around generated blocks")
    min_notice_minutes: Annotated[int, Field(ge=0, le=LONGEST_NOTICE)] = Field(
        default=0, description="nothing is placed, moved or removed sooner than this"
    )
    daily_cap_minutes: dict[str, Annotated[int, Field(ge=0, le=LARGEST_CAP)]] = Field(
        default_factory=dict, description="task work a day above this is avoided, per category"
    )
    buffer_before_minutes: Buffer = Field(default=0, description="kept free before every event, as for the way there")
    buffer_after_minutes: Buffer = Field(default=0, description="kept free after every event")


_WEEK = TypeAdapter(dict[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], Day])


def read_open_hours(rows: Iterable[tuple[str, object]]) -> tuple[dict[str, Week], dict[str, str]]:
    """(hours by category, what is wrong by category) of stored rows (type, data); types are taken in lower case.

    A weekday that is missing is closed; a default category without a row is open as DEFAULT_WEEK.
    """
    hours = dict.fromkeys(DEFAULT_CATEGORIES, DEFAULT_WEEK)
    unreadable = {}
    for name, data in rows:
        category = name.lower()
        week, fault = read_week(data)
        if week is None:
            unreadable[category] = fault
            hours.pop(category, None)
        else:
            hours[category] = week
    return hours, unreadable


def read_week(data: object) -> tuple[Week | None, str]:
    """Return stored hours and nothing else, or None and what is wrong with them."""
    try:
        days = _WEEK.validate_python(data)
    except ValidationError as error:
        return None, _first(error)
    return tuple(_spans(days.get(day)) for day in WEEKDAYS), ""  # type: ignore[call-overload]


def read_preferences(stored: object, categories: Mapping[str, Week]) -> tuple[Preferences, list[ItemFinding]]:
    """Return the preferences, and a finding for each stored value that cannot be used; its default is used instead."""
    findings: list[ItemFinding] = []
    values: dict[str, Any] = dict(stored) if isinstance(stored, dict) else {}
    if stored is not None and not isinstance(stored, dict):
        findings.append(_bad("scheduling", "must be an object"))
    while True:
        try:
            found = StoredPreferences.model_validate(values)
            break
        except ValidationError as error:
            name = first_fault(error)[0].partition(".")[0]
            findings.append(_bad(name, _first(error)))
            del values[name]
    findings += [_unknown(name) for name in sorted(values.keys() - StoredPreferences.model_fields.keys())]
    unknown = sorted(set(found.daily_cap_minutes) - set(categories))
    findings += [_bad("daily_cap_minutes", f"'{name}' is no usable category of hours") for name in unknown]
    caps = {name: cap for name, cap in found.daily_cap_minutes.items() if name in categories}
    buffers = found.buffer_before_minutes, found.buffer_after_minutes
    return Preferences(found.break_minutes, found.min_notice_minutes, caps, *buffers), findings


def _spans(day: Day | None) -> tuple[tuple[int, int], ...]:
    """A disabled or missing day is closed. A block from a time to itself is nothing rather than a whole day."""
    if day is None or not day.enabled:
        return ()
    spans = ((wall_minute(block.startTime), wall_minute(block.endTime)) for block in day.timeBlocks)
    return tuple((start, end) for start, end in spans if start != end)


def _first(error: ValidationError) -> str:
    return ": ".join(filter(None, first_fault(error)))


def _unknown(name: str) -> ItemFinding:
    near = get_close_matches(name, StoredPreferences.model_fields, n=1)
    known = f"did you mean {near[0]}?" if near else f"known are {', '.join(StoredPreferences.model_fields)}"
    cause = Explanation("preference_unusable", quotes=(f"is no known preference; {known}",))
    return ItemFinding("preference", name[:100], "ignored", cause, ())


def _bad(name: str, fault: str) -> ItemFinding:
    cause, hint = Explanation("preference_unusable", quotes=(fault,)), Explanation("default_used")
    return ItemFinding("preference", name, "ignored", cause, (hint,))
