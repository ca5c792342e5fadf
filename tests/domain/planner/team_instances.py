"""Small instances with people and meetings: everything has a default, a test names what matters to it."""

from typing import Any

from tests.domain.planner.instances import at

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR")
AWAY = ("05 09:00", "05 17:00")
"""The whole first day."""


def person(name: str, zone: str = "UTC", *spans: str, **prefs: Any) -> dict[str, Any]:
    """Somebody who works nine to five on weekdays, unless other "HH:MM-HH:MM" spans are given."""
    hours = {day: [span.split("-") for span in spans or ("09:00-17:00",)] for day in WEEKDAYS}
    wanted = {"break_min": 0, "min_notice_min": 0, "daily_cap_min": {}, **prefs}
    return {"id": name, "timezone": zone, "hours": {"work": hours}, "prefs": wanted}


def meeting(name: str, *people: str, minutes: int = 60, priority: str = "normal", **fields: Any) -> dict[str, Any]:
    entry = {"id": name, "people": list(people), "duration_min": minutes, "priority": priority, "hours": "work"}
    return entry | {"earliest": None, "deadline": None, "deadline_type": "soft"} | fields


def team(people: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    document = {"format": 2, "id": "team", "now": at("05 06:00"), "window_end": at("10 00:00"), "people": people}
    return document | {"busy": [], "tasks": [], "habits": [], "meetings": [], "previous": []} | fields
