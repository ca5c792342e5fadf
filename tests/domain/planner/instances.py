"""Small format-1 instances for the planner's tests: everything has a default, a test names what matters to it."""

from typing import Any

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan
from almanac.domain.planner.planner import plan

EVERY_DAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Spans = list[list[str]]


def week(*spans: str) -> dict[str, Spans]:
    """The same "HH:MM-HH:MM" spans on every day."""
    return {day: [span.split("-") for span in spans] for day in EVERY_DAY}


def task(name: str, minutes: int, **fields: Any) -> dict[str, Any]:
    split = fields.pop("split", None)
    entry: dict[str, Any] = {
        "id": name,
        "hours": "work",
        "priority": "normal",
        "duration_min": minutes,
        "earliest": None,
    }
    entry |= {"deadline": None, "deadline_type": "soft", "splittable": split is not None}
    if split:
        entry |= {"min_chunk_min": split[0], "max_chunk_min": split[1]}
    return entry | fields


def habit(name: str, minutes: int, ideal: str, **fields: Any) -> dict[str, Any]:
    start, end = ideal.split("-")
    entry: dict[str, Any] = {"id": name, "hours": "personal", "priority": "normal", "days": list(EVERY_DAY)}
    entry |= {"min_min": minutes, "pref_min": minutes, "max_min": minutes, "ideal_from": start, "ideal_to": end}
    return entry | {"hard_from": None, "hard_to": None} | fields


def busy(name: str, start: str, end: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "start": at(start), "end": at(end), "locked": True, "free": False} | fields


def at(text: str) -> str:
    """ "05 09:00" is January 5th 2026, a Monday, in UTC."""
    day, time = text.split(" ")
    return f"2026-01-{day}T{time}:00+00:00"


def instance(**fields: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"format": 1, "id": "small", "timezone": "UTC", "now": at("05 06:00"), "grid_min": 15}
    entry |= {"window_days": 7, "window_end": at("12 00:00")}
    entry |= {"prefs": {"break_min": 0, "min_notice_min": 0, "daily_cap_min": {}}}
    entry |= {"hours": {"work": week("09:00-17:00"), "personal": week("07:00-23:00")}}
    entry |= {"busy": [], "tasks": [], "habits": [], "previous": []}
    return entry | fields


def planned(document: dict[str, Any], budget_seconds: float = 0.05) -> Plan:
    """The plan of a document; the clock stands still, so that only the amount of work bounds the search."""
    return plan(problem_of(read_instance(document).instance), budget_seconds, clock=lambda: 0.0)


def blocks(result: Plan, item: str) -> list[tuple[str, str]]:
    """One item's blocks in UTC as ("05 09:00", "05 10:30")."""
    return [(moment(b.start), moment(b.end)) for b in result.blocks if b.item == item]


def moment(minute: int) -> str:
    from_new_year = minute - 20454 * 1440
    day, rest = divmod(from_new_year, 1440)
    return f"{day + 1:02d} {rest // 60:02d}:{rest % 60:02d}"
