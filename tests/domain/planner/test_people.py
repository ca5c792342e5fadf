"""Several people: who is planned apart, what a meeting says when it finds no time, what a plan costs whom."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanac.domain.explanation import Explanation
from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.explain.occupancy import Occupancies, holders
from almanac.domain.planner.explain.suggestions import ItemMoves, explanation_of
from almanac.domain.planner.explain.what_if import WhatIf
from almanac.domain.planner.model.apart import groups_of
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.plan import Plan
from almanac.domain.planner.search.solution import Solution
from almanac.presentation.wording import words
from bench import referee
from tests.domain.planner.instances import at, busy, habit, planned, task
from tests.domain.planner.sentences import cause_of, help_of
from tests.domain.planner.team_instances import meeting, person, team

ANN, BEN, CY = (person(name) for name in ("ann", "ben", "cy"))


def of(who: str, name: str, minutes: int = 60, **fields: Any) -> dict[str, Any]:
    return task(name, minutes, **fields) | {"person": who}


def groups(document: dict[str, Any]) -> list[list[str]]:
    return [[person.id for person in part.people] for part in groups_of(read_instance(document).instance)]


def test_whom_nothing_connects_is_planned_apart() -> None:
    crossing = [of("ann", "a"), of("ben", "b", depends_on=["a"])]
    assert groups(team([ANN, BEN, CY], tasks=[of("ann", "a")])) == [["ann"], ["ben"], ["cy"]]
    assert groups(team([ANN, BEN, CY], tasks=crossing)) == [["ann", "ben"], ["cy"]]
    assert groups(team([ANN, BEN, CY], meetings=[meeting("m", "ann", "cy")])) == [["ann", "cy"], ["ben"]]
    asked = meeting("m", "ann", "ben", people_optional=["cy"])
    assert groups(team([ANN, BEN, CY], meetings=[asked])) == [["ann", "ben", "cy"]]
    moves = busy("x", "05 09:00", "05 10:00", people=["ben", "cy"], locked=False, hours="work")
    moves |= {"move_from": at("05 09:00"), "move_until": at("06 17:00")}
    assert groups(team([ANN, BEN, CY], busy=[moves])) == [["ann"], ["ben", "cy"]]


def test_a_change_for_one_moves_nobody_elses_blocks() -> None:
    tasks = [of(who, f"{who}{k}", 30 * (1 + k % 4), priority="high") for who in ("ann", "ben") for k in range(9)]
    before = planned(team([ANN, BEN], tasks=tasks))
    urgent = of("ann", "urgent", 240, priority="critical", deadline=at("05 13:00"))
    after = planned(team([ANN, BEN], tasks=[urgent, *tasks], busy=[busy("x", "06 09:00", "06 12:00", people=["ann"])]))
    assert bens(after) == bens(before)
    assert len(bens(before)) == 9


def bens(result: Plan) -> list[tuple[str, int, int]]:
    return [(block.item, block.start, block.end) for block in result.blocks if block.people == ("ben",)]


def test_a_meeting_without_a_time_says_who_lacks_and_what_nearly_did() -> None:
    document = team(
        [ANN, BEN],
        meetings=[meeting("m", "ann", "ben", deadline=at("05 17:00"), deadline_type="hard")],
        busy=[
            busy("trip", "05 09:00", "05 16:30", people=["ann"]),
            busy("review", "05 16:30", "05 17:00", people=["ben"]),
            busy("call", "05 09:00", "05 09:30", people=["ben"]),
        ],
    )
    (finding,) = planned(document).findings
    assert cause_of(finding) == (
        "while all of them are open (8 h of work hours), the time of ann (7 h 30 min) and ben (1 h) is taken"
    )
    assert [each.code for each in finding.suggestions] == ["near_miss"] * 3
    assert help_of(finding).split(", or ")[0] == ("Mon 05 Jan, 09:30-10:30, if ann could be free of trip (1 h)")


def test_a_near_miss_says_who_has_what_and_who_is_closed() -> None:
    early = person("ben", "UTC", "05:00-10:00")
    trip = busy("trip", "05 09:00", "05 10:00", people=["ann"])
    due = {"deadline": at("05 12:00"), "deadline_type": "hard"}
    (finding,) = planned(team([ANN, early], meetings=[meeting("m", "ann", "ben", **due)], busy=[trip])).findings
    nearest, early_one, _ = finding.suggestions
    assert (nearest.items, nearest.parts[1].items, nearest.parts[1].parts) == (("ann",), ("ann",), nearest.parts[:1])
    assert [(part.code, part.items, part.minutes) for part in early_one.parts] == [("lacks", ("ann",), (60,))]
    assert words([early_one], {}, ZoneInfo("UTC")).endswith("if ann came outside their hours (1 h)")
    both = Explanation("lacks", items=("ann",), minutes=(45,), parts=(holders({"trip": 15}),))
    assert words([both], {}, ZoneInfo("UTC")) == (
        "ann could be free of trip (15 min) and came outside their hours (45 min)"
    )


def test_a_near_miss_is_rather_close_to_the_hours_of_who_is_closed_than_far_from_them() -> None:
    late = person("ben", "UTC", "19:00-23:00")
    (finding,) = planned(team([ANN, late], meetings=[meeting("m", "ann", "ben")])).findings
    times = help_of(finding).split(", or ")
    assert times[0] == "Mon 05 Jan, 16:00-17:00, if ben came outside their hours (1 h)", "not 09:00, ten hours before"
    assert times[1] == "Mon 05 Jan, 19:00-20:00, if ann came outside their hours (1 h)"


def test_a_meeting_says_who_is_not_waited_for_and_what_they_have() -> None:
    document = team(
        [ANN, BEN, CY, person("dora", "UTC", "19:00-21:00")],
        meetings=[meeting("m", "ann", "ben", people_optional=["cy", "dora"])],
        busy=[busy("trip", "05 00:00", "07 00:00", people=["cy"])],
    )
    (block,) = planned(document).blocks
    assert words([block.reason], {}, ZoneInfo("UTC")) == (
        "the earliest 1 h of work hours without cy (trip) and dora (outside their hours)"
    )


def test_the_notice_of_one_is_no_earliest_start() -> None:
    document = team([ANN, person("ben", min_notice_min=240)], meetings=[meeting("m", "ann", "ben")])
    (block,) = planned(document).blocks
    assert block.reason.parts == ()


def test_hours_that_have_nothing_in_common_are_said_to() -> None:
    night = person("ben", "UTC", "20:00-23:00")
    (finding,) = planned(team([ANN, night], meetings=[meeting("m", "ann", "ben")])).findings
    assert cause_of(finding) == (
        "the work hours of ann and ben have no time in common until the window ends (Sat 10 Jan 00:00), it needs 1 h"
    )
    assert "came outside their hours" in help_of(finding)


UNTIMELY: list[tuple[str, dict[str, Any], str]] = [
    ("its deadline has passed", {"deadline": at("04 12:00")}, "its deadline, Sun 04 Jan 12:00, had passed"),
    (
        "nor may it begin before its deadline",
        {"earliest": at("07 08:00"), "deadline": at("06 08:00"), "deadline_type": "hard"},
        "its deadline, Tue 06 Jan 08:00, had passed before it could begin",
    ),
    (
        "what it waits for ends too late",
        {"depends_on": ["prep"], "deadline": at("05 12:00")},
        "it waits for prep, which ends Mon 05 Jan 13:00; its deadline, Mon 05 Jan 12:00, had passed",
    ),
    (
        "what it waits for leaves an hour that is taken",
        {"depends_on": ["prep"], "deadline": at("05 14:00")},
        "it waits for prep, which ends Mon 05 Jan 13:00; while all of them are open (1 h of work hours), the time of",
    ),
    (
        "their hours begin after its deadline",
        {"deadline": at("05 08:00")},
        "the work hours of ann and ben have no time in common before its deadline (Mon 05 Jan 08:00), it needs 1 h",
    ),
    ("it is longer than a day", {"minutes": 600}, "no open stretch until the window ends (Sat 10 Jan 00:00) is 10 h"),
]


@pytest.mark.parametrize(("asked", "told"), [row[1:] for row in UNTIMELY], ids=[row[0] for row in UNTIMELY])
def test_a_meeting_that_people_are_not_in_the_way_of_blames_nobodys_hours(asked: dict[str, Any], told: str) -> None:
    taken = [busy("x", "05 13:00", "05 13:30", people=["ben"])]
    whole = team([ANN, BEN], tasks=[of("ann", "prep", 240)], meetings=[meeting("m", "ann", "ben", **asked)], busy=taken)
    (finding,) = [each for each in planned(whole).findings if each.item == "m"]
    assert cause_of(finding).startswith(told)
    assert "parts of" not in help_of(finding), "a meeting is one piece"


def test_a_meeting_in_a_window_without_a_slot_is_told_of_like_a_task() -> None:
    late = [person(name, min_notice_min=14 * 1440) for name in ("ann", "ben")]
    result = planned(team(late, tasks=[of("ann", "t")], meetings=[meeting("m", "ann", "ben")]))
    assert result.blocks == ()
    assert {(each.item, each.state, each.cause.code) for each in result.findings} == {
        ("t", "unplaced", "hours_closed"),
        ("m", "unplaced", "hours_closed"),
    }


def test_the_notice_of_one_person_is_named_where_others_have_none() -> None:
    later = {**BEN, "prefs": {"break_min": 0, "min_notice_min": 720}}
    lunch = {**habit("lunch", 60, "06:00-23:00", days=["MO"]), "person": "ben", "hours": "work"}
    due = {"deadline": at("05 17:00"), "deadline_type": "hard"}
    found = planned(team([ANN, later], meetings=[meeting("m", "ann", "ben", **due)], habits=[lunch])).findings
    said = {each.item: cause_of(each).partition("; ")[2] for each in found}
    assert said == dict.fromkeys(("m", "lunch"), "8 h of work hours lie inside the notice, which ends Mon 05 Jan 18:00")


def test_what_would_help_says_by_how_much_another_task_would_move() -> None:
    short = person("ann", "UTC", "09:00-13:00")
    tasks = [of("ann", "other", 120), of("ann", "due", 120, deadline=at("05 11:00"), deadline_type="hard")]
    problem = problem_of(read_instance(team([short, BEN], tasks=tasks)).instance)
    solution = Solution(problem)
    other, due = problem.tasks
    solution.move(other.index, ((12, 8),))  # 09:00, three hours after the first slot
    what_if = WhatIf(Occupancies(solution).of(due), due, 20)
    assert ItemMoves("other", 120, 120, NINE + 120) in what_if.suggestions(0)
    told = explanation_of(ItemMoves("other", 120, 120, NINE + 120))
    assert words([told], {}, ZoneInfo("UTC")) == "other (2 h) 2 h later, at Mon 05 Jan 11:00"


NINE = 20_458 * 1440 + 540
"""5 January 2026 at 09:00 UTC, minutes since the epoch."""


@pytest.mark.parametrize(("deadline", "late", "told"), [(None, 0, ""), ("05 11:30", 90, ", late by 1 h 30 min then")])
def test_what_would_help_says_what_it_costs_others(deadline: str | None, late: int, told: str) -> None:
    short = person("ann", "UTC", "09:00-13:00")
    sync = meeting("sync", "ann", "ben", minutes=120, deadline=at(deadline) if deadline else None)
    due = of("ann", "due", 120, priority="critical", deadline=at("05 11:00"), deadline_type="hard")
    problem = problem_of(read_instance(team([short, BEN], tasks=[due], meetings=[sync])).instance)
    solution = Solution(problem)
    task, other = problem.tasks
    solution.move(other.index, ((12, 8),))  # 09:00, three hours after the first slot
    moves = ItemMoves("sync", 120, 120, NINE + 120, late, ("ann", "ben"))
    assert moves in WhatIf(Occupancies(solution).of(task), task, 20).suggestions(0)
    said = words([explanation_of(moves)], {}, ZoneInfo("UTC"))
    assert said == f"sync (2 h) of ann and ben 2 h later, at Mon 05 Jan 11:00{told}"


def test_what_is_said_to_move_stays_behind_what_it_waits_for() -> None:
    tasks = [of("ann", "first"), of("ann", "other", depends_on=["first"])]
    due = of("ann", "due", 120, earliest=at("05 12:30"), deadline=at("05 15:00"), deadline_type="hard")
    problem = problem_of(read_instance(team([ANN, BEN], tasks=[*tasks, due])).instance)
    solution = Solution(problem)
    first, other, task = problem.tasks
    solution.move(first.index, ((24, 4),))  # 12:00
    solution.move(other.index, ((28, 4),))
    found = WhatIf(Occupancies(solution).of(task), task, 36).suggestions(0)
    assert [each.by for each in found if isinstance(each, ItemMoves)] == [120], "not to 11:00, which is as near"


PEOPLE = ("ann", "ben", "cy")


@st.composite
def teams(draw: st.DrawFn) -> dict[str, Any]:
    """Three people in zones of their own, work for each, meetings of some, order across them."""
    zones = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC")
    people = [
        person(
            name, draw(st.sampled_from(zones)), "00:00-12:00", "14:00-24:00", break_min=draw(st.sampled_from([0, 15]))
        )
        for name in PEOPLE
    ]
    spans = st.sampled_from([30, 60, 90, 120])
    dues = st.sampled_from([{}, {}, {"deadline": at("04 12:00")}, {"deadline": at("05 16:00")}])
    ends = st.builds(lambda due, kind: due and due | {"deadline_type": kind}, dues, st.sampled_from(["soft", "hard"]))
    tasks = [
        of(draw(st.sampled_from(PEOPLE)), f"t{k}", draw(spans)) | draw(ends) for k in range(draw(st.integers(0, 6)))
    ]
    meetings = []
    for k in range(draw(st.integers(0, 3))):
        whose = draw(st.permutations(PEOPLE))
        optional = [whose[2]] if draw(st.booleans()) else []
        meetings.append(meeting(f"m{k}", *whose[:2], minutes=draw(spans), people_optional=optional) | draw(ends))
    works = [*tasks, *meetings]
    for index, work in enumerate(works):
        if index and draw(st.booleans()):
            work["depends_on"] = [works[draw(st.integers(0, index - 1))]["id"]]
    taken = [
        busy(f"b{k}", f"05 {hour:02d}:00", f"05 {hour + 2:02d}:00", people=[draw(st.sampled_from(PEOPLE))])
        for k, hour in enumerate(draw(st.lists(st.integers(6, 20), max_size=4)))
    ]
    return team(people, tasks=tasks, meetings=meetings, busy=taken)


def broken_rules(document: dict[str, Any], result: Plan) -> list[str]:
    """What a plan of a team breaks: overlaps in anybody's time, events, order, who comes."""
    said: list[str] = []
    meetings = {each["id"]: each for each in document["meetings"]}
    ends = {block.item: block.end for block in result.blocks}
    for name in PEOPLE:
        mine = [(b.start, b.end, b.item) for b in result.blocks if name in b.people]
        mine += [(minute(e["start"]), minute(e["end"]), e["id"]) for e in document["busy"] if name in e["people"]]
        said += [f"{name}: {a[2]} on {b[2]}" for a, b in pairs(sorted(mine)) if b[0] < a[1]]
    for block in result.blocks:
        asked = meetings.get(block.item)
        if asked and (set(block.people) - set(block.optional) != set(asked["people"])):
            said.append(f"{block.item}: somebody lacks")
        if asked and not set(block.optional) <= set(asked["people_optional"]):
            said.append(f"{block.item}: a stranger comes")
    for work in (*document["tasks"], *document["meetings"]):
        for before in work.get("depends_on", []):
            begins = [block.start for block in result.blocks if block.item == work["id"]]
            if begins and (before not in ends or min(begins) < ends[before]):
                said.append(f"{work['id']} before {before}")
    return said


