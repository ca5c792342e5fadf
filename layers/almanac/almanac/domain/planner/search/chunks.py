"""Ways to cut one splittable task into chunks that fit its free room."""

from collections.abc import Iterator

from almanac.domain.planner.model.problem import Placement, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, lowest, run_length, starts_of_runs
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Solution

LIMITED, DAYS_LATE = 0.7, (0, 0, 1, 2, 4)
"""How often chunks with a deadline must all lie before it, or before so many days later."""


def chunkings(
    solution: Solution, task: Task, room: int, rest: int, randomization: Randomization | None
) -> Iterator[Placement]:
    """First fit and largest chunk first for `rest` slots, each with breaks kept and without.

    On a whim also uneven ones, and those that cost least where slots are contested.
    """
    quiet = with_breaks(solution, room) if solution.problem.touch_cost else room
    for free in dict.fromkeys((quiet, room)):
        yield first_fit(task, free, rest, task.max_chunk)
        if task.max_chunk < task.slots:
            yield largest_first(task, free, rest)
    yield largest_first(task, room, rest, partial=True)
    if randomization:
        longest = randomization.random.randrange(task.min_chunk, task.max_chunk + 1)
        if randomization.prefix:
            yield cheapest_first(task, room, rest, longest, randomization)
        yield first_fit(task, randomization.masked(quiet), rest, longest)
        yield first_fit(task, randomization.masked(room), rest, task.max_chunk)
        yield first_fit(task, randomization.masked(room), rest, longest, partial=True)


def with_breaks(solution: Solution, room: int) -> int:
    """The room less the slots that touch another block or locked event."""
    problem = solution.problem
    before, after = solution.ends | problem.touched_start, solution.starts | problem.touched_end
    return room & ~before & ~(after >> 1)


def longest_chunk(task: Task, rest: int, longest: int, *, partial: bool) -> int:
    """The longest chunk that leaves a rest which can be cut into chunks too (or any, when `partial`); 0 for none."""
    length = min(rest, longest)
    while length >= task.min_chunk:
        if partial or task.cuttable[rest - length]:
            return length
        length -= 1
    return 0


def first_fit(task: Task, room: int, rest: int, longest: int, *, partial: bool = False) -> Placement:
    """Chunks from the earliest run on, each as long as the run and the rest allow."""
    found = []
    starts = starts_of_runs(room, task.min_chunk)
    while starts and rest >= task.min_chunk:
        first = (starts & -starts).bit_length() - 1
        here = run_length(room, first)
        length = longest_chunk(task, rest, min(longest, here), partial=partial)
        if length:
            found.append((first, length))
            rest -= length
            here = length + 1
        starts = starts >> (first + here) << (first + here)
    return tuple(found)


def cheapest_first(task: Task, room: int, rest: int, longest: int, randomization: Randomization) -> Placement:
    """Chunks where delay and prices together cost least, all of them before a completion limit drawn at random."""
    found: list[tuple[int, int]] = []
    if task.deadline is not None and randomization.random.random() < LIMITED:
        late = randomization.random.choice(DAYS_LATE)
        room &= between(0, max(0, task.late_offset + 1440 * late) // SLOT_MINUTES)
    while rest:
        length, first = longest_chunk(task, rest, longest, partial=False), -1
        while length:
            first = randomization.cheapest(task, length, starts_of_runs(room, length))
            if first >= 0:
                break
            length = longest_chunk(task, rest, length - 1, partial=False)
        if first < 0:
            break
        found.append((first, length))
        rest -= length
        room &= ~between(max(0, first - 1), first + length + 1)
    return tuple(sorted(found))


def largest_first(task: Task, room: int, rest: int, *, partial: bool = False) -> Placement:
    """As few chunks as possible, each at its earliest; shorter ones once no long run is left."""
    found: list[tuple[int, int]] = []
    while rest:
        length, first = longest_chunk(task, rest, task.max_chunk, partial=partial), -1
        while length:
            first = lowest(starts_of_runs(room, length))
            if first >= 0:
                break
            length = longest_chunk(task, rest, length - 1, partial=partial)
        if first < 0:
            break
        found.append((first, length))
        rest -= length
        room &= ~between(max(0, first - 1), first + length + 1)
    return tuple(sorted(found))
