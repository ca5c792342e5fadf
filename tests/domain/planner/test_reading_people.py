"""Format 2 is read strictly: an error names item and field. Format 1 has neither people nor meetings."""

from copy import deepcopy
from typing import Any

import pytest

from almanac.domain.planner.document.fields import InstanceError
from almanac.domain.planner.document.read_instance import read_instance
from tests.domain.planner.instances import busy, habit, instance, planned, task
from tests.domain.planner.team_instances import meeting, person, team


def document() -> dict[str, Any]:
    return team(
        [person("ann"), person("ben", "America/New_York")],
        tasks=[task("t", 60) | {"person": "ann"}],
        habits=[habit("h", 30, "12:00-13:00", hours="work") | {"person": "ben"}],
        meetings=[meeting("m", "ann", "ben")],
        busy=[
            busy("x", "05 09:00", "05 10:00", people=["ann"]),
            busy("free", "05 09:00", "05 10:00", free=True),
        ],
    )


FAULTS = [
    ("people/0", {"id": ""}, "people[0] '': id must be a text, is empty"),
    ("people/0", {"timezone": 60}, "people[0] 'ann': timezone must be a text, is a number"),
    ("people/1", {"id": "ann"}, "people 'ann': id comes twice"),
    ("people/0", {"timezone": "Mars"}, "people[0] 'ann': timezone 'Mars' is no IANA time zone"),
    ("people/0", {"mood": 1}, "people[0] 'ann': 'mood' is unknown"),
    ("people/0", {"hours": {"work": {"XX": []}}}, "people[0] 'ann' hours work: 'XX' is no weekday"),
    ("people/1/prefs", {"break_min": 10}, "people[1] 'ben' prefs: break_min must be 0 or 15"),
    ("people/1", {"prefs": 15}, "people[1] 'ben' prefs: must be an object, is a number"),
    ("people/1/prefs", {"notice": 60}, "people[1] 'ben' prefs: 'notice' is unknown"),
    ("people/1/prefs", {"daily_cap_min": {"play": 60}}, "people[1] 'ben' prefs daily_cap_min: play is no category"),
    ("people/1", {"hours": "work"}, "people[1] 'ben' hours: must be an object, is a text"),
    ("people/1/hours", {"work": []}, "people[1] 'ben' hours work: must be an object, is a list"),
    ("people/1/hours", {"work": {"MO": "09:00-17:00"}}, "people[1] 'ben' hours work: MO must be a list"),
    ("people/1/hours", {"work": {"MO": [["9", "17"]]}}, "people[1] 'ben' hours work MO: from '9' is no wall time"),
    ("tasks/0", {"person": None}, "tasks[0] 't': person must be a text, is missing"),
    ("tasks/0", {"person": "zoe"}, "tasks[0] 't': person 'zoe' is unknown, known are ann, ben"),
    ("tasks/0", {"hours": "play"}, "tasks[0] 't': hours 'play' is unknown"),
    ("tasks/0", {"depends_on": ["x"]}, "tasks 't': depends_on names 'x', which is no task or meeting"),
    ("habits/0", {"person": "zoe"}, "habits[0] 'h': person 'zoe' is unknown"),
    ("meetings/0", {"people": ["ann"]}, "meetings[0] 'm': people must hold two or more"),
    ("meetings/0", {"people": ["ann", "ann"]}, "meetings[0] 'm': people holds somebody twice"),
    ("meetings/0", {"people": ["ann", "zoe"]}, "meetings[0] 'm': people holds 'zoe', known are ann, ben"),
    ("meetings/0", {"people_optional": ["ben"]}, "meetings[0] 'm': people_optional holds 'ben', who is in people too"),
    ("meetings/0", {"hours": "play"}, "meetings[0] 'm': hours 'play' is unknown"),
    ("meetings/0", {"duration_min": 0}, "meetings[0] 'm': duration_min must be at least 1"),
    ("meetings/0", {"splittable": True}, "meetings[0] 'm': 'splittable' is unknown"),
    ("meetings/0", {"depends_on": ["m"]}, "meetings 'm': depends_on runs in a circle"),
    ("meetings/0", {"id": "t"}, "meetings 't': id comes twice"),
    ("meetings/0", {"id": "free"}, "busy 'free': id comes twice"),
    ("busy/0", {"id": "free"}, "busy 'free': id comes twice"),
    ("busy/0", {"people": []}, "busy[0] 'x': people is empty"),
    ("busy/0", {"people": ["zoe"]}, "busy[0] 'x': people holds 'zoe'"),
]


@pytest.mark.parametrize(("where", "change", "said"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_a_fault_is_named_with_its_item_and_field(where: str, change: dict[str, Any], said: str) -> None:
    broken = deepcopy(document())
    place: Any = broken
    for step in where.split("/"):
        place = place[int(step) if step.isdigit() else step]
    place.update(change)
    with pytest.raises(InstanceError) as told:
        read_instance(broken)
    assert str(told.value).startswith(said)


def test_a_circle_across_people_and_meetings_is_a_fault() -> None:
    circle = document()
    circle["tasks"][0]["depends_on"] = ["m"]
    circle["meetings"][0]["depends_on"] = ["t"]
    with pytest.raises(InstanceError, match="depends_on runs in a circle"):
        read_instance(circle)
    assert [fault.where for fault in read_instance(circle, tolerant=True).left_out] == ["tasks 't'", "meetings 'm'"]


def test_what_is_unknown_is_named_and_not_what_waits_for_it() -> None:
    waiting = document()
    waiting["tasks"][0]["depends_on"] = ["m"]
    waiting["meetings"][0]["depends_on"] = ["ghost"]
    with pytest.raises(InstanceError, match="meetings 'm': depends_on names 'ghost'"):
        read_instance(waiting)


def test_without_people_it_is_one_nameless_person_and_names_are_not_read() -> None:
    one = instance(tasks=[task("t", 60)], busy=[busy("x", "05 09:00", "05 10:00")])
    two = deepcopy(one) | {"format": 2, "meetings": [{"id": "m"}]}
    two["tasks"][0]["person"] = "whoever"
    two["busy"][0]["people"] = ["whoever"]
    assert read_instance(two).instance == read_instance(one).instance
    assert planned(two) == planned(one)
    (said,) = read_instance(two).left_out
    assert str(said) == "meetings: are not read without people: each takes the time of several"


@pytest.mark.parametrize("field", ["people", "meetings"])
def test_format_1_has_neither_people_nor_meetings(field: str) -> None:
    with pytest.raises(InstanceError, match=f"'{field}' is unknown"):
        read_instance(instance() | {field: []})


def test_a_misspelt_list_of_people_is_named_and_not_the_zone_that_it_would_save() -> None:
    misspelt = document()
    misspelt["peoples"] = misspelt.pop("people")
    for wrong, said in (
        (misspelt, "instance: 'peoples' is unknown, did you mean people?"),
        (document() | {"format": 1}, "instance: 'people' is unknown, known are "),
    ):
        with pytest.raises(InstanceError) as told:
            read_instance(wrong)
        assert str(told.value).startswith(said)


def test_with_people_the_frames_own_zone_and_hours_are_not_read() -> None:
    read_instance(document() | {"timezone": "Mars", "hours": 7, "prefs": "none"})
