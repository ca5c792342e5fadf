"""How good and how fast the planner is: `python -m bench.planner [--instances DIR] [--bounds FILE] [--budget S]`.

Without instances, only the speed of the first plan on made-up weeks, of one person and of a team. DIR holds instances
of either format, `family-NN.json`; FILE maps their ids to the best known objective, and each family then gets its mean
gap and its worst: a mean hides what is stuck.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import mean
from time import monotonic, process_time
from typing import Any

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import plan
from almanac.domain.planner.search.greedy import greedy_plans

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
SIZES = ((100, 30), (500, 30), (2000, 30), (100, 90), (500, 90), (2000, 90))
"""(tasks, days): growth with tasks over one window, and over a longer one."""
TEAMS = ((10, 20, 30), (30, 20, 30))
"""(people, tasks of each, days), with a meeting of three for each person."""
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York")


def made_up(tasks: int, days: int) -> dict[str, Any]:
    """A busy calendar with so many tasks over so many days; the same every time."""
    random = Random(tasks)
    hours = {day: [["08:00", "20:00"]] for day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")}
    return {
        "format": 1,
        "id": f"{tasks}x{days}",
        "timezone": "Europe/Berlin",
        "now": START.isoformat(),
        "window_end": (START + timedelta(days=days)).isoformat(),
        "prefs": {"break_min": 15, "min_notice_min": 0, "daily_cap_min": {"work": 540}},
        "hours": {"work": hours},
        "busy": [made_up_event(random, day) for day in range(days) for _ in range(3)],
        "tasks": [made_up_task(random, number, days) for number in range(tasks)],
        "habits": [],
        "previous": [],
    }


def made_up_team(people: int, tasks: int, days: int) -> dict[str, Any]:
    """A team whose members have as much to do as above, and meet in threes; the same every time."""
    random, names = Random(people), [f"p{number}" for number in range(people)]
    document: dict[str, Any] = {"format": 2, "id": f"{people}x{tasks}x{days}", "people": []}
    document |= {name: [] for name in ("busy", "tasks", "habits", "previous")}
    for number, name in enumerate(names):
        alone = made_up(tasks, days)
        document |= {field: alone[field] for field in ("now", "window_end")}
        person = {"id": name, "timezone": ZONES[number % len(ZONES)]}
        document["people"].append(person | {field: alone[field] for field in ("hours", "prefs")})
        document["busy"] += [event | {"id": f"{name}{event['id']}", "people": [name]} for event in alone["busy"]]
        document["tasks"] += [task | {"id": f"{name}-{task['id']}", "person": name} for task in alone["tasks"]]
    document["meetings"] = [
        {
            "id": f"m{number}",
            "people": random.sample(names, 3),
            "duration_min": 45,
            "priority": "normal",
            "hours": "work",
        }
        for number in range(people)
    ]
    return document


def made_up_event(random: Random, day: int) -> dict[str, Any]:
    start = START + timedelta(days=day, minutes=15 * random.randrange(8, 48))
    event = {"id": f"b{start:%d%H%M}-{random.random()}", "start": start.isoformat()}
    return event | {"end": (start + timedelta(minutes=random.choice((30, 60)))).isoformat()}


def made_up_task(random: Random, number: int, days: int) -> dict[str, Any]:
    task = {
        "id": f"t{number}",
        "hours": "work",
        "duration_min": random.choice((15, 30, 45, 60, 90)),
        "splittable": False,
    }
    task["priority"] = random.choice(("critical", "high", "normal", "low"))
    due = START + timedelta(days=random.randrange(1, days))
    return task | {"deadline": due.isoformat() if random.random() < 0.6 else None, "deadline_type": "soft"}


def speeds() -> Iterator[str]:
    """CPU milliseconds from the document to a first plan, placed alone and explained too, best of three."""
    sizes = [(f"{tasks:5} tasks x {days:2} days", made_up(tasks, days)) for tasks, days in SIZES]
    sizes += [(f"{p:2} people x {t} tasks x {d} days", made_up_team(p, t, d)) for p, t, d in TEAMS]
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


def gaps(folder: Path, bounds: dict[str, float], budget: float) -> Iterator[str]:
    """Objective, time and gap per instance, then the mean gap per family."""
    families = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        problem = problem_of(read_instance(json.loads(path.read_text())).instance)
        begin = monotonic()
        objective = plan(problem, budget, clock=monotonic).objective
        line = f"{path.stem:16} {objective:10.1f} {monotonic() - begin:6.2f} s"
        if path.stem in bounds:
            gap = 100 * (objective / bounds[path.stem] - 1)
            families[path.stem.rpartition("-")[0]].append(gap)
            line += f" {gap:7.2f} %"
        yield line
    yield from (
        f"{family:16} mean gap {mean(found):6.2f} %, worst {max(found):6.2f} %" for family, found in families.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path)
    parser.add_argument("--bounds", type=Path)
    parser.add_argument("--budget", type=float, default=2.0)
    args = parser.parse_args()
    for line in speeds():
        print(line, flush=True)
    if args.instances:
        bounds = json.loads(args.bounds.read_text()) if args.bounds else {}
        for line in gaps(args.instances, bounds, args.budget):
            print(line, flush=True)


if __name__ == "__main__":
    main()
