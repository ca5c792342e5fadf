"""What explanations are made of: codes, ids, minutes, instants and categories, whatever sentence comes of them."""

from typing import Any

import pytest

from almanac.domain.explanation import Explanation
from almanac.domain.planner.model.plan import Finding, Plan
from tests.domain.planner.instances import at, busy, habit, instance, planned, task, week

MONDAY = 20_458 * 1440
"""5 January 2026, minutes since the epoch."""
NINE = MONDAY + 540


def reason(result: Plan, item: str) -> Explanation:
    return next(block.reason for block in result.blocks if block.item == item)


def finding(result: Plan, item: str) -> Finding:
    return next(found for found in result.findings if found.item == item)


def codes(explanation: Explanation) -> list[str]:
    return [part.code for part in explanation.parts]


class TestReasons:
    def test_the_first_place(self) -> None:
        found = reason(planned(instance(tasks=[task("t", 60)])), "t")
        assert found == Explanation("earliest", minutes=(60,), category="work")

    def test_a_later_place_has_the_ids_of_what_is_before_it(self) -> None:
        found = reason(planned(instance(tasks=[task("a", 60, priority="critical"), task("b", 60)])), "b")
        assert (found.code, found.parts) == ("earliest_free", (Explanation("time_before_taken", items=("a",)),))

    def test_a_part_has_its_number_and_what_it_follows(self) -> None:
        result = planned(instance(hours={"work": week("09:00-11:00")}, tasks=[task("t", 180, split=(60, 120))]))
        assert result.blocks[1].reason == Explanation(
            "earliest",
            minutes=(60,),
            category="work",
            parts=(Explanation("part_of_task", numbers=(2, 2)), Explanation("after_part", numbers=(1,))),
        )

    @pytest.mark.parametrize(
        ("due", "side"), [("05 17:00", "before_deadline"), ("05 09:30", "after_deadline")], ids=["on time", "late"]
    )
    def test_a_deadline_is_an_instant(self, due: str, side: str) -> None:
        found = reason(planned(instance(tasks=[task("t", 60, deadline=at(due))])), "t")
        assert codes(found) == [side]
        assert found.parts[0].instants == (MONDAY + (1020 if due == "05 17:00" else 570),)

    @pytest.mark.parametrize(
        ("prefs", "code", "first"),
        [
            ({"break_min": 15, "daily_cap_min": {}}, "break_around", NINE + 60),
            ({"break_min": 0, "daily_cap_min": {"work": 60}}, "within_daily_limit", NINE + 60),
        ],
    )
    def test_an_earlier_start_that_would_cost_more_is_an_instant(
        self, prefs: dict[str, Any], code: str, first: int
    ) -> None:
        before = task("a", 60, priority="critical")
        meeting = busy("m", "05 09:00", "05 10:00")
        first_thing = {"busy": [meeting]} if code == "break_around" else {}
        tasks = [task("t", 60)] if code == "break_around" else [before, task("t", 60)]
        found = reason(planned(instance(prefs=prefs | {"min_notice_min": 0}, tasks=tasks, **first_thing)), "t")
        assert (found.code, found.minutes, found.instants, found.category) == (code, (60,), (first,), "work")

    def test_a_block_of_the_previous_plan_stays(self) -> None:
        document = instance(tasks=[task("t", 60)])
        block = planned(document).blocks[0]
        again = planned(document | {"previous": [{"item": "t", "start": at("05 09:00"), "end": at("05 10:00")}]})
        assert again.blocks[0].start == block.start
        assert codes(again.blocks[0].reason) == ["stays"]

    def test_a_habit_off_its_ideal_time_has_the_minutes_and_what_is_there(self) -> None:
        full = busy("m", "05 11:30", "05 12:15")
        found = reason(planned(instance(busy=[full], habits=[habit("lunch", 30, "12:00-12:30", days=["MO"])])), "lunch")
        assert (found.code, found.minutes) == ("later_than_ideal", (15,))
        assert found.instants == (MONDAY + 720, MONDAY + 750)
        assert found.parts == (Explanation("ideal_taken", items=("m",)),)

    def test_a_short_habit_has_its_neighbours(self) -> None:
        meetings = [busy("m", "05 11:00", "05 12:15"), busy("n", "05 12:45", "05 20:00")]
        lunch = habit("lunch", 30, "12:00-13:00", days=["MO"], pref_min=60, max_min=60)
        found = reason(planned(instance(busy=meetings, habits=[lunch])), "lunch")
        short = found.part("shorter_than_preferred")
        assert found.code == "in_ideal_time"
        assert short is not None
        assert short.minutes == (30,)
        assert [(part.code, part.items) for part in short.parts] == [
            ("follows_item", ("m",)),
            ("precedes_item", ("n",)),
        ]

    def test_an_event_that_moves_has_its_guests_and_its_old_start(self) -> None:
        sync = busy("sync", "05 09:00", "05 10:00", locked=False, hours="work", move_cost=1)
        sync |= {"move_from": at("05 09:00"), "move_until": at("05 17:00")}
        result = planned(instance(busy=[sync], tasks=[task("t", 60, priority="critical", deadline=at("05 10:00"))]))
        assert result.moved[0].reason == Explanation("makes_room", items=("t",), instants=(NINE,))


