"""Made-up instances for the planner's figures, in families of what calendars are like; the same every time.

A family says what a week of somebody is made of; people of a team each have such a week, and meetings. Numbers of one
family differ in everything that is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import plan

Document = dict[str, Any]
Week = dict[str, list[list[str]]]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR")
ALL_DAYS = (*WEEKDAYS, "SA", "SU")
OFFICE: Week = {day: [["09:00", "12:30"], ["13:30", "17:30"]] for day in WEEKDAYS}
NIGHTS: Week = {day: [["00:00", "06:00"], ["22:00", "24:00"]] for day in WEEKDAYS}
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata")
PRIORITIES = ("critical", "high", "normal", "normal", "low")
CRUNCH = (0.15, 0.45)


@dataclass(frozen=True)
class Family:
    """What one person's window holds; `load` is work and `taken` events, as shares of the hours that are open."""

    days: int = 10
    start: str = "2026-06-01"
    zone: str = "Europe/Berlin"
    hours: Sequence[tuple[str, Week]] = (("work", OFFICE),)
    load: float = 0.5
    taken: float = 0.25
    events: tuple[int, ...] = (30, 45, 60, 90)
    due: tuple[float, float] = (0.3, 1.0)
    """When deadlines lie, as shares of the window."""
    due_rate: float = 0.7
    overdue_rate: float = 0.05
    break_min: int = 15
    habits: int = 1
    chains: int = 0
    """Chains of tasks that wait for each other."""
    movable: int = 0
    changed: bool = False
    """A plan stands, and three events and an urgent task have come since."""
    people: int = 1
    meetings: int = 0
    seconds: float = 2.0
    """The budget that it is measured with."""


TEAM = Family(people=5, meetings=6, load=0.4)
FAMILIES = {
    "light": Family(load=0.3),
    "overloaded": Family(load=1.3),
    "crunch": Family(due=CRUNCH, due_rate=1.0, break_min=0),
    "fragmented": Family(load=0.45, taken=0.45, events=(15, 30, 30)),
    "nights": Family(days=7, start="2026-10-22", hours=(("work", NIGHTS),), load=0.8, overdue_rate=0.15),
    "far zone": Family(zone="Asia/Kathmandu", load=0.7),
    "habits": Family(habits=4, load=0.6),
    "order": Family(chains=4, load=0.4),
    "movable": Family(movable=6, break_min=0),
    "changed": Family(changed=True),
    "long": Family(days=21, load=0.7),
    "team": TEAM,
    "team crunch": replace(TEAM, load=0.5, due=CRUNCH, due_rate=1.0),
    "team order": replace(TEAM, chains=1),
    "meetings": replace(TEAM, meetings=14, load=0.25),
    "large team": replace(TEAM, people=25, meetings=35, days=30, load=0.2, seconds=5.0),
}


def made_up(name: str, number: int) -> Document:
    """Return one instance of a family."""
    family = FAMILIES[name]
    document = Making(family, Random(f"{name} {number}")).document()
    return document | {"id": f"{name} {number}"}


