"""Places that an item prefers to its own, whatever is there now."""

from collections.abc import Sequence
from random import Random

from almanac.domain.planner.model.problem import Attendance, Candidate, Movable, Task
from almanac.domain.planner.model.slot_mask import Placement, between, lowest, starts_of_runs
from almanac.domain.planner.search.solution import Solution, can_attend, earliest_allowed


def preferred_place(solution: Solution, index: int, random: Random, candidate_skew: float) -> Placement:
    """Return a random placement that costs the item less or about as much; () when it has none.

    `candidate_skew` is the exponent of the draw among a habit's candidates, which stand cheapest first.
    """
    item = solution.items[index]
    if isinstance(item, Task):
        return preferred_task_place(solution, item, random)
    if isinstance(item, Movable):
        return ((random_slot_in(item.starts | 1 << item.home, random), item.slots),)
    if isinstance(item, Attendance):
        return solution.places[item.meeting] if can_attend(solution, item) else ()
    if not item.candidates:
        return ()
    return drawn_candidate(item.candidates, random, candidate_skew)


def drawn_candidate(candidates: Sequence[Candidate], random: Random, skew: float) -> Placement:
    """Return one of a habit's candidates, which stand cheapest first; `skew` 1 is even, more prefers cheap ones."""
    chosen = candidates[int(len(candidates) * random.random() ** skew)]
    return ((chosen.first, chosen.length),)


def preferred_task_place(solution: Solution, task: Task, random: Random) -> Placement:
    """Return its block, or one of its chunks, at an earlier place of the same length."""
    own = solution.places[task.index]
    rest: Placement = ()
    length, stop = task.slots, own[0][0] if own else solution.problem.window
    if task.min_chunk < task.slots and own:
        which = random.choice((len(own) - 1, random.randrange(len(own))))
        (stop, length), rest = own[which], own[:which] + own[which + 1 :]
    elif length > task.max_chunk:
        return ()
    allowed = earliest_allowed(solution, task)
    if allowed is None:
        return ()
    usable = task.eligible & ~between(0, allowed)
    for first, chunk in rest:
        usable &= ~between(max(0, first - 1), first + chunk + 1)
    starts = starts_of_runs(usable, length) & between(0, stop)
    return tuple(sorted((*rest, (random_slot_in(starts, random), length)))) if starts else ()


def random_slot_in(bits: int, random: Random) -> int:
    """Return a set slot near a random point between the first and the last one."""
    low = lowest(bits)
    skip = random.randrange(low, bits.bit_length())
    return lowest(bits >> skip) + skip


def allows_block(solution: Solution, index: int, first: int, length: int) -> bool:
    """Return whether a block of the item may begin at `first`, other items and the order of tasks aside."""
    item = solution.items[index]
    if isinstance(item, Movable):
        return bool(item.starts >> first & 1)
    bits = between(first, first + length)
    if isinstance(item, Attendance) or item.eligible & bits != bits:
        return False
    return isinstance(item, Task) or any((c.first, c.length) == (first, length) for c in item.candidates)
