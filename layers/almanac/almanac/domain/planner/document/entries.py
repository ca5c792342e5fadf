"""Reading the items of an instance: tasks, habits, meetings, events, and the blocks of the last plan."""

from dataclasses import dataclass

from almanac.domain.planner.document.fields import Fields
from almanac.domain.planner.document.read_people import DAY_KEYS, People
from almanac.domain.planner.model.instance import (
    HabitSpec,
    LockedEvent,
    MeetingSpec,
    MovableEvent,
    PreviousBlock,
    TaskSpec,
)
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, fewest_chunks, slots_for
from almanac.domain.planner.model.weights import PRIORITIES
from almanac.domain.wall_clock import DAY_MINUTES

TASK_FIELDS = (
    *("id", "hours", "priority", "duration_min", "earliest", "deadline", "deadline_type", "splittable"),
    *("min_chunk_min", "max_chunk_min", "depends_on"),
)
HABIT_FIELDS = (
    *("id", "hours", "priority", "days", "min_min", "pref_min", "max_min", "ideal_from", "ideal_to"),
    *("hard_from", "hard_to"),
)
BUSY_FIELDS = (
    *("id", "start", "end", "free", "locked", "buffer_before_min", "buffer_after_min", "hours"),
    *("move_from", "move_until", "move_cost"),
)
MEETING_FIELDS = (
    *("id", "people", "people_optional", "duration_min", "priority", "hours", "earliest", "deadline"),
    *("deadline_type", "depends_on"),
)
LONGEST_ITEM = 31 * DAY_MINUTES


def read_task(fields: Fields, people: People) -> TaskSpec:
    """Return one task; its chunk sizes are brought to whole slots later."""
    fields.only(*TASK_FIELDS, *people.field("person"))
    person = people.owner(fields)
    minutes = read_duration(fields)
    splittable = fields.flag("splittable", default=False)
    smallest = fields.minutes("min_chunk_min", least=1, default=min(SLOT_MINUTES, minutes)) if splittable else minutes
    largest = fields.minutes("max_chunk_min", least=1, default=minutes) if splittable else minutes
    if smallest > largest:
        raise fields.error("min_chunk_min", f"{smallest} is above max_chunk_min {largest}")
    check_chunks(fields, minutes, smallest, largest)
    earliest, deadline = fields.instant_or_none("earliest", up=True), fields.instant_or_none("deadline")
    kind = fields.choice("deadline_type", ("soft", "hard")) if fields.has("deadline_type") else "soft"
    return TaskSpec(
        id=fields.text("id"),
        category=fields.choice("hours", person.hours),
        priority=fields.choice("priority", PRIORITIES),
        minutes=minutes,
        earliest=earliest,
        deadline=deadline,
        hard_deadline=kind == "hard" and deadline is not None,
        splittable=splittable,
        min_chunk=smallest,
        max_chunk=largest,
        depends_on=tuple(dict.fromkeys(fields.texts("depends_on"))),
        person=person.id,
    )


def read_duration(fields: Fields) -> int:
    """Return the length of a task or meeting."""
    minutes = fields.minutes("duration_min", least=1)
    if minutes > LONGEST_ITEM:
        raise fields.error("duration_min", f"must be at most {LONGEST_ITEM}, is {minutes}")
    return minutes


def read_meeting(fields: Fields, people: People) -> MeetingSpec:
    """Return one meeting."""
    fields.only(*MEETING_FIELDS)
    names, optional = people.several(fields, "people"), people.several(fields, "people_optional")
    if len(names) < 2:
        raise fields.error("people", "must hold two or more")
    if both := sorted(set(names) & set(optional)):
        raise fields.error("people_optional", f"holds '{both[0]}', who is in people too")
    category = fields.text("hours")
    if not any(category in people.by_id[name].hours for name in names):
        raise fields.error("hours", f"'{category}' is unknown, known are {', '.join(people.categories(names))}")
    deadline = fields.instant_or_none("deadline")
    kind = fields.choice("deadline_type", ("soft", "hard")) if fields.has("deadline_type") else "soft"
    return MeetingSpec(
        id=fields.text("id"),
        category=category,
        priority=fields.choice("priority", PRIORITIES),
        minutes=read_duration(fields),
        earliest=fields.instant_or_none("earliest", up=True),
        deadline=deadline,
        hard_deadline=kind == "hard" and deadline is not None,
        people=names,
        optional=optional,
        depends_on=tuple(dict.fromkeys(fields.texts("depends_on"))),
    )


