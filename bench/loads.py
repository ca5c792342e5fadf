"""Calendars of a size: how long a first plan takes, and how that grows."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
SIZES = ((100, 30), (500, 30), (2000, 30), (100, 90), (500, 90), (2000, 90))
"""(tasks, days): growth with tasks over one window, and over a longer one."""
TEAMS = ((10, 20, 30), (30, 20, 30))
"""(people, tasks of each, days), with a meeting of three for each person."""
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York")


def calendar(tasks: int, days: int) -> dict[str, Any]:
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
        "busy": [event(random, day) for day in range(days) for _ in range(3)],
        "tasks": [task(random, number, days) for number in range(tasks)],
        "habits": [],
        "previous": [],
    }


def team(people: int, tasks: int, days: int) -> dict[str, Any]:
    """A team whose members have as much to do as above, and meet in threes; the same every time."""
    random, names = Random(people), [f"p{number}" for number in range(people)]
    document: dict[str, Any] = {"format": 2, "id": f"{people}x{tasks}x{days}", "people": []}
    document |= {name: [] for name in ("busy", "tasks", "habits", "previous")}
    for number, name in enumerate(names):
        alone = calendar(tasks, days)
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


def event(random: Random, day: int) -> dict[str, Any]:
    start = START + timedelta(days=day, minutes=15 * random.randrange(8, 48))
    entry = {"id": f"b{start:%d%H%M}-{random.random()}", "start": start.isoformat()}
    return entry | {"end": (start + timedelta(minutes=random.choice((30, 60)))).isoformat()}


def task(random: Random, number: int, days: int) -> dict[str, Any]:
    task = {
        "id": f"t{number}",
        "hours": "work",
        "duration_min": random.choice((15, 30, 45, 60, 90)),
        "splittable": False,
    }
    task["priority"] = random.choice(("critical", "high", "normal", "low"))
    due = START + timedelta(days=random.randrange(1, days))
    return task | {"deadline": due.isoformat() if random.random() < 0.6 else None, "deadline_type": "soft"}