def pairs(spans: Sequence[tuple[int, int, str]]) -> list[tuple[tuple[int, int, str], tuple[int, int, str]]]:
    return [(a, b) for k, a in enumerate(spans) for b in spans[k + 1 :] if a[2][0] != "b" or b[2][0] != "b"]


def minute(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() // 60)


slow = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(teams())
def test_no_plan_of_a_team_breaks_a_hard_rule_and_planning_again_changes_nothing(document: dict[str, Any]) -> None:
    result = planned(document)
    assert broken_rules(document, result) == []
    stands = [{"item": b.item, "start": iso(b.start), "end": iso(b.end)} for b in result.blocks]
    again = planned(document | {"previous": stands})
    assert [(b.item, b.start, b.end, b.people) for b in again.blocks] == [
        (b.item, b.start, b.end, b.people) for b in result.blocks
    ]


def test_what_waits_for_another_persons_work_and_can_have_no_place_costs_nobody_the_plan() -> None:
    """Whoever pushes the first task takes the last one along, whose person then has nothing that could be pushed."""
    tasks = [
        of("ann", "draft", 120, priority="high", deadline=at("05 12:00")),
        of("ann", "other", 180, priority="high", deadline=at("05 12:00")),
        of("ben", "report", deadline=at("04 12:00"), deadline_type="hard", depends_on=["draft"]),
    ]
    result = planned(team([ANN, BEN], tasks=tasks))
    assert sorted(block.item for block in result.blocks) == ["draft", "other"]
    assert [(each.item, each.cause.code) for each in result.findings if each.state == "unplaced"] == [
        ("report", "waits_for_item")
    ]


def test_the_referee_of_the_bench_takes_an_event_without_people_as_everybodys() -> None:
    """A generated team has company holidays: judging its plan once ended in an error."""
    free = team([ANN, BEN], tasks=[of("ann", "a"), of("ben", "b")])
    holiday = busy("holiday", "05 00:00", "06 00:00")
    result = planned(free)
    assert referee.broken_rules(free, result) == []
    assert len(referee.broken_rules(free | {"busy": [holiday]}, result)) == 2
    assert referee.broken_rules(free | {"busy": [holiday]}, planned(free | {"busy": [holiday]})) == []


def test_the_referee_of_the_bench_holds_who_need_not_come_to_their_time_and_nobody_to_anothers_event() -> None:
    asked = team([ANN, BEN, CY], meetings=[meeting("m", "ann", "ben", people_optional=["cy"])])
    result = planned(asked)
    assert [block.optional for block in result.blocks] == [("cy",)]
    trip = busy("trip", "05 09:00", "05 10:00", people=["cy"])
    assert referee.broken_rules(asked | {"busy": [trip]}, result) == ["H3 m trip"]

    move = {"locked": False, "hours": "work", "move_cost": 0, "move_from": at("05 09:00"), "move_until": at("05 17:00")}
    due = of("ann", "due", deadline=at("05 10:00"), deadline_type="hard")
    pushed = team([ANN, BEN], tasks=[due], busy=[trip | move | {"people": ["ann"]}])
    result = planned(pushed)
    assert [block.item for block in result.moved] == ["trip"]
    assert referee.broken_rules(pushed, result) == []


def iso(at_minute: int) -> str:
    return datetime.fromtimestamp(60 * at_minute, UTC).isoformat()


@pytest.mark.parametrize("count", [1, 3])
def test_people_alone_get_the_plans_they_would_have_got_alone(count: int) -> None:
    tasks = [of(who, f"{who}{k}", 60 + 30 * k, deadline=at("06 12:00")) for who in PEOPLE[:count] for k in range(6)]
    people = [person(name) for name in PEOPLE[:count]]
    whole = planned(team(people, tasks=tasks), 0.05 * count)
    apart = [planned(team([each], tasks=[t for t in tasks if t["person"] == each["id"]])) for each in people]
    assert whole.objective == pytest.approx(sum(plan.objective for plan in apart))
    assert len(whole.blocks) == 6 * count
