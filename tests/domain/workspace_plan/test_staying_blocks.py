"""The order of tasks towards blocks that stay: others' and meetings in a plan of one person, in any plan pinned ones.

Ann's task is T1; Cy's T2 and the meeting T5 are what waits for it, or what it waits for.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest

from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import plan
from almanac.domain.workspace_plan.from_plan import WorkspacePlan, from_plan
from almanac.domain.workspace_plan.report import Note
from almanac.domain.workspace_plan.snapshot import Block, Dependency, Member, Preferences, Workspace
from almanac.domain.workspace_plan.team.rows import Assignment, Meeting, MeetingDependency
from almanac.domain.workspace_plan.to_instance import to_instance
from almanac.presentation.wording import words
from tests.domain.workspace_plan.builders import BERLIN, WORK, WS, at, block, event, task, window, workspace

ANNS, CYS, BENS, MEETING = (UUID(int=n) for n in (1, 2, 3, 5))
USERS = ("ann", "ben", "cy")
NINE, TEN, ELEVEN, NOON = "03-02 09:00", "03-02 10:00", "03-02 11:00", "03-02 12:00"


def team(*blocks: Block, after: tuple[tuple[int, int], ...] = ((2, 1),), **fields: Any) -> Workspace:
    """Tasks 1 of Ann, 2 of Cy and 3 of Ben, an hour each; `after` are pairs of what waits, and for what."""
    owners = ((ANNS, "ann"), (CYS, "cy"), (BENS, "ben"))
    preferences = Preferences(0, 0, {})
    return workspace(
        **{
            "tasks": (task(1), task(2), task(3)),
            "members": tuple(Member(user, user, None, preferences, {"work": WORK}, {}) for user in USERS),
            "assignments": tuple(Assignment(key, user, None, 0) for key, user in owners),
            "dependencies": tuple(Dependency(UUID(int=a), UUID(int=b), after_completed=False) for a, b in after),
            "blocks": blocks,
            **fields,
        }
    )


def cys(start: str, end: str, **fields: Any) -> Block:
    return block(start, end, 200, **{"owner": 2, "user": "cy", **fields})


def anns(start: str, end: str, **fields: Any) -> Block:
    return block(start, end, 100, **{"owner": 1, "user": "ann", **fields})


def hours_before(hour: int) -> dict[str, Any]:
    """Ann's calendar is taken from nine to then."""
    return {"events": (event(NINE, f"03-02 {hour:02}:00", 900, users=frozenset({"ann"})),)}


def planned(space: Workspace, *, now: str = "03-02 07:00", only: str | None = "ann") -> WorkspacePlan:
    request = to_instance(WS, space, window(2, now=at(now)), {}, force=False, only=only)
    return from_plan(request, plan(problem_of(request.instance), 0.03, lambda: 0.0), words)


def placed(found: WorkspacePlan) -> list[str]:
    spans = sorted((each.start, each.end) for each in found.blocks)
    return [
        f"{datetime.fromtimestamp(60 * start, UTC).astimezone(BERLIN):%d %H:%M}"
        f"-{datetime.fromtimestamp(60 * end, UTC).astimezone(BERLIN):%H:%M}"
        for start, end in spans
    ]


def told(found: WorkspacePlan) -> list[tuple[int, str, str]]:
    """What is said, but for what is used up: nobody has ticked it off."""
    calm = "nothing_to_place"
    return [(UUID(note.id).int, note.status, note.cause.code) for note in found.notes if note.status != calm]


def note(found: WorkspacePlan) -> Note:
    (one,) = found.notes
    return one


