"""Why each block sits where it sits, in words for the person whose calendar it is."""

from almanac.domain.planner.explain.occupancy import Occupancy, most_first
from almanac.domain.planner.explain.wording import clock_time, duration, names, time_span
from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import HabitSpec
from almanac.domain.planner.model.problem import Candidate, Movable, Occurrence, Placement, Problem, Task, block_minutes
from almanac.domain.planner.model.slot_mask import (
    SLOT_MINUTES,
    Span,
    between,
    covered,
    each_slot,
    lowest,
    starts_of_runs,
)
from almanac.domain.planner.search.solution import Solution, earliest_allowed

KEPT = 1
"""Where `terms` has the cost of leaving the last plan."""

MOST_STARTS = 200
"""How many earlier free starts are looked at for the one that tells why it was left."""


def move_reason(occupancy: Occupancy, event: Movable) -> str:
    """Why an event of the calendar moves: whom it makes room for."""
    problem = occupancy.problem
    home = f"it was at {clock_time(problem.minute(event.home), problem.zone)}"
    guests = [item.id for item, _ in occupancy.inside(between(event.home, event.home + event.slots), event.index)]
    if guests:
        return f"makes room for {names(list(dict.fromkeys(guests)))}; {home}"
    return f"the rest of the plan gains more by it than the {event.move_cost / 1000:g} points the move costs; {home}"


def reason(occupancy: Occupancy, item: Task | Occurrence, position: int) -> str:
    """Why one block of an item sits where it sits, and that it stays when the last plan had it there."""
    span = occupancy.solution.places[item.index][position]
    text = (
        reason_of_habit(occupancy, item, span)
        if isinstance(item, Occurrence)
        else reason_of_task(occupancy, item, position)
    )
    stays = item.kept is not None and not covered((span,)) & ~(item.kept.near | item.kept.far)
    return f"stays where it was: {text}" if stays else text


def reason_of_task(occupancy: Occupancy, task: Task, position: int) -> str:
    """Earliest possible, or what holds the time before it; which part it is, and how it stands to the deadline."""
    solution = occupancy.solution
    place = solution.places[task.index]
    first, length = place[position]
    begin = max(task.release, earliest_allowed(solution, task) or 0)
    if position:
        begin = max(begin, sum(place[position - 1]) + 1)
    open_time = task.eligible & ~between(0, begin)
    free_then = open_time & ~solution.occupied | covered(((first, length),))
    earliest_free = lowest(starts_of_runs(free_then, length))
    before = occupancy.before(occupancy.hours[task.category] & between(begin, first), task.index)
    if first != earliest_free:
        head, tail = why_later(occupancy, task, position, starts_of_runs(free_then, length) & between(0, first))
    elif first == lowest(starts_of_runs(open_time, length)) and not before:
        head, tail = f"the earliest {length_of(task, length)}", ""
    else:
        head = f"the earliest free {length_of(task, length)}"
        tail = f"; the time before is taken by {before or 'pieces that are too short'}"
    part = f"part {position + 1} of {len(place)}, " if len(place) > 1 else ""
    return f"{part}{head}{since(solution, task, position)}{against_deadline(occupancy, task, place, position)}{tail}"


def length_of(task: Task, slots: int) -> str:
    """ "1 h 30 min of work hours"."""
    return f"{duration(SLOT_MINUTES * slots)} of {task.category} hours"


def since(solution: Solution, task: Task, position: int) -> str:
    """What a block could not precede: the part before it, the tasks it waits for, or its earliest start."""
    if position:
        return f" after part {position}"
    if task.predecessors:
        return f" after {names([solution.items[index].id for index in task.predecessors])}"
    if task.release:
        return (
            f" from its earliest start ({clock_time(solution.problem.minute(task.release), solution.problem.zone)}) on"
        )
    return ""


def against_deadline(occupancy: Occupancy, task: Task, place: Placement, position: int) -> str:
    """How a block stands to its task's deadline; "" without one."""
    if task.deadline is None:
        return ""
    zone, end = (
        occupancy.problem.zone,
        occupancy.problem.minute(place[position][0]) + block_minutes(task, place, position),
    )
    due = clock_time(task.deadline, zone)
    return f", before its deadline {due}" if end <= task.deadline else f", after its deadline {due}"


