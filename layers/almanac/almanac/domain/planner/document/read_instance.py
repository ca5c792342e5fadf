"""The door of the planner: a document of format 1 or 2 in, a checked `Instance` out.

Strict reading raises at the first fault. Tolerant reading leaves a faulty task, habit or previous block out and reports
it; faults of the frame (zone, window, hours, busy time) raise always, because a plan made without them would be wrong.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from almanac.domain.planner.document.entries import (
    FreeEvent,
    read_event,
    read_habit,
    read_meeting,
    read_previous,
    read_task,
)
from almanac.domain.planner.document.fields import FRAME, Fields, InstanceError
from almanac.domain.planner.document.read_people import People, read_people
from almanac.domain.planner.document.read_weights import read_weights
from almanac.domain.planner.model.instance import (
    HabitSpec,
    Instance,
    LockedEvent,
    MeetingSpec,
    MovableEvent,
    TaskSpec,
)
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES
from almanac.domain.wall_clock import DAY_MINUTES, minutes_of

FRAME_FIELDS = (
    *("format", "id", "timezone", "now", "window_end", "window_days", "grid_min", "prefs", "hours", "busy", "tasks"),
    *("habits", "previous", "weights", "family", "seed"),
)
"""Not read: `window_days`, which window_end says already, and `family` and `seed`, which say where it comes from."""
FRAME_FIELDS_2 = (*FRAME_FIELDS, "people", "meetings")
LONGEST_WINDOW = 366 * DAY_MINUTES
FIRST_MINUTE, LAST_MINUTE = (minutes_of(datetime(year, 1, 1, tzinfo=UTC)) for year in (1900, 9001))
"""Of windows: at the ends of the calendar some zones have no local time for an instant."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """An instance, and what had to be left out of it: meetings of nobody, in tolerant mode whatever is faulty."""

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
    """Read and check an instance of format 1 or 2.

    Raises InstanceError, naming item and field; in tolerant mode only for faults of the frame.
    """
    frame = Fields(document, FRAME)
    now, end = read_frame(frame)
    frame.only(*(FRAME_FIELDS_2 if frame.values.get("format", 1) == 2 else FRAME_FIELDS))
    people = read_people(frame)
    reader, strict = Reader(tolerant), Reader(tolerant=False)
    tasks = reader.each(frame, "tasks", lambda fields: read_task(fields, people))
    habits = reader.each(frame, "habits", lambda fields: read_habit(fields, people))
    meetings = read_meetings(frame, people, reader)
    previous = reader.each(frame, "previous", read_previous)
    events = strict.each(frame, "busy", lambda fields: read_event(fields, people))
    seen: set[str] = set()
    tasks = unique(tasks, "tasks", seen, reader)
    habits = unique(habits, "habits", seen, reader)
    meetings = unique(meetings, "meetings", seen, reader)
    unique(events, "busy", seen, strict)
    tasks, meetings = with_known_order(tasks, meetings, reader)
    instance = Instance(
        id=frame.text("id"),
        people=tuple(people.by_id.values()),
        now=now,
        end=end,
        locked=tuple(event for event in events if isinstance(event, LockedEvent)),
        movable=tuple(event for event in events if isinstance(event, MovableEvent)),
        tasks=tuple(tasks),
        habits=tuple(habits),
        meetings=tuple(meetings),
        previous=tuple(previous),
        weights=read_weights(frame.section("weights")),
    )
    return Reading(instance, tuple(reader.left_out))


def read_meetings(frame: Fields, people: People, reader: Reader) -> list[MeetingSpec]:
    """Return the meetings; where nobody is named the format has none, and those that are given are left out."""
    if people.named:
        return reader.each(frame, "meetings", lambda fields: read_meeting(fields, people))
    if frame.values.get("meetings"):
        fault = InstanceError("meetings", "are not read without people: each takes the time of several")
        reader.left_out.append(fault)
    return []


def read_frame(frame: Fields) -> tuple[int, int]:
    """Return (now, end of the window) and check format and grid."""
    if frame.values.get("format", 1) not in (1, 2) or isinstance(frame.values.get("format"), bool | float):
        raise frame.error("format", "must be 1 or 2")
    if frame.minutes("grid_min", least=1, default=SLOT_MINUTES) != SLOT_MINUTES:
        raise frame.error("grid_min", f"must be {SLOT_MINUTES}")
    now, end = frame.instant("now", up=True), frame.instant("window_end")
    for name, minute in (("now", now), ("window_end", end)):
        if not FIRST_MINUTE <= minute <= LAST_MINUTE:
            raise frame.error(name, "must lie in the years 1900 to 9000")
    if not now < end <= now + LONGEST_WINDOW:
        raise frame.error("window_end", "must lie after now, by at most 366 days")
    return now, end


Spec = TypeVar("Spec", TaskSpec, HabitSpec, MeetingSpec, LockedEvent | MovableEvent | FreeEvent)


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


def with_known_order(
    tasks: list[TaskSpec], meetings: list[MeetingSpec], reader: Reader
) -> tuple[list[TaskSpec], list[MeetingSpec]]:
    """Return what waits for known tasks and meetings only, and for no cycle, in the order given."""
    waiting: dict[str, TaskSpec | MeetingSpec] = {task.id: task for task in tasks}
    waiting |= {meeting.id: meeting for meeting in meetings}
    open_ends = {each.id: len(set(each.depends_on)) for each in waiting.values()}
    followers: dict[str, list[str]] = {}
    for each in waiting.values():
        for before in set(each.depends_on):
            followers.setdefault(before, []).append(each.id)
    ready, placed = [name for name, count in open_ends.items() if not count], set[str]()
    while ready:
        name = ready.pop()
        placed.add(name)
        del waiting[name]
        for follower in followers.get(name, ()):
            open_ends[follower] -= 1
            if not open_ends[follower]:
                ready.append(follower)
    known = waiting.keys() | placed
    for each in sorted(waiting.values(), key=lambda each: known >= set(each.depends_on)):  # causes before consequences
        reader.refuse(order_fault(each, known))
    return [task for task in tasks if task.id in placed], [each for each in meetings if each.id in placed]


def order_fault(each: TaskSpec | MeetingSpec, known: Collection[str]) -> InstanceError:
    """Return why a task or meeting can never follow what it waits for."""
    where = f"{'tasks' if isinstance(each, TaskSpec) else 'meetings'} '{each.id}'"
    for name in each.depends_on:
        if name not in known:
            return InstanceError(where, f"depends_on names '{name}', which is no task or meeting of this instance")
    return InstanceError(where, "depends_on runs in a circle, or waits for what does")
