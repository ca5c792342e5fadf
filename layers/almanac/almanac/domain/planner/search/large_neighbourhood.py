"""Large-neighbourhood search: take some items out, put them back in another order, keep what is better or nearly so.

Acceptance is that of simulated annealing. The amount of work is counted in placements tried, not in seconds, and all
chance comes from one seed, so equal searches end equally; a clock can only cut a search short.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Occurrence, Task, weight_of
from almanac.domain.planner.search.components import Part
from almanac.domain.planner.search.destroy import Destroy
from almanac.domain.planner.search.insertion import put_back
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Snapshot, Solution

SearchClock = Callable[[], float]
"""Asked between steps: the share of its time a search has used; from 1 on time is up."""

GRACE = 0.1
"""How far time may run ahead of work before the search cools faster, so as to end cold when it is cut short."""

STEPS_BETWEEN_LOOKS = 8
"""How many steps pass between two questions to the clock."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a search spends its work: units of work, and temperatures in thousandths of a point from begin to end."""

    work: float
    hot: float
    cold: float

    def temperature(self, done: float) -> float:
        """The temperature when a share `done` of the search is behind."""
        return self.hot * exp(log(self.cold / self.hot) * min(1.0, done))


class Search:
    """One annealed search over a part of a solution; `best` is the best plan it has seen."""

    def __init__(self, solution: Solution, randomization: Randomization, part: Part) -> None:
        self.solution = solution
        self.randomization = randomization
        self.ruin = Destroy(solution, randomization.random, part)
        self.best = solution.snapshot()
        self.cost = solution.cost
        self.work = 0.0
        self.overhead = 1.0 + len(part.items) / 100
        scale = 1 + solution.problem.window / 3000
        self.effort = [scale * (4 if isinstance(i, Task) and i.min_chunk < i.slots else 1) for i in solution.items]

    def run(self, schedule: Schedule, search_clock: SearchClock) -> Snapshot:
        """Search until the work is done or time is up."""
        steps, hurry = 0, 0.0
        while self.solution.items and self.work < schedule.work:
            if steps % STEPS_BETWEEN_LOOKS == 0:
                used = search_clock()
                if used >= 1.0:
                    break
                hurry = (used - GRACE) / (1.0 - GRACE)
            steps += 1
            self.step(schedule.temperature(max(hurry, self.work / schedule.work)))
        return self.best

    def step(self, temperature: float) -> None:
        """Ruin, repair, then accept or undo."""
        solution, random = self.solution, self.randomization.random
        solution.begin()
        self.randomization.redraw()
        removed, ordered = self.ruin.remove_some()
        self.repair(removed if ordered else self.shuffled(removed))
        cost = solution.cost
        if cost - self.cost > -temperature * log(1.0 - random.random()):
            solution.undo()
            return
        self.cost = cost
        if cost < self.best.cost:
            self.best = solution.snapshot()

    def repair(self, queue: list[int]) -> None:
        """Put items back one by one, predecessors first."""
        solution = self.solution
        self.work += self.overhead
        for index in predecessors_first(solution, queue):
            self.work += self.effort[index]
            put_back(solution, index, self.randomization)

    def shuffled(self, removed: list[int]) -> list[int]:
        """The items in an order drawn anew: by weight, deadline, length, density or chance, more or less noisily."""
        random = self.randomization.random
        noise = random.choice((0.0, 0.1, 0.5))
        key = random.choice((self.by_weight, self.by_deadline, self.by_length, self.by_density, self.by_chance))
        ranked = sorted((key(index) * (1.0 + noise * (random.random() - 0.5)), index) for index in removed)
        return [index for _, index in ranked]

    def by_weight(self, index: int) -> float:
        """Heavy items first."""
        return -weight_of(self.solution.items[index])

    def by_deadline(self, index: int) -> float:
        """Early deadlines first; habits between the urgent and the rest."""
        item, problem = self.solution.items[index], self.solution.problem
        if isinstance(item, Task):
            return float(item.deadline - problem.origin if item.deadline is not None else 60_000)
        return 10_000.0

    def by_length(self, index: int) -> float:
        """Long items first."""
        return -self.length(index)

    def by_density(self, index: int) -> float:
        """Most weight per slot first."""
        return self.by_weight(index) / self.length(index)

    def by_chance(self, _index: int) -> float:
        """Any order."""
        return self.randomization.random.random()

    def length(self, index: int) -> float:
        """Slots an item takes, about."""
        item = self.solution.items[index]
        return 2.0 if isinstance(item, Occurrence) else float(item.slots)


def predecessors_first(solution: Solution, queue: list[int]) -> list[int]:
    """The queue with its tasks in an order that respects what they wait for; everything else keeps its position."""
    tasks = solution.problem.tasks
    if not any(index < len(tasks) and tasks[index].predecessors for index in queue):
        return queue
    ordered = iter(in_order(solution.problem, [index for index in queue if index < len(tasks)]))
    return [next(ordered) if index < len(tasks) else index for index in queue]
