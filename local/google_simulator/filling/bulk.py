"""Very many plain events at once, for benchmarks: one template, no validation, texts ready to be served."""

import base64
import random
from datetime import UTC, datetime, timedelta

from local.google_simulator.world.event import Version, dump
from local.google_simulator.world.state import Calendar, World
from local.google_simulator.world.times import instant, stamp_text

_WORDS = ("sync", "plan", "review", "build", "ship", "design", "interview", "lunch", "retro", "budget", "demo")
_DESCRIPTIONS = 500
_SPREAD_MINUTES = 250 * 24 * 60
_BACK = timedelta(days=80)
_LENGTH = timedelta(minutes=30)
_AGE = timedelta(days=1)
"""Events of a calendar that is large already have not all changed this minute."""


def add_flat_events(world: World, calendar: Calendar, count: int, seed: int, around: datetime) -> int:
    """`count` confirmed single events of 30 minutes, from 80 days before `around` to 170 after, written in UTC.

    About 200 characters of description each; last changed a day ago. Returns `count`.
    """
    rng = random.Random(seed)
    descriptions = [" ".join(rng.choices(_WORDS, k=32)) for _ in range(_DESCRIPTIONS)]
    base = around.astimezone(UTC).replace(second=0, microsecond=0) - _BACK
    person = dump({"email": calendar.id, "self": True})
    for number in range(count):
        start = base + timedelta(minutes=rng.randrange(_SPREAD_MINUTES))
        event_id = base64.b32hexencode(rng.randbytes(16)).decode().rstrip("=").lower()
        now, etag = world.stamp()
        updated = stamp_text(instant(now) - _AGE)
        text = _text(event_id, etag, updated, start, f"Event {number}", rng.choice(descriptions), person)
        calendar.store(_version(event_id, etag, updated, start, text), now)
    return count


def _text(event_id: str, etag: str, updated: str, start: datetime, title: str, description: str, person: str) -> str:
    return (
        f'{{"kind":"calendar#event","etag":{dump(etag)},"id":"{event_id}","status":"confirmed",'
        f'"htmlLink":"https://www.google.com/calendar/event?eid={event_id}",'
        f'"created":"{updated[:-4]}000Z","updated":"{updated}","summary":"{title}","description":"{description}",'
        f'"creator":{person},"organizer":{person},'
        f'"start":{{"dateTime":"{_utc(start)}","timeZone":"UTC"}},'
        f'"end":{{"dateTime":"{_utc(start + _LENGTH)}","timeZone":"UTC"}},'
        f'"iCalUID":"{event_id}@google.com","sequence":0,"reminders":{{"useDefault":true}},"eventType":"default"}}'
    )


def _version(event_id: str, etag: str, updated: str, start: datetime, text: str) -> Version:
    return Version(
        id=event_id,
        etag=etag,
        content_etag=etag,
        updated=instant(updated).timestamp(),
        start=start.timestamp(),
        end=(start + _LENGTH).timestamp(),
        live=True,
        recurring=False,
        series=None,
        event_type="default",
        text=text,
    )


def _utc(moment: datetime) -> str:
    return f"{stamp_text(moment)[:19]}Z"
