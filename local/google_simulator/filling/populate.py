"""Made-up workspaces that look lived in: meetings, series with exceptions, absences, private and odd entries."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from local.google_simulator.api import calendar_list, writes
from local.google_simulator.world.event import Json
from local.google_simulator.world.state import Account, Calendar, World
from local.google_simulator.world.views import Window, instances

_TITLES = (
    "Planning", "Review", "1:1", "Stand-up", "Kundentermin", "Café ☕", "Réunion d'équipe", "会议", "التخطيط",
    "Спринт", "🏃 Lauf", "Zahnarzt", "Board prep", "Interview", "Ngày nghỉ", "עברית", "Retro", "Design crit",
)  # fmt: skip
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Ho_Chi_Minh", "Asia/Kathmandu", "Pacific/Auckland", "UTC")
_RULES = (
    "RRULE:FREQ=WEEKLY",
    "RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "RRULE:FREQ=DAILY;COUNT=20",
    "RRULE:FREQ=WEEKLY;INTERVAL=2",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=15",
    "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
)
_CALENDARS = ("Team", "Projects", "Family", "Travel", "Sport", "On call")


def populate(world: World, account: Account, calendars: int, events: int, seed: int, around: datetime) -> Counter[str]:
    """Fill an account: its primary calendar and `calendars - 1` further ones share about `events` stored events.

    The same seed gives the same calendars. Returns how many of each kind were made, exceptions counted apart.
    """
    rng = random.Random(seed)
    targets = [world.calendar(account.email)]
    for number in range(calendars - 1):
        name = _CALENDARS[number % len(_CALENDARS)] + (f" {number}" if number >= len(_CALENDARS) else "")
        calendar_id = f"c_{rng.randbytes(13).hex()}@group.calendar.google.com"
        targets.append(calendar_list.add(world, account, calendar_id, name, rng.choice(_ZONES)))
    made: Counter[str] = Counter()
    makers = [maker for maker, weight in _MAKERS for _ in range(weight)]
    while sum(made.values()) < events:
        maker = rng.choice(makers)
        day = around.replace(minute=0, second=0, microsecond=0) + timedelta(days=rng.randint(-120, 210))
        calendar = rng.choice(targets)
        body = maker(rng, day.replace(hour=rng.randint(6, 18)), account.email)
        master = writes.insert(world, calendar, account.email, body, _event_id(rng))
        made[maker.__name__.lstrip("_")] += 1
        if master.recurring and sum(made.values()) < events:
            made["exception"] += _disturb(world, calendar, master.id, rng)
    return made


def _event_id(rng: random.Random) -> str:
    return "".join(rng.choices("0123456789abcdefghijklmnopqrstuv", k=26))


def _timed(rng: random.Random, start: datetime, **fields: object) -> Json:
    zone = rng.choice(_ZONES)
    end = start + timedelta(minutes=rng.choice((0, 15, 25, 30, 30, 45, 60, 60, 90, 180)))
    times = {
        "start": {"dateTime": start.isoformat(), "timeZone": zone},
        "end": {"dateTime": end.isoformat(), "timeZone": zone},
    }
    return {"summary": rng.choice(_TITLES), **times, **fields}


def _days(rng: random.Random, start: datetime, length: int, **fields: object) -> Json:
    first = start.date()
    times = {"start": {"date": first.isoformat()}, "end": {"date": (first + timedelta(days=length)).isoformat()}}
    return {"summary": rng.choice(_TITLES), **times, **fields}


def _appointment(rng: random.Random, start: datetime, _email: str) -> Json:
    return _timed(rng, start, location=rng.choice(("Room 1", "Zimmer 2", "https://meet.example.test/abc")))


def _meeting(rng: random.Random, start: datetime, email: str) -> Json:
    own = {"email": email, "self": True, "responseStatus": rng.choice(("accepted", "tentative", "needsAction"))}
    return _timed(rng, start, attendees=[own, *_guests(rng)], description="Agenda\n" + "point, " * rng.randint(0, 60))


def _declined(rng: random.Random, start: datetime, email: str) -> Json:
    host = {"email": "host@example.test", "displayName": "The Host"}
    attendees = [{"email": email, "self": True, "responseStatus": "declined"}, *_guests(rng)]
    return _timed(rng, start, attendees=attendees, organizer=host)


def _guests(rng: random.Random) -> list[Json]:
    answers = ("accepted", "declined", "tentative", "needsAction")
    return [
        {"email": f"guest{number}@example.test", "responseStatus": rng.choice(answers)}
        for number in range(rng.randint(1, 8))
    ]


def _series(rng: random.Random, start: datetime, _email: str) -> Json:
    return _timed(rng, start - timedelta(days=60), recurrence=[rng.choice(_RULES)])


def _all_day_series(rng: random.Random, start: datetime, _email: str) -> Json:
    return _days(rng, start, 1, recurrence=["RRULE:FREQ=YEARLY"], transparency="transparent")


def _all_day(rng: random.Random, start: datetime, _email: str) -> Json:
    return _days(rng, start, rng.choice((1, 1, 1, 2, 5)))


def _transparent(rng: random.Random, start: datetime, _email: str) -> Json:
    return _timed(rng, start, transparency="transparent")


def _private(rng: random.Random, start: datetime, _email: str) -> Json:
    return _timed(rng, start, visibility="private", colorId="11")


def _out_of_office(rng: random.Random, start: datetime, _email: str) -> Json:
    return _timed(rng, start, eventType="outOfOffice", outOfOfficeProperties={"autoDeclineMode": "declineNone"})


def _working_location(rng: random.Random, start: datetime, _email: str) -> Json:
    where = {"type": "homeOffice", "homeOffice": {}}
    return _days(
        rng, start, 1, eventType="workingLocation", transparency="transparent", workingLocationProperties=where
    )


def _focus_time(rng: random.Random, start: datetime, _email: str) -> Json:
    return _timed(rng, start, eventType="focusTime", focusTimeProperties={"autoDeclineMode": "declineNone"})


_MAKERS: tuple[tuple[Callable[[random.Random, datetime, str], Json], int], ...] = (
    (_appointment, 30), (_meeting, 30), (_declined, 5), (_series, 10), (_all_day_series, 2), (_all_day, 8),
    (_transparent, 5), (_private, 4), (_out_of_office, 2), (_working_location, 2), (_focus_time, 2),
)  # fmt: skip


def _disturb(world: World, calendar: Calendar, series_id: str, rng: random.Random) -> int:
    """Cancel one instance of a series and move another; returns how many exceptions came of it."""
    master = calendar.records[series_id].current
    reach = master.start + 120 * 86_400
    known = sorted(instances(calendar, master, Window(master.start - 1, reach, 0)))
    if len(known) < 4:
        return 0
    cancelled, moved = rng.sample(known, 2)
    writes.delete(world, calendar, cancelled)
    body = writes.find(calendar, moved).body
    if "date" in body["start"]:
        writes.patch(world, calendar, moved, {"summary": f"{body['summary']} (moved)"}, as_organizer=True)
        return 2
    shift = timedelta(hours=rng.choice((-2, 1, 26)))
    times = {
        name: {"dateTime": (datetime.fromisoformat(body[name]["dateTime"]) + shift).isoformat()}
        for name in ("start", "end")
    }
    writes.patch(world, calendar, moved, times, as_organizer=True)
    return 2
