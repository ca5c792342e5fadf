"""The door of the planner: a format-1 document in, a checked `Instance` out.

Strict reading raises at the first fault. Tolerant reading leaves a faulty task, habit or previous block out and reports
it; faults of the frame (zone, window, hours, busy time) raise always, because a plan made without them would be wrong.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from almanac.domain.planner.document.entries import (
    DAY_KEYS,
    read_event,
    read_habit,
    read_previous,
    read_span,
    read_task,
)
from almanac.domain.planner.document.fields import Fields, InstanceError
from almanac.domain.planner.model.instance import HabitSpec, Instance, LockedEvent, MovableEvent, TaskSpec
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES
from almanac.domain.planner.model.weights import PRIORITIES, Weights
from almanac.domain.wall_clock import DAY_MINUTES, Week

FRAME_FIELDS = (
    *("format", "id", "timezone", "now", "window_end", "window_days", "grid_min", "prefs", "hours", "busy", "tasks"),
    *("habits", "previous", "weights"),
)
"""`window_days` says what window_end says already, and is not read."""
LONGEST_WINDOW = 366 * DAY_MINUTES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """An instance and, in tolerant mode, what had to be left out of it."""

    instance: Instance
    left_out: tuple[InstanceError, ...]


@dataclass(slots=True)
class Reader:
    """Reads lists of items, raising or collecting their faults."""

    tolerant: bool
    left_out: list[InstanceError] = field(default_factory=list)

    def each(self, frame: Fields, name: str, read: Callable[[Fields], T]) -> list[T]:
        """Return every item of a list that reads without fault."""
        good = []
        for position, value in enumerate(frame.items(name)):
            try:
                good.append(read(Fields(value, f"{name}[{position}]")))
            except InstanceError as fault:
                self.refuse(fault)
        return good

    def refuse(self, fault: InstanceError) -> None:
        """Raise a fault, or in tolerant mode note it."""
        if not self.tolerant:
            raise fault
        self.left_out.append(fault)


def read_instance(document: object, *, tolerant: bool = False) -> Reading:
    """Read and check a format-1 instance.

    Raises InstanceError, naming item and field; in tolerant mode only for faults of the frame.
    """
    frame = Fields(document, "instance")
    frame.only(*FRAME_FIELDS)
    now, end = read_frame(frame)
    hours = read_hours(frame.section("hours"))
    reader, strict = Reader(tolerant), Reader(tolerant=False)
    prefs = frame.section("prefs")
    prefs.only("break_min", "min_notice_min", "daily_cap_min")
    tasks = reader.each(frame, "tasks", lambda fields: read_task(fields, hours))
    habits = reader.each(frame, "habits", lambda fields: read_habit(fields, hours))
    previous = reader.each(frame, "previous", read_previous)
    events = [e for e in strict.each(frame, "busy", lambda fields: read_event(fields, hours)) if e is not None]
    seen: set[str] = set()
    tasks = unique(tasks, "tasks", seen, reader)
    habits = unique(habits, "habits", seen, reader)
    unique(events, "busy", seen, strict)
    instance = Instance(
        id=frame.text("id"),
        zone=frame.zone("timezone"),
        now=now,
        end=end,
        break_minutes=read_break(prefs),
        notice_minutes=prefs.minutes("min_notice_min", least=0, default=0),
        daily_caps=read_caps(prefs.section("daily_cap_min"), hours),
        hours=hours,
        locked=tuple(event for event in events if isinstance(event, LockedEvent)),
        movable=tuple(event for event in events if isinstance(event, MovableEvent)),
        tasks=tuple(with_known_order(tasks, reader)),
        habits=tuple(habits),
        previous=tuple(previous),
        weights=read_weights(frame.section("weights")),
    )
    return Reading(instance, tuple(reader.left_out))


def read_frame(frame: Fields) -> tuple[int, int]:
    """Return (now, end of the window) and check format and grid."""
    if frame.values.get("format", 1) != 1:
        raise frame.error("format", "must be 1")
    if frame.minutes("grid_min", least=1, default=SLOT_MINUTES) != SLOT_MINUTES:
        raise frame.error("grid_min", f"must be {SLOT_MINUTES}")
    now, end = frame.instant("now", up=True), frame.instant("window_end")
    if not now < end <= now + LONGEST_WINDOW:
        raise frame.error("window_end", "must lie after now, by at most 366 days")
    return now, end


def read_break(prefs: Fields) -> int:
    """Return the wanted break: none or one slot."""
    minutes = prefs.minutes("break_min", least=0, default=0)
    if minutes not in (0, SLOT_MINUTES):
        raise prefs.error("break_min", f"must be 0 or {SLOT_MINUTES}, is {minutes}")
    return minutes


def read_caps(caps: Fields, hours: dict[str, Week]) -> dict[str, int]:
    """Return minutes of task work a day, per category."""
    for category in caps.values:
        if category not in hours:
            raise caps.error(category, "is no category of hours")
    return {category: caps.minutes(category, least=0) for category in caps.values}


def read_hours(categories: Fields) -> dict[str, Week]:
    """Return the opening hours: {category: {weekday: [[from, to], …]}}; a missing weekday is closed."""
    hours: dict[str, Week] = {}
    for category in categories.values:
        week = categories.section(category)
        for name in week.values:
            if name not in DAY_KEYS:
                raise InstanceError(f"hours '{category}'", f"'{name}' is no weekday, known are {', '.join(DAY_KEYS)}")
        hours[category] = tuple(
            tuple(read_span(span, f"hours '{category}' {day}") for span in week.items(day)) for day in DAY_KEYS
        )
    return hours


def read_weights(fields: Fields) -> Weights:
    """Return the default weights with the instance's overrides."""
    fields.only(*(each.name for each in dataclasses.fields(Weights)))
    default = Weights()
    priority = fields.section("priority")
    for name in priority.values:
        if name not in PRIORITIES:
            raise priority.error(name, f"is no priority, known are {', '.join(PRIORITIES)}")
    return Weights(
        priority={name: priority.number(name, weight) for name, weight in PRIORITIES.items()},
        unscheduled_per_hour=fields.number("unscheduled_per_hour", default.unscheduled_per_hour),
        late_flag=fields.number("late_flag", default.late_flag),
        late_per_day=fields.number("late_per_day", default.late_per_day),
        late_days_cap=fields.minutes("late_days_cap", least=0, default=default.late_days_cap),
        asap_per_slot_step=fields.number("asap_per_slot_step", default.asap_per_slot_step),
        extra_chunk=fields.number("extra_chunk", default.extra_chunk),
        back_to_back=fields.number("back_to_back", default.back_to_back),
        over_cap_per_slot=fields.number("over_cap_per_slot", default.over_cap_per_slot),
        habit_missed=fields.number("habit_missed", default.habit_missed),
        habit_off_ideal_per_hour=fields.number("habit_off_ideal_per_hour", default.habit_off_ideal_per_hour),
        habit_short_per_hour=fields.number("habit_short_per_hour", default.habit_short_per_hour),
        moved_per_hour=fields.number("moved_per_hour", default.moved_per_hour),
        moved_near_factor=fields.number("moved_near_factor", default.moved_near_factor),
        moved_near_hours=fields.number("moved_near_hours", default.moved_near_hours),
    )


