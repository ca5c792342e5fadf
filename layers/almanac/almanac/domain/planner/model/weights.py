"""The weights of the objective, see "What a plan weighs" in docs/planning.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from almanac.domain.planner.model.slot_mask import SLOT_MINUTES

PRIORITIES: Mapping[str, float] = MappingProxyType({"critical": 8, "high": 4, "normal": 2, "low": 1})
"""Weight of each priority; the names are the only ones an instance may use."""

MILLI = 1000
"""Costs are whole thousandths of a point, so that sums are exact and equal plans compare equal."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The objective's weights in points. Defaults are the product's; an instance may override each by name."""

    priority: Mapping[str, float] = field(default_factory=lambda: PRIORITIES)
    unscheduled_per_hour: float = 200
    late_flag: float = 60
    late_per_day: float = 20
    late_days_cap: int = 14
    asap_per_slot_step: float = 0.01
    extra_chunk: float = 12
    back_to_back: float = 2
    over_cap_per_slot: float = 3
    habit_missed: float = 60
    habit_off_ideal_per_hour: float = 10
    habit_short_per_hour: float = 20
    moved_per_hour: float = 10
    moved_near_factor: float = 2
    moved_near_hours: float = 24
    optional_absent: float = 5

    def milli(self, points: float) -> int:
        """Return points as whole thousandths."""
        return round(points * MILLI)

    def per_slot(self, points_per_hour: float) -> int:
        """Return points an hour as thousandths a slot."""
        return round(points_per_hour * MILLI * SLOT_MINUTES / 60)
