"""What is left of tasks, how they may be cut, their order, and which cannot be planned."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.explanation import Explanation
from almanac.domain.planner.model.instance import TaskSpec
from almanac.domain.planner.model.work import chunk_slots
from almanac.domain.wall_clock import minutes_of
from almanac.domain.workspace_plan.snapshot import Block, Dependency, TaskRow
from almanac.domain.workspace_plan.task_requests import open_predecessors, task_faults, task_specs
from almanac.presentation.wording import words
from tests.domain.workspace_plan.builders import BERLIN, at, block, task


def after(later: int, earlier: int, *, completed: bool = False) -> Dependency:
    return Dependency(UUID(int=later), UUID(int=earlier), completed)


def specs(
    *tasks: TaskRow, dependencies: tuple[Dependency, ...] = (), fixed: tuple[Block, ...] = ()
) -> dict[str, TaskSpec]:
    found = task_specs(tasks, open_predecessors(dependencies), fixed)
    return {str(UUID(spec.id).int): spec for spec in found}


NO_NIGHTS = Explanation("hours_unknown", category="nights", quotes=("personal", "work"))


def faults(*tasks: TaskRow, dependencies: tuple[Dependency, ...] = (), **categories: Explanation) -> dict[int, str]:
    found = task_faults(tasks, open_predecessors(dependencies), categories)
    return {key.int: words([fault], {}, BERLIN) for key, fault in found.items()}


class TestWhatIsLeft:
    def test_is_the_length_without_what_was_done_and_what_is_fixed(self) -> None:
        fixed = block("03-02 09:00", "03-02 10:00", minutes=50)
        assert specs(task(1, 180, done_minutes=30), fixed=(fixed,))["1"].minutes == 100

    @pytest.mark.parametrize("done", [60, 90])
    def test_nothing_left_is_nothing_to_place(self, done: int) -> None:
        assert specs(task(1, 60, done_minutes=done)) == {}

    def test_other_tasks_and_habits_blocks_do_not_count(self) -> None:
        others = block("03-02 09:00", "03-02 10:00", owner=2), block("03-02 09:00", "03-02 10:00", kind="habit")
        assert specs(task(1, 60), fixed=others)["1"].minutes == 60


class TestChunks:
    @pytest.mark.parametrize(
        ("minutes", "fields", "chunks"),
        [
            (90, {}, (90, 90)),
            (240, {"splittable": True}, (30, 240)),
            (20, {"splittable": True}, (20, 20)),
            (240, {"splittable": True, "min_chunk": 60, "max_chunk": 120}, (60, 120)),
            (45, {"splittable": True, "min_chunk": 60, "max_chunk": 120}, (45, 45)),
            (105, {"splittable": True, "min_chunk": 30, "max_chunk": 30}, (15, 30)),
            (150, {"splittable": True, "min_chunk": 60, "max_chunk": 120}, (60, 120)),
            (120, {"splittable": True, "min_chunk": 45, "max_chunk": 50}, (30, 50)),
            (100, {"splittable": True, "min_chunk": 30, "max_chunk": 30}, (10, 30)),
            (60, {"splittable": True, "min_chunk": 5, "max_chunk": 10}, (5, 10)),
        ],
    )
    def test_as_asked_for_where_that_leaves_no_rest(
        self, minutes: int, fields: dict[str, Any], chunks: tuple[int, int]
    ) -> None:
        spec = specs(task(1, minutes, **fields))["1"]
        assert (spec.min_chunk, spec.max_chunk) == chunks

    @given(st.integers(1, 2000), st.integers(1, 300), st.integers(1, 300))
    def test_every_length_can_be_cut_into_them_on_the_grid(self, minutes: int, one: int, other: int) -> None:
        low, high = sorted((one, other))
        spec = specs(task(1, minutes, splittable=True, min_chunk=low, max_chunk=high))["1"]
        slots, least, most = chunk_slots(spec)
        assert 0 < spec.min_chunk <= spec.max_chunk
        assert any(least * pieces <= slots <= most * pieces for pieces in range(1, slots + 1))


class TestOrder:
    def test_follows_a_predecessor_that_is_still_to_place(self) -> None:
        assert specs(task(1), task(2), dependencies=(after(2, 1),))["2"].depends_on == (str(UUID(int=1)),)

    def test_starts_after_what_is_fixed_of_a_predecessor(self) -> None:
        fixed = block("03-03 09:00", "03-03 10:00")
        found = specs(task(1, 60), task(2), dependencies=(after(2, 1),), fixed=(fixed,))
        assert (found["2"].depends_on, found["2"].earliest) == ((), minutes_of(at("03-03 10:00")))

    def test_does_not_wait_for_the_time_of_what_is_done_early(self) -> None:
        early = block("03-03 09:00", "03-03 10:00", done=True, over=True)
        found = specs(task(1, 60), task(2), dependencies=(after(2, 1),), fixed=(early,))
        assert (found["2"].depends_on, found["2"].earliest) == ((), None)

    def test_both_when_a_predecessor_is_fixed_in_part(self) -> None:
        fixed = block("03-03 09:00", "03-03 10:00")
        spec = specs(task(1, 120), task(2), dependencies=(after(2, 1),), fixed=(fixed,))["2"]
        assert (spec.depends_on, spec.earliest) == ((str(UUID(int=1)),), minutes_of(at("03-03 10:00")))

    def test_the_later_of_both_bounds_counts(self) -> None:
        fixed = block("03-03 09:00", "03-03 10:00")
        start = at("03-04 00:00")
        found = specs(task(1, 60), task(2, earliest=start), dependencies=(after(2, 1),), fixed=(fixed,))
        assert found["2"].earliest == minutes_of(start)

    def test_a_hard_deadline_needs_a_deadline(self) -> None:
        assert not specs(task(1, hard_deadline=True))["1"].hard_deadline
        assert specs(task(1, hard_deadline=True, deadline=at("03-04 12:00")))["1"].hard_deadline


class TestFaults:
    def test_a_sound_set_has_none(self) -> None:
        assert faults(task(1), task(2), dependencies=(after(2, 1),)) == {}

    def test_no_length_and_no_hours(self) -> None:
        found = faults(task(1, None), task(2, category="nights"), task(3), nights=NO_NIGHTS)
        assert found == {
            1: "total_minutes is missing: without a length it cannot be planned",
            2: "calendar_hours 'nights' is unknown, known are personal, work",
        }

    @pytest.mark.parametrize(
        ("minutes", "fields", "named"),
        [
            (-5, {}, "total_minutes must be 1 to 44640, is -5"),
            (0, {}, "total_minutes"),
            (44_641, {}, "total_minutes"),
            (60, {"priority": "urgent"}, "priority 'urgent' is unknown, known are critical, high, normal, low"),
            (60, {"earliest": at("03-03 09:00"), "deadline": at("03-03 09:00")}, "start_date must lie before end_date"),
            (60, {"splittable": True, "min_chunk": 0}, "min_split_duration_minutes must be at least 1, is 0"),
            (60, {"splittable": True, "max_chunk": -1}, "max_split_duration_minutes must be at least 1, is -1"),
            (
                60,
                {"splittable": True, "min_chunk": 60, "max_chunk": 30},
                "min_split_duration_minutes 60 is above max_split_duration_minutes 30",
            ),
        ],
    )
    def test_what_a_column_says_wrong_is_named_and_costs_that_task_only(
        self, minutes: int, fields: dict[str, Any], named: str
    ) -> None:
        found = faults(task(1, minutes, **fields), task(2))
        assert found.keys() == {1}
        assert found[1].startswith(named)

    def test_limits_of_pieces_do_not_matter_to_what_is_not_split(self) -> None:
        assert faults(task(1, 60, min_chunk=60, max_chunk=30)) == {}

    def test_a_circle_takes_its_members_and_who_waits_for_them_only(self) -> None:
        found = faults(
            *(task(n) for n in range(1, 6)), dependencies=(after(1, 2), after(2, 3), after(3, 1), after(4, 1))
        )
        assert found.keys() == {1, 2, 3, 4}
        assert all("circle" in reason for reason in found.values())

    def test_waiting_for_a_faulty_task_names_it(self) -> None:
        assert str(UUID(int=1)) in faults(task(1, None), task(2), dependencies=(after(2, 1),))[2]

    def test_waiting_for_what_waits_for_a_faulty_task_is_no_circle(self) -> None:
        found = faults(
            *(task(n, None if n == 9 else 60) for n in (1, 2, 3, 9)),
            dependencies=(after(1, 2), after(2, 3), after(3, 9), after(1, 3)),
        )
        named = {key: reason for key, reason in found.items() if key != 9}
        assert named == {
            1: f"waits for {UUID(int=3)}, which cannot be planned",
            2: f"waits for {UUID(int=3)}, which cannot be planned",
            3: f"waits for {UUID(int=9)}, which cannot be planned",
        }

    @pytest.mark.parametrize("length", [None, 60], ids=["behind a faulty one", "sound"])
    def test_a_long_chain_is_gone_through_once(self, length: int | None) -> None:
        tasks = [task(1, length), *(task(n) for n in range(2, 1001))]
        looked = Counter[UUID]()

        class Looked(dict[UUID, frozenset[UUID]]):
            def __getitem__(self, key: UUID) -> frozenset[UUID]:
                looked[key] += 1
                return super().__getitem__(key)

            def get(self, key: UUID, default: Any = None) -> Any:
                looked[key] += 1
                return super().get(key, default)

        found = task_faults(tasks, Looked(open_predecessors(after(n, n - 1) for n in range(2, 1001))), {})

        assert (len(found), max(looked.values()) <= 4) == (0 if length else 1000, True)

    def test_waiting_for_a_task_that_is_not_almanacs(self) -> None:
        assert "not for Almanac to plan" in faults(task(2), dependencies=(after(2, 1),))[2]

    def test_a_completed_predecessor_is_no_reason_to_wait(self) -> None:
        assert faults(task(2), dependencies=(after(2, 1, completed=True),)) == {}
