"""Which other work gives way: a task can only be on time in the place of one that is late instead.

Where time is short, plans differ in what comes late. Clearing time for one task moves its neighbours, each into the
time of the next, and the last one finds nothing: such a step is only a gain if something lighter goes altogether,
anywhere in between, and takes what is left.
"""

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import between
from almanac.domain.planner.search.params import DestroyParams
from almanac.domain.planner.search.solution import Solution

if TYPE_CHECKING:
    from almanac.domain.planner.search.destroying.removal import Removal


def drop_victims(last: "Removal", others: Sequence[int], stop: int, params: DestroyParams) -> None:
    """Now and then remove tasks among `others` with a place before `stop`, each the lightest of a few drawn.

    What waits for them goes with them; `last` are to be inserted when everything else has its place.
    """
    solution, random = last.solution, last.random
    if random.random() >= params.victim_rate:
        return
    tasks = solution.problem.tasks
    for _ in range(random.randrange(*params.victims)):
        drawn = [random.choice(others) for _ in range(params.tournament)]
        able = [each for each in drawn if each < len(tasks) and begins_before(solution, each, stop)]
        if able:
            last.drop(min(able, key=lambda each: tasks[each].weight))


def begins_before(solution: Solution, index: int, stop: int) -> bool:
    """Return whether an item has a place that begins before a slot."""
    place = solution.places[index]
    return bool(place) and place[0][0] < stop


def better_end(solution: Solution, task: Task, random: Random, params: DestroyParams) -> int:
    """Return a slot by which a task should end: before its own end, of a late one by its deadline or some days later.

    Lateness is paid by the day begun, so that an hour earlier gains nothing.
    """
    place = solution.places[task.index]
    stop = sum(place[-1]) if place else solution.problem.window
    late = task.days_late(stop)
    if task.deadline is None or late <= 0:
        return stop
    step = task.end_so_late(random.randrange(late) if random.random() < params.step_rate else 0)
    return step if task.eligible & between(0, step) else stop
