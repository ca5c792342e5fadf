"""Open tasks and meetings as the planner takes them: what is left, in which order, and which cannot be planned."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from almanac.domain.explanation import Explanation, ItemFinding
from almanac.domain.planner.document.entries import LONGEST_ITEM
from almanac.domain.planner.model.instance import MeetingSpec, TaskSpec
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, fewest_chunks, slots_for
from almanac.domain.planner.model.weights import PRIORITIES
from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.existing_blocks import is_users, worked_minutes
from almanac.domain.workspace_plan.planning_window import PlanningWindow
from almanac.domain.workspace_plan.snapshot import Block, Dependency, TaskRow, ceil_minutes
from almanac.domain.workspace_plan.team.meetings import meeting_spec
from almanac.domain.workspace_plan.team.rows import Meeting

DEFAULT_MIN_CHUNK = 30
"""Minutes of the shortest piece of a splittable task that does not say, as in the system replaced."""

Key = TypeVar("Key")
Waits = Mapping[UUID, frozenset[UUID]]


@dataclass(frozen=True, slots=True)
class WorkRequests:
    """The tasks and meetings that can be planned, what each waits for, and the fault of every other one."""

    tasks: Sequence[TaskRow]
    meetings: Mapping[UUID, Meeting]
    waits: Waits
    faults: Mapping[UUID, Explanation]

    @classmethod
    def of(
        cls,
        tasks: Sequence[TaskRow],
        meetings: Sequence[Meeting],
        waits: Waits,
        known_faults: Mapping[UUID, Explanation],
        category_fault: Callable[[TaskRow], Explanation | None],
    ) -> "WorkRequests":
        """Return the requests; `category_fault` says what is wrong with the hours of a task."""
        own = {task.id: fault for task in tasks if (fault := _own_fault(task, category_fault(task))) is not None}
        known = {task.id for task in tasks} | {meeting.id for meeting in meetings}
        faults = _with_waiting(own | dict(known_faults), known, waits)
        return cls(
            [task for task in tasks if task.id not in faults],
            {meeting.id: meeting for meeting in meetings if meeting.id not in faults},
            waits,
            faults,
        )

    def specs(self, fixed: Iterable[Block]) -> tuple[tuple[TaskSpec, ...], tuple[MeetingSpec, ...]]:
        """Return what the planner is to place: what the fixed blocks of tasks leave over, and meetings without one."""
        work = WorkLeft.of(self.tasks, self.meetings, fixed)
        afters = defaultdict[UUID, frozenset[UUID]](frozenset, self.waits)
        tasks = (_spec(task, work, afters[task.id]) for task in self.tasks if work.left[task.id] > 0)
        meetings = (
            meeting_spec(meeting, afters[key], work.start(afters[key], meeting.earliest), work.left)
            for key, meeting in self.meetings.items()
            if work.left[key] > 0
        )
        return tuple(tasks), tuple(meetings)


@dataclass(frozen=True, slots=True)
class WorkLeft:
    """The minutes that fixed blocks leave of each task and meeting, and when the last of those blocks ends."""

    left: Mapping[UUID, int]
    fixed_of: Mapping[UUID, Sequence[Block]]

    @classmethod
    def of(cls, tasks: Iterable[TaskRow], meetings: Mapping[UUID, Meeting], fixed: Iterable[Block]) -> "WorkLeft":
        """Return what is left; a meeting that has a block has nothing left."""
        fixed_of: dict[UUID, list[Block]] = defaultdict(list)
        for block in fixed:
            if block.kind != "habit" and block.owner is not None:
                fixed_of[block.owner].append(block)
        left = {task.id: _minutes_left(task, fixed_of[task.id]) for task in tasks}
        left |= {key: 0 if fixed_of[key] else meeting.minutes for key, meeting in meetings.items()}
        return cls(left, fixed_of)

    def start(self, afters: Iterable[UUID], wanted: datetime | None) -> tuple[int | None, tuple[str, ...]]:
        """Return the earliest start, and the ids of those waited for whose fixed blocks end then: none if it is wanted.

        What is left of them the planner puts before. Work that was done before its time keeps nothing waiting.
        """
        fixed = [(b.last_minute, after) for after in afters for b in self.fixed_of.get(after, ()) if not b.over]
        last = max((end for end, _ in fixed), default=None)
        if wanted is not None and (last is None or ceil_minutes(wanted) >= last):
            return ceil_minutes(wanted), ()
        return last, tuple(sorted({str(after) for end, after in fixed if end == last}))


def open_predecessors(dependencies: Iterable[Dependency]) -> Waits:
    """Return the tasks that each task still waits for; one that was ticked off is waited for no more."""
    waits: dict[UUID, set[UUID]] = defaultdict(set)
    for dependency in dependencies:
        if not dependency.after_completed:
            waits[dependency.task].add(dependency.after)
    return {task: frozenset(afters) for task, afters in waits.items()}


def task_faults(
    tasks: Sequence[TaskRow], waits: Waits, category_faults: Mapping[str, Explanation]
) -> dict[UUID, Explanation]:
    """Return the tasks that no plan can hold, with the fault of each: no length, no usable hours, a circle …

    `category_faults` says what is wrong with each unusable category of hours.
    """
    return dict(WorkRequests.of(tasks, (), waits, {}, lambda task: category_faults.get(task.category)).faults)


def _with_waiting(faults: dict[UUID, Explanation], known: set[UUID], waits: Waits) -> dict[UUID, Explanation]:
    """Return the faults with those of everything that waits for what is faulty, not managed, or waits for itself."""
    followers = followers_of(waits)
    open_ends = {each: len(waits.get(each, ())) for each in known - faults.keys()}
    ready = [each for each, count in open_ends.items() if not count]
    while ready:
        for each in followers.get(ready.pop(), ()):
            if each in open_ends:
                open_ends[each] -= 1
                if not open_ends[each]:
                    ready.append(each)
    left = {each for each, count in open_ends.items() if count}
    found, asked = dict(faults), left
    while told := {each: fault for each in sorted(asked) if (fault := _why_waiting(waits[each], known, found))}:
        found |= told
        left -= told.keys()
        asked = {follower for each in told for follower in followers.get(each, ())} & left
    return found | {each: Explanation("dependencies_in_circle") for each in sorted(left)}


def followers_of(waits: Mapping[Key, Iterable[Key]]) -> Mapping[Key, Sequence[Key]]:
    """Return what waits for each task and meeting."""
    found: dict[Key, list[Key]] = {}
    for each, afters in waits.items():
        for after in afters:
            found.setdefault(after, []).append(each)
    return found


def task_specs(tasks: Sequence[TaskRow], waits: Waits, fixed: Iterable[Block]) -> list[TaskSpec]:
    """Return what the planner is to place of tasks without a fault: what their fixed blocks leave over.

    A task begins after the last fixed block of each predecessor; what is left of that one the planner puts before it.
    """
    return list(WorkRequests(tasks, {}, waits, {}).specs(fixed)[0])


def used_up(tasks: Iterable[TaskRow], blocks: Iterable[Block], window: PlanningWindow) -> Iterator[ItemFinding]:
    """Yield a finding for each open task that has neither minutes left to place nor a block still to end.

    `tasks` are those without a fault. What is done, locked or begun counts as work done, but nobody ticked it off.
    """
    held: dict[UUID | None, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.kind == "task" and is_users(block, window):
            held[block.owner].append(block)
    for task in tasks:
        if _minutes_left(task, held[task.id]) <= 0 and all(b.last_minute <= window.now for b in held[task.id]):
            cause = Explanation("minutes_used_up", minutes=(task.total_minutes or 0,))
            yield ItemFinding("task", str(task.id), "nothing_to_place", cause, (Explanation("tick_off_or_more"),))


def _own_fault(task: TaskRow, category_fault: Explanation | None) -> Explanation | None:
    """Return what is wrong with the task itself. Our own tables refuse most of it; a team's may not."""
    if task.total_minutes is None:
        return Explanation("length_missing")
    if not 1 <= task.total_minutes <= LONGEST_ITEM:
        return Explanation("length_out_of_range", minutes=(task.total_minutes,), numbers=(LONGEST_ITEM,))
    if task.priority not in PRIORITIES:
        return Explanation("priority_unknown", quotes=(task.priority, *PRIORITIES))
    if task.earliest is not None and task.deadline is not None and task.earliest >= task.deadline:
        return Explanation("dates_reversed")
    return _chunk_fault(task) or category_fault