class Making:
    """One instance in the making."""

    def __init__(self, family: Family, random: Random) -> None:
        self.family, self.random = family, random
        self.now = datetime.fromisoformat(f"{family.start}T08:05").replace(tzinfo=ZoneInfo(family.zone))
        self.end = self.now + timedelta(days=family.days)
        self.frame: Document = {"now": self.now.isoformat(), "window_end": self.end.isoformat()}

    def document(self) -> Document:
        """Return the whole instance: of one person format 1, of several format 2."""
        family = self.family
        if family.people == 1:
            document = {"format": 1, **self.frame, **self.person(family.zone)}
            return self.after_changes(document) if family.changed else document
        document = {"format": 2, **self.frame, "people": [], "previous": []}
        document |= {name: [] for name in ("busy", "tasks", "habits")}
        names = [f"p{number}" for number in range(family.people)]
        for number, name in enumerate(names):
            zone = ZONES[number % len(ZONES)] if number % 3 == 0 else family.zone
            own = self.person(zone, f"{name}-")
            document["people"].append({"id": name} | {field: own[field] for field in ("timezone", "hours", "prefs")})
            document["busy"] += [event | {"people": [name]} for event in own["busy"]]
            document["tasks"] += [task | {"person": name} for task in own["tasks"]]
            document["habits"] += [habit | {"person": name} for habit in own["habits"]]
        return document | {"meetings": [self.meeting(number, names, document) for number in range(family.meetings)]}

    def person(self, zone: str, prefix: str = "") -> Document:
        """Return what one person brings; ids begin with `prefix`."""
        family = self.family
        hours = dict(family.hours) | {"personal": {day: [["18:00", "22:00"]] for day in ALL_DAYS}}
        open_minutes = family.days / 7 * sum(minutes(span) for spans in hours["work"].values() for span in spans)
        busy, tasks = list[Document](), list[Document]()
        while sum(event["minutes"] for event in busy) < family.taken * open_minutes:
            busy.append(self.event(f"{prefix}b{len(busy)}", zone, hours["work"]))
        for number in range(family.movable):
            busy[number] |= self.may_move(busy[number])
        for _ in range(family.chains):
            tasks += self.chain(f"{prefix}t{len(tasks)}")
        while sum(task["duration_min"] for task in tasks) < family.load * open_minutes:
            tasks.append(self.task(f"{prefix}t{len(tasks)}"))
        return {
            "timezone": zone,
            "hours": hours,
            "prefs": {"break_min": family.break_min, "min_notice_min": 0, "daily_cap_min": {"work": 360}},
            "busy": [{field: event[field] for field in event if field != "minutes"} for event in busy],
            "tasks": tasks,
            "habits": [self.habit(f"{prefix}h{number}", number) for number in range(family.habits)],
            "previous": [],
        }

    def event(self, name: str, zone: str, hours: Week) -> Document:
        """Return an event inside somebody's hours."""
        random, length = self.random, self.random.choice(self.family.events)
        spans = list[list[str]]()
        while not spans:
            day = (self.now + timedelta(days=random.randrange(self.family.days))).date()
            spans = hours.get(ALL_DAYS[day.weekday()], [])
        hour, minute = map(int, random.choice(spans)[0].split(":"))
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
        start = at + timedelta(minutes=15 * random.randrange(14))
        end = start + timedelta(minutes=length)
        return {"id": name, "start": start.isoformat(), "end": end.isoformat(), "minutes": length}

    def may_move(self, event: Document) -> Document:
        """Return what makes an event one that may move within some days."""
        start = datetime.fromisoformat(event["start"])
        until = min(self.end, start + timedelta(days=2))
        fields = {"locked": False, "hours": "work", "move_cost": self.random.choice((10, 20, 40))}
        return fields | {"move_from": start.isoformat(), "move_until": until.isoformat()}

    def task(self, name: str, *, due: bool | None = None) -> Document:
        """Return a task, in pieces if it is long."""
        random, family = self.random, self.family
        length = random.choice((15, 30, 30, 45, 60, 60, 90, 120, 180, 240))
        task: Document = {"id": name, "hours": "work", "priority": random.choice(PRIORITIES), "duration_min": length}
        if length > 90 or (length == 90 and random.random() < 0.5):
            task |= {"splittable": True, "min_chunk_min": 30, "max_chunk_min": random.choice((60, 90, 120))}
        if random.random() < family.due_rate if due is None else due:
            share = -0.1 if random.random() < family.overdue_rate else random.uniform(*family.due)
            deadline = self.now + share * timedelta(days=family.days)
            task["deadline"] = deadline.replace(hour=random.choice((12, 17)), minute=0).isoformat()
        return task

    def chain(self, name: str) -> list[Document]:
        """Return some tasks each of which waits for the one before; the last one is due."""
        length, found = self.random.randrange(2, 5), list[Document]()
        for step in range(length):
            task = self.task(f"{name}.{step}", due=step == length - 1)
            found.append(task | ({"depends_on": [found[-1]["id"]]} if found else {}))
        return found

    def habit(self, name: str, number: int) -> Document:
        """Return a daily habit, each at a time of its own."""
        lengths = {"min_min": 15, "pref_min": 30 + 15 * (number % 2), "max_min": 60}
        category, ideal = (("personal", "18:30"), ("work", "09:00"), ("work", "13:30"), ("personal", "21:00"))[number]
        until = f"{int(ideal[:2]) + 1:02d}{ideal[2:]}"
        days = list(ALL_DAYS if category == "personal" else WEEKDAYS)
        times = {"days": days, "ideal_from": ideal, "ideal_to": until}
        return {"id": name, "hours": category, "priority": "normal", **lengths, **times}

    def meeting(self, number: int, names: Sequence[str], document: Document) -> Document:
        """Return a meeting of some; where there are chains, people prepare it and work follows from it."""
        random = self.random
        people = random.sample(names, random.randrange(2, 4))
        meeting: Document = {
            "id": f"m{number}",
            "people": people,
            "hours": "work",
            "priority": random.choice(PRIORITIES),
        }
        meeting["duration_min"] = random.choice((30, 30, 45, 60))
        if random.random() < self.family.due_rate:
            meeting["deadline"] = (self.now + random.uniform(0.3, 1.0) * timedelta(days=self.family.days)).isoformat()
        if self.family.chains:
            loose = [t for t in document["tasks"] if not t.get("depends_on") and "." not in t["id"]]
            meeting["depends_on"] = [t["id"] for t in loose if t["person"] in people and random.random() < 0.15]
            after = random.choice(loose)
            if after["id"] not in meeting["depends_on"]:
                after["depends_on"] = [meeting["id"]]
        return meeting

    def after_changes(self, document: Document) -> Document:
        """Return an instance whose plan stands, and what came after it was made."""
        found = plan(problem_of(read_instance({**document, "id": "before"}).instance), 0.0)
        blocks = [block for block in found.blocks if block.item.startswith("t")]
        late = [{"id": f"new{n}", "start": iso(b.start), "end": iso(b.end)} for n, b in enumerate(blocks[2:9:3])]
        urgent = self.task("urgent") | {"priority": "critical", "deadline": (self.now + timedelta(days=1)).isoformat()}
        previous = [{"item": block.item, "start": iso(block.start), "end": iso(block.end)} for block in found.blocks]
        changes = {"busy": document["busy"] + late, "tasks": [*document["tasks"], urgent], "previous": previous}
        return document | changes


def minutes(span: Sequence[str]) -> int:
    """Return the length of a span of wall times."""
    start, end = (60 * int(text[:2]) + int(text[3:]) for text in span)
    return end - start


def iso(minute: int) -> str:
    """Return an instant of minutes since the epoch."""
    return datetime.fromtimestamp(60 * minute, UTC).isoformat()
