"""A search over the order in which items take the earliest time there is.

Where time is short, plans differ in what comes late, and between two such choices lie a dozen blocks that would have to
change places: a neighbourhood search gets there by luck. As orders they are neighbours: one task goes elsewhere in the
order, and all after it follow. An order becomes a plan in one pass over the bits of free time (the serial schedule
generation scheme: Kolisch 1996, "Serial and parallel resource-constrained project scheduling methods revisited").
Breaks and daily limits are not looked at, so what comes of it is where a neighbourhood search begins.
"""

from collections.abc import Sequence
from math import log
from random import Random

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Occurrence, Problem, Task
from almanac.domain.planner.model.slot_mask import Placement, covered, lowest, starts_of_runs
from almanac.domain.planner.search.components import Component
from almanac.domain.planner.search.destroying.chains import chain_to
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule, SearchClock
from almanac.domain.planner.search.params import OrderParams
from almanac.domain.planner.search.placing.chunks import first_fit, largest_first
from almanac.domain.planner.search.solution import Snapshot, Solution, begin_after


class OrderSearch:
    """One annealed search over the order of a component's tasks and habits; everything else stays where it is."""

    def __init__(
        self, problem: Problem, component: Component, base: Snapshot, random: Random, params: OrderParams
    ) -> None:
        """It begins with habits, then tasks as they end in `base`. The component has no meeting."""
        self.problem = problem
        self.random = random
        self.params = params
        self.items = problem.items
        self.order = first_order(problem, component, base)
        inside = set(self.order)
        self.chains = {index: {*chain_to(problem, index)} for index in self.order if index < len(problem.tasks)}
        self.room = [(1 << problem.window) - 1 for _ in problem.people]
        for index, place in enumerate(base.places):
            if index not in inside:
                self.take(self.room, index, place)
        self.places = list(base.places)
        self.costs = [0] * len(self.items)
        self.best = self.places
        self.work = 0.0
        self.cut = 0.0
        """The share of the work that was left when time was up."""

    def run(self, schedule: AnnealingSchedule, search_clock: SearchClock) -> Snapshot:
        """Search until the work is done or time is up, and return the plan of the best order."""
        random = self.random
        cost = best = self.decoded(self.order, 0, 0.0, float("inf"))
        self.best, steps = self.places[:], 0
        while len(self.order) > 1 and self.work < schedule.work:
            if steps % self.params.steps_between_looks == 0 and search_clock() >= 1.0:
                self.cut = 1.0 - self.work / schedule.work
                break
            steps += 1
            self.work += self.params.step_effort
            order = self.neighbour()
            first = next((at for at, index in enumerate(order) if index != self.order[at]), len(order))
            if first == len(order):
                continue
            worst = cost - schedule.temperature(self.work / schedule.work) * log(1.0 - random.random())
            places, costs = self.places[:], self.costs[:]
            changed = self.decoded(order, first, sum([costs[index] for index in order[:first]]), worst)
            if changed > worst:
                self.places, self.costs = places, costs
                continue
            self.order, cost = order, changed
            if cost < best:
                best, self.best = cost, self.places[:]
        return self.plan()

    def neighbour(self) -> list[int]:
        """Return the order with one item elsewhere, or with a task and all that it waits for."""
        random, order = self.random, self.order
        index = random.choice(order)
        chain = self.chains.get(index, {index})
        group = chain if random.random() < self.params.chain_rate else {index}
        others = [each for each in order if each not in group]
        first, stop = 0, len(others)
        if index in self.chains and len(chain) + len(self.problem.tasks[index].successors) > 1:
            at = {each: position for position, each in enumerate(others)}
            tasks = [self.problem.tasks[each] for each in group]
            first = max([first, *(at[each] + 1 for task in tasks for each in task.predecessors if each in at)])
            stop = min([stop, *(at[each] for task in tasks for each in task.successors if each in at)])
        new = random.randrange(first, stop + 1)
        moved = [index] if len(group) == 1 else [each for each in order if each in group]
        return [*others[:new], *moved, *others[new:]]

    def decoded(self, order: Sequence[int], first: int, cost: float, worst: float) -> float:
        """Place the items of an order from a position on, those before keep their places; return what all cost.

        Stops where that is more than `worst`.
        """
        free, items = self.room[:], self.items
        for index in order[:first]:
            self.take(free, index, self.places[index])
        for index in order[first:]:
            item = items[index]
            self.work += self.params.placing_effort
            if isinstance(item, Task):
                place = self.task_place(item, free)
                self.costs[index] = item.cost(place)
            elif isinstance(item, Occurrence):
                place, self.costs[index] = habit_place(item, free[item.people[0]])
            self.places[index] = place
            cost += self.costs[index]
            if cost > worst:
                break
            self.take(free, index, place)
        return cost

    def take(self, free: list[int], index: int, place: Placement) -> None:
        """Take a place from the free time of those whose time an item takes."""
        bits = ~covered(place)
        for person in self.items[index].people:
            free[person] &= bits

    def task_place(self, task: Task, free: Sequence[int]) -> Placement:
        """Return the earliest place of a task in free time, in few pieces where that costs less; () for none."""
        allowed = begin_after(self.problem, self.places, task)
        if allowed is None:
            return ()
        usable = (task.eligible & free[task.people[0]]) >> allowed << allowed
        if task.min_chunk == task.slots:
            starts = starts_of_runs(usable, task.slots)
            return ((lowest(starts), task.slots),) if starts else ()
        place = first_fit(task, usable, task.slots, task.max_chunk)
        if len(place) <= task.base_chunks:
            return place
        return min(place, largest_first(task, usable, task.slots), key=task.cost)

    def plan(self) -> Snapshot:
        """Return the whole plan of the best order."""
        solution = Solution(self.problem)
        solution.restore(Snapshot(tuple(self.best), 0))
        return solution.snapshot()


def first_order(problem: Problem, component: Component, base: Snapshot) -> list[int]:
    """Return the habits of a component, heavy ones first, then its tasks as they end in a plan."""
    habits = [each for each in problem.occurrences if each.index in component.items]
    tasks = [index for index in component.items if index < len(problem.tasks)]
    ends = {index: sum(base.places[index][-1]) if base.places[index] else problem.window for index in tasks}
    found = in_order(problem, sorted(tasks, key=lambda index: ends[index]))
    return [*(habit.index for habit in sorted(habits, key=lambda habit: (-habit.weight, habit.index))), *found]


def habit_place(habit: Occurrence, free: int) -> tuple[Placement, int]:
    """Return (place, cost) of a habit in free time: its cheapest place there, or none."""
    taken = ~free >> habit.base
    for candidate in habit.candidates:
        if not candidate.bits & taken:
            return ((candidate.first, candidate.length),), candidate.cost
    return (), habit.missed_cost
