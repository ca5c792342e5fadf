"""The hard rules H1 … H11 of the planner's contract, checked on minutes and shared with no planner."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Span = tuple[datetime, datetime]
Document = dict[str, Any]


def violations(instance: Document, schedule: Document) -> list[str]:
    """Every broken hard rule by name; empty for a valid schedule."""
    return list(Referee(instance, schedule).check())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def overlap(one: Span, two: Span) -> bool:
    return one[0] < two[1] and two[0] < one[1]


class Referee:
    def __init__(self, instance: Document, schedule: Document) -> None:
        self.instance, self.schedule = instance, schedule
        self.zone = ZoneInfo(instance["timezone"])
        self.end = instant(instance["window_end"])
        self.first = instant(instance["now"]) + timedelta(minutes=instance["prefs"]["min_notice_min"])
        self.tasks = {task["id"]: task for task in instance["tasks"]}
        self.habits = {habit["id"]: habit for habit in instance["habits"]}
        self.blocks: dict[str, list[Span]] = defaultdict(list)
        for event in schedule["events"]:
            self.blocks[event["item"]].append((instant(event["start"]), instant(event["end"])))
        taken = [entry for entry in instance["busy"] if not entry["free"]]
        self.locked = [entry for entry in taken if entry["locked"]]
        self.movable = {entry["id"]: entry for entry in taken if not entry["locked"]}
        self.moved = {entry["item"]: (instant(entry["start"]), instant(entry["end"])) for entry in schedule["moved"]}

    def check(self) -> Iterator[str]:
        yield from self.frame()
        yield from self.overlaps()
        for name in self.tasks:
            yield from self.task(name)
        for name in self.habits:
            yield from self.habit(name)
        for name, span in self.moved.items():
            yield from self.move(name, span)

    def frame(self) -> Iterator[str]:
        for name, spans in self.blocks.items():
            item = self.tasks.get(name) or self.habits.get(name)
            if item is None:
                yield f"H1 {name} unknown"
                continue
            for span in spans:
                if span[0] >= span[1] or any(moment.timestamp() % 900 for moment in span):
                    yield f"H1 {name} {span}"
                if span[0] < self.first or span[1] > self.end:
                    yield f"H2 {name} {span}"
                if not self.in_hours(item["hours"], span):
                    yield f"H4 {name} {span}"

    def overlaps(self) -> Iterator[str]:
        ours = [(span, name) for name, spans in self.blocks.items() for span in spans]
        home = {name: (instant(entry["start"]), instant(entry["end"])) for name, entry in self.movable.items()}
        ours += [(self.moved.get(name, span), name) for name, span in home.items()]
        yield from (f"H3 {a[1]} {b[1]}" for a, b in combinations(ours, 2) if overlap(a[0], b[0]))
        for entry in self.locked:
            before = timedelta(minutes=entry.get("buffer_before_min", 0))
            after = timedelta(minutes=entry.get("buffer_after_min", 0))
            taken = (instant(entry["start"]) - before, instant(entry["end"]) + after)
            yield from (
                f"H3 {name} {entry['id']}" for name, spans in self.blocks.items() for s in spans if overlap(s, taken)
            )

    def task(self, name: str) -> Iterator[str]:
        task, chunks = self.tasks[name], self.chunks(name)
        if not chunks:
            return
        lengths = [int((end - start).total_seconds() // 60) for start, end in chunks]
        if task["earliest"] and chunks[0][0] < instant(task["earliest"]):
            yield f"H5 {name}"
        smallest = min(task["min_chunk_min"], task["duration_min"]) if task["splittable"] else task["duration_min"]
        largest = task["max_chunk_min"] if task["splittable"] else task["duration_min"]
        if any(not smallest <= length <= largest for length in lengths):
            yield f"H6 {name} {lengths}"
        if sum(lengths) > task["duration_min"]:
            yield f"H7 {name}"
        if task["deadline_type"] == "hard" and task["deadline"] and chunks[-1][1] > instant(task["deadline"]):
            yield f"H8 {name}"
        for before in task.get("depends_on", []):
            done = self.done(before)
            if done is None or chunks[0][0] < done:
                yield f"H9 {name} {before}"

    def chunks(self, name: str) -> list[Span]:
        found: list[Span] = []
        for start, end in sorted(self.blocks.get(name, [])):
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found

    def done(self, name: str) -> datetime | None:
        chunks = self.chunks(name)
        placed = sum((end - start for start, end in chunks), timedelta())
        complete = placed == timedelta(minutes=self.tasks[name]["duration_min"])
        return chunks[-1][1] if complete else None

    def habit(self, name: str) -> Iterator[str]:
        habit, seen = self.habits[name], set()
        for start, end in self.blocks.get(name, []):
            day = start.astimezone(self.zone).date()
            if day in seen or not self.wanted(habit, day):
                yield f"H10 {name} {day}"
            seen.add(day)
            minutes = (end - start).total_seconds() / 60
            opens, closes = self.wall(day, habit["hard_from"] or "00:00"), self.wall(day, habit["hard_to"] or "24:00")
            if not habit["min_min"] <= minutes <= habit["max_min"] or start < opens or end > closes:
                yield f"H10 {name} {start} {end}"

    def wanted(self, habit: Document, day: date) -> bool:
        start, end = self.wall(day, habit["ideal_from"]), self.wall(day, habit["ideal_to"])
        grid = datetime.fromtimestamp(-(-self.first.timestamp() // 900) * 900, UTC)
        enough = max(start, grid) + timedelta(minutes=habit["min_min"]) <= end
        return DAYS[day.weekday()] in habit["days"] and end <= self.end and enough

    def move(self, name: str, span: Span) -> Iterator[str]:
        entry = self.movable[name]
        length = instant(entry["end"]) - instant(entry["start"])
        inside = instant(entry["move_from"]) <= span[0] and span[1] <= instant(entry["move_until"])
        on_locked = any(overlap(span, (instant(e["start"]), instant(e["end"]))) for e in self.locked)
        if span[1] - span[0] != length or not inside or on_locked or not self.in_hours(entry["hours"], span):
            yield f"H11 {name}"

    def in_hours(self, category: str, span: Span) -> bool:
        reached = span[0]
        day = span[0].astimezone(self.zone).date() - timedelta(days=1)
        opened = sorted(
            (self.wall(day + timedelta(days=k), a), self.wall(day + timedelta(days=k), b))
            for k in range(4)
            for a, b in self.instance["hours"][category].get(DAYS[(day + timedelta(days=k)).weekday()], [])
        )
        for start, end in opened:
            if start <= reached < end:
                reached = end
        return reached >= span[1]

    def wall(self, day: date, text: str) -> datetime:
        hours, minutes = int(text[:2]), int(text[3:])
        day, hours = (day + timedelta(days=1), 0) if hours == 24 else (day, hours)
        return datetime(day.year, day.month, day.day, hours, minutes, tzinfo=self.zone).astimezone(UTC)
