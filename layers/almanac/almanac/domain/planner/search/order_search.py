"""A search over the order in which items take the earliest time there is.

Where time is short, plans differ in what comes late, and between two such choices lie a dozen blocks that would have to
change places: a neighbourhood search gets there by luck. As orders they are neighbours: one task goes elsewhere in the
order, and all after it follow. Where that takes the time of something that weighs more, the loser goes before it, then
what loses by that: squeaky wheels (Joslin and Clements 1999). How an order becomes a plan stands in `ordered_plan`: no
breaks and no daily limits, so what comes of it is where a neighbourhood search begins.
"""

from itertools import count
from math import inf, log
from random import Random

from almanac.domain.planner.model.dependencies import in_order
from almanac.domain.planner.model.problem import Occurrence, Problem, Task
from almanac.domain.planner.search.components import Component
from almanac.domain.planner.search.destroying.chains import chain_to
from almanac.domain.planner.search.large_neighbourhood import AnnealingSchedule, SearchClock
from almanac.domain.planner.search.ordered_plan import Change, OrderedPlan, Shape, State
from almanac.domain.planner.search.params import OrderParams
from almanac.domain.planner.search.solution import Snapshot, costed


class OrderSearch:
    """One annealed search over the order of a component's tasks and habits; everything else stays where it is."""

    def __init__(
        self, problem: Problem, component: Component, base: Snapshot, random: Random, params: OrderParams
    ) -> None:
        """It begins with habits, then tasks as they end in `base`. The component has no meeting."""
        self.problem = problem
        self.random = random
        self.params = params
        order = first_order(problem, component, base)
        self.chains = {index: {*chain_to(problem, index)} for index in order if index < len(problem.tasks)}
        self.shaped = [index for index in order if has_shapes(problem, index)]
        self.plan = OrderedPlan(problem, order, base, params)
        self.changes = 0
        """How many were looked at."""
        self.work = 0.0
        self.cut = 0.0
        """The share of the work that was left when time was up."""

    def run(self, schedule: AnnealingSchedule, search_clock: SearchClock) -> Snapshot:
        """Search until the work is done or time is up, and return the plan of the best order."""
        plan, params = self.plan, self.params
        least, best = plan.cost, plan.places[:]
        self.work = plan.work
        for step in count() if len(plan.order) > 1 else ():
            if self.work >= schedule.work:
                break
            if step % params.steps_between_looks == 0 and search_clock() >= 1.0:
                self.cut = 1.0 - self.work / schedule.work
                break
            change = self.change()
            worst = plan.cost - schedule.temperature(self.work / schedule.work) * log(1.0 - self.random.random())
            if self.accepts(change, worst) and plan.cost < least:
                least, best = plan.cost, plan.places[:]
            self.work = plan.work + params.step_effort * self.changes
        return costed(self.problem, best)

    def accepts(self, change: Change, worst: float) -> bool:
        """Return whether a change, alone or with its losers first, costs no more than `worst`; then it is made."""
        self.changes += 1
        if change.first >= change.stop:
            return False
        if self.random.random() >= self.params.losers_rate:
            return self.plan.accepts(change, worst)
        before = self.plan.state()
        self.plan.accepts(change, inf)
        self.let_losers_first(change, before, worst)
        if self.plan.cost <= worst:
            return True
        self.plan.restore(before)
        return False

    def let_losers_first(self, change: Change, before: State, worst: float) -> None:
        """Place items that lose most by a change before it, until the plan costs no more than `worst` or won't."""
        plan, params = self.plan, self.params
        first, moved = change.first, {*change.moved, change.reshaped}
        hopeful = worst + params.losers_margin * before.sums[-1]
        for _ in range(params.losers):
            self.changes += 1
            if plan.cost <= worst:
                return
            losses = {each: loss for each, loss in plan.losses(before).items() if each not in moved}
            loser = max(losses, key=lambda each: losses[each], default=-1)
            if loser < 0 or losses[loser] <= 0 or plan.cost - losses[loser] > hopeful:
                return
            moved.add(loser)
            chain = self.chains.get(loser, {loser}).intersection(plan.order[first:])
            others = [each for each in plan.order if each not in chain]
            earliest, latest = self.between_others(chain, others)
            again = self.with_elsewhere(chain, others, max(earliest, min(first, latest)))
            if again.first < again.stop:
                plan.accepts(again, inf)
                first = min(first, again.first)

    def change(self) -> Change:
        """Return a change to look at: an item elsewhere in the order, or one of another shape."""
        order = self.plan.order
        if self.shaped and self.random.random() < self.params.shape_rate:
            index = self.random.choice(self.shaped)
            first = order.index(index)
            return Change(order, first, first + 1, reshaped=index, shape=self.drawn_shape(index))
        at = self.random.randrange(len(order))
        chain = self.chains.get(order[at], set())
        if len(chain) > 1 and self.random.random() < self.params.chain_rate:
            return self.with_chain_elsewhere(chain)
        return self.with_one_elsewhere(at)

    def drawn_shape(self, index: int) -> Shape:
        """Return any shape of an item, and often the one that costs it least."""
        item = self.plan.items[index]
        if self.random.random() < self.params.plain_rate:
            return None
        if isinstance(item, Task):
            return self.random.randrange(item.min_chunk, item.max_chunk)
        return self.random.choice(item.candidates) if isinstance(item, Occurrence) else None

    def with_one_elsewhere(self, at: int) -> Change:
        """Return the order with one item elsewhere, more often near than far."""
        random, order = self.random, self.plan.order
        first, stop = self.between_others({order[at]}, order)
        room = (at - first, stop - 1 - at)
        later = random.random() * sum(room) < room[1]
        if not room[later]:
            return Change(order, at, at)
        steps = 1 + int(room[later] * random.random() ** self.params.nearness)
        new = at + steps if later else at - steps
        changed = order[:at] + order[at + 1 :]
        changed.insert(new, order[at])
        return Change(changed, min(at, new), max(at, new) + 1, {order[at]})

    def with_chain_elsewhere(self, chain: set[int]) -> Change:
        """Return the order with a task and all that it waits for elsewhere, one right behind the other."""
        order = self.plan.order
        others = [each for each in order if each not in chain]
        first, stop = self.between_others(chain, others)
        return self.with_elsewhere(chain, others, self.random.randrange(first, stop + 1))

    def with_elsewhere(self, chain: set[int], others: list[int], new: int) -> Change:
        """Return the order of the others with a chain in it from a position on, in the order it has now."""
        order = self.plan.order
        changed = [*others[:new], *(each for each in order if each in chain), *others[new:]]
        differ = [at for at, (was, now) in enumerate(zip(order, changed, strict=True)) if was != now]
        return Change(changed, differ[0], differ[-1] + 1, chain) if differ else Change(order, 0, 0)

    def between_others(self, group: set[int], order: list[int]) -> tuple[int, int]:
        """Return [first, stop]: behind all of an order that a group waits for, before all that waits for it."""
        tasks = [self.problem.tasks[index] for index in group if index in self.chains]
        before = {each for task in tasks for each in task.predecessors} - group
        after = {each for task in tasks for each in task.successors} - group
        first, stop = 0, len(order)
        if before or after:
            first = max((at + 1 for at, index in enumerate(order) if index in before), default=0)
            stop = next((at for at, index in enumerate(order) if index in after), stop)
        return first, stop


def has_shapes(problem: Problem, index: int) -> bool:
    """Return whether there are several ways for an item to take its time."""
    item = problem.items[index]
    if isinstance(item, Task):
        return item.min_chunk < item.max_chunk
    return isinstance(item, Occurrence) and len(item.candidates) > 1


def first_order(problem: Problem, component: Component, base: Snapshot) -> list[int]:
    """Return the habits of a component, heavy ones first, then its tasks as they end in a plan."""
    habits = [each for each in problem.occurrences if each.index in component.items]
    tasks = [index for index in component.items if index < len(problem.tasks)]
    ends = {index: sum(base.places[index][-1]) if base.places[index] else problem.window for index in tasks}
    found = in_order(problem, sorted(tasks, key=lambda index: ends[index]))
    return [*(habit.index for habit in sorted(habits, key=lambda habit: (-habit.weight, habit.index))), *found]
