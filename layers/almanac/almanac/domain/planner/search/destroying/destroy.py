"""Destroy operators: what a search step removes from a solution. Each leaves a solution that keeps the hard rules."""

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random

from almanac.domain.planner.model.problem import Item, Occurrence, Task, weight_of
from almanac.domain.planner.model.slot_mask import Placement, between, covered, each_slot, runs
from almanac.domain.planner.search.components import Component
from almanac.domain.planner.search.destroying.chains import chain_around, pull_chain
from almanac.domain.planner.search.destroying.draft import moves_alone
from almanac.domain.planner.search.destroying.ends import better_ends, time_and_delay
from almanac.domain.planner.search.destroying.pushing import Push, ranks_by_deadline, ranks_by_weight
from almanac.domain.planner.search.destroying.rearranging import Rearrangement, is_late
from almanac.domain.planner.search.destroying.relocation import allows_block, preferred_place, random_slot_in
from almanac.domain.planner.search.destroying.removal import Removal
from almanac.domain.planner.search.destroying.victims import better_end, drop_victims
from almanac.domain.planner.search.params import DestroyParams
from almanac.domain.planner.search.placing.insertion import free_place
from almanac.domain.planner.search.solution import Solution


class Destroy:
    """Removes some items or blocks of a component from a solution, by an operator drawn from `OPERATORS`."""

    def __init__(self, solution: Solution, random: Random, component: Component, params: DestroyParams) -> None:
        self.solution = solution
        self.random = random
        self.params = params
        self.items = component.items
        self.tasks = [index for index in component.items if index < len(solution.problem.tasks)]
        self.habits = [index for index in component.items if isinstance(solution.items[index], Occurrence)]
        self.slots = component.slots
        self.placed: list[int] = []
        """What the last removal has placed by itself: work that counts like any insertion."""
        self.links = 0
        """Blocks that the last removal has found places for on the side."""
        self.rearranged = False
        """Whether it has rearranged the solution."""
        self.stiff = [index for index in component.items if not moves_alone(solution.items[index])]
        """Items that no rearrangement moves."""
        self.attempts = self.successes = 0
        """Rearrangements so far, and those that worked out: see `count_accepted`."""
        self.failures = [0] * len(solution.items)
        """How often each item found no free place in rearrangements."""
        tasks = [solution.problem.tasks[index] for index in self.tasks]
        self.chained = [task.index for task in tasks if task.eligible and (task.predecessors or task.is_meeting)]
        self.waits = bool(self.chained) and not any(task.is_meeting for task in tasks)
        """Whether tasks wait for others, and none of them is a meeting."""
        problem = solution.problem
        self.ranks = (
            ranks_by_weight(problem, 1.0),
            ranks_by_weight(problem, params.push_undue),
            ranks_by_deadline(problem),
        )
        """Who gives way to whom in a push."""
        self.items_of: dict[int, list[int]] = {}
        for index in component.items:
            for person in solution.items[index].people:
                self.items_of.setdefault(person, []).append(index)

    def remove_some(self) -> tuple[list[int], bool]:
        """Remove by one operator; return (indexes to insert again, whether their order is meant)."""
        random = self.random
        self.placed, self.links, self.rearranged = [], 0, False
        chain_share = self.params.waiting_chain_share if self.waits else self.params.chain_share
        if self.chained and random.random() < chain_share:
            index = self.costliest(self.chained)
            chain, last = self.removal(), self.removal()
            return pull_chain(chain, last, index, self.of_same_people(index)), True
        removal = self.removal(waiting_stays=self.waits and random.random() < self.params.waiting_stays_rate)
        if self.tasks and random.random() < self.params.push_share:
            return self.push(removal), True
        if self.tasks and random.random() < self.rearranging_share() and (again := self.rearrange()) is not None:
            return again, True
        _, operator = OPERATORS[bisect(_THRESHOLDS, random.random())]
        order = operator(self, removal)
        if order is not None:
            return order, True
        if random.random() < self.params.missing_rate:
            missing = [index for index in self.items if not self.solution.places[index]]
            count = min(len(missing), random.randrange(*self.params.missing_items))
            removal.removed.update(dict.fromkeys(random.sample(missing, count)))
        return list(removal.removed), False

    def removal(self, *, waiting_stays: bool = False) -> Removal:
        """Return a removal that has removed nothing yet."""
        return Removal(self.solution, self.random, self.slots, self.params, waiting_stays=waiting_stays)

    def push(self, removal: Removal) -> list[int]:
        """Let a costly item take the time of others, and these that of lighter ones; return what lacks a place."""
        ranks = self.random.choices(self.ranks, self.params.push_ranks)[0]
        push = Push(removal, self.items_of, ranks, free_place)
        lacking = push.run(*self.pushed(push))
        self.placed = list(push.settled)
        return lacking

    def pushed(self, push: Push) -> tuple[int, Placement]:
        """Return a costly task, or a habit at times, and the place that it is to have whatever is there."""
        if self.habits and self.random.random() < self.params.push_habit_rate:
            habit = self.solution.items[self.costliest(self.habits)]
            if isinstance(habit, Occurrence) and (place := push.cheaper_place(habit)):
                return habit.index, place
        task = self.solution.problem.tasks[self.costliest(self.tasks)]
        return task.index, push.forced_place(task, better_end(self.solution, task, self.random, self.params), None)

    def rearrange(self) -> list[int] | None:
        """Try to give a task a better end; return what to insert again, None where there was none to be tried."""
        solution, random, params = self.solution, self.random, self.params.rearrange
        aim = self.earlier() if self.waits and random.random() < params.early_rate else self.less_late()
        if aim is None:
            return None
        goal, stop = aim
        relaxed: Sequence[int] = ()
        if random.random() < params.relax_rate:
            relaxed = self.cheapest_to_delay(goal, stop) if self.waits else self.lightest(goal.index)
        links = params.links_of_waiting if self.waits else params.links
        attempt = Rearrangement(solution, random, params, self.stiff, self.failures, links)
        at_once = self.waits and random.random() < params.relax_at_once_rate
        dearer = attempt.run(goal, stop, relaxed, at_once=at_once)
        self.links = attempt.links
        self.rearranged = bool(solution.changed)
        self.attempts += 1
        self.successes += self.rearranged and not self.waits
        return dearer[: params.again]

    def count_accepted(self) -> None:
        """Count the last rearrangement as one that worked out, now that it is accepted.

        Where no chain comes late instead, it has worked out when it can be made at all. With a chain nearly all can be.
        """
        self.successes += self.waits

    def less_late(self) -> tuple[Task, int] | None:
        """Return a late task, of a few drawn the dearest, and a slot by which its end would cost less."""
        solution, random, params = self.solution, self.random, self.params.rearrange
        drawn = [random.choice(self.tasks) for _ in range(params.drawn)]
        late = [index for index in drawn if is_late(solution, index)][: self.params.tournament]
        goals = {index: ends for index in late if (ends := better_ends(solution, solution.problem.tasks[index]))}
        if not goals:
            return None
        goal = max(goals, key=solution.costs.__getitem__)
        ends = goals[goal]
        return solution.problem.tasks[goal], ends[0] if random.random() < params.nearest_rate else random.choice(ends)

    def earlier(self) -> tuple[Task, int] | None:
        """Return a task that has a place, of a few drawn the dearest, and any slot at which it could end before."""
        task = self.solution.problem.tasks[self.costliest(self.tasks)]
        place = self.solution.places[task.index]
        if not place or not moves_alone(task):
            return None
        ends = list(each_slot(task.eligible & between(0, sum(place[-1]) - 1)))[task.slots - 1 :]
        return (task, self.random.choice(ends) + 1) if ends else None

    def rearranging_share(self) -> float:
        """Return how often to rearrange: ever less where that mostly comes to nothing."""
        params = self.params.rearrange
        return params.share * min(1.0, (1 + self.successes) / (1 + params.least_success * self.attempts))

    def lightest(self, index: int) -> Sequence[int]:
        """Return the lightest of a few other tasks of the same people, none if only other items were drawn."""
        tasks, items = self.solution.problem.tasks, self.of_same_people(index)
        drawn = [self.random.choice(items) for _ in range(self.params.tournament)]
        able = [each for each in drawn if each != index and each < len(tasks)]
        return [min(able, key=lambda each: tasks[each].weight)] if able else ()

    def cheapest_to_delay(self, goal: Task, stop: int) -> Sequence[int]:
        """Return the task or chain, of a few drawn, that has most time before a slot for what a day more costs it.

        Only a chain as a whole can come late instead: what its last task waits for has the time that the goal needs.
        """
        solution, random, params = self.solution, self.random, self.params
        tasks, items = solution.problem.tasks, self.of_same_people(goal.index)
        least, spread = params.by_cost_noise
        best, most = tuple[int, ...](), 0.0
        for each in [random.choice(items) for _ in range(params.rearrange.relax_drawn)]:
            if each >= len(tasks) or not solution.places[each]:
                continue
            alone = random.random() >= params.rearrange.relax_chain_rate
            group = (each,) if alone else tuple(chain_around(solution.problem, each))
            time, cost = time_and_delay(solution, group, goal.people[0], stop)
            ratio = time * (least + spread * random.random()) / (1 + cost)
            if ratio > most and goal.index not in group:
                best, most = group, ratio
        return best

    # -- operators: each returns the order of insertion, or None where any will do -------------------------------------

    def strategic_removal(self, removal: Removal) -> list[int] | None:
        """Remove a task, what could make better use of its time, and some neighbours; the task comes back last."""
        if not self.tasks:
            return self.clear_window(removal)
        solution, random, params = self.solution, self.random, self.params
        tasks = solution.problem.tasks
        drawn = [random.choice(self.tasks) for _ in range(params.strategic_pair)]
        longest = max(drawn, key=lambda index: tasks[index].slots if solution.places[index] else 0)
        freed = covered(solution.places[longest])
        last = self.removal(waiting_stays=removal.waiting_stays)
        last.drop(longest)
        for index in self.of_same_people(longest):
            if index not in last.removed and solution.costs[index] and self.could_use(solution.items[index], freed):
                removal.drop(index)
        if random.random() < params.strategic_string_rate:
            for first, _ in runs(freed):
                if len(removal.removed) < params.strategic_most:
                    begin = max(0, first - random.randrange(params.strategic_before))
                    person = tasks[longest].people[0]
                    removal.drop_string(person, begin, random.randrange(*params.strategic_string))
        order = [index for index in removal.removed if index not in last.removed]
        if random.random() < params.by_cost_rate:
            least, spread = params.by_cost_noise
            order.sort(key=lambda index: -solution.costs[index] * (least + spread * random.random()))
        else:
            self.sort_by_weight(order)
        return order + list(last.removed)

    def clear_window(self, removal: Removal) -> list[int] | None:
        """Clear a stretch of a task's time before a better end; the task comes back first, then what was cleared.

        What gives way can only be late instead, so now and then a lighter task goes too and comes back last.
        """
        solution, random, params = self.solution, self.random, self.params
        index = self.costly_item()
        item = solution.items[index]
        if not isinstance(item, Task):
            self.ejection_chain(removal, index)
            return list(removal.removed)
        stop = better_end(solution, item, random, params)
        usable = item.eligible & between(0, stop)
        if not usable:
            return [index]
        removal.drop(index)
        last = self.removal(waiting_stays=removal.waiting_stays)
        drop_victims(last, self.of_same_people(index), stop, params)
        first = random_slot_in(usable, random)
        slots = int(item.slots * (1 + random.random()))
        for person in item.people:
            removal.drop_slots(person, item.eligible & ~between(0, first), slots, params.clear_most)
        cleared = [other for other in removal.removed if other != index and other not in last.removed]
        random.shuffle(cleared)
        if random.random() < params.clear_by_weight_rate:
            self.sort_by_weight(cleared)
        return [index, *cleared, *(other for other in last.removed if other != index)]

    def swap(self, removal: Removal) -> None:
        """Let two blocks of about the same length change places; what overlaps the longer one is removed."""
        solution, random = self.solution, self.random
        one = self.costly_item()
        if not solution.places[one]:
            return self.ejection_chain(removal, one)
        here, length = random.choice(solution.places[one])
        near_items = self.of_same_people(one)
        for _ in range(self.params.swap_tries):
            other = random.choice(near_items)
            if other == one or not solution.places[other]:
                continue
            there, size = random.choice(solution.places[other])
            near = abs(length - size) <= self.params.swap_slots
            if near and allows_block(solution, one, there, length) and allows_block(solution, other, here, size):
                self.relocate(removal, one, here, there, length)
                self.relocate(removal, other, there, here, size)
                return None
        return self.ejection_chain(removal, one)

    def ejection(self, removal: Removal) -> None:
        """Eject what is in a costly item's way, and now and then remove a string elsewhere."""
        self.ejection_chain(removal, self.costly_item())
        if self.random.random() < self.params.chain_string_rate:
            removal.drop_string(*self.random_slot(), self.random.randrange(*self.params.chain_string))

    def string_removal(self, removal: Removal) -> None:
        """Remove some blocks in a row."""
        removal.drop_string(*self.random_slot(), self.random.randrange(*self.params.string))

    def two_strings(self, removal: Removal) -> None:
        """Remove some blocks in a row at two places."""
        removal.drop_string(*self.random_slot(), self.random.randrange(*self.params.half_string))
        removal.drop_string(*self.random_slot(), self.random.randrange(*self.params.half_string))

    def random_removal(self, removal: Removal) -> None:
        """Remove a few items at random."""
        for _ in range(self.random.randrange(*self.params.random_items)):
            removal.drop(self.random.choice(self.items))

    # -- what operators share -----------------------------------------------------------------------------------------

    def costly_item(self) -> int:
        """Return the item that costs most of a few drawn."""
        return self.costliest(self.items)

    def costliest(self, items: Sequence[int]) -> int:
        """Return the one that costs most of a few drawn from some items."""
        drawn = (self.random.choice(items) for _ in range(self.params.tournament))
        return max(drawn, key=self.solution.costs.__getitem__)

    def of_same_people(self, index: int) -> Sequence[int]:
        """Return the items that take the time of somebody whose time an item takes."""
        people = self.solution.items[index].people
        if len(people) == 1:
            return self.items_of[people[0]]
        return list(dict.fromkeys(other for person in people for other in self.items_of[person]))

    def random_slot(self) -> tuple[int, int]:
        """Return (person, slot) of the begin of a random block, or any slot."""
        index = self.random.choice(self.items)
        place, people = self.solution.places[index], self.solution.items[index].people
        slot = self.random.choice(place)[0] if place else self.random.randrange(max(1, self.solution.problem.window))
        return people[0] if len(people) == 1 else self.random.choice(people), slot

    def ejection_chain(self, removal: Removal, index: int) -> None:
        """Place an item where it costs less; one of those it ejects may do the same, and so on."""
        for _ in range(self.params.longest_chain):
            place = preferred_place(self.solution, index, self.random, self.params.candidate_skew)
            if not place:
                removal.drop(index)
                return
            ejected = [other for other in removal.eject(index, place) if not self.is_ordered(other)]
            if not ejected or self.random.random() > self.params.chain_rate:
                return
            index = self.random.choice(ejected)

    def is_ordered(self, index: int) -> bool:
        """Return whether the item is a task that waits for others or that others wait for."""
        item = self.solution.items[index]
        return isinstance(item, Task) and bool(item.predecessors or item.successors)

    def relocate(self, removal: Removal, index: int, old: int, new: int, length: int) -> None:
        """Move one block of an item from `old` to `new`, unless its other chunks have grown or are there."""
        rest = tuple(span for span in self.solution.places[index] if span[0] != old)
        item = self.solution.items[index]
        too_long = isinstance(item, Task) and length + sum(size for _, size in rest) > item.slots
        if too_long or any(first <= new + length and new <= first + size for first, size in rest):
            removal.drop(index)
            return
        removal.eject(index, tuple(sorted((*rest, (new, length)))))

    def could_use(self, item: Item, freed: int) -> bool:
        """Return whether a badly placed item is to try the freed time: habits always, tasks now and then."""
        if not isinstance(item, Task | Occurrence) or not item.eligible & freed:
            return False
        return isinstance(item, Occurrence) or self.random.random() < self.params.strategic_task_rate

    def sort_by_weight(self, order: list[int]) -> None:
        """Sort items by noisy weight, heavy ones first."""
        items, random, (least, spread) = self.solution.items, self.random, self.params.by_weight_noise
        order.sort(key=lambda index: -weight_of(items[index]) * (least + spread * random.random()))


Operator = Callable[[Destroy, Removal], list[int] | None]

OPERATORS: tuple[tuple[float, Operator], ...] = (
    (0.14, Destroy.strategic_removal),
    (0.15, Destroy.clear_window),
    (0.25, Destroy.swap),
    (0.23, Destroy.ejection),
    (0.12, Destroy.string_removal),
    (0.06, Destroy.two_strings),
    (0.05, Destroy.random_removal),
)
"""Destroy operators with the share of steps each gets; fixed, where Ropke and Pisinger (2006) adapt them."""
_THRESHOLDS = list(accumulate(share for share, _ in OPERATORS))[:-1]
