"""The best place for one item in a solution, everything else staying where it is."""

from almanac.domain.planner.model.problem import Attendance, Movable, Occurrence, Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, Placement, between, covered, lowest, starts_of_runs
from almanac.domain.planner.search.placing.chunks import chunkings, lengthened
from almanac.domain.planner.search.placing.meetings import absent_cost, attendance_place, meeting_starts
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Solution, earliest_allowed
from almanac.domain.planner.search.timeline import Timeline


def reinsert(solution: Solution, index: int, randomization: Randomization | None = None) -> None:
    """Move an item to the best place found; chunks that a task still has may stay, grow or go."""
    keep = solution.places[index]
    if keep:
        solution.move(index, ())
    place = best_place(solution, index, randomization, keep)
    if place:
        solution.move(index, place)


def bounds(solution: Solution, task: Task) -> tuple[int, int] | None:
    """Return [first slot, stop) that the order of tasks leaves, or None while a predecessor is not wholly placed."""
    first, stop = earliest_allowed(solution, task), solution.problem.window
    if first is None:
        return None
    for index in task.successors:
        placement = solution.places[index]
        if placement:
            stop = min(stop, placement[0][0])
    return first, stop


def free_slots_for(solution: Solution, task: Task) -> int:
    """Return the free slots a task may use."""
    free = task.eligible & ~solution.occupied_for(task)
    if task.predecessors or task.successors:
        limits = bounds(solution, task)
        free = free & between(*limits) if limits else 0
    return free


def best_place(
    solution: Solution, index: int, randomization: Randomization | None = None, keep: Placement = ()
) -> Placement:
    """Return the cheapest place found for an item that has none; () when there is none or none is worth it.

    `keep` are chunks that a task had until now and may have again. With a randomization, good places are skipped now
    and then and slots cost their Lagrangian prices.
    """
    item = solution.items[index]
    if isinstance(item, Task):
        return best_task_place(solution, item, randomization, keep)
    if isinstance(item, Occurrence):
        return best_occurrence_place(solution, item, randomization)
    if isinstance(item, Attendance):
        return attendance_place(solution, item)
    return best_movable_place(solution, item, randomization)


def free_place(solution: Solution, index: int, keep: Placement) -> Placement:
    """Return the cheapest place found for an item that has none, without any chance or price."""
    return best_place(solution, index, None, keep)


def best_task_place(solution: Solution, task: Task, randomization: Randomization | None, keep: Placement) -> Placement:
    """Return the cheapest of a task's candidate placements."""
    free = free_slots_for(solution, task)
    if not free:
        return ()
    best: Placement = ()
    best_cost = solution.costs[task.index] + beside_cost(solution, task, (), randomization)
    for place in all_candidates(solution, task, free, keep if not covered(keep) & ~free else (), randomization):
        alone = task.cost(place)
        if alone >= best_cost:
            continue
        terms = alone + solution.added_touches(task, place) + solution.added_load(task, place)
        cost = terms + beside_cost(solution, task, place, randomization)
        if cost < best_cost:
            best, best_cost = place, cost
    return best


def beside_cost(solution: Solution, task: Task, place: Placement, randomization: Randomization | None) -> float:
    """Return what a place costs others, as far as that counts in the choice: prices, absence, what waits for the end.

    No place costs no prices.
    """
    cost = 0.0
    if task.attendances:
        cost += absent_cost(solution, task, place)
    if task.heirs_unit and (weight := randomization.heirs_weight if randomization else 1.0):
        cost += weight * task.heirs_cost(sum(place[-1]) if task.complete(place) else task.window)
    if randomization and randomization.prefixes:
        for person in task.people:
            prefix = randomization.prefixes[person]
            cost += sum([prefix[first + length] - prefix[first] for first, length in place])
    return cost


def all_candidates(
    solution: Solution, task: Task, free: int, keep: Placement, randomization: Randomization | None
) -> dict[Placement, None]:
    """Return the placements to compare for a task without a place that had `keep`."""
    found = kept_candidates(solution, task, free, keep, randomization) if keep else {}
    was, _ = solution.changed.get(task.index, ((), 0))
    if randomization and was and not covered(was) & ~free:  # where it was before this step: what was only in between
        found[was] = None
    if randomization and randomization.skips():
        free = randomization.masked(free)
    if not keep or (randomization and randomization.random.random() < randomization.params.repair.rebuild_rate):
        found.update(task_candidates(solution, task, free, randomization))
    if (
        not keep
        and randomization
        and randomization.prefixes
        and (cheap := free & randomization.random.choice(randomization.cheap_for(task)))
    ):
        found.update(task_candidates(solution, task, cheap, randomization))
    return found


