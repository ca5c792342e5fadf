"""Large-neighbourhood search: destroy, repair, and accept what is better or nearly so (Ropke and Pisinger 2006).

Acceptance is that of simulated annealing. A plan in which something else comes late is dearer at first, and better only
once everything around has found its new place: so the search goes on from some of these for a while, and comes back
where that was in vain. The amount of work is counted in insertions, not in seconds, and all random draws come from one
seed, so that equal searches end equally; a clock can only cut a search short.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

from almanac.domain.planner.search.components import Component
from almanac.domain.planner.search.destroying.destroy import Destroy
from almanac.domain.planner.search.randomness import Randomization
from almanac.domain.planner.search.repair import Repair
from almanac.domain.planner.search.solution import Snapshot, Solution

SearchClock = Callable[[], float]
"""Asked between steps: the share of its time a search has used; from 1 on time is up."""


@dataclass(frozen=True, slots=True)
class AnnealingSchedule:
    """The work of a search, in units, and its temperatures in thousandths of a point from begin to end."""

    work: float
    hot: float
    cold: float

    def temperature(self, done: float) -> float:
        """Return the temperature when a share `done` of the search is behind: geometric cooling."""
        return self.hot * exp(log(self.cold / self.hot) * min(1.0, done))


@dataclass(slots=True)
class Excursion:
    """Steps from a plan that was too dear: back to `home` unless the cost comes down to `worst` in `steps` of them."""

    home: Snapshot
    worst: float
    steps: int


class NeighbourhoodSearch:
    """One annealed search over a component of a solution; `best` is the incumbent."""

    def __init__(self, solution: Solution, randomization: Randomization, component: Component) -> None:
        self.solution = solution
        self.randomization = randomization
        self.destroy = Destroy(solution, randomization.random, component, randomization.params.destroy)
        self.repair = Repair(solution, randomization)
        self.best = solution.snapshot()
        self.cost = solution.cost
        self.excursion: Excursion | None = None
        self.work = 0.0
        self.cut = 0.0
        """The share of the work that was left when time was up."""
        budget = randomization.params.budget
        self.link_effort = budget.link_effort * self.repair.scale
        self.overhead = 1.0 + len(component.items) / budget.items_effort

    def run(self, schedule: AnnealingSchedule, search_clock: SearchClock) -> Snapshot:
        """Search until the work is done or time is up, and return the incumbent."""
        budget = self.randomization.params.budget
        steps, hurry = 0, 0.0
        while self.solution.items and self.work < schedule.work:
            if steps % budget.steps_between_looks == 0:
                used = search_clock()
                if used >= 1.0:
                    self.cut = 1.0 - self.work / schedule.work
                    break
                hurry = (used - budget.grace) / (1.0 - budget.grace)
            steps += 1
            self.step(schedule.temperature(max(hurry, self.work / schedule.work)))
        return self.best

    def step(self, temperature: float) -> None:
        """Destroy, repair, then accept or undo."""
        solution, random = self.solution, self.randomization.random
        solution.begin()
        self.randomization.redraw()
        removed, ordered = self.destroy.remove_some()
        worst = self.cost - temperature * log(1.0 - random.random())
        most = max(worst, self.most_to_set_out())
        self.work += self.overhead + self.link_effort * self.destroy.links
        self.work += sum([self.repair.effort[index] for index in self.destroy.placed])
        self.work += self.repair.insert(removed, most, ordered=ordered)
        cost = solution.cost
        if cost > most:
            solution.undo()
        else:
            self.cost = cost
        if cost <= worst and self.destroy.rearranged:
            self.destroy.count_accepted()
        if worst < cost <= most:
            self.excursion = Excursion(solution.before(), worst, self.randomization.params.excursion.steps)
        elif self.excursion is not None:
            self.go_on(self.excursion)
        if self.cost < self.best.cost:
            self.best = solution.snapshot()

    def most_to_set_out(self) -> float:
        """Return the cost from which an excursion may begin with this step; 0 for none."""
        if self.excursion is not None or not (self.destroy.waits and self.destroy.rearranged):
            return 0.0
        return self.cost * (1.0 + self.randomization.params.excursion.most_dearer)

    def go_on(self, excursion: Excursion) -> None:
        """End an excursion that was worth it, or was long enough."""
        excursion.steps -= 1
        if self.cost > excursion.worst and excursion.steps:
            return
        self.excursion = None
        if self.cost <= excursion.worst:
            self.destroy.count_accepted()
        else:
            self.solution.restore(excursion.home)
            self.cost = excursion.home.cost
