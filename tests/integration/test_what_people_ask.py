"""What people ask planning products for, one row a wish: from rows in the tables to the blocks on the calendar.

Everybody works nine to five; a report of an hour is to be written on Monday, 2 March 2026.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from tests.integration.planned import MONDAY, Planned

pytestmark = pytest.mark.integration

FIRST, SECOND = "03-02 09:00-10:00", "03-02 10:00-11:00"


@pytest.fixture
def team(database_url: str) -> Iterator[Planned]:
    made = Planned(database_url)
    yield made
    made.wiring.close()


def event(**columns: Any) -> Callable[[Planned], object]:
    return lambda team: team.event("03-02 09:00", "03-02 10:00", **columns)


def all_day(**columns: Any) -> Callable[[Planned], object]:
    return lambda team: team.whole_day(date(2026, 3, 2), **columns)


EVENTS = [
    ("a declined one takes no time", event(response="declined"), FIRST),
    ("a free one takes no time", event(transparency="transparent"), FIRST),
    ("working from home all day takes no time", all_day(event_type="workingLocation"), FIRST),
    ("an all-day label takes no time", all_day(transparency="transparent"), FIRST),
    ("a tentative one takes its time", event(response="tentative"), SECOND),
    (
        "out of office takes its time, whatever it shows as",
        event(event_type="outOfOffice", transparency="transparent"),
        SECOND,
    ),
    ("focus time is kept whole", event(event_type="focusTime"), SECOND),
    ("a day off takes the day", all_day(event_type="outOfOffice"), "03-03 09:00-10:00"),
]


@pytest.mark.parametrize(("happens", "when"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_of_an_event(team: Planned, happens: Callable[[Planned], object], when: str) -> None:
    happens(team)
    team.task()
    team.plan()
    assert team.times() == [when]


def test_the_way_there_and_back_is_kept_free(team: Planned) -> None:
    team.prefer(buffer_before_minutes=15, buffer_after_minutes=30)
    team.event("03-02 10:00", "03-02 11:00")
    team.task()
    team.plan()
    assert team.times() == ["03-02 11:30-12:30"]


def test_a_habit_moves_a_little_rather_than_vanish(team: Planned) -> None:
    team.habit("Lunch", 30, ideal_time="12:00", frequency="weekly", days_of_week="{1}")
    team.event("03-02 11:30", "03-02 12:15")
    team.plan()
    assert team.times() == ["03-02 12:15-12:45"]


def test_a_date_is_skipped_alone(team: Planned) -> None:
    lunch = team.habit("Lunch", 30, ideal_time="12:00", frequency="weekly", days_of_week="{1,2}")
    team.skip(lunch, date(2026, 3, 2))
    team.plan()
    assert team.times() == ["03-03 12:00-12:30"]


def test_not_before_is_an_instant(team: Planned) -> None:
    task = team.task()
    team.plan()
    team.change("tasks", task, start_date=team.at("03-04 14:00"))
    team.plan()
    assert team.times() == ["03-04 14:00-15:00"]


def test_done_early_frees_its_time(team: Planned) -> None:
    done = team.task("Done", priority="high")
    team.task("Next")
    team.plan()
    assert team.times("Next") == [SECOND]
    team.change("tasks", done, completed_at=MONDAY)
    team.plan()
    assert team.times("Done") == []


def test_what_is_done_before_its_time_is_over_gives_the_rest_of_it_back(team: Planned) -> None:
    done = team.task("Done", 120)
    team.habit("Run", 60, ideal_time="13:00", calendar_hours="work", frequency="weekly", days_of_week="{1}")
    team.plan()
    team.now = team.at("03-02 09:30")
    team.change("tasks", done, completed_at=team.now)
    (run,) = team.blocks("Run")
    team.change("habit_calendar_events", run.id, completed=True)
    team.task("Next", 450)
    team.plan()
    assert team.times("Next") == ["03-02 09:30-17:00"]
    assert (team.times("Done"), team.times("Run")) == (["03-02 09:00-11:00"], ["03-02 13:00-14:00"]), "they stay"


def test_an_event_takes_its_time_though_the_task_it_is_for_is_done(team: Planned) -> None:
    workshop = team.event("03-02 09:00", "03-02 10:00")
    sql = "INSERT INTO task_calendar_events (event_id, ws_id, task_id, scheduled_minutes) VALUES (:e, :w, :t, 60)"
    team.database.run(sql, e=workshop, w=team.ws_id, t=team.task("Workshop", completed_at=MONDAY))
    team.task("Next")
    team.plan()
    assert team.times("Next") == [SECOND]


def test_what_was_started_stays_and_the_rest_goes_around_it(team: Planned) -> None:
    team.task("Started")
    team.plan()
    (block,) = team.blocks()
    team.change("task_calendar_events", block.id, started_at=MONDAY)
    # its owner stays at it until noon
    team.change("workspace_calendar_events", block.id, end_at=team.at("03-02 12:00"))
    team.task("Next", priority="critical")
    team.plan()
    assert (team.times("Started"), team.times("Next")) == (["03-02 09:00-12:00"], ["03-02 12:00-13:00"])


def test_what_runs_over_into_the_time_of_the_next_moves_that_inside_the_notice_too(team: Planned) -> None:
    team.prefer(min_notice_minutes=120)
    team.task("Started", priority="high")
    team.task("Next")
    team.plan()
    (block,) = team.blocks("Started")
    team.now = team.at("03-02 09:55")
    team.change("workspace_calendar_events", block.id, end_at=team.at("03-02 10:40"))
    team.plan()
    assert (team.times("Started"), team.times("Next")) == (["03-02 09:00-10:40"], ["03-02 12:00-13:00"])


def test_what_is_left_after_a_part_was_done_is_planned(team: Planned) -> None:
    team.task("Report", 120, done_minutes=75)
    team.plan()
    assert team.times() == ["03-02 09:00-09:45"]


def test_what_a_person_pinned_stays_for_ever(team: Planned) -> None:
    team.task()
    team.plan()
    (block,) = team.blocks()
    pinned = {"start_at": team.at("03-04 16:00"), "end_at": team.at("03-04 17:00"), "locked": True}
    team.change("workspace_calendar_events", block.id, **pinned)
    for force in (False, True):
        team.plan(force_reschedule=force)
        assert team.times() == ["03-04 16:00-17:00"]


def test_what_is_pinned_after_its_deadline_or_onto_something_else_says_so(team: Planned) -> None:
    task = team.task(end_date=team.at("03-03 17:00"))
    team.plan()
    (block,) = team.blocks()
    pinned = {"start_at": team.at("03-04 16:00"), "end_at": team.at("03-04 17:00"), "locked": True}
    team.change("workspace_calendar_events", block.id, **pinned)
    team.event("03-04 16:30", "03-04 18:00", title="Dentist")
    report = team.plan()
    assert [(note.id, note.status) for note in report.notes] == [(str(task), "stays_late"), (str(task), "clashes")]
    late, clash = report.notes
    assert late.reason == "its block stays where it is and ends Wed 04 Mar 17:00, after its deadline Tue 03 Mar 17:00"
    assert late.hint.startswith("a deadline 1 d later, Wed 04 Mar 17:00, or unlock it")
    there = "its block stays where it is, Wed 04 Mar, 16:00-17:00, although 'Dentist' (30 min) is there too"
    assert (clash.reason, report.counts.late) == (there, 0)


def test_overdue_work_comes_soon_and_is_flagged(team: Planned) -> None:
    team.task("Other", 60)
    team.task("Overdue", 60, end_date=team.at("02-20 17:00"))
    report = team.plan()
    assert team.times("Overdue") == [FIRST]
    assert [(note.status, note.cause.code) for note in report.notes] == [("late", "deadline_past")]


def test_low_work_never_goes_before_what_is_due(team: Planned) -> None:
    team.task("Low", 240, priority="low")
    team.task("Due", 480, end_date=team.at("03-02 17:00"))
    team.plan()
    assert team.times("Due") == ["03-02 09:00-17:00"]


def test_who_made_it_late_is_said(team: Planned) -> None:
    heavy = team.task("Heavy", 480, priority="critical", end_date=team.at("03-02 17:00"))
    late = team.task("Late", 60, priority="low", end_date=team.at("03-02 17:00"))
    report = team.plan()
    (note,) = [note for note in report.notes if note.id == str(late)]
    assert (note.status, note.cause.code) == ("late", "hours_taken")
    holders = note.cause.part("holders")
    assert holders is not None
    assert holders.items == (str(heavy),)
