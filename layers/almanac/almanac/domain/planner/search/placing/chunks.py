"""Ways to cut one splittable task into chunks that fit the free slots."""

from collections.abc import Callable, Iterator

from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import (
    Placement,
    Span,
    between,
    lowest,
    run_length,
    starts_of_runs,
)
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Solution
from almanac.domain.planner.search.timeline import Timeline


def chunkings(
    solution: Solution, task: Task, free: int, rest: int, randomization: Randomization | None
) -> Iterator[Placement]:
    """Yield first fit and largest chunk first for `rest` slots, each with breaks kept and without.

    With a randomization also uneven ones, and those that cost least at its slot prices.
    """
    line = solution.lines[task.people[0]]
    quiet = with_breaks(line, free) if line.person.touch_cost else free
    for slots in dict.fromkeys((quiet, free)):
        yield first_fit(task, slots, rest, task.max_chunk)
        if task.max_chunk < task.slots:
            yield largest_first(task, slots, rest)
    yield largest_first(task, free, rest, partial=True)
    if randomization:
        longest = randomization.random.randrange(task.min_chunk, task.max_chunk + 1)
        if randomization.prefixes:
            yield cheapest_first(task, free, rest, longest, randomization)
        yield first_fit(task, randomization.masked(quiet), rest, longest)
        yield first_fit(task, randomization.masked(free), rest, task.max_chunk)
        yield first_fit(task, randomization.masked(free), rest, longest, partial=True)


def with_breaks(line: Timeline, free: int) -> int:
    """Return the free slots without those that touch another block or locked event."""
    before, after = line.ends | line.person.touched_start, line.starts | line.person.touched_end
    return free & ~before & ~(after >> 1)


def longest_chunk(task: Task, rest: int, longest: int, *, partial: bool) -> int:
    """Return the longest chunk that leaves a rest which can be cut too (or any, when `partial`); 0 for none."""
    length = min(rest, longest)
    while length >= task.min_chunk:
        if partial or task.cuttable[rest - length]:
            return length
        length -= 1
    return 0


def first_fit(task: Task, free: int, rest: int, longest: int, *, partial: bool = False) -> Placement:
    """Return chunks from the earliest run on, each as long as the run and the rest allow."""
    found = []
    starts = starts_of_runs(free, task.min_chunk)
    while starts and rest >= task.min_chunk:
        first = (starts & -starts).bit_length() - 1
        here = run_length(free, first)
        length = longest_chunk(task, rest, min(longest, here), partial=partial)
        if length:
            found.append((first, length))
            rest -= length
            here = length + 1
        starts = starts >> (first + here) << (first + here)
    return tuple(found)


def cheapest_first(task: Task, free: int, rest: int, longest: int, randomization: Randomization) -> Placement:
    """Return chunks where delay and prices together cost least, all before a completion limit drawn at random."""
    repair = randomization.params.repair
    if task.deadline is not None and randomization.random.random() < repair.on_time_rate:
        late = randomization.random.choice(repair.days_late)
        free &= between(0, max(0, task.end_so_late(late)))
    return _long_chunks(
        task,
        free,
        rest,
        longest,
        partial=False,
        choose=lambda length, starts: randomization.cheapest(task, length, starts),
    )


def largest_first(task: Task, free: int, rest: int, *, partial: bool = False) -> Placement:
    """Return as few chunks as possible, each at its earliest; shorter ones once no long run is left."""
    return _long_chunks(task, free, rest, task.max_chunk, partial=partial, choose=_earliest)


def _long_chunks(
    task: Task, free: int, rest: int, longest: int, *, partial: bool, choose: Callable[[int, int], int]
) -> Placement:
    """Return chunks, each the longest of those that fit, at the start that `choose` takes for a length, -1 for none."""
    found: list[Span] = []
    while rest:
        length, first = longest_chunk(task, rest, longest, partial=partial), -1
        while length:
            first = choose(length, starts_of_runs(free, length))
            if first >= 0:
                break
            length = longest_chunk(task, rest, length - 1, partial=partial)
        if first < 0:
            break
        found.append((first, length))
        rest -= length
        free &= ~between(max(0, first - 1), first + length + 1)
    return tuple(sorted(found))


def _earliest(_length: int, starts: int) -> int:
    return lowest(starts)


def lengthened(task: Task, free: int, keep: Placement, rest: int) -> Placement:
    """Return the chunks made longer by up to `rest` free slots beside them, the earliest ones first."""
    found: list[Span] = []
    for position, (start, size) in enumerate(keep):
        first, stop = start, start + size
        low = sum(found[-1]) + 1 if found else 0
        high = keep[position + 1][0] - 1 if position + 1 < len(keep) else task.window
        most = min(task.max_chunk, size + rest)
        while stop - first < most and first > low and free >> (first - 1) & 1:
            first -= 1
        while stop - first < most and stop < high and free >> stop & 1:
            stop += 1
        rest -= stop - first - size
        found.append((first, stop - first))
    return tuple(found)
