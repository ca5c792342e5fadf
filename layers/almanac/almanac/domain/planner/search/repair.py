"""Repair: what a destroy operator removed, inserted again in an order drawn anew."""

from collections.abc import Callable
from itertools import islice

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Item, Movable, Occurrence, Task, weight_of
from almanac.domain.planner.model.slot_mask import each_slot
from almanac.domain.planner.search.placing.insertion import reinsert
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.solution import Solution

HABIT_DUE, NEVER_DUE = 10_000.0, 60_000.0
"""Minutes after the window's begin by which habits and tasks without a deadline rank among deadlines."""
HABIT_SLOTS = 2.0


class Repair:
    """Inserts items one by one, each at its best place, and counts the work of it."""

    def __init__(self, solution: Solution, randomization: Randomization) -> None:
        self.solution = solution
        self.randomization = randomization
        budget = randomization.params.budget
        self.scale = 1 + solution.problem.window / budget.window_effort
        """Work of an insertion in a window of this length, in units."""
        self.effort = [
            self.scale
            * (budget.split_effort if isinstance(item, Task) and item.min_chunk < item.slots else len(item.people))
            for item in solution.items
        ]
        self.least_costs = [least_cost(item) for item in solution.items]

    def insert(self, removed: list[int], worst: float, *, ordered: bool) -> float:
        """Insert the items in the given order or a random one, but what others wait for first; return units of work.

        What waits for one of them and kept its place gives that up where else the one would not be whole.
        Stops as soon as the solution must cost more than `worst`, whatever place those still find that are left.
        """
        solution, costs = self.solution, self.solution.costs
        left, work = self.in_order(removed if ordered else self.shuffled(removed)), 0.0
        while left:
            index, *left = left
            work += self.effort[index]
            reinsert(solution, index, self.randomization)
            if waiting := waiting_for_the_rest(solution, index):
                for each in waiting:
                    solution.move(each, ())
                left = self.in_order([*left, *(each for each in waiting if each not in left)])
                work += self.effort[index]
                reinsert(solution, index, self.randomization)
            gain = sum([costs[each] - self.least_costs[each] for each in left])
            if solution.cost - gain > worst:
                break
        return work

    def in_order(self, queue: list[int]) -> list[int]:
        """Return the items with what others wait for before them, everything else in the order given."""
        return attendances_last(self.solution, predecessors_first(self.solution, queue))

    def shuffled(self, removed: list[int]) -> list[int]:
        """Return the items by weight, deadline, length, density or chance, more or less noisily."""
        random = self.randomization.random
        noise = random.choice(self.randomization.params.repair.order_noise)
        key = random.choice(ORDERS)
        ranked = sorted((key(self, index) * (1.0 + noise * (random.random() - 0.5)), index) for index in removed)
        return [index for _, index in ranked]

    def by_weight(self, index: int) -> float:
        """Rank heavy items first."""
        return -weight_of(self.solution.items[index])

    def by_deadline(self, index: int) -> float:
        """Rank early deadlines first, habits between the urgent and the rest."""
        item, problem = self.solution.items[index], self.solution.problem
        if isinstance(item, Task):
            return float(item.deadline - problem.origin) if item.deadline is not None else NEVER_DUE
        return HABIT_DUE

    def by_length(self, index: int) -> float:
        """Rank long items first."""
        return -self.length(index)

    def by_density(self, index: int) -> float:
        """Rank most weight per slot first."""
        return self.by_weight(index) / self.length(index)

    def by_chance(self, _index: int) -> float:
        """Rank at random."""
        return self.randomization.random.random()

    def length(self, index: int) -> float:
        """Return the slots an item takes, about."""
        item = self.solution.items[index]
        return float(item.slots) if isinstance(item, Task | Movable) else HABIT_SLOTS


def least_cost(item: Item) -> int:
    """Return what an item costs at least, with all the time that is open for it to itself."""
    if isinstance(item, Occurrence):
        return item.candidates[0].cost if item.candidates else item.missed_cost
    if not isinstance(item, Task):
        return 0
    first = list(islice(each_slot(item.eligible), item.slots))
    if len(first) < item.slots:
        return 0
    return item.unit_cost * sum([slot - item.release for slot in first]) + item.late_cost(first[-1] + 1)


ORDERS: tuple[Callable[[Repair, int], float], ...] = (
    Repair.by_weight,
    Repair.by_deadline,
    Repair.by_length,
    Repair.by_density,
    Repair.by_chance,
)
"""Orders of insertion, one drawn per repair."""


def predecessors_first(solution: Solution, queue: list[int]) -> list[int]:
    """Return the queue with its tasks in an order that respects predecessors; everything else keeps its position."""
    tasks = solution.problem.tasks
    if not any(index < len(tasks) and tasks[index].predecessors for index in queue):
        return queue
    ordered = iter(in_order(solution.problem, [index for index in queue if index < len(tasks)]))
    return [next(ordered) if index < len(tasks) else index for index in queue]


def waiting_for_the_rest(solution: Solution, index: int) -> list[int]:
    """Return what has a place, waits for a task, directly or not, and may not have it: the task is not whole."""
    tasks, places = solution.problem.tasks, solution.places
    if index >= len(tasks) or not tasks[index].successors or tasks[index].complete(places[index]):
        return []
    found, queue = dict[int, None](), [index]
    for each in queue:
        hanging = [*tasks[each].successors, *tasks[each].attendances] if each < len(tasks) else []
        placed = [other for other in hanging if places[other] and other not in found]
        found.update(dict.fromkeys(placed))
        queue += placed
    return list(found)


def attendances_last(solution: Solution, queue: list[int]) -> list[int]:
    """Return the queue with optional people at its end, when their meetings have their places."""
    if not solution.problem.attendances:
        return queue
    first = solution.problem.attendances[0].index
    return sorted(queue, key=lambda index: index >= first)