class TestWhatStaysAndWaits:
    def test_is_not_overtaken(self) -> None:
        found = planned(team(cys(ELEVEN, NOON), **hours_before(11)))
        assert placed(found) == []
        said = note(found)
        assert (said.status, said.cause.code, said.cause.items) == ("unscheduled", "begins_after_it", (str(CYS),))
        assert said.reason == (
            "what waits for it, 'T2', stays where it is and begins Mon 02 Mar 11:00; "
            "no work hours are open until then, it needs 1 h; the calendar has 'E900' (2 h) in the way"
        )
        assert said.cause.parts[0].parts[0].code == "until_then"
        assert [each.code for each in said.suggestions][-1] == "plan_everybody"

    def test_leaves_the_time_before_it(self) -> None:
        assert placed(planned(team(cys(ELEVEN, NOON), **hours_before(10)))) == ["02 10:00-11:00"]

    def test_bounds_each_piece(self) -> None:
        work = (task(1, 120, splittable=True, min_chunk=30), task(2), task(3))
        found = planned(team(cys("03-02 11:30", "03-02 12:30"), tasks=work, **hours_before(10)))
        assert placed(found) == ["02 10:00-11:30"]
        assert told(found) == [(1, "partial", "begins_after_it")]

    def test_off_the_grid_bounds_the_quarter_it_begins_in(self) -> None:
        found = planned(team(cys("03-02 11:05", "03-02 12:05"), tasks=(task(1, 75), task(2)), **hours_before(10)))
        assert placed(found) == []

    def test_is_a_meeting_too(self) -> None:
        sync = Meeting(MEETING, "Sync", "BLUE", "normal", 60, None, None, False, "work", ("ben", "cy"), ())
        held = block(ELEVEN, NOON, 500, owner=5, kind="meeting", attending=("ben", "cy"))
        waits = (MeetingDependency(MEETING, ANNS, False),)
        space = team(held, after=(), meetings=(sync,), meeting_dependencies=waits, **hours_before(11))
        assert told(planned(space)) == [(1, "unscheduled", "begins_after_it")]
        assert told(planned(replace(space, meetings=()))) == [], "ticked off"

    def test_through_work_without_a_block(self) -> None:
        found = planned(team(cys(ELEVEN, NOON), after=((3, 1), (2, 3)), **hours_before(11)))
        assert (placed(found), note(found).cause.items) == ([], (str(CYS),))

    def test_not_through_what_is_used_up(self) -> None:
        work = (task(1), task(2), task(3, done_minutes=60))
        assert placed(planned(team(cys(ELEVEN, NOON), after=((3, 1), (2, 3)), tasks=work, **hours_before(11))))

    def test_the_first_of_several_counts(self) -> None:
        bens = block("03-02 13:00", "03-02 14:00", 300, owner=3, user="ben")
        found = planned(team(cys("03-02 14:00", "03-02 15:00"), bens, after=((2, 1), (3, 1)), **hours_before(13)))
        assert note(found).cause.items == (str(BENS),)

    def test_of_a_task_of_several_the_others_parts_count(self) -> None:
        both = (Assignment(ANNS, "ann", None, 0), *(Assignment(CYS, user, None, 0) for user in ("ann", "cy")))
        work = (task(1), task(2))
        found = planned(team(cys(ELEVEN, NOON), assignments=both, tasks=work, **hours_before(10)))
        assert placed(found) == ["02 10:00-11:00", "02 11:00-12:00"], "Ann's part of T2 comes after T1"
        late = planned(team(cys(ELEVEN, NOON), assignments=both, tasks=work, **hours_before(11)))
        assert sorted(note.cause.code for note in late.notes) == ["begins_after_it", "waits_for_unplaced"]
        assert {item for note in late.notes for item in note.cause.items} == {str(ANNS), str(CYS)}, "tasks, no parts"

    @pytest.mark.parametrize(
        ("one", "now"),
        [
            (cys(NINE, TEN), "03-02 10:30"),
            (cys(TEN, ELEVEN), "03-02 10:30"),
            (cys(ELEVEN, NOON, started=True), "03-02 10:30"),
            (cys(ELEVEN, NOON, done=True), "03-02 10:30"),
            (cys("03-02 16:00", "03-02 17:00", user="ben"), "03-02 16:30"),
        ],
        ids=["over", "begun", "said to be begun", "done", "handed over, and begun"],
    )
    def test_bounds_nothing_once_it_has_begun(self, one: Block, now: str) -> None:
        assert told(planned(team(one, **hours_before(12)), now=now)) == []

    def test_bounds_nothing_when_it_goes_with_the_next_plan(self) -> None:
        handed_over = cys(ELEVEN, NOON, user="ben")
        assert placed(planned(team(handed_over, **hours_before(11)))) == ["02 11:00-12:00"]

    def test_bounds_nothing_when_it_was_ticked_off(self) -> None:
        found = planned(team(cys(ELEVEN, NOON), tasks=(task(1), task(3)), **hours_before(11)))
        assert (placed(found), told(found)) == (["02 11:00-12:00"], [])


