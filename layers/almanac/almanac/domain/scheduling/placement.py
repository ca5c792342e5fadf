"""The best place for one item in a draft, everything else staying where it is."""

from almanac.domain.scheduling.chunks import chunkings
from almanac.domain.scheduling.draft import Draft
from almanac.domain.scheduling.problem import Movable, Occurrence, Placement, Task
from almanac.domain.scheduling.timeline import SLOT_MINUTES, between, lowest, starts_of_runs
from almanac.domain.scheduling.whim import Whim


def bounds(draft: Draft, task: Task) -> tuple[int, int] | None:
    """[first slot, stop) that the order of tasks leaves; None while a predecessor is not wholly placed."""
    first, stop = 0, draft.problem.window
    for index in task.predecessors:
        placement = draft.places[index]
        if not draft.problem.tasks[index].complete(placement):
            return None
        first = max(first, placement[-1][0] + placement[-1][1])
    for index in task.successors:
        placement = draft.places[index]
        if placement:
            stop = min(stop, placement[0][0])
    return first, stop


def room_for(draft: Draft, task: Task) -> int:
    """The free slots a task may use."""
    room = task.eligible & ~draft.occupied
    if task.predecessors or task.successors:
        limits = bounds(draft, task)
        room = room & between(*limits) if limits else 0
    return room


def best_place(draft: Draft, index: int, whim: Whim | None = None) -> Placement:
    """The cheapest place found for an item; chunks it has stay. () when there is none or none is worth it.

    With a whim, good places are overlooked now and then and contested slots cost their price.
    """
    item = draft.items[index]
    if isinstance(item, Task):
        return best_task_place(draft, item, whim)
    if isinstance(item, Occurrence):
        return best_occurrence_place(draft, item, whim)
    return best_movable_place(draft, item, whim)


def best_task_place(draft: Draft, task: Task, whim: Whim | None) -> Placement:
    """The cheapest of a task's candidate placements."""
    own = draft.places[task.index]
    room = room_for(draft, task)
    if not room:
        return own
    if whim and whim.blinks():
        room = whim.veiled(room)
    found = task_candidates(draft, task, room, own, whim)
    prefix = whim.prefix if whim else None
    if whim and prefix and (cheap := room & whim.random.choice(whim.cheap)):
        found.update(task_candidates(draft, task, cheap, own, whim))
    best, best_cost = own, float(draft.costs[task.index])
    for extra in found:
        whole = tuple(sorted(own + extra)) if own else extra
        cost = task.cost(whole) + draft.added_touches(extra) + draft.added_load(task, extra)
        if prefix:
            cost += sum([prefix[first + length] - prefix[first] for first, length in extra])
        if cost < best_cost:
            best, best_cost = whole, cost
    return best


def task_candidates(draft: Draft, task: Task, room: int, own: Placement, whim: Whim | None) -> dict[Placement, None]:
    """Blocks worth adding to the task's own, in a fixed order and without repetition."""
    found: dict[Placement, None] = {}
    if task.slots <= task.max_chunk and not own:
        found = {((first, task.slots),): None for first in single_starts(draft, task, room)}
    if task.min_chunk < task.slots:
        rest = task.slots
        for first, length in own:
            rest -= length
            room &= ~between(max(0, first - 1), first + length + 1)
        for placement in chunkings(draft, task, room, rest, whim):
            found[placement] = None
    return found


def single_starts(draft: Draft, task: Task, room: int) -> list[int]:
    """Starts of one block for the whole task: the earliest with few breaks missing, under the cap, where it was."""
    fit = starts_of_runs(room, task.slots)
    if not fit:
        return []
    problem, found, quiet = draft.problem, [lowest(fit)], fit
    if problem.touch_cost:
        before = draft.ends | problem.touched_start
        after = (draft.starts | problem.touched_end) >> task.slots
        quiet = fit & ~(before | after)
        found += [lowest(fit & ~(before & after)), lowest(quiet)]
    if task.kept:
        found.append(lowest(starts_of_runs(room & (task.kept.near | task.kept.far), task.slots)))
    full = full_days(draft, task, task.slots) if task.cap_row >= 0 else 0
    if full:
        found += [lowest(fit & ~full), lowest(quiet & ~full)]
    return [first for first in dict.fromkeys(found) if first >= 0]


def full_days(draft: Draft, task: Task, slots: int) -> int:
    """The slots of the days on which `slots` more would break the daily cap."""
    row, bits = task.cap_row, 0
    for day, day_bits in enumerate(draft.problem.day_slots):
        if (draft.load[row + day] + slots) * SLOT_MINUTES > draft.problem.daily_caps[row + day]:
            bits |= day_bits
    return bits


def best_occurrence_place(draft: Draft, item: Occurrence, whim: Whim | None) -> Placement:
    """The cheapest free candidate, breaks and kept slots counted."""
    problem, prefix = draft.problem, whim.prefix if whim else None
    taken = (draft.occupied >> item.base) & ((1 << item.width) - 1)
    before, after = draft.ends | problem.touched_start, draft.starts | problem.touched_end
    best: Placement = ()
    best_cost = draft.costs[item.index]
    for candidate in item.candidates:
        if candidate.cost >= best_cost:
            break
        if candidate.bits & taken or (whim and whim.blinks()):
            continue
        first, stop = candidate.first, candidate.first + candidate.length
        cost = candidate.cost + ((before >> first & 1) + (after >> stop & 1)) * problem.touch_cost
        if item.kept:
            cost += item.kept.cost(((first, candidate.length),))
        if prefix:
            cost += prefix[stop] - prefix[first]
        if cost < best_cost:
            best, best_cost = ((first, candidate.length),), cost
    return best


def best_movable_place(draft: Draft, item: Movable, whim: Whim | None) -> Placement:
    """Its own place when free (on a whim another one), else the earliest free one; () only when nothing is free."""
    room = ((1 << draft.problem.window) - 1) & ~draft.occupied
    starts = starts_of_runs(room, item.slots) & (item.starts | 1 << item.home)
    if not starts:
        return ()
    if starts >> item.home & 1 and (whim is None or whim.random.random() < 0.5):
        return ((item.home, item.slots),)
    skip = whim.random.randrange(starts.bit_length()) if whim else 0
    return ((lowest(starts >> skip) + skip, item.slots),)
