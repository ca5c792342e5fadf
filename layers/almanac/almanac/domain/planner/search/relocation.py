"""Where an item would rather be, whoever sits there."""

from random import Random

from almanac.domain.planner.model.problem import Movable, Placement, Task
from almanac.domain.planner.model.slot_mask import between, lowest, starts_of_runs
from almanac.domain.planner.search.solution import Solution, earliest_allowed


def wish(solution: Solution, index: int, random: Random) -> Placement:
    """A random placement that would suit the item better or as well; () when it has none."""
    item = solution.items[index]
    if isinstance(item, Task):
        return wish_of_task(solution, item, random)
    if isinstance(item, Movable):
        return ((random_bit(item.starts | 1 << item.home, random), item.slots),)
    if not item.candidates:
        return ()
    good = item.candidates[int(len(item.candidates) * random.random() ** 3)]
    return ((good.first, good.length),)


def wish_of_task(solution: Solution, task: Task, random: Random) -> Placement:
    """Its block, or one of its chunks, at an earlier place of the same length."""
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
    room = task.eligible & ~between(0, allowed)
    for first, chunk in rest:
        room &= ~between(max(0, first - 1), first + chunk + 1)
    fit = starts_of_runs(room, length) & between(0, stop)
    return tuple(sorted((*rest, (random_bit(fit, random), length)))) if fit else ()


def random_bit(bits: int, random: Random) -> int:
    """A set slot near a random point between the first and the last one."""
    low = lowest(bits)
    skip = random.randrange(low, bits.bit_length())
    return lowest(bits >> skip) + skip


def suits(solution: Solution, index: int, first: int, length: int) -> bool:
    """Whether a block of the item may begin at `first`, other items and the order of tasks aside."""
    item = solution.items[index]
    if isinstance(item, Movable):
        return bool(item.starts >> first & 1)
    bits = between(first, first + length)
    if item.eligible & bits != bits:
        return False
    return isinstance(item, Task) or any((c.first, c.length) == (first, length) for c in item.candidates)
