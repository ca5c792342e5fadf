"""Why each block is where it is."""

from dataclasses import replace
from typing import NamedTuple

from almanac.domain.explanation import Explanation, ReasonCode, ReasonPart
from almanac.domain.planner.explain.occupancy import MOST_NAMED, Occupancies, Occupancy, holders, taken_away
from almanac.domain.planner.model.grid import Grid
from almanac.domain.planner.model.instance import HabitSpec
from almanac.domain.planner.model.problem import (
    Candidate,
    Movable,
    Occurrence,
    Problem,
    Task,
    block_minutes,
)
from almanac.domain.planner.model.slot_mask import (
    SLOT_MINUTES,
    Placement,
    Span,
    between,
    covered,
    each_slot,
    lowest,
    starts_of_runs,
)
from almanac.domain.planner.search.placing.meetings import absent_cost, room_of
from almanac.domain.planner.search.solution import Solution, earliest_allowed

MOST_STARTS = 200
"""How many earlier free starts are looked at for the one that would be best."""


class Terms(NamedTuple):
    """What a placement costs, in thousandths of a point."""

    waiting: int
    """Waiting and lateness."""
    leaving: int
    """Leaving the place in the previous plan."""
    breaks: int
    """Missing breaks."""
    daily_limit: int
    absences: int
    """Optional people who cannot come to a meeting."""


def move_reason(occupancy: Occupancy, event: Movable) -> Explanation:
    """Return why an event of the calendar moves: the items it makes room for, or the gain elsewhere."""
    home = occupancy.problem.minute(event.home)
    inside = occupancy.inside(between(event.home, event.home + event.slots), event.index)
    guests = tuple(dict.fromkeys(item.id for item, _ in inside))
    if guests:
        return Explanation("makes_room", items=guests, instants=(home,))
    return Explanation("moved_for_gain", numbers=(event.move_cost / 1000,), instants=(home,))


def reason(occupancy: Occupancy, item: Task | Occurrence, position: int) -> Explanation:
    """Return why one block of an item is where it is, and that it stays when the previous plan had it begin there."""
    span = occupancy.solution.places[item.index][position]
    found = (
        reason_of_habit(occupancy, item, span)
        if isinstance(item, Occurrence)
        else reason_of_task(occupancy, item, position)
    )
    began = any(first == span[0] for first, _ in occupancy.plan.previous.get(item.id, ()))
    stays = began and item.kept is not None and not covered((span,)) & ~(item.kept.near | item.kept.far)
    return replace(found, parts=(Explanation("stays"), *found.parts)) if stays else found


def reason_of_task(occupancy: Occupancy, task: Task, position: int) -> Explanation:
    """Return the earliest possible time, or what holds the time before it or makes an earlier one worse."""
    solution = occupancy.solution
    place = solution.places[task.index]
    first, length = place[position]
    begin = max(task.release, earliest_allowed(solution, task) or 0)
    if position:
        begin = max(begin, sum(place[position - 1]) + 1)
    open_time = task.eligible & ~between(0, begin)
    starts = starts_of_runs(open_time & ~occupancy.occupied | covered(((first, length),)), length)
    before = taking_before(occupancy, task, begin, (first, length))
    instants: tuple[int, ...] = ()
    gained: tuple[str, ...] = ()
    parts = [*part_of(place, position), *since(solution, task, position), *against_deadline(occupancy, task, position)]
    kind: ReasonCode
    if first != lowest(starts):
        kind, earlier = why_later(occupancy, task, position, starts & between(0, first))
        instants = (occupancy.problem.minute(earlier),)
        if kind == "more_can_come":
            gained = lost_at(solution, task, (earlier, length))
    elif first == lowest(starts_of_runs(open_time, length)) and not before:
        kind = "earliest"
    else:
        kind = "earliest_free"
        taken = Explanation("time_before_taken", items=before)
        parts.append(taken if before else Explanation("time_before_in_pieces"))
    parts += taken_away(unheld(occupancy, task) & between(begin, first), "taken_away_before")
    minutes = (SLOT_MINUTES * length,)
    return Explanation(kind, gained, minutes, instants, category=task.category, parts=tuple(parts))


