"""How good and how fast the planner is: `python -m bench.planner [--families NAME …] [--instances DIR --bounds FILE]`.

First a table: for each family of `bench/instances.py`, some instances and several seeds of the search, how far plans
are from the best of the seeds, mean and worst, for a mean hides what is stuck; broken hard rules; how far plain greedy
rules are, and how many plans are worse than one of them; and what planning again changes.
Then the speed of the first plan on made-up weeks. All work is counted, so a busy machine gives the same table later.

DIR holds instances of either format in place of those families, `family-NN.json`; FILE maps their ids to the best known
objective.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from statistics import mean
from time import process_time

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan
from almanac.domain.planner.model.problem import Problem
from almanac.domain.planner.planner import plan
from almanac.domain.planner.search.greedy import construct, greedy_plans, rules
from almanac.domain.planner.search.params import DEFAULT, SearchParams
from almanac.domain.planner.search.solution import Solution
from bench.instances import FAMILIES, Document, iso, made_up
from bench.loads import SIZES, TEAMS, calendar, team
from bench.referee import broken_rules

SEEDS = (7, 8, 9)
_ROUNDED = 0.001
"""Percent by which a plan's objective, which is rounded, may differ from the same plan's by a greedy rule."""
HEAD = (
    "| family | mean gap | worst, instance and seed | broken rules | by deadline | by priority | worse than either "
    "| planning again changes |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True)
class Figures:
    """What came of one instance: gaps to the best known in percent, of each seed and of greedy rules."""

    name: str
    gaps: Sequence[float]
    broken: int
    by_deadline: float
    by_priority: float
    changed: int

    @property
    def worst(self) -> tuple[float, str]:
        """The largest gap, and whose it is."""
        gap, seed = max(zip(self.gaps, SEEDS, strict=True))
        return gap, f"{gap:.1f} %, {self.name} with {seed}"

    @property
    def worse(self) -> int:
        """How many plans cost more than one of the greedy rules: none should."""
        return sum(gap > min(self.by_deadline, self.by_priority) + _ROUNDED for gap in self.gaps)


def figures(document: Document, seconds: float, known: float | None) -> Figures:
    """Return the figures of one instance; `known` is the best known objective, where it is."""
    problem = problem_of(read_instance(document).instance)
    plans = [plan(problem, seconds, params=with_seed(seed)) for seed in SEEDS]
    best = known or min(each.objective for each in plans)
    by_priority, by_deadline, *_ = (gap(greedy_objective(problem, number), best) for number in range(2))
    return Figures(
        name=document["id"],
        gaps=[gap(each.objective, best) for each in plans],
        broken=sum(len(broken_rules(document, each)) for each in plans),
        by_deadline=by_deadline,
        by_priority=by_priority,
        changed=changes(document, plans[0], seconds),
    )


def with_seed(seed: int) -> SearchParams:
    """Return the parameters of a search with another seed."""
    return replace(DEFAULT, budget=replace(DEFAULT.budget, search_seed=seed))


def gap(objective: float, best: float) -> float:
    """Return by how much an objective is above the best, in percent."""
    return 100 * (objective / best - 1) if best else 0.0


def greedy_objective(problem: Problem, rule: int) -> float:
    """Return what inserting everything once comes to, in the order of a rule: 0 is by priority, 1 by deadline."""
    solution = Solution(problem)
    construct(solution, rules(problem)[rule], habits_first=False)
    return solution.cost / 1000


def changes(document: Document, found: Plan, seconds: float) -> int:
    """Return how many blocks differ when everything is planned again with the plan as the previous one."""
    previous = [{"item": block.item, "start": iso(block.start), "end": iso(block.end)} for block in found.blocks]
    moved = {block.item: block for block in found.moved}
    busy = [
        event
        | ({"start": iso(moved[event["id"]].start), "end": iso(moved[event["id"]].end)} if event["id"] in moved else {})
        for event in document["busy"]
    ]
    again = plan(problem_of(read_instance(document | {"busy": busy, "previous": previous}).instance), seconds)
    return len({(b.item, b.start, b.end) for b in found.blocks} ^ {(b.item, b.start, b.end) for b in again.blocks})


def table(families: Mapping[str, Sequence[tuple[Document, float, float | None]]]) -> Iterator[str]:
    """Yield the table, a line a family as soon as it is known."""
    yield HEAD
    for name, instances in families.items():
        found = [figures(*each) for each in instances]
        gaps = [each for one in found for each in one.gaps]
        greedy = [mean(getattr(one, field) for one in found) for field in ("by_deadline", "by_priority")]
        cells = [f"{mean(gaps):.1f} %", max(one.worst for one in found)[1], str(sum(one.broken for one in found))]
        cells += [f"+{each:.0f} %" for each in greedy]
        counts = [sum(one.worse for one in found), sum(one.changed for one in found)]
        yield f"| {' | '.join([name, *cells, *map(str, counts)])} |"


def generated(names: Sequence[str], count: int) -> dict[str, list[tuple[Document, float, float | None]]]:
    """Return the instances of families, all without names."""
    return {
        name: [(made_up(name, number), FAMILIES[name].seconds, None) for number in range(1, count + 1)]
        for name in names or FAMILIES
    }


def stored(folder: Path, bounds: Path | None, seconds: float) -> dict[str, list[tuple[Document, float, float | None]]]:
    """Return the instances of a folder by family."""
    known = json.loads(bounds.read_text()) if bounds else {}
    found: dict[str, list[tuple[Document, float, float | None]]] = {}
    for path in sorted(folder.glob("*.json")):
        one = json.loads(path.read_text()), seconds, known.get(path.stem)
        found.setdefault(path.stem.rpartition("-")[0], []).append(one)
    return found


def speeds() -> Iterator[str]:
    """CPU milliseconds from the document to a first plan, placed alone and explained too, best of three."""
    sizes = [(f"{tasks:5} tasks x {days:2} days", calendar(tasks, days)) for tasks, days in SIZES]
    sizes += [(f"{p:2} people x {t} tasks x {d} days", team(p, t, d)) for p, t, d in TEAMS]
    for name, document in sizes:
        placed, explained = list[float](), list[float]()
        for _ in range(3):
            begin = process_time()
            problem = problem_of(read_instance(document).instance)
            next(greedy_plans(problem, lambda: True))
            placed.append(process_time() - begin)
            plan(problem, 0.0)
            explained.append(process_time() - begin - placed[-1])
        line = f"first plan {name} {1000 * min(placed):6.0f} ms placed"
        yield f"{line}, {1000 * min(explained):6.0f} ms settled and explained, CPU"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="*", default=[], choices=FAMILIES, metavar="NAME", help="only these")
    parser.add_argument("--instances", type=Path, help="a folder of instances in place of the families")
    parser.add_argument("--bounds", type=Path, help="their best known objectives")
    parser.add_argument("--count", type=int, default=1, help="instances of each family")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds' worth of work on each of them")
    args = parser.parse_args()
    families = (
        stored(args.instances, args.bounds, args.budget) if args.instances else generated(args.families, args.count)
    )
    for line in chain(table(families), [""], speeds()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
