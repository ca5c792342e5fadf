"""Rearranging: a late task gets a better end, and everybody else keeps what they have, only somewhere else.

Where time is short it is also full: a plan is stuck because the work that remains does not fit what is free, slot for
slot, and the better plan differs in eight blocks at once, no task of which is later in it. No order of ranks leads
there, for everyone gives way to everyone. So blocks are pushed about one by one, each to free time where it fits best
or else to the place of another, until nobody lacks anything. Who could not be placed before is pushed less readily
again (ejection pool and its counters: Nagata and Bräysy 2009, "A powerful route minimization heuristic").
"""

from collections.abc import Sequence
from itertools import takewhile
from random import Random

from almanac.domain.planner.model.heirs import latest_begin
from almanac.domain.planner.model.problem import Occurrence, Task
from almanac.domain.planner.model.slot_mask import Span, between, lowest, starts_of_runs
from almanac.domain.planner.search.destroying.draft import Draft, moves_alone
from almanac.domain.planner.search.destroying.ends import end_as_late
from almanac.domain.planner.search.destroying.relocation import random_slot_in
from almanac.domain.planner.search.params import RearrangeParams
from almanac.domain.planner.search.solution import Solution


def is_late(solution: Solution, index: int) -> bool:
    """Return whether an item is a task of one person that is late or unfinished."""
    item, place = solution.items[index], solution.places[index]
    if not isinstance(item, Task) or not solution.costs[index] or not moves_alone(item):
        return False
    return not item.complete(place) or item.late_cost(sum(place[-1])) > 0