class TestWhatIsOutOfOrderAlready:
    @pytest.mark.parametrize(
        ("fields", "notice"), [({"locked": True}, 0), ({"kept": True}, 0), ({}, 360)], ids=["locked", "kept", "notice"]
    )
    def test_a_block_that_stays_is_kept_and_told(self, fields: dict[str, Any], notice: int) -> None:
        space = team(anns(NOON, "03-02 13:00", **fields), cys(ELEVEN, NOON))
        preferences = Preferences(0, notice, {})
        space = replace(space, members=tuple(replace(each, preferences=preferences) for each in space.members))
        found = planned(space)
        said = note(found)
        assert (placed(found), said.status, said.cause.code) == ([], "out_of_order", "begins_before_its_end")
        assert said.reason == ("what waits for it, 'T2', stays where it is and begins Mon 02 Mar 11:00, before it ends")
        assert bool(said.hint) is (notice == 0), "inside the notice a plan of everybody leaves Cy's too"

    def test_its_rest_is_bound_by_what_begins_later(self) -> None:
        work = (task(1, 120, splittable=True, min_chunk=60, max_chunk=60), task(2), task(3))
        bens = block(NOON, "03-02 13:00", 300, owner=3, user="ben")
        mine = anns("03-02 10:30", "03-02 11:30", locked=True)
        found = planned(team(mine, cys(ELEVEN, NOON), bens, after=((2, 1), (3, 1)), tasks=work, **hours_before(10)))
        assert told(found) == [(1, "out_of_order", "begins_before_its_end"), (1, "unscheduled", "begins_after_it")]
        assert [note.cause.items for note in found.notes] == [(str(CYS),), (str(BENS),)]

    def test_a_block_that_may_move_does(self) -> None:
        assert placed(planned(team(anns(NOON, "03-02 13:00"), cys(ELEVEN, NOON)))) == ["02 09:00-10:00"]

    def test_not_for_what_everybodys_plan_would_leave_too(self) -> None:
        space = team(anns(NOON, "03-02 13:00"), cys(ELEVEN, NOON, locked=True), **hours_before(12))
        found = planned(space)
        assert (placed(found), told(found)) == (["02 12:00-13:00"], [(1, "out_of_order", "begins_before_its_end")])
        assert note(found).hint == ""


class TestWhatIsPinned:
    """In a plan of everybody, and where there are no members."""

    @pytest.mark.parametrize("fields", [{"locked": True}, {"kept": True}], ids=["by hand", "by an undo"])
    def test_is_not_overtaken(self, fields: dict[str, Any]) -> None:
        work = (task(1), task(2))
        found = planned(team(cys(ELEVEN, NOON, **fields), tasks=work, **hours_before(11)), only=None)
        assert (placed(found), told(found)) == ([], [(1, "unscheduled", "begins_after_it")])
        assert "plan everybody" not in note(found).hint
        assert placed(planned(team(cys(ELEVEN, NOON, **fields), tasks=work, **hours_before(10)), only=None)) == [
            "02 10:00-11:00"
        ]

    @pytest.mark.parametrize("only", [None, "ann"])
    def test_nor_is_work_of_ones_own(self, only: str | None) -> None:
        own = (Assignment(ANNS, "ann", None, 0), Assignment(CYS, "ann", None, 0))
        held = block(ELEVEN, NOON, 200, owner=2, user="ann", locked=True)
        found = planned(team(held, assignments=own, tasks=(task(1), task(2)), **hours_before(11)), only=only)
        assert (placed(found), told(found)) == ([], [(1, "unscheduled", "begins_after_it")])

    def test_nor_in_one_timeline(self) -> None:
        held = block(ELEVEN, NOON, 200, owner=2, locked=True)
        waits = (Dependency(CYS, ANNS, after_completed=False),)
        taken = (event(NINE, ELEVEN, 900),)
        alone = workspace(tasks=(task(1), task(2)), dependencies=waits, blocks=(held,), events=taken)
        assert told(planned(alone, only=None)) == [(1, "unscheduled", "begins_after_it")]

    def test_takes_no_block_away_that_comes_too_late_already(self) -> None:
        space = team(
            anns(NOON, "03-02 13:00"), cys(ELEVEN, NOON, locked=True), tasks=(task(1), task(2)), **hours_before(12)
        )
        found = planned(space, only=None)
        assert (placed(found), told(found)) == (["02 12:00-13:00"], [(1, "out_of_order", "begins_before_its_end")])

    def test_is_work_that_cannot_be_planned_too(self) -> None:
        work = (task(1), task(2, None))
        found = planned(team(cys(ELEVEN, NOON), tasks=work, **hours_before(11)), only=None)
        assert told(found) == [(2, "left_out", "length_missing"), (1, "unscheduled", "begins_after_it")]


