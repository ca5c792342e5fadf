"""A meeting without a time of its own: whose calendar stands in the way, and the times that nearly would have done."""

from dataclasses import dataclass

from almanac.domain.explanation import Explanation
from almanac.domain.planner.explain.notice import of_work
from almanac.domain.planner.explain.occupancy import MOST_NAMED, Occupancies, Occupancy, holders, most_first, taken_away
from almanac.domain.planner.explain.reasons import lack
from almanac.domain.planner.model.problem import Task
from almanac.domain.planner.model.slot_mask import SLOT_MINUTES, between, each_slot, longest_run, lowest, starts_of_runs
from almanac.domain.planner.search.solution import earliest_allowed

MOST_NEAR_MISSES = 3
"""How many near misses are told, the nearest first."""
CLOSED_WEIGHT = 3
"""A minute outside somebody's hours stands as much in the way as so many that something takes."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A time at which a meeting could be if `blocked` people were free: the fields compare in their order.

    `far` are slots between that time and the hours of those who are closed then: the evening is nearer than the night.
    """

    people: int
    weight: int
    far: int
    first: int
    blocked: tuple[int, ...]


class MeetingTimes:
    """The times a meeting might have had before slot `due`, and who lacked at each."""

    def __init__(self, occupancies: Occupancies, task: Task, due: int) -> None:
        self.occupancies = occupancies
        self.task = task
        self.due = due
        after = max(task.release, earliest_allowed(occupancies.solution, task) or 0)
        self.reach = between(after, due) & ~task.refused
        self.each: dict[int, Occupancy] = {person: occupancies.of_people((person,)) for person in task.people}
        together = occupancies.of(task).hours.get(task.category, 0)
        self.away = taken_away(task.refused & between(after, due) & together)

    def hours(self, person: int) -> int:
        """Return the open slots of one person in reach."""
        return self.each[person].hours.get(self.task.category, 0) & self.reach

    def taken(self, person: int) -> int:
        """Return the slots in reach that something else takes of one person."""
        return ~self.each[person].free_but_for(self.task.index) & self.reach

    def cause(self, when: Explanation) -> Explanation | None:
        """Return whose time is taken how long while the hours of all are open, the most first.

        `when` is the end of the time that counts. None where that is nobody's, and where there is too little time
        whatever the people have: its deadline has passed, say, or what it waits for ends too late.
        """
        if not starts_of_runs(self.reach, self.task.slots):
            return None
        common = self.reach
        for person in self.task.people:
            common &= self.hours(person)
        if not starts_of_runs(common, self.task.slots):
            return self.apart(common, when)
        minutes_of = {
            self.id_of(person): SLOT_MINUTES * (self.taken(person) & common).bit_count() for person in self.task.people
        }
        held = {name: minutes for name, minutes in minutes_of.items() if minutes}
        if not held:
            return None
        opened = (SLOT_MINUTES * common.bit_count(),)
        return Explanation(
            "people_taken", minutes=opened, category=self.task.category, parts=(holders(most_first(held)), *self.away)
        )

    def apart(self, common: int, when: Explanation) -> Explanation:
        """Return why the hours that all have in common do not hold the meeting: too few, or in pieces too short."""
        task, minutes = self.task, SLOT_MINUTES * common.bit_count()
        ids, parts = tuple(self.id_of(person) for person in task.people), (when, *self.away)
        if minutes < task.minutes:
            few = (minutes, task.minutes)
            parts += of_work(self.occupancies.of(task), task, self.occupancies.solution.problem.minute(self.due))
            return Explanation("no_common_hours", items=ids, minutes=few, category=task.category, parts=parts)
        lengths = (task.minutes, SLOT_MINUTES * longest_run(common))
        return Explanation("stretches_too_short", items=ids, minutes=lengths, category=task.category, parts=parts)

    def near_misses(self) -> list[Explanation]:
        """Return the few times at which least stands in the way, none overlapping another."""
        lacking = {person: (self.taken(person), self.reach & ~self.hours(person)) for person in self.task.people}
        some_open = 0
        for person in self.task.people:
            some_open |= self.hours(person)
        found = sorted(
            (self.near_miss(first, lacking) for first in each_slot(starts_of_runs(some_open, self.task.slots))),
            key=lambda miss: (miss.people, miss.weight, miss.far, miss.first),
        )
        chosen: list[NearMiss] = []
        for miss in found:
            apart = all(abs(miss.first - other.first) >= self.task.slots for other in chosen)
            if miss.people and apart and len(chosen) < MOST_NEAR_MISSES:
                chosen.append(miss)
        return [self.told(miss) for miss in chosen]

    def near_miss(self, first: int, lacking: dict[int, tuple[int, int]]) -> NearMiss:
        """Return who lacks at one start, and how much stands in the way."""
        span = between(first, first + self.task.slots)
        blocked = tuple(person for person, (taken, closed) in lacking.items() if (taken | closed) & span)
        weight = sum(
            (lacking[person][0] & span).bit_count() + CLOSED_WEIGHT * (lacking[person][1] & span).bit_count()
            for person in blocked
        )
        far = sum(self.far(person, first) for person in blocked if lacking[person][1] & span)
        return NearMiss(len(blocked), weight, far, first, blocked)

    def far(self, person: int, first: int) -> int:
        """Return how many slots lie between a start of the meeting and the nearest open ones of a person."""
        hours, end = self.each[person].hours.get(self.task.category, 0), first + self.task.slots
        if hours & between(first, end):
            return 0
        before, after = hours & between(0, first), hours >> end
        gaps = [first - before.bit_length()] if before else []
        gaps += [lowest(after)] if after else []
        return min(gaps, default=self.occupancies.solution.problem.window)

    def told(self, miss: NearMiss) -> Explanation:
        """Return a near miss as an explanation: who lacks, what each of them has then, and how long each is closed."""
        problem = self.occupancies.solution.problem
        span = between(miss.first, miss.first + self.task.slots)
        held: dict[str, int] = {}
        each: list[Explanation] = []
        for person in miss.blocked:
            for name, minutes in self.each[person].minutes_by_id(span, self.task.index).items():
                held[name] = max(held.get(name, 0), minutes)
            each.append(lack(self.each[person], self.id_of(person), self.task, span))
        return Explanation(
            "near_miss",
            items=tuple(self.id_of(person) for person in miss.blocked),
            instants=(problem.minute(miss.first), problem.minute(miss.first + self.task.slots)),
            parts=(*((holders(most_first(held)),) if held else ()), *each[:MOST_NAMED]),
        )

    def id_of(self, person: int) -> str:
        """Return the id of a person."""
        return self.occupancies.solution.problem.people[person].id
