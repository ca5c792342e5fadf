"""Preferences of a plan: what they are called, which values they take, and what a change makes of them. Minutes."""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from almanac.domain.workspace_plan.snapshot import Preferences
from almanac.errors import BadInput

PreferenceName = Literal[
    "break_minutes", "min_notice_minutes", "daily_cap_minutes", "buffer_before_minutes", "buffer_after_minutes"
]
OF_MINUTES: tuple[PreferenceName, ...] = (
    "break_minutes",
    "min_notice_minutes",
    "buffer_before_minutes",
    "buffer_after_minutes",
)
"""Those that are one number; the caps are one a category."""
BREAKS = (0, 15)
LONGEST_NOTICE = 10_080
"""A week."""
LARGEST_CAP = 1440
LONGEST_BUFFER = 120
"""So far back a run has to look for events whose time after them is still kept free."""
LONGEST: Mapping[PreferenceName, int] = {
    "min_notice_minutes": LONGEST_NOTICE,
    "buffer_before_minutes": LONGEST_BUFFER,
    "buffer_after_minutes": LONGEST_BUFFER,
}
CAPS: PreferenceName = "daily_cap_minutes"


@dataclass(frozen=True, slots=True)
class ListedPreferences:
    """What counts for a workspace, or (`user_id`) for a member.

    `own` are those that are stored of it itself, `of_workspace` those a member has of the workspace; each other one has
    its default. `unusable`: what is stored of it itself and cannot be used, with what is wrong.
    """

    user_id: str | None
    values: Preferences
    own: Set[str]
    of_workspace: Set[str]
    unusable: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """What is to be changed: minutes by name, caps by category (None takes that one away). `without`: names that are
    to be stored no more."""

    minutes: Mapping[PreferenceName, int] = field(default_factory=lambda: MappingProxyType({}))
    caps: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    without: Set[PreferenceName] = frozenset()

    def applied_to(self, stored: object, caps: Mapping[str, int], categories: Collection[str]) -> dict[str, Any]:
        """Return what is to be stored in the place of `stored`, where everything else stays as it is.

        `caps` are those that count until now, `categories` those that a cap may be of. Raises BadInput of a preference.
        """
        found = dict(stored) if isinstance(stored, dict) else {}
        for name in self.without:
            found.pop(name, None)
        for name, minutes in self.minutes.items():
            _require_possible(name, minutes)
            found[name] = minutes
        if self.caps:
            usual = {} if CAPS in self.without else {**_possible_caps(found.get(CAPS)), **caps}
            found[CAPS] = self._caps(usual, categories)
        return found

    def _caps(self, usual: Mapping[str, int], categories: Collection[str]) -> Mapping[str, int]:
        for category, minutes in self.caps.items():
            if minutes is None:
                continue
            if category not in categories:
                raise BadInput(CAPS, f"names no category of hours; known are {', '.join(sorted(categories))}")
            if not 0 <= minutes <= LARGEST_CAP:
                raise BadInput(CAPS, f"must be 0 to {LARGEST_CAP} minutes")
        wanted = {**usual, **self.caps}
        return {category: minutes for category, minutes in wanted.items() if minutes is not None}


def caps_given(caps: Iterable[tuple[str, int | None]]) -> Mapping[str, int | None]:
    """Return caps by category, in lower case as those are known. Raises BadInput for one that is given twice."""
    pairs = [(category.lower(), minutes) for category, minutes in caps]
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadInput(CAPS, "names a category twice")
    return found


def _possible_caps(stored: object) -> Mapping[str, int]:
    """Return the caps that are stored, of categories too that nobody has now; one that could not be read is dropped."""
    caps = stored.items() if isinstance(stored, dict) else ()
    return {category: cap for category, cap in caps if type(cap) is int and 0 <= cap <= LARGEST_CAP}


def _require_possible(name: PreferenceName, minutes: int) -> None:
    if name in LONGEST:
        if not 0 <= minutes <= LONGEST[name]:
            raise BadInput(name, f"must be 0 to {LONGEST[name]} minutes")
    elif minutes not in BREAKS:
        raise BadInput(name, f"must be {BREAKS[0]} or {BREAKS[1]} minutes")