class TestFindings:
    def test_too_few_hours_have_what_is_open_and_what_is_needed(self) -> None:
        due = task("t", 180, split=(60, 120), deadline=at("05 11:00"))
        found = finding(planned(instance(tasks=[due], busy=[busy("m", "05 09:00", "05 09:30")])), "t")
        assert found.cause == Explanation(
            "hours_too_few",
            minutes=(90, 180),
            category="work",
            parts=(
                Explanation("until_deadline", instants=(NINE + 120,)),
                Explanation("events_in_the_way", items=("m",), minutes=(30,)),
            ),
        )
        assert found.suggestions == (
            Explanation("later_deadline", minutes=(105,), instants=(NINE + 225,)),
            Explanation("more_hours", minutes=(90,), instants=(NINE - 90, NINE), category="work"),
        )

    def test_hours_that_are_taken_have_their_holders_with_minutes(self) -> None:
        tasks = [task("a", 60, deadline=at("05 10:00")), task("b", 60, deadline=at("05 10:00"))]
        found = next(f for f in planned(instance(tasks=tasks)).findings if f.state == "late")
        holders = found.cause.part("holders")
        assert (found.cause.code, found.cause.minutes) == ("hours_taken", (60, 0))
        assert holders is not None
        assert (holders.items, holders.minutes) == (("a" if found.item == "b" else "b",), (60,))

    def test_what_is_waited_for_has_its_id_and_wraps_the_cause(self) -> None:
        tasks = [task("a", 120), task("b", 60, priority="critical", depends_on=["a"], deadline=at("05 10:30"))]
        cause = finding(planned(instance(tasks=tasks)), "b").cause
        assert (cause.code, cause.items, cause.instants) == ("waits_for_item", ("a",), (NINE + 120,))
        assert len(cause.parts) == 1

    def test_a_task_waits_for_the_one_that_has_no_place(self) -> None:
        found = finding(planned(instance(tasks=[task("a", 600), task("b", 60, depends_on=["a"])])), "b")
        assert found.cause == Explanation("waits_for_unplaced", items=("a",))
        assert found.suggestions == (Explanation("room_for_items", items=("a",)),)

    def test_a_deadline_at_risk_has_the_minutes_to_spare(self) -> None:
        found = finding(planned(instance(tasks=[task("t", 60, deadline=at("05 10:30"))])), "t")
        assert found.cause == Explanation("little_time_to_spare", minutes=(30,), category="work")
        assert [each.code for each in found.suggestions] == ["hours_kept_free", "later_deadline"]

    def test_a_missed_date_has_its_day_and_its_holders(self) -> None:
        meetings = [busy("m", "05 00:00", "05 14:00"), busy("n", "05 14:00", "06 00:00")]
        walk = habit("walk", 30, "12:00-13:00", days=["MO"])
        found = finding(planned(instance(busy=meetings, habits=[walk])), "walk")
        assert found.cause == Explanation(
            "date_hours_taken",
            minutes=(960, 30),
            instants=(MONDAY + 720,),
            category="personal",
            parts=(Explanation("holders", items=("n", "m"), minutes=(540, 420)),),
        )
        assert found.suggestions == (Explanation("without_item", items=("m",), minutes=(420,)),)


def test_as_json_instants_are_iso_and_empty_fields_are_left_out() -> None:
    part = Explanation("holders", items=("m",), minutes=(0,))
    found = Explanation("hours_taken", minutes=(60, 0), instants=(NINE,), category="work", parts=(part,)).as_dict()
    assert found == {
        "code": "hours_taken",
        "minutes": [60, 0],
        "instants": ["2026-01-05T09:00:00+00:00"],
        "category": "work",
        "parts": [{"code": "holders", "items": ["m"], "minutes": [0]}],
    }


def test_other_ids_reach_every_part() -> None:
    found = Explanation("waits_for_item", items=("a",), parts=(Explanation("holders", items=("a", "b")),))
    assert found.renamed({"a": "x"}) == Explanation(
        "waits_for_item", items=("x",), parts=(Explanation("holders", items=("x", "b")),)
    )
