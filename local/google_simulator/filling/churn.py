"""Random life on a calendar: for tests that must agree with the truth whatever happens."""

import random
from collections import Counter
from datetime import datetime, timedelta

from local.google_simulator.api import split, writes
from local.google_simulator.world.event import Version
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.views import LATEST, Window, shown

_DAY = 86_400.0
_KINDS = ("insert", "rename", "reschedule", "delete", "cancel_instance", "move_instance", "split", "revive")


def churn(world: World, calendar: Calendar, changes: int, seed: int, around: datetime) -> Counter[str]:
    """Make `changes` random changes near `around`; the same seed on the same calendar makes the same ones.

    Returns how many of each kind were made; a kind that finds nothing to act on becomes an insert.
    """
    rng = random.Random(seed)
    made: Counter[str] = Counter()
    for number in range(changes):
        kind = rng.choice(_KINDS)
        targets = _targets(calendar, kind, around)
        if not targets:
            kind = "insert"
            _insert(world, calendar, rng, around, number)
        else:
            _apply(world, calendar, kind, rng.choice(targets), rng)
        made[kind] += 1
    return made


def _targets(calendar: Calendar, kind: str, around: datetime) -> list[Version]:
    if kind == "insert":
        return []
    if kind == "revive":
        dead = (record.current for record in calendar.records.values() if not record.forgotten)
        return [version for version in dead if not version.live and not version.series]
    instances = kind in ("cancel_instance", "move_instance", "split")
    window = Window(around.timestamp() - 60 * _DAY, around.timestamp() + 60 * _DAY, 0)
    visible = [version for version in shown(calendar, window, single=instances, at=LATEST) if version.live]
    if not instances:
        return [version for version in visible if not (kind == "reschedule" and "date" in version.body["start"])]
    timed = kind == "move_instance"
    return [v for v in visible if v.series in calendar.records and not (timed and "date" in v.body["start"])]


def _insert(world: World, calendar: Calendar, rng: random.Random, around: datetime, number: int) -> None:
    start = around.replace(microsecond=0) + timedelta(hours=rng.randint(-1000, 1000))
    body = {
        "summary": f"Change {number}",
        "start": {"dateTime": start.isoformat(), "timeZone": "Europe/Berlin"},
        "end": {"dateTime": (start + timedelta(minutes=30)).isoformat(), "timeZone": "Europe/Berlin"},
    }
    if rng.random() < 0.3:
        body |= {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=12"]}
    writes.insert(world, calendar, calendar.owner, body)


def _apply(world: World, calendar: Calendar, kind: str, target: Version, rng: random.Random) -> None:
    if kind in ("delete", "cancel_instance"):
        writes.delete(world, calendar, target.id)
    elif kind == "split":
        split.split(world, calendar, target.id, {"summary": f"Split {rng.randint(0, 999)}"})
    elif kind == "revive":
        writes.patch(world, calendar, target.id, {"status": "confirmed"}, as_organizer=True)
    elif kind == "rename":
        writes.patch(world, calendar, target.id, {"summary": f"Renamed {rng.randint(0, 999)}"}, as_organizer=True)
    else:
        shift = timedelta(hours=rng.randint(-300, 300))
        body = target.body
        times = {
            name: {"dateTime": (datetime.fromisoformat(body[name]["dateTime"]) + shift).isoformat()}
            for name in ("start", "end")
        }
        writes.patch(world, calendar, target.id, times, as_organizer=True)
