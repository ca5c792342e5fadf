"""Where an item was taken away from: nothing suggests that time, and no hours are blamed for it."""

from dataclasses import replace
from typing import Any, TypeVar

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.instance import HabitSpec, Instance, MeetingSpec, TaskSpec
from almanac.domain.planner.model.plan import Finding, Plan
from almanac.domain.planner.planner import plan
from tests.domain.planner.instances import at as instant
from tests.domain.planner.instances import busy, habit, instance, task, week
from tests.domain.planner.sentences import cause_of, help_of, reason_of
from tests.domain.planner.team_instances import meeting, person, team

MONDAY = 20_458 * 1440
"""5 January 2026, minutes since the epoch."""


Spec = TypeVar("Spec", TaskSpec, MeetingSpec, HabitSpec)


def taken_from(specs: tuple[Spec, ...], name: str, *spans: str) -> tuple[Spec, ...]:
    """The items with one that was taken away from spans of Monday, "HH:MM-HH:MM"."""
    walls = [span.split("-") for span in spans]
    refused = tuple((MONDAY + minutes(start), MONDAY + minutes(end)) for start, end in walls)
    return tuple(replace(spec, refused=refused) if spec.id == name else spec for spec in specs)


def minutes(wall: str) -> int:
    hour, minute = wall.split(":")
    return 60 * int(hour) + int(minute)


def asked(name: str, *spans: str, **fields: Any) -> Instance:
    found = read_instance(instance(**{"window_days": 1, "window_end": instant("06 00:00"), **fields})).instance
    return replace(found, tasks=taken_from(found.tasks, name, *spans), habits=taken_from(found.habits, name, *spans))


def planned(wanted: Instance) -> Plan:
    return plan(problem_of(wanted), 0.05, clock=lambda: 0.0)


def reason(result: Plan, item: str) -> str:
    return next(reason_of(block) for block in result.blocks if block.item == item)


def finding(result: Plan, item: str) -> Finding:
    return next(found for found in result.findings if found.item == item)


class TestReasons:
    def test_pass_over_what_is_free_but_was_refused(self) -> None:
        result = planned(asked("t", "09:00-10:00", tasks=[task("t", 60)]))
        assert reason(result, "t") == "the earliest 1 h of work hours; it passes over 1 h that it was taken away from"

    def test_say_nothing_where_something_else_is_there(self) -> None:
        taken = [busy("m", "05 09:00", "05 10:00")]
        result = planned(asked("t", "09:00-10:00", "12:00-13:00", tasks=[task("t", 60)], busy=taken))
        assert reason(result, "t") == "the earliest free 1 h of work hours; the time before is taken by m"

    def test_of_a_habit_outside_its_ideal_time(self) -> None:
        lunch = habit("lunch", 30, "12:00-12:30", days=["MO"])
        result = planned(asked("lunch", "12:00-12:30", habits=[lunch]))
        assert "it was taken away from that time" in reason(result, "lunch")