def why_later(occupancy: Occupancy, task: Task, position: int, earlier: int) -> tuple[str, str]:
    """What a block has that an earlier free place lacks, and what becomes of the one that would be best were it new."""
    solution, problem = occupancy.solution, occupancy.problem
    own = solution.places[task.index]
    (_, length), rest = own[position], own[:position] + own[position + 1 :]
    found, least = ("", ""), 0
    solution.move(task.index, rest)
    here = terms(solution, task, own, (own[position],))
    for start in list(each_slot(earlier))[:MOST_STARTS]:
        there = terms(solution, task, tuple(sorted((*rest, (start, length)))), ((start, length),))
        extra = [more - less for more, less in zip(there, here, strict=True)]
        if not found[0] or sum(extra) - extra[KEPT] < least:
            least = sum(extra) - extra[KEPT]
            found = trade_off(extra, clock_time(problem.minute(start), problem.zone), length_of(task, length))
    solution.move(task.index, own)
    return found


def terms(solution: Solution, task: Task, whole: Placement, added: tuple[Span, ...]) -> tuple[int, int, int, int]:
    """(waiting and lateness, leaving the last plan, missing breaks, daily limit) of a placement, thousandths."""
    kept = task.kept.cost(whole) if task.kept else 0
    return task.cost(whole) - kept, kept, solution.added_touches(added), solution.added_load(task, added)


def trade_off(extra: list[int], when: str, length: str) -> tuple[str, str]:
    """(what is better here, what an earlier free place would cost) by the costs that exceed this one's, see `terms`."""
    _, kept, touches, load = extra
    if sum(extra) <= 0:
        return length, f"; {when} is free too, but gains too little"
    worst = max(kept, touches, load)
    if worst == touches:
        return f"{length} with a break around it", f"; a start at {when} would leave none"
    if worst == load:
        return f"{length} within the daily limit", f"; a start at {when} would exceed it"
    return length, f"; {when} is free too, but gains too little for a move"


def reason_of_habit(occupancy: Occupancy, item: Occurrence, span: Span) -> str:
    """In its ideal time, or how far off it and who is there; how much shorter than preferred, and between whom."""
    zone, start = occupancy.problem.zone, occupancy.problem.minute(span[0])
    end = start + block_minutes(item, (span,), 0)
    early, late = max(0, item.ideal[0] - start), max(0, end - item.ideal[1])
    text = "in its ideal time"
    if early or late:
        side = "earlier" if early else "later"
        ideal = f"ideal ({time_span(*item.ideal, zone)})"
        text = f"{duration(early or late)} {side} than {ideal}, {why_not_ideal(occupancy, item, span)}"
    short = item.preferred_minutes - (end - start)
    return f"{text}; {duration(short)} shorter than preferred{squeezed(occupancy, item, span)}" if short > 0 else text


def squeezed(occupancy: Occupancy, item: Occurrence, span: Span) -> str:
    """What a short block of a habit lies between."""
    hours, (first, length) = occupancy.hours[habit_of(occupancy.problem, item).category], span
    sides = [
        occupancy.at(slot) or ("" if slot >= 0 and hours >> slot & 1 else f"the {edge} of its hours")
        for slot, edge in ((first - 1, "start"), (first + length, "end"))
    ]
    if all(sides):
        return f", between {sides[0]} and {sides[1]}"
    return f", right {'after' if sides[0] else 'before'} {sides[0] or sides[1]}" if any(sides) else ""


def why_not_ideal(occupancy: Occupancy, item: Occurrence, span: Span) -> str:
    """Who has the ideal time of a habit that lies elsewhere."""
    problem = occupancy.problem
    chosen = next(c for c in item.candidates if (c.first, c.length) == span)
    better = next((c for c in item.candidates if c.cost < chosen.cost and fits(occupancy, item, c)), None)
    if better:
        when = clock_time(problem.minute(better.first), problem.zone)
        return f"although {when} is free, for the sake of breaks or of what already stands"
    opened = Grid.of(problem.instance).inside(*item.ideal) & occupancy.hours[habit_of(occupancy.problem, item).category]
    if not opened:
        return "when its hours are closed"
    held = occupancy.held(opened, item.index)
    taken = names(most_first(held))
    return f"the nearest free place; that time is taken by {taken}" if taken else "the nearest that is long enough"


def fits(occupancy: Occupancy, item: Occurrence, candidate: Candidate) -> bool:
    """Whether a habit's block could lie there with everything else where it is."""
    bits = candidate.bits << item.base
    return occupancy.free_but_for(item.index) & bits == bits


def habit_of(problem: Problem, item: Occurrence) -> HabitSpec:
    """What the habit of an occurrence asks for."""
    return next(habit for habit in problem.instance.habits if habit.id == item.id)