class Rearrangement:
    """One attempt: `goal` is to end by `stop`, and what is `relaxed` may end whenever it likes.

    `stiff` are the items whose blocks stay where they are, whoever wants their place: what does not move alone.
    `failures` count for each item how often it found no free place; they last from attempt to attempt. `most_links` is
    how many blocks are found places for until it is given up.
    """

    def __init__(
        self,
        solution: Solution,
        random: Random,
        params: RearrangeParams,
        stiff: Sequence[int],
        failures: list[int],
        most_links: int,
    ) -> None:
        self.solution = solution
        self.random = random
        self.params = params
        self.stiff = stiff
        self.failures = failures
        self.most_links = most_links
        self.links = 0
        """Blocks it has found places for: its work."""

    def run(self, goal: Task, stop: int, relaxed: Sequence[int] = (), *, at_once: bool = False) -> list[int]:
        """Rearrange the solution, if that can be done; return the items that cost more than before, the worst first.

        `at_once`: what is relaxed gives all its time away first, and is placed last.
        """
        self.goal = goal
        self.draft = draft = Draft(self.solution, goal.people[0], self.stiff)
        self.stops = {**dict.fromkeys(relaxed, goal.window), goal.index: stop}
        self.take(goal.index, [block for block in draft.blocks(goal.index) if sum(block) > stop])
        draft.lacking[goal.index] = goal.slots - sum([length for _, length in draft.blocks(goal.index)])
        gone = [each for each in relaxed if self.gives_all(each)] if at_once else []
        waiting = [*reversed(gone), goal.index, *self.hold_back(goal)]
        while waiting:
            self.links += 1
            displaced = self.place(waiting[-1])
            if displaced is None or self.links >= self.most_links:
                return []
            if not draft.lacking[waiting[-1]]:
                waiting.pop()
            waiting = [*(each for each in waiting if each not in displaced), *dict.fromkeys(displaced)]
        return draft.apply()

    def place(self, index: int) -> list[int] | None:
        """Put one block of an item somewhere, or take one more; return who had to go for it, None if nobody can."""
        item = self.solution.items[index]
        if isinstance(item, Occurrence):
            return self.place_habit(item)
        return self.place_task(item) if isinstance(item, Task) else None

    def place_task(self, task: Task) -> list[int] | None:
        """Put one chunk of a task where it fits free time best, else where others are."""
        draft, random, lacking = self.draft, self.random, self.draft.lacking[task.index]
        longest = range(min(lacking, task.max_chunk), task.min_chunk - 1, -1)
        lengths = [length for length in longest if task.cuttable[lacking - length]]
        own = draft.blocks(task.index)
        if own and (not lengths or random.random() < self.params.recut_rate):
            draft.take(task.index, random.choice(own))
            return []
        if not lengths:
            return None
        room = self.room_for(task)
        free = room & ~draft.occupied
        for length in lengths:
            if starts := starts_of_runs(free, length):
                filled = starts & ~(free << 1) & ~(free >> length)
                return self.put(task, (lowest(filled or starts), length))
        self.failures[task.index] += 1
        block = self.place_of_others(room, free, random.choice(lengths))
        return self.put(task, block) if block else self.hold_back(task) or None

    def put(self, task: Task, block: Span) -> list[int]:
        """Give a task a block; return whose blocks had to go for it: those in its way, and what waits for its end."""
        draft, gone = self.draft, list[int]()
        for index in task.successors:
            if self.take(index, [each for each in draft.blocks(index) if each[0] < sum(block)]):
                gone.append(index)
        return gone + draft.put(task.index, block)

    def take(self, index: int, blocks: Sequence[Span]) -> bool:
        """Take some blocks from an item; return whether there were any."""
        for block in blocks:
            self.draft.take(index, block)
        return bool(blocks)

    def gives_all(self, index: int) -> bool:
        """Take all blocks from a task that moves; return whether it had any."""
        return self.moves(self.solution.problem.tasks[index]) and self.take(index, list(self.draft.blocks(index)))

    def hold_back(self, task: Task) -> list[int]:
        """Let what a task waits for end early enough for it; return who lost blocks, the last to be placed first."""
        tasks, draft, gone = self.solution.problem.tasks, self.draft, list[int]()
        queue = [task] if task.predecessors else []
        for each in queue:
            begin = latest_begin(each, self.stop_of(each))
            for before in (tasks[index] for index in each.predecessors if self.moves(tasks[index])):
                if begin < self.stop_of(before):
                    self.stops[before.index] = begin
                    queue.append(before)
                    if self.take(before.index, [block for block in draft.blocks(before.index) if sum(block) > begin]):
                        gone.append(before.index)
        return list(dict.fromkeys(gone))

    def moves(self, task: Task) -> bool:
        """Return whether a task is of the draft's person, and moves alone."""
        return task.people == self.goal.people and moves_alone(task)

    def place_of_others(self, room: int, free: int, length: int) -> Span | None:
        """Return where a block could be if one other went, of a few one that goes readily; else anywhere; or None."""
        draft, random, held, found = self.draft, self.random, room & self.draft.occupied, list[tuple[float, int]]()
        for _ in range(self.params.tries if held else 0):
            index, (first, size) = draft.block_at(random_slot_in(held, random))
            if starts := starts_of_runs(room & (free | between(first, first + size)), length):
                found.append(((1 + self.failures[index]) * (0.5 + random.random()), lowest(starts)))
        if found:
            return min(found)[1], length
        anywhere = starts_of_runs(room, length)
        return (random_slot_in(anywhere, random), length) if anywhere else None

    def place_habit(self, item: Occurrence) -> list[int] | None:
        """Put a habit where it costs about what it did, in free time if there is some."""
        most = self.solution.costs[item.index] + int(self.params.habit_slack * item.weight)
        good = list(takewhile(lambda candidate: candidate.cost <= most, item.candidates))
        for taken in (self.draft.occupied, self.held()):
            possible = [candidate for candidate in good if not candidate.bits & taken >> item.base]
            if possible:
                chosen = possible[0] if taken == self.draft.occupied else self.random.choice(possible)
                gone = self.draft.put(item.index, (chosen.first, chosen.length))
                self.draft.lacking[item.index] = 0  # it may have been longer, or shorter
                return gone
            self.failures[item.index] += 1
        return None

    def held(self) -> int:
        """Return the slots that nobody gets: those of what must stay, and of the goal."""
        bits = self.draft.fixed
        for first, length in self.draft.blocks(self.goal.index):
            bits |= between(first, first + length)
        return bits

    def room_for(self, task: Task) -> int:
        """Return the slots a task may have: early enough, in the order of tasks, and apart from its own chunks."""
        draft, tasks, first, stop = self.draft, self.solution.problem.tasks, 0, self.stop_of(task)
        for index in task.predecessors:
            blocks = draft.blocks(index)
            if sum([length for _, length in blocks]) + draft.lacking.get(index, 0) < tasks[index].slots:
                return 0
            first = max([first, *map(sum, blocks)])
        for index in task.successors:
            if not self.moves(tasks[index]):
                stop = min([stop, *(begin for begin, _ in draft.blocks(index))])
        room = task.eligible & between(first, stop) & ~(draft.fixed if task is self.goal else self.held())
        for begin, length in draft.blocks(task.index):
            room &= ~between(max(0, begin - 1), begin + length + 1)
        return room

    def stop_of(self, task: Task) -> int:
        """Return the slot by which a task must end so as to be no later than it was."""
        if task.index not in self.stops:
            self.stops[task.index] = end_as_late(task, self.solution.places[task.index])
        return self.stops[task.index]
