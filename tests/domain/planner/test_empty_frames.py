"""Frames with nothing in them are legal, and one odd item costs no other its plan."""

from typing import Any

import pytest

from tests.domain.planner.instances import at, blocks, busy, habit, instance, planned, task, week

ALWAYS = {"work": week("00:00-24:00"), "personal": week("00:00-24:00")}
MOVABLE = {"locked": False, "hours": "work", "move_from": at("05 00:00"), "move_until": at("07 00:00")}
NO_SLOT: list[dict[str, Any]] = [
    {"prefs": {"min_notice_min": 14 * 1440}},  # longer than the window
    {"prefs": {"min_notice_min": 7 * 1440, "daily_cap_min": {"work": 60}}},
    {"now": at("11 23:53"), "hours": ALWAYS},  # seven minutes left
    {"now": at("11 23:45"), "hours": ALWAYS, "prefs": {"min_notice_min": 1}},
]


@pytest.mark.parametrize("frame", NO_SLOT)
def test_without_a_slot_nothing_is_placed_and_everything_is_told(frame: dict[str, Any]) -> None:
    tasks = [task("a", 15), task("b", 60, deadline=at("06 12:00"), depends_on=["a"]), task("c", 60, split=(15, 30))]
    result = planned(
        instance(
            tasks=tasks,
            habits=[habit("h", 30, "12:00-12:30")],
            busy=[busy("m", "05 10:00", "05 11:00", **MOVABLE), busy("l", "05 11:00", "05 12:00")],
            previous=[{"item": "a", "start": at("06 09:00"), "end": at("06 09:15")}],
            **frame,
        )
    )
    assert (result.blocks, result.moved) == ((), ())
    assert [(finding.item, finding.state) for finding in result.findings] == [(t["id"], "unplaced") for t in tasks]
    assert result.summary.unscheduled == 3


@pytest.mark.parametrize(("end", "days"), [("07 00:00", 1), ("07 00:07", 2), ("06 00:07", 1), ("06 00:00", 0)])
@pytest.mark.parametrize("frame", [{}, {"prefs": {"min_notice_min": 14 * 1440}}], ids=["slots", "no slot"])
def test_what_has_no_place_is_late_up_to_the_very_end_of_the_window(frame: dict[str, Any], end: str, days: int) -> None:
    def price(**wishes: Any) -> float:
        return planned(instance(window_end=at(end), tasks=[task("t", 600, **wishes)], **frame)).objective

    late = price(deadline=at("06 00:00")) - price()
    assert late == pytest.approx(2 * (60 + 20 * days) if days else 0)


@pytest.mark.parametrize(
    ("span", "beside", "missing"),
    [
        (("05 05:30", "05 06:30"), ("05 06:30", "05 07:00"), 1),
        (("05 05:30", "05 06:30"), ("05 06:45", "05 07:00"), 0),
        (("05 10:05", "05 10:35"), ("05 09:30", "05 09:55"), 1),
        (("05 10:05", "05 10:35"), ("05 09:30", "05 09:50"), 0),
        (("05 10:00", "05 10:30"), ("05 09:30", "05 10:00"), 1),
    ],
    ids=["begun", "begun with a break", "off the grid", "off the grid with a break", "may move and does not"],
)
def test_a_break_that_an_event_lacks_costs_whether_or_not_it_can_move(
    span: tuple[str, str], beside: tuple[str, str], missing: int
) -> None:
    prefs = {"break_min": 15, "min_notice_min": 0}
    events = [busy("m", *span, **MOVABLE, move_cost=100), busy("x", *beside)]
    assert planned(instance(hours=ALWAYS, prefs=prefs, busy=events)).objective == 2 * missing


@pytest.mark.parametrize("deadline", ["06 17:00", "08 09:00"])
class TestDeadlineBeforeTheEarliestStart:
    def test_soft_is_placed_as_early_as_it_may_and_late(self, deadline: str) -> None:
        odd = task("odd", 60, earliest=at("08 09:00"), deadline=at(deadline))
        result = planned(instance(tasks=[task("sane", 60), odd]))
        assert blocks(result, "sane") == [("05 09:00", "05 10:00")]
        assert blocks(result, "odd") == [("08 09:00", "08 10:00")]
        (late,) = result.findings
        assert (late.item, late.state, late.cause.code) == ("odd", "late", "deadline_past")

    def test_hard_stays_without_a_place(self, deadline: str) -> None:
        odd = task("odd", 60, earliest=at("08 09:00"), deadline=at(deadline), deadline_type="hard")
        result = planned(instance(tasks=[task("sane", 60), odd]))
        assert blocks(result, "sane") == [("05 09:00", "05 10:00")]
        assert blocks(result, "odd") == []
        (unplaced,) = result.findings
        assert (unplaced.item, unplaced.state, unplaced.cause.code) == ("odd", "unplaced", "deadline_past")
