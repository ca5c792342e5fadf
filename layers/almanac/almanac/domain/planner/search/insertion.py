"""The best place for one item in a draft, everything else staying where it is."""

from almanac.domain.planner.model.problem import Movable, Occurrence, Placement, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Span, between, covered, lowest, starts_of_runs
from almanac.domain.planner.search.chunks import chunkings
from almanac.domain.planner.search.randomness import Whim
from almanac.domain.planner.search.solution import Draft

AFRESH = 0.2
"""How often, on a whim, a task that lost some chunks considers other places for all of them."""


def put_back(draft: Draft, index: int, whim: Whim | None = None) -> None:
    """Give an item the best place found; chunks that a task still has may stay, grow or go."""
    keep = draft.places[index]
    if keep:
        draft.move(index, ())
    place = best_place(draft, index, whim, keep)
    if place:
        draft.move(index, place)


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


def best_place(draft: Draft, index: int, whim: Whim | None = None, keep: Placement = ()) -> Placement:
    """The cheapest place found for an item that has none; () when there is none or none is worth it.

    `keep` are chunks that a task had until now and may have again. With a whim, good places are overlooked now and
    then and contested slots cost their price.
    """
    item = draft.items[index]
    if isinstance(item, Task):
        return best_task_place(draft, item, whim, keep)
    if isinstance(item, Occurrence):
        return best_occurrence_place(draft, item, whim)
    return best_movable_place(draft, item, whim)


def best_task_place(draft: Draft, task: Task, whim: Whim | None, keep: Placement) -> Placement:
    """The cheapest of a task's candidate placements."""
    room = room_for(draft, task)
    if not room:
        return ()
    best: Placement = ()
    best_cost, prefix = float(draft.costs[task.index]), whim.prefix if whim else None
    for place in all_candidates(draft, task, room, keep if not covered(keep) & ~room else (), whim):
        alone = task.cost(place)
        if alone >= best_cost:
            continue
        cost = alone + draft.added_touches(place) + draft.added_load(task, place)
        if prefix:
            cost += sum([prefix[first + length] - prefix[first] for first, length in place])
        if cost < best_cost:
            best, best_cost = place, cost
    return best


def all_candidates(draft: Draft, task: Task, room: int, keep: Placement, whim: Whim | None) -> dict[Placement, None]:
    """Everything worth weighing for a task without a place that had `keep`."""
    found = kept_candidates(draft, task, room, keep, whim) if keep else {}
    if whim and whim.blinks():
        room = whim.veiled(room)
    if not keep or (whim and whim.random.random() < AFRESH):
        found.update(task_candidates(draft, task, room, whim))
    if not keep and whim and whim.prefix and (cheap := room & whim.random.choice(whim.cheap)):
        found.update(task_candidates(draft, task, cheap, whim))
    return found


def kept_candidates(draft: Draft, task: Task, room: int, keep: Placement, whim: Whim | None) -> dict[Placement, None]:
    """The chunks a task still had, longer ones, and others beside them."""
    found: dict[Placement, None] = {}
    found[keep] = None
    longer = grown(task, room, keep, task.slots - covered(keep).bit_count())
    for own in (keep, longer) if longer != keep else (keep,):
        left = task.slots - sum([length for _, length in own])
        if not left:
            found[own] = None
            continue
        free = room
        for first, length in own:
            free &= ~between(max(0, first - 1), first + length + 1)
        for extra in chunkings(draft, task, free, left, whim):
            found[tuple(sorted(own + extra))] = None
    return found


def grown(task: Task, room: int, keep: Placement, rest: int) -> Placement:
    """The chunks made longer by up to `rest` slots where the room beside them is free, the earliest ones first."""
    found: list[Span] = []
    for position, (start, size) in enumerate(keep):
        first, stop = start, start + size
        low = sum(found[-1]) + 1 if found else 0
        high = keep[position + 1][0] - 1 if position + 1 < len(keep) else task.window
        most = min(task.max_chunk, size + rest)
        while stop - first < most and first > low and room >> (first - 1) & 1:
            first -= 1
        while stop - first < most and stop < high and room >> stop & 1:
            stop += 1
        rest -= stop - first - size
        found.append((first, stop - first))
    return tuple(found)


def task_candidates(draft: Draft, task: Task, room: int, whim: Whim | None) -> dict[Placement, None]:
    """Placements of a whole task, in a fixed order and without repetition."""
    found: dict[Placement, None] = {}
    if task.slots <= task.max_chunk:
        found = {((first, task.slots),): None for first in single_starts(draft, task, room)}
        if whim and whim.prefix:
            first = whim.cheapest(task, task.slots, starts_of_runs(room, task.slots))
            if first >= 0:
                found[((first, task.slots),)] = None
    if task.min_chunk < task.slots:
        for placement in chunkings(draft, task, room, task.slots, whim):
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