def taking_before(occupancy: Occupancy, task: Task, begin: int, block: Span) -> tuple[str, ...]:
    """Return the ids of what takes the time before a block, the last ones first; nothing where that is none for it.

    So it is where no earlier stretch of the hours is long enough, whatever is in them, and no shorter piece would do.
    """
    first, length = block
    hours = occupancy.hours[task.category] & ~between(0, begin)
    if length <= task.min_chunk and first == lowest(starts_of_runs(hours, length)):
        return ()
    return occupancy.ids_before_end(hours & between(begin, first), task.index)


def unheld(occupancy: Occupancy, item: Task | Occurrence) -> int:
    """Return the slots an item was taken away from that nothing else takes, and that are among its hours."""
    category = item.category if isinstance(item, Task) else habit_of(occupancy.problem, item).category
    return item.refused & occupancy.hours[category] & occupancy.free_but_for(item.index)


def part_of(place: Placement, position: int) -> tuple[Explanation, ...]:
    """Return which part of its task a block is, nothing for a whole one."""
    return (Explanation("part_of_task", numbers=(position + 1, len(place))),) if len(place) > 1 else ()


def since(solution: Solution, task: Task, position: int) -> tuple[Explanation, ...]:
    """Return what a block could not precede: the part before it, the tasks it waits for, or its earliest start."""
    if position:
        return (Explanation("after_part", numbers=(position,)),)
    held = is_held_back(solution, task)
    before = (*(solution.items[index].id for index in task.predecessors), *(task.leaders if held else ()))
    if before:
        return (Explanation("after_items", items=before),)
    return (Explanation("after_earliest_start", instants=(solution.problem.minute(task.release),)),) if held else ()


def is_held_back(solution: Solution, task: Task) -> bool:
    """Return whether a task may begin only after the notice of its people, whatever else is placed where."""
    return task.release > max(solution.problem.people[person].first for person in task.people)


def against_deadline(occupancy: Occupancy, task: Task, position: int) -> tuple[Explanation, ...]:
    """Return on which side of its task's deadline a block ends, nothing without a deadline."""
    if task.deadline is None:
        return ()
    place = occupancy.solution.places[task.index]
    end = occupancy.problem.minute(place[position][0]) + block_minutes(task, place, position)
    side: ReasonPart = "before_deadline" if end <= task.deadline else "after_deadline"
    return (Explanation(side, instants=(task.deadline,)),)


def absences(occupancies: Occupancies, meeting: Task) -> tuple[Explanation, ...]:
    """Return which optional people do not come, and what each has then; nothing where all do."""
    solution = occupancies.solution
    away = [solution.items[index] for index in meeting.attendances if not solution.places[index]]
    span = covered(solution.places[meeting.index])
    each = tuple(lack(occupancies.of(person), person.id, meeting, span) for person in away)
    return (Explanation("without_people", items=tuple(person.id for person in away), parts=each),) if away else ()


def lack(occupancy: Occupancy, person: str, meeting: Task, span: int) -> Explanation:
    """Return what keeps somebody from a meeting in a stretch of time: what they have, and how long they are closed."""
    held = occupancy.minutes_by_id(span, meeting.index)
    closed = SLOT_MINUTES * (span & ~occupancy.hours.get(meeting.category, 0)).bit_count()
    has = (holders(held),) if held else ()
    return Explanation("lacks", (person,), (closed,) if closed else (), parts=has)


def why_later(occupancy: Occupancy, task: Task, position: int, earlier: int) -> tuple[ReasonCode, int]:
    """Return what a block has that the best of the earlier free places lacks, and the first slot of that place.

    The best is the one that would cost least if the block were new.
    """
    solution = occupancy.solution
    own = solution.places[task.index]
    (_, length), rest = own[position], own[:position] + own[position + 1 :]
    solution.move(task.index, rest)
    here = terms(solution, task, own, (own[position],))
    extras = []
    for start in list(each_slot(earlier))[:MOST_STARTS]:
        there = terms(solution, task, tuple(sorted((*rest, (start, length)))), ((start, length),))
        extras.append((Terms(*(more - less for more, less in zip(there, here, strict=True))), start))
    solution.move(task.index, own)
    extra, start = min(extras, key=lambda each: sum(each[0]) - each[0].leaving)
    return trade_off(extra), start


def terms(solution: Solution, task: Task, whole: Placement, added: tuple[Span, ...]) -> Terms:
    """Return the cost of a placement by what it is for."""
    kept = task.kept.cost(whole) if task.kept else 0
    touches, load = solution.added_touches(task, added), solution.added_load(task, added)
    away = absent_cost(solution, task, added)
    return Terms(task.cost(whole) - kept, kept, touches, load, away)