Spec = TypeVar("Spec", TaskSpec, HabitSpec, LockedEvent | MovableEvent)


def unique(specs: list[Spec], name: str, seen: set[str], reader: Reader) -> list[Spec]:
    """Return the items whose id comes for the first time; `seen` grows."""
    good = []
    for spec in specs:
        if spec.id in seen:
            reader.refuse(InstanceError(f"{name} '{spec.id}'", "id comes twice"))
            continue
        seen.add(spec.id)
        good.append(spec)
    return good


def with_known_order(tasks: list[TaskSpec], reader: Reader) -> list[TaskSpec]:
    """Return the tasks whose predecessors are all known and which wait for no cycle, in the order given."""
    waiting = {task.id: task for task in tasks}
    placed: set[str] = set()
    while ready := [task for task in waiting.values() if placed.issuperset(task.depends_on)]:
        placed.update(task.id for task in ready)
        for task in ready:
            del waiting[task.id]
    for task in waiting.values():
        reader.refuse(order_fault(task, waiting, placed))
    return [task for task in tasks if task.id in placed]


def order_fault(task: TaskSpec, waiting: dict[str, TaskSpec], placed: set[str]) -> InstanceError:
    """Return why a task can never follow its predecessors."""
    where = f"tasks '{task.id}'"
    for name in task.depends_on:
        if name not in waiting and name not in placed:
            return InstanceError(where, f"depends_on names '{name}', which is no task of this instance")
    return InstanceError(where, "depends_on runs in a circle, or waits for a task that does")
