"""The forms of hours and preferences: what a person has entered, and what that means."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from almanac.domain.hours.opening import Days, ListedHours, block_text, read_block
from almanac.domain.hours.preferences import (
    BREAKS,
    CAPS,
    LARGEST_CAP,
    LONGEST,
    OF_MINUTES,
    ListedPreferences,
    PreferenceChange,
    PreferenceName,
)
from almanac.domain.wall_clock import WEEKDAYS, Interval
from almanac.errors import BadInput
from almanac.presentation.items.hours import preference_values
from almanac.web.console.items import fields
from almanac.web.console.pages import Visit

LABELS: Mapping[str, str] = {
    "category": "Category",
    "break_minutes": "Break around blocks",
    "min_notice_minutes": "Notice",
    "buffer_before_minutes": "Before every event",
    "buffer_after_minutes": "After every event",
    CAPS: "Task work a day",
    **{day: day.capitalize() for day in WEEKDAYS},
}
"""What the forms call the fields."""
MOST_MINUTES: Mapping[PreferenceName, int] = {**LONGEST, "break_minutes": BREAKS[-1]}
"""Minutes that the fields take."""


@dataclass(frozen=True, slots=True)
class EnteredWeek:
    """The form of a category: its name, and of each weekday its blocks as text. A day without text is closed."""

    category: str = ""
    days: tuple[str, ...] = ("",) * len(WEEKDAYS)

    @classmethod
    def of(cls, hours: ListedHours) -> "EnteredWeek":
        """Return what the form holds of hours that there are; nothing of those that nobody can read."""
        if hours.week is None:
            return cls(hours.category)
        return cls(hours.category, tuple(" ".join(map(block_text, blocks)) for blocks in hours.week))

    @classmethod
    def sent(cls, visit: Visit) -> "EnteredWeek":
        """Return what somebody has sent. The name of a category that there is stays as it is, spaces and all."""
        name = visit.request.form.get("category", [""])[0] if visit.field("seen") else visit.field("category")
        return cls(name, tuple(visit.field(day) for day in WEEKDAYS))

    def week(self) -> Days:
        """Return the blocks of each weekday. Raises BadInput of a weekday."""
        return {number: _blocks(day, text) for number, (day, text) in enumerate(zip(WEEKDAYS, self.days, strict=True))}


def _blocks(day: str, text: str) -> tuple[Interval, ...]:
    try:
        return tuple(read_block(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise BadInput(day, f"{error}; put a space between two blocks, and leave a closed day empty") from None


@dataclass(frozen=True, slots=True)
class EnteredPreferences:
    """The form of preferences, in minutes as text: those of `OF_MINUTES`, and the caps that are there by category.

    An empty one is as it is anyway: the default, or for a member what the workspace has.
    """

    minutes: tuple[str, ...]
    caps: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, found: ListedPreferences) -> "EnteredPreferences":
        """Return what the form holds of preferences that there are: those that are stored of it itself."""
        values = preference_values(found)
        caps = found.values.daily_caps if CAPS in found.own else {}
        return cls(
            tuple(str(values[name]) if name in found.own else "" for name in OF_MINUTES),
            tuple((category, str(minutes)) for category, minutes in sorted(caps.items())),
        )

    @classmethod
    def sent(cls, visit: Visit, categories: Collection[str]) -> "EnteredPreferences":
        """Return what somebody has sent."""
        caps = ((category, visit.field(f"cap:{category}")) for category in sorted(categories))
        return cls(tuple(visit.field(name) for name in OF_MINUTES), tuple(each for each in caps if each[1]))

    def change_of(self, seen: ListedPreferences) -> PreferenceChange:
        """Return what is other than was `seen`. Raises BadInput of a preference."""
        was = EnteredPreferences.of(seen)
        minutes: dict[PreferenceName, int] = {}
        without: set[PreferenceName] = set()
        for name, text, before in zip(OF_MINUTES, self.minutes, was.minutes, strict=True):
            if text == before:
                continue
            if text:
                minutes[name] = fields.whole_number(name, text, MOST_MINUTES[name], least=0)
            else:
                without.add(name)
        if self.caps == was.caps:
            return PreferenceChange(minutes, without=without)
        if not self.caps:
            return PreferenceChange(minutes, without=without | {CAPS})
        return PreferenceChange(minutes, {**dict.fromkeys(seen.values.daily_caps), **self._minutes_of()}, without)

    def _minutes_of(self) -> Mapping[str, int]:
        try:
            return {category: fields.whole_number(category, text, LARGEST_CAP, least=0) for category, text in self.caps}
        except BadInput as error:
            raise BadInput(CAPS, f"of {error.field} {error.complaint}") from None