class TestFindings:
    def test_do_not_blame_hours_for_all_of_it(self) -> None:
        found = finding(
            planned(asked("t", "09:00-17:00", tasks=[task("t", 60)], hours={"work": week("09:00-17:00")})), "t"
        )
        assert cause_of(found) == (
            "no work hours are open until the window ends (Tue 06 Jan 00:00), it needs 1 h; "
            "not counting 8 h that it was taken away from"
        )

    def test_say_closed_where_hours_are(self) -> None:
        found = finding(
            planned(asked("t", "03:00-04:00", tasks=[task("t", 60)], hours={"work": week("04:30-05:00")})), "t"
        )
        assert (found.cause.code, len(found.cause.parts)) == ("hours_closed", 1)

    def test_say_so_beside_what_takes_the_rest(self) -> None:
        events = [busy("m", "05 11:00", "05 17:00")]
        found = finding(planned(asked("t", "09:00-11:00", tasks=[task("t", 120)], busy=events)), "t")
        assert cause_of(found).endswith(
            "; the calendar has m (6 h) in the way; not counting 2 h that it was taken away from"
        )

    @pytest.mark.parametrize(
        ("spans", "fields"),
        [
            (("08:00-09:00", "17:00-20:00"), {"hours": {"work": week("09:00-10:00")}}),
            (("09:00-11:00",), {"busy": [busy("m", "05 09:00", "05 11:00")], "hours": {"work": week("09:00-11:00")}}),
        ],
        ids=["more hours", "without an event"],
    )
    def test_suggest_no_refused_time(self, spans: tuple[str, ...], fields: dict[str, Any]) -> None:
        found = finding(planned(asked("t", *spans, tasks=[task("t", 120)], **fields)), "t")
        assert not {"more_hours", "without_item"} & {each.code for each in found.suggestions} or (
            "05:00" in help_of(found) or "11:00" in help_of(found)
        )

    def test_of_a_deadline_at_risk(self) -> None:
        wanted = asked("t", "10:00-12:00", tasks=[task("t", 60, deadline=instant("05 12:00"))])
        assert cause_of(finding(planned(wanted), "t")) == (
            "no free work time is left between its end and its deadline; not counting 2 h that it was taken away from"
        )


class TestHabits:
    def test_do_not_blame_hours(self) -> None:
        walk = habit("walk", 30, "12:00-13:00", days=["MO"], hard_from="12:00", hard_to="13:00")
        found = finding(planned(asked("walk", "12:00-13:00", habits=[walk])), "walk")
        assert cause_of(found).endswith("; not counting 1 h that it was taken away from")

    def test_suggest_neither_hours_nor_room_there(self) -> None:
        walk = habit("walk", 30, "12:00-13:00", days=["MO"], hard_from="12:00", hard_to="13:00")
        events = [busy("m", "05 12:00", "05 13:00")]
        full = finding(planned(asked("walk", "12:00-13:00", habits=[walk], busy=events)), "walk")
        assert [each.code for each in full.suggestions] == ["other_hours"]
        closed = {"hours": {"personal": week("12:00-12:15")}}
        shut = finding(planned(asked("walk", "12:00-13:00", habits=[walk], **closed)), "walk")
        assert [each.code for each in shut.suggestions] == ["other_hours"]

    def test_too_far_from_an_ideal_time_that_was_refused(self) -> None:
        run = habit("run", 30, "07:00-07:30", days=["MO"])
        found = finding(planned(asked("run", "07:00-22:00", habits=[run])), "run")
        assert "07:00-07:30, is where it was taken away from;" in cause_of(found)


class TestMeetings:
    @staticmethod
    def planned(*spans: str, **fields: Any) -> Plan:
        people = [person("ann"), person("ben")]
        document = team(people, meetings=[meeting("sync", "ann", "ben")], window_end=instant("06 00:00"), **fields)
        wanted = read_instance(document).instance
        return planned(replace(wanted, meetings=taken_from(wanted.meetings, "sync", *spans)))

    def test_do_not_blame_the_hours_of_people(self) -> None:
        found = finding(self.planned("09:00-16:30"), "sync")
        assert cause_of(found) == (
            "the work hours of ann and ben have only 30 min in common until the window ends (Tue 06 Jan 00:00), "
            "it needs 1 h; not counting 7 h 30 min that it was taken away from"
        )

    def test_name_no_near_miss_there(self) -> None:
        events = [busy("m", "05 09:00", "05 17:00", people=["ann"])]
        found = finding(self.planned("09:00-15:00", busy=events), "sync")
        assert cause_of(found).endswith("is taken; not counting 6 h that it was taken away from")
        assert [each.instants for each in found.suggestions] == [
            (MONDAY + minutes(start), MONDAY + minutes(end)) for start, end in (("15:00", "16:00"), ("16:00", "17:00"))
        ]

    def test_pass_over_what_was_refused(self) -> None:
        assert reason(self.planned("09:00-10:00"), "sync").endswith("it passes over 1 h that it was taken away from")