def _chunk_fault(task: TaskRow) -> Explanation | None:
    if not task.splittable:
        return None
    for name, minutes in (("min", task.min_chunk), ("max", task.max_chunk)):
        if minutes is not None and minutes < 1:
            return Explanation("piece_too_short", minutes=(minutes,), quotes=(f"{name}_split_duration_minutes",))
    if task.min_chunk is not None and task.max_chunk is not None and task.min_chunk > task.max_chunk:
        return Explanation("pieces_reversed", minutes=(task.min_chunk, task.max_chunk))
    return None


def _why_waiting(afters: frozenset[UUID], known: set[UUID], faults: Mapping[UUID, Explanation]) -> Explanation | None:
    for after in sorted(afters):
        if after in faults:
            return Explanation("waits_for_faulty_task", items=(str(after),))
        if after not in known:
            return Explanation("waits_for_unmanaged_task", items=(str(after),))
    return None


def _minutes_left(task: TaskRow, fixed: Iterable[Block]) -> int:
    return (task.total_minutes or 0) - task.done_minutes - sum(worked_minutes(block) for block in fixed)


def _spec(task: TaskRow, work: WorkLeft, afters: frozenset[UUID]) -> TaskSpec:
    minutes = work.left[task.id]
    smallest, largest = _chunks(task, minutes)
    earliest, leaders = work.start(afters, task.earliest)
    return TaskSpec(
        id=str(task.id),
        category=task.category,
        priority=task.priority,
        minutes=minutes,
        earliest=earliest,
        deadline=None if task.deadline is None else minutes_of(task.deadline),
        hard_deadline=task.hard_deadline and task.deadline is not None,
        splittable=task.splittable,
        min_chunk=smallest,
        max_chunk=largest,
        depends_on=tuple(sorted(str(after) for after in afters if work.left[after] > 0)),
        refused=tuple((minutes_of(start), ceil_minutes(end)) for start, end in task.refused),
        leaders=leaders,
    )


def _chunks(task: TaskRow, minutes: int) -> tuple[int, int]:
    """Return shortest and longest piece in minutes.

    A length that cannot be cut into such pieces on the grid (105 minutes in half hours) gets a shorter shortest one, so
    that no rest stays without a place. The last slot of a length off the grid is used in part, by any of its pieces.
    """
    if not task.splittable:
        return minutes, minutes
    largest = min(minutes, task.max_chunk or minutes)
    smallest = min(largest, task.min_chunk or DEFAULT_MIN_CHUNK)
    slots = slots_for(minutes)
    unused = slots * SLOT_MINUTES - minutes
    wanted = least = min(slots, slots_for(smallest + unused))
    while least > 1 and fewest_chunks(slots, max(least, largest // SLOT_MINUTES)) * least > slots:
        least -= 1
    return (smallest if least == wanted else least * SLOT_MINUTES - unused), largest
