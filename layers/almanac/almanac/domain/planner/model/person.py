"""One person's time on the slot grid: local days, daily limits, and where a break next to an event would be missing."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Person:
    """What the search knows of a person whatever it places; masks are in slots of the whole grid."""

    index: int
    id: str
    zone: ZoneInfo
    first: int
    """The first slot after this person's notice."""
    day_of: tuple[int, ...]
    """Local day number of each slot, from 0."""
    day_slots: tuple[int, ...]
    """The slots of each local day."""
    daily_caps: tuple[int, ...]
    """Minutes, one per (category with a cap, day): row after row."""
    over_cap_cost: int
    """Per slot of task work above the cap."""
    touch_cost: int
    """Per missing break; 0 when no breaks are wanted."""
    touched_start: int
    """Slots at which a block would begin less than a break after a locked event."""
    touched_end: int
    """Slots at which a block would end less than a break before a locked event (bit = first slot after the block)."""