def kept_candidates(
    solution: Solution, task: Task, free: int, keep: Placement, randomization: Randomization | None
) -> dict[Placement, None]:
    """Return the chunks a task still had, longer ones, and others beside them."""
    found: dict[Placement, None] = {}
    found[keep] = None
    longer = lengthened(task, free, keep, task.slots - covered(keep).bit_count())
    for own in (keep, longer) if longer != keep else (keep,):
        left = task.slots - sum([length for _, length in own])
        if not left:
            found[own] = None
            continue
        apart = free
        for first, length in own:
            apart &= ~between(max(0, first - 1), first + length + 1)
        for extra in chunkings(solution, task, apart, left, randomization):
            found[tuple(sorted(own + extra))] = None
    return found


def task_candidates(
    solution: Solution, task: Task, free: int, randomization: Randomization | None
) -> dict[Placement, None]:
    """Return placements of a whole task, in a fixed order and without repetition."""
    found: dict[Placement, None] = {}
    if task.slots <= task.max_chunk:
        starts = meeting_starts if task.is_meeting else single_starts
        found = {((first, task.slots),): None for first in starts(solution, task, free)}
        if randomization and randomization.prefixes:
            first = randomization.cheapest(task, task.slots, starts_of_runs(free, task.slots))
            if first >= 0:
                found[((first, task.slots),)] = None
    if task.min_chunk < task.slots:
        for placement in chunkings(solution, task, free, task.slots, randomization):
            found[placement] = None
    return found


def single_starts(solution: Solution, task: Task, free: int) -> list[int]:
    """Return starts of one block for the whole task: the earliest with few breaks missing, under the cap, as before."""
    starts = starts_of_runs(free, task.slots)
    if not starts:
        return []
    line, found, quiet = solution.lines[task.people[0]], [lowest(starts)], starts
    person = line.person
    if person.touch_cost:
        before = line.ends | person.touched_start
        after = (line.starts | person.touched_end) >> task.slots
        quiet = starts & ~(before | after)
        found += [lowest(starts & ~(before & after)), lowest(quiet)]
    if task.kept:
        found.append(lowest(starts_of_runs(free & (task.kept.near | task.kept.far), task.slots)))
    full = full_days(line, task, task.slots) if task.cap_row >= 0 else 0
    if full:
        found += [lowest(starts & ~full), lowest(quiet & ~full)]
    return [first for first in dict.fromkeys(found) if first >= 0]


def full_days(line: Timeline, task: Task, slots: int) -> int:
    """Return the slots of the days on which `slots` more would exceed the daily cap."""
    row, bits = task.cap_row, 0
    for day, day_bits in enumerate(line.person.day_slots):
        if (line.load[row + day] + slots) * SLOT_MINUTES > line.person.daily_caps[row + day]:
            bits |= day_bits
    return bits


def best_occurrence_place(solution: Solution, item: Occurrence, randomization: Randomization | None) -> Placement:
    """Return the cheapest free candidate, breaks and kept slots counted; () when none is worth it."""
    line = solution.lines[item.people[0]]
    person, prefixes = line.person, randomization.prefixes if randomization else None
    prefix = prefixes[person.index] if prefixes else None
    taken = (line.occupied >> item.base) & ((1 << item.width) - 1)
    before, after = line.ends | person.touched_start, line.starts | person.touched_end
    best: Placement = ()
    best_cost = solution.costs[item.index]
    for candidate in item.candidates:
        if candidate.cost >= best_cost:
            break
        if candidate.bits & taken or (randomization and randomization.skips()):
            continue
        first, stop = candidate.first, candidate.first + candidate.length
        cost = candidate.cost + ((before >> first & 1) + (after >> stop & 1)) * person.touch_cost
        if item.kept:
            cost += item.kept.cost(((first, candidate.length),))
        if prefix:
            cost += prefix[stop] - prefix[first]
        if cost < best_cost:
            best, best_cost = ((first, candidate.length),), cost
    return best


def best_movable_place(solution: Solution, item: Movable, randomization: Randomization | None) -> Placement:
    """Return its own place when free (at random another one), else the earliest free one; () when nothing is free."""
    free = ((1 << solution.problem.window) - 1) & ~solution.occupied_for(item)
    starts = starts_of_runs(free, item.slots) & (item.starts | 1 << item.home)
    if not starts:
        return ()
    if starts >> item.home & 1 and (
        randomization is None or randomization.random.random() < randomization.params.repair.stay_rate
    ):
        return ((item.home, item.slots),)
    skip = randomization.random.randrange(starts.bit_length()) if randomization else 0
    return ((lowest(starts >> skip) + skip, item.slots),)