class TestMeetingsThatWorkWaitsFor:
    """In a plan of everybody; one of one person places no meeting."""

    SYNC = Meeting(MEETING, "Sync", "BLUE", "normal", 60, None, None, False, "work", ("ann", "ben"), ())

    def waited_for(self, *blocks: Block, until: int = 11, **fields: Any) -> Workspace:
        waits = (MeetingDependency(CYS, MEETING, False),)
        given = {"tasks": (task(2),), "meetings": (self.SYNC,), "meeting_dependencies": waits, **fields}
        return team(*blocks, after=(), **hours_before(until), **given)

    def test_lie_before_pinned_work(self) -> None:
        held = cys(ELEVEN, NOON, locked=True)
        assert placed(planned(self.waited_for(held, until=10), only=None)) == ["02 10:00-11:00"]
        found = planned(self.waited_for(held), only=None)
        assert (placed(found), told(found)) == ([], [(5, "unscheduled", "begins_after_it")])
        assert note(found).reason == (
            "what waits for it, 'T2', stays where it is and begins Mon 02 Mar 11:00; "
            "while all of them are open (2 h of work hours), the time of 'ann' (2 h) is taken"
        )
        ends = [instant for each in note(found).suggestions for instant in each.instants]
        assert max(ends) == 1440 * 20_514 + 600, "no near miss after it: eleven in Berlin"

    def test_are_told_where_near_work_comes_before_them(self) -> None:
        space = self.waited_for(cys(ELEVEN, NOON))
        near = tuple(replace(each, preferences=Preferences(0, 360, {})) for each in space.members)
        found = planned(replace(space, members=near), only=None)
        assert (placed(found), told(found)) == (["02 13:00-14:00"], [(5, "out_of_order", "begins_before_its_end")])
        assert note(found).kind == "meeting"

    def test_keep_a_block_that_comes_too_late_already(self) -> None:
        late = block(NOON, "03-02 13:00", 500, owner=5, kind="meeting", attending=("ann", "ben"))
        found = planned(self.waited_for(late, cys(ELEVEN, NOON, locked=True), until=12), only=None)
        assert (placed(found), told(found)) == (["02 12:00-13:00"], [(5, "out_of_order", "begins_before_its_end")])


