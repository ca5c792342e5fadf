"""When a digest is due, what is in a day, what has moved since yesterday, which days a report is of."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from almanac.domain.export.digest import AT_RISK, Trouble, entries, moves, troubles
from almanac.domain.export.digest_day import digest_day
from almanac.domain.export.people import is_theirs
from almanac.domain.export.week import DayFigures, Done, Week, complete, days_of, span_of
from almanac.domain.history.changes import Change

BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
CHATHAM = ZoneInfo("Pacific/Chatham")
ONE, TWO = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        ("2026-03-02T05:59:59+00:00", BERLIN, None),
        ("2026-03-02T06:00:00+00:00", BERLIN, "2026-03-02"),
        ("2026-03-02T16:59:59+00:00", BERLIN, "2026-03-02"),
        ("2026-03-02T17:00:00+00:00", BERLIN, None),
        ("2026-03-29T04:59:00+00:00", BERLIN, None),  # clocks went forward that night
        ("2026-03-29T05:00:00+00:00", BERLIN, "2026-03-29"),
        ("2026-10-25T05:59:00+00:00", BERLIN, None),  # and back
        ("2026-10-25T06:00:00+00:00", BERLIN, "2026-10-25"),
        ("2026-03-08T11:00:00+00:00", NEW_YORK, "2026-03-08"),
        ("2026-03-08T10:59:00+00:00", NEW_YORK, None),
        ("2026-03-02T01:30:00+00:00", KOLKATA, "2026-03-02"),
        ("2026-03-01T17:15:00+00:00", CHATHAM, "2026-03-02"),  # 13 h 45 min ahead
    ],
)
def test_a_digest_is_due_from_seven_on_the_wall_until_the_evening(now: str, zone: ZoneInfo, day: str | None) -> None:
    found = digest_day(datetime.fromisoformat(now), zone)
    assert found == (None if day is None else date.fromisoformat(day))


def state(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"title": "Review", "start_at": start, "end_at": end, **more}


MEETING = state("2026-03-02T09:00:00+00:00", "2026-03-02T10:00:00+00:00")


@pytest.mark.parametrize(
    ("event", "is_there"),
    [
        (MEETING, True),
        (state("2026-03-01T22:00:00+00:00", "2026-03-01T23:00:00+00:00"), False),  # ends at local midnight
        (state("2026-03-01T22:00:00+00:00", "2026-03-01T23:00:01+00:00"), True),
        (state("2026-03-02T23:00:00+00:00", "2026-03-03T00:00:00+00:00"), False),
        (state("2026-03-02T08:00:00+00:00", "2026-03-02T08:00:00+00:00"), True),  # takes no time
        (MEETING | {"response": "declined"}, False),
        (MEETING | {"all_day": True, "start_date": "2026-03-01", "end_date": "2026-03-03"}, True),
        (MEETING | {"all_day": True, "start_date": "2026-03-01", "end_date": "2026-03-02"}, False),
    ],
)
def test_a_day_holds_what_touches_it(event: dict[str, Any], *, is_there: bool) -> None:
    assert bool(entries({ONE: event}, {}, date(2026, 3, 2), BERLIN)) == is_there


def test_a_day_is_in_order_and_says_what_is_a_block() -> None:
    early = MEETING | {"start_at": "2026-03-02T08:00:00+00:00", "title": "Early"}
    whole = MEETING | {"all_day": True, "start_date": "2026-03-02", "end_date": "2026-03-03", "title": "Whole"}

    found = entries({UUID(int=3): MEETING, ONE: early, TWO: whole}, {ONE: "task"}, date(2026, 3, 2), BERLIN)

    assert [(each.title, each.block) for each in found] == [("Whole", None), ("Early", "task"), ("Review", None)]


def change(kind: str, was: dict[str, Any] | None = None, origin: Any = "sync", subject: UUID = ONE) -> Change:
    return Change(1, kind, subject, NOW, origin, None, was, None)


MOVED = {"start_at": "2026-03-02T07:00:00+00:00", "end_at": "2026-03-02T08:00:00+00:00"}
FAR = {"start_at": "2026-06-02T07:00:00+00:00", "end_at": "2026-06-02T08:00:00+00:00"}


@pytest.mark.parametrize(
    ("now", "newest_first", "told"),
    [
        (MEETING, [change("event.updated", MOVED)], ("07", "09", "sync")),
        (MEETING, [change("block.moved", MOVED, "plan")], ("07", "09", "plan")),
        (MEETING, [change("event.updated", {"title": "Old"})], None),
        (MEETING, [change("event.updated", FAR, "app"), change("event.updated", MOVED)], ("07", "09", "app")),
        (MEETING, [change("event.updated", MOVED, "app"), change("event.updated", dict(MEETING))], None),  # and back
        (MEETING, [change("event.created")], (None, "09", "sync")),
        (MEETING, [change("event.created", origin="import")], None),
        (MEETING, [change("event.updated", MOVED), change("event.created")], (None, "09", "sync")),
        (None, [change("event.deleted", MEETING)], ("09", None, "sync")),
        (None, [change("block.removed", MEETING, "plan"), change("block.placed", origin="plan")], None),
        (MEETING | FAR, [change("event.updated", {**FAR, "end_at": "2026-06-02T09:00:00+00:00"})], None),
        (None, [change("plan.completed")], None),
    ],
)
def test_what_has_moved_since_yesterday_and_by_whom(
    now: dict[str, Any] | None, newest_first: list[Change], told: tuple[str | None, str | None, str] | None
) -> None:
    events = {} if now is None else {ONE: now}

    found = moves(events, newest_first, lambda _id, _state: True, NOW)

    said = [(each.was and f"{each.was[0]:%H}", each.now and f"{each.now[0]:%H}", each.by) for each in found]
    assert said == ([] if told is None else [told])


def test_moves_of_others_are_left_out() -> None:
    changes = [change("event.updated", MOVED), change("event.updated", MOVED, subject=TWO)]
    assert len(moves({ONE: MEETING, TWO: MEETING}, changes, lambda each, _: each == TWO, NOW)) == 1


def test_troubles_are_told_once_an_item() -> None:
    notes = [
        Trouble("Essay", "late", "a", ""),
        Trouble("Essay", "at_risk", "b", ""),
        Trouble("Run", "unscheduled", "c", ""),
    ]
    assert [each.reason for each in troubles(notes, AT_RISK)] == ["a"]


@pytest.mark.parametrize(
    ("members", "user", "theirs"),
    [
        (None, "ada", True),
        (["ada", "ben"], "ada", True),
        (["ben"], "ada", False),
        ([], "ada", False),
        (["ben"], None, True),
    ],
)
def test_whose_an_event_is(members: list[str] | None, user: str | None, *, theirs: bool) -> None:
    assert is_theirs(members, user) == theirs


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        (None, None, "2026-02-23", "2026-03-01"),
        ("2026-02-26T12:00:00+01:00", None, "2026-02-26", "2026-03-01"),
        (None, "2026-02-10T00:00:00+01:00", "2026-02-03", "2026-02-09"),
        ("2026-02-09T00:00:00+01:00", "2026-02-10T00:00:01+01:00", "2026-02-09", "2026-02-10"),
        ("2020-01-01T00:00:00+00:00", None, "2025-11-30", "2026-03-01"),  # 92 days at most
    ],
)
def test_the_days_of_a_report(since: str | None, until: str | None, first: str, last: str) -> None:
    given = (None if each is None else datetime.fromisoformat(each) for each in (since, until))
    days = days_of(*given, NOW, BERLIN)
    assert (days[0].isoformat(), days[-1].isoformat()) == (first, last)
    assert [b - a for a, b in itertools.pairwise(days)] == [timedelta(days=1)] * (len(days) - 1)


def test_the_figures_of_a_week() -> None:
    days = [date(2026, 3, 28), date(2026, 3, 29)]
    found = complete(days, [DayFigures(date(2026, 3, 29), placed=4, moved=6)])
    week = Week("Team", BERLIN, found, Done(3, 1, 7), None, [])

    assert (week.churn, week.total("moved"), week.done.share_on_time) == (1.5, 6, 0.75)
    assert (Done().share_on_time, Week("Team", BERLIN, [], Done(), None, []).churn) == (None, None)
    first, end = span_of(days, BERLIN)
    assert end - first == timedelta(hours=47), "clocks go forward on its second day"


def test_what_has_another_time_comes_before_what_is_new() -> None:
    later = MEETING | {"start_at": "2026-03-02T11:00:00+00:00", "end_at": "2026-03-02T12:00:00+00:00"}
    changes = [change("event.updated", MOVED, subject=TWO), change("event.created")]
    found = moves({ONE: MEETING, TWO: later}, changes, lambda _id, _state: True, NOW)
    assert [each.was is None for each in found] == [False, True]