def check_chunks(fields: Fields, minutes: int, smallest: int, largest: int) -> None:
    """Refuse chunk sizes the duration cannot be cut into on the grid."""
    slots = slots_for(minutes)
    unused = SLOT_MINUTES * slots - minutes
    least, most = min(slots, slots_for(smallest + unused)), min(slots, largest // SLOT_MINUTES)
    if largest < minutes and (most < least or fewest_chunks(slots, most) * least > slots):
        raise fields.error("duration_min", f"{minutes} cannot be cut into chunks of {smallest} to {largest} minutes")


def read_habit(fields: Fields, people: People) -> HabitSpec:
    """Return one habit."""
    fields.only(*HABIT_FIELDS, *people.field("person"))
    person = people.owner(fields)
    if not fields.has("days"):
        raise fields.error("days", "must be a list, is missing")  # else it would be a habit of no day, without a word
    days = fields.texts("days")
    for day in days:
        if day not in DAY_KEYS:
            raise fields.error("days", f"holds '{day}', known are {', '.join(DAY_KEYS)}")
    least = fields.minutes("min_min", least=1)
    wanted = fields.minutes("pref_min", least=least)
    ideal = (fields.wall("ideal_from"), fields.wall("ideal_to"))
    hard = (
        fields.wall("hard_from") if fields.has("hard_from") else 0,
        fields.wall("hard_to") if fields.has("hard_to") else DAY_MINUTES,
    )
    for name, window in (("ideal_to", ideal), ("hard_to", hard)):
        if window[1] <= window[0]:
            raise fields.error(name, "must lie after the window's begin")
    return HabitSpec(
        id=fields.text("id"),
        category=fields.choice("hours", person.hours),
        priority=fields.choice("priority", PRIORITIES),
        days=tuple(sorted({DAY_KEYS.index(day) for day in days})),
        min_minutes=least,
        preferred_minutes=wanted,
        max_minutes=fields.minutes("max_min", least=wanted),
        ideal=ideal,
        hard=hard,
        person=person.id,
    )


@dataclass(frozen=True, slots=True)
class FreeEvent:
    """An event that takes no time (transparent, declined, all-day label): nothing of it counts but its id."""

    id: str


def read_event(fields: Fields, people: People) -> LockedEvent | MovableEvent | FreeEvent:
    """Return one busy entry."""
    fields.only(*BUSY_FIELDS, *people.field("people"))
    whose = people.of_event(fields)
    name = fields.text("id")
    start, end = fields.instant("start"), fields.instant("end", up=True)
    if end < start:
        raise fields.error("end", "lies before start")
    if fields.flag("free", default=False):
        return FreeEvent(name)
    if fields.flag("locked", default=True):
        before = fields.minutes("buffer_before_min", least=0, default=0)
        return LockedEvent(name, start, end, before, fields.minutes("buffer_after_min", least=0, default=0), whose)
    return MovableEvent(
        id=name,
        start=start,
        end=end,
        category=fields.choice("hours", people.categories(whose)),
        move_from=fields.instant("move_from"),
        move_until=fields.instant("move_until"),
        move_cost=fields.number("move_cost", 20),
        people=whose,
    )


def read_previous(fields: Fields) -> PreviousBlock:
    """Return one block of the last plan."""
    fields.only("item", "start", "end")
    start, end = fields.instant("start"), fields.instant("end")
    if end <= start:
        raise fields.error("end", "must lie after start")
    return PreviousBlock(fields.text("item"), start, end)