class TestWhatIsNear:
    """Inside the notice, and nobody's hand on it."""

    @staticmethod
    def near(*blocks: Block, notices: tuple[int, int, int] = (360, 360, 360), **fields: Any) -> Workspace:
        space = team(*blocks, **{"tasks": (task(1), task(2)), **fields})
        members = zip(space.members, notices, strict=True)
        told = tuple(replace(each, preferences=Preferences(0, notice, {})) for each, notice in members)
        return replace(space, members=told)

    @pytest.mark.parametrize("only", [None, "ann"])
    def test_does_not_take_the_place_of_what_cannot_come_before_it_and_is_told(self, only: str | None) -> None:
        found = planned(self.near(cys(ELEVEN, NOON)), only=only)
        assert (placed(found), told(found)) == (
            ["02 13:00-14:00"],
            [(1, "out_of_order", "begins_before_its_end")],
        ), "else it would vanish for as long"
        assert (note(found).cause.items, note(found).hint) == ((str(CYS),), "")

    @pytest.mark.parametrize("only", [None, "ann"])
    def test_is_not_overtaken_by_what_may_begin_sooner(self, only: str | None) -> None:
        space = self.near(cys(ELEVEN, NOON), notices=(0, 0, 360))
        assert placed(planned(replace(space, **hours_before(10)), only=only)) == ["02 10:00-11:00"]
        found = planned(replace(space, **hours_before(11)), only=only)
        assert (placed(found), told(found)) == ([], [(1, "unscheduled", "begins_after_it")])

    def test_is_not_bounding_what_is_too_long_for_the_time_before_it(self) -> None:
        space = self.near(cys(ELEVEN, NOON), notices=(0, 0, 360), tasks=(task(1, 300), task(2)))
        found = planned(space, only=None)
        assert (placed(found), told(found)) == (["02 09:00-14:00"], [(1, "out_of_order", "begins_before_its_end")])

    @pytest.mark.parametrize("only", [None, "ann"])
    def test_tells_of_work_of_ones_own(self, only: str | None) -> None:
        own = (Assignment(ANNS, "ann", None, 0), Assignment(CYS, "ann", None, 0))
        found = planned(self.near(block(ELEVEN, NOON, 200, owner=2, user="ann"), assignments=own), only=only)
        assert (placed(found), told(found)) == (["02 13:00-14:00"], [(1, "out_of_order", "begins_before_its_end")])

    def test_tells_of_a_meeting(self) -> None:
        sync = Meeting(MEETING, "Sync", "BLUE", "normal", 60, None, None, False, "work", ("ben", "cy"), ())
        held = block(ELEVEN, NOON, 500, owner=5, kind="meeting", attending=("ben", "cy"))
        waits = (MeetingDependency(MEETING, ANNS, False),)
        found = planned(
            self.near(held, after=(), tasks=(task(1),), meetings=(sync,), meeting_dependencies=waits), only=None
        )
        assert (placed(found), told(found)) == (["02 13:00-14:00"], [(1, "out_of_order", "begins_before_its_end")])

    def test_tells_of_a_block_that_waits_no_longer(self) -> None:
        found = planned(self.near(anns("03-02 14:00", "03-02 15:00"), cys(ELEVEN, NOON)), only=None)
        assert told(found) == [(1, "out_of_order", "begins_before_its_end")]

    def test_says_nothing_where_the_order_holds(self) -> None:
        found = planned(self.near(anns(TEN, ELEVEN), cys(ELEVEN, NOON)), only=None)
        assert told(found) == []


class TestWhatItWaitsFor:
    def test_is_not_overtaken(self) -> None:
        assert placed(planned(team(cys("03-02 13:00", "03-02 14:00"), after=((1, 2),)))) == ["02 14:00-15:00"]

    def test_between_two_that_stay(self) -> None:
        bens = block("03-02 14:00", "03-02 15:00", 300, owner=3, user="ben")
        space = team(cys(NOON, "03-02 13:00"), bens, after=((1, 2), (3, 1)))
        assert placed(planned(space)) == ["02 13:00-14:00"]
        found = planned(replace(space, tasks=(task(1, 75), task(2), task(3))))
        assert (placed(found), told(found)) == ([], [(1, "unscheduled", "begins_after_it")])

    def test_without_a_place_says_what_helps(self) -> None:
        said = note(planned(team(after=((1, 2),))))
        assert (said.status, said.cause.code, said.cause.items) == ("left_out", "waits_for_unplaced", (str(CYS),))
        assert said.hint == "plan everybody: `almanac schedule` without `--user`"

    def test_is_named_by_its_task_whoever_has_a_part_of_it(self) -> None:
        both = (Assignment(ANNS, "ann", None, 0), *(Assignment(CYS, user, None, 0) for user in ("ben", "cy")))
        said = note(planned(team(after=((1, 2),), assignments=both)))
        assert set(said.cause.items) == {str(CYS)}
        assert str(uuid5(CYS, "cy")) not in said.reason