def lost_at(solution: Solution, meeting: Task, place: Span) -> tuple[str, ...]:
    """Return the ids of those who come to a meeting where it is and could not at another place."""
    come = (index for index in meeting.attendances if solution.places[index])
    return tuple(solution.items[index].id for index in come if covered((place,)) & ~room_of(solution, index))


def trade_off(extra: Terms) -> ReasonCode:
    """Return what is better here than at a place that costs so much more."""
    if sum(extra) <= 0:
        return "earlier_is_free"
    worst = max(extra.leaving, extra.breaks, extra.daily_limit, extra.absences)
    if extra.absences and worst == extra.absences:
        return "more_can_come"
    if worst == extra.breaks:
        return "break_around"
    return "within_daily_limit" if worst == extra.daily_limit else "earlier_is_free_not_worth_a_move"


def reason_of_habit(occupancy: Occupancy, item: Occurrence, span: Span) -> Explanation:
    """Return how far off its ideal time a block is and because of what, and how much shorter than preferred."""
    start = occupancy.problem.minute(span[0])
    end = start + block_minutes(item, (span,), 0)
    early, late = max(0, item.ideal[0] - start), max(0, end - item.ideal[1])
    short = shorter_than_preferred(occupancy, item, span, item.preferred_minutes - (end - start))
    if not (early or late):
        return Explanation("in_ideal_time", parts=short)
    side: ReasonCode = "earlier_than_ideal" if early else "later_than_ideal"
    parts = (why_not_ideal(occupancy, item, span), *short)
    return Explanation(side, minutes=(early or late,), instants=item.ideal, parts=parts)


def shorter_than_preferred(occupancy: Occupancy, item: Occurrence, span: Span, minutes: int) -> tuple[Explanation, ...]:
    """Return what a block lies between that is so many minutes shorter than preferred, nothing for a long one."""
    if minutes <= 0:
        return ()
    hours, (first, length) = occupancy.hours[habit_of(occupancy.problem, item).category], span
    sides: tuple[tuple[int, ReasonPart, ReasonPart], ...] = (
        (first - 1, "follows_item", "follows_start_of_hours"),
        (first + length, "precedes_item", "precedes_end_of_hours"),
    )
    parts = []
    for slot, beside_item, beside_edge in sides:
        neighbour = occupancy.id_at(slot)
        if neighbour:
            parts.append(Explanation(beside_item, items=(neighbour,)))
        elif slot < 0 or not hours >> slot & 1:
            parts.append(Explanation(beside_edge))
    return (Explanation("shorter_than_preferred", minutes=(minutes,), parts=tuple(parts)),)


def why_not_ideal(occupancy: Occupancy, item: Occurrence, span: Span) -> Explanation:
    """Return what holds the ideal time of a habit's block that lies elsewhere."""
    problem = occupancy.problem
    chosen = next(c for c in item.candidates if (c.first, c.length) == span)
    better = next((c for c in item.candidates if c.cost < chosen.cost and fits(occupancy, item, c)), None)
    if better:
        return Explanation("ideal_free_but_costly", instants=(problem.minute(better.first),))
    opened = Grid.of(problem.instance).inside(*item.ideal) & occupancy.hours[habit_of(problem, item).category]
    if not opened:
        return Explanation("ideal_hours_closed")
    allowed = (item.eligible | item.refused) & occupancy.free_but_for(item.index)
    if item.refused & opened and starts_of_runs(opened & allowed, chosen.length):
        return Explanation("ideal_taken_away")
    taken = tuple(occupancy.minutes_by_id(opened, item.index))[:MOST_NAMED]
    return Explanation("ideal_taken", items=taken) if taken else Explanation("ideal_too_short")


def fits(occupancy: Occupancy, item: Occurrence, candidate: Candidate) -> bool:
    """Return whether a habit's block could lie there with everything else where it is."""
    bits = candidate.bits << item.base
    return occupancy.free_but_for(item.index) & bits == bits


def habit_of(problem: Problem, item: Occurrence) -> HabitSpec:
    """Return the specification of an occurrence's habit."""
    return next(habit for habit in problem.instance.habits if habit.id == item.id)
