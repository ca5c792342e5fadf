"""The small cases with people and meetings, each with its right answer in points.

UTC and Monday 2026-01-05 06:00Z unless said, window to Saturday, 09-17 Monday to Friday, 60 minutes, normal, no breaks.
"""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from almanac.presentation.wording import words
from tests.domain.planner.instances import at, blocks, busy, planned, task
from tests.domain.planner.team_instances import AWAY, meeting, person, team

ANN, BEN, CY, DORA = (person(name) for name in ("ann", "ben", "cy", "dora"))


def of(who: str, name: str, minutes: int = 60, **fields: Any) -> dict[str, Any]:
    return task(name, minutes, **fields) | {"person": who}


def right(document: dict[str, Any], points: float, **places: str | None) -> None:
    """The plan costs so many points, and each item named is there, or (None) nowhere."""
    found = planned(document, 0.2)
    assert found.objective == pytest.approx(points)
    shown = {name: [f"{start}-{end[3:]}" for start, end in blocks(found, name)] for name in places}
    assert shown == {name: [] if place is None else [place] for name, place in places.items()}


def test_two_zones_have_one_common_hour() -> None:
    people = [person("ann", "Europe/Berlin"), person("ben", "America/New_York", "10:00-18:00")]
    tasks = [of("ann", "a", 420, priority="high", deadline=at("05 16:00")), of("ben", "b")]
    document = team(people, tasks=tasks, meetings=[meeting("m", "ann", "ben")])
    right(document, 33.4, a="05 08:00-15:00", m="05 15:00-16:00", b="05 16:00-17:00")


def test_the_calendar_of_one_is_not_that_of_another() -> None:
    document = team([ANN, BEN], tasks=[of("ann", "a"), of("ben", "b")], busy=[busy("x", *AWAY, people=["ann"])])
    right(document, 9.84, b="05 09:00-10:00", a="06 09:00-10:00")


def test_a_holiday_is_everybodys() -> None:
    tasks = [of("ann", "a"), of("ben", "b", priority="low")]
    document = team([ANN, BEN], tasks=tasks, meetings=[meeting("m", "ann", "ben")], busy=[busy("holiday", *AWAY)])
    right(document, 31.14, m="06 09:00-10:00", a="06 10:00-11:00", b="06 10:00-11:00")


def test_order_runs_across_people_and_meetings() -> None:
    tasks = [of("ann", "draft", 120), of("ben", "other"), of("ben", "minutes", 30, depends_on=["m"])]
    document = team([ANN, BEN], tasks=tasks, meetings=[meeting("m", "ann", "ben", depends_on=["draft"])])
    right(document, 7.98, draft="05 09:00-11:00", other="05 09:00-10:00", m="05 11:00-12:00", minutes="05 12:00-12:30")


def test_a_hard_deadline_that_cannot_be_met_costs_what_waits_too() -> None:
    due = {"deadline": at("06 17:00")}
    meetings = [meeting("hard", "ann", "ben", **due, deadline_type="hard"), meeting("soft", "ann", "ben", **due)]
    tasks = [of("ben", "after", depends_on=["hard"]), of("ben", "b")]
    away = busy("away", "05 00:00", "07 00:00", people=["ann"])
    document = team([ANN, BEN], tasks=tasks, meetings=meetings, busy=[away])
    right(document, 2223.4, b="05 09:00-10:00", soft="07 09:00-10:00", hard=None, after=None)


def test_who_need_not_come_is_waited_for_a_little() -> None:
    taken = [busy("x", "05 09:00", "05 12:00", people=["cy"]), busy("y", "05 00:00", "07 00:00", people=["dora"])]
    asked = meeting("m", "ann", "ben", people_optional=["cy", "dora"])
    document = team([ANN, BEN, CY, DORA], meetings=[asked], busy=taken)
    right(document, 14.08, m="05 12:00-13:00")
    (block,) = planned(document).blocks
    assert block.optional == ("cy",)
    why = block.reason
    assert (why.code, why.items, words([why], {}, ZoneInfo("UTC"))) == (
        "more_can_come",
        ("cy",),
        "1 h of work hours without dora (y); cy can come then, but not at Mon 05 Jan 09:00",
    )


def test_between_two_clock_changes_the_common_hour_is_another() -> None:
    people = [person("ann", "Europe/Berlin", "14:00-17:00"), person("ben", "America/New_York", "09:00-11:00")]
    later = meeting("m2", "ann", "ben", earliest="2026-03-09T00:00:00+00:00")
    document = team(people, meetings=[meeting("m1", "ann", "ben"), later])
    document |= {"now": "2026-03-06T06:00:00+00:00", "window_end": "2026-03-14T00:00:00+00:00"}
    found = planned(document, 0.2)
    assert found.objective == pytest.approx(13.92)
    # 6 March is day 65 of the year, 9 March day 68
    assert [blocks(found, name) for name in ("m1", "m2")] == [[("65 14:00", "65 15:00")], [("68 13:00", "68 14:00")]]


def test_a_day_and_its_limit_are_those_of_the_persons_zone() -> None:
    kiri = person("kiri", "Pacific/Auckland", daily_cap_min={"work": 120})
    tasks = [of("kiri", "a", 120, priority="high"), of("kiri", "b", 120), of("ben", "c", 240)]
    right(team([kiri, BEN], tasks=tasks), 50.16, c="05 09:00-13:00", a="05 20:00-22:00", b="06 20:00-22:00")


def test_a_notice_is_one_persons_and_a_meeting_keeps_the_longest() -> None:
    document = team(
        [ANN, person("ben", min_notice_min=120)],
        tasks=[of("ann", "a"), of("ben", "b")],
        meetings=[meeting("m", "ann", "ben")],
        now=at("05 09:00"),
    )
    right(document, 0.8, a="05 09:00-10:00", m="05 11:00-12:00", b="05 12:00-13:00")


HOUR = [person(name, "UTC", "09:00-10:00") for name in ("ann", "ben", "cy")]
LOW = meeting("m", "ann", "ben", "cy", priority="low", deadline=at("05 10:00"))


def test_a_meeting_of_three_counts_as_three_tasks() -> None:
    document = team(HOUR, tasks=[of("ann", "a", deadline=at("05 10:00"))], meetings=[LOW])
    right(document, 170.38, m="05 09:00-10:00", a="06 09:00-10:00")


def test_three_tasks_that_weigh_more_go_before_it() -> None:
    tasks = [of(who, who[0], deadline=at("05 10:00")) for who in ("ann", "ben", "cy")]
    first = "05 09:00-10:00"
    right(team(HOUR, tasks=tasks, meetings=[LOW]), 256.38, a=first, b=first, c=first, m="06 09:00-10:00")


def test_a_break_is_wanted_by_one_and_a_meeting_that_stands_stays() -> None:
    meetings = [
        meeting("m1", "ann", "ben", priority="high"),
        meeting("m2", "ann", "cy"),
        meeting("m3", "ben", "cy", priority="low"),
    ]
    stands = [{"item": "m3", "start": at("06 10:00"), "end": at("06 11:00")}]
    document = team([person("ann", break_min=15), BEN, CY], meetings=meetings, previous=stands)
    right(document, 16.36, m1="05 09:00-10:00", m2="05 10:15-11:15", m3="06 10:00-11:00")
