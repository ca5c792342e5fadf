"""A plan that people have seen changes as little as it must."""

from typing import Any

from almanac.domain.planner.model.plan import Plan
from tests.domain.planner.instances import at, busy, habit, instance, moment, planned, task
from tests.domain.planner.sentences import reason_of


def week_of_work() -> dict[str, Any]:
    tasks = [task(f"t{k}", 60 + 30 * (k % 3), deadline=at(f"{7 + k % 4:02d} 17:00")) for k in range(9)]
    return instance(tasks=tasks, habits=[habit("walk", 30, "12:00-13:00")])


def after(document: dict[str, Any], result: Plan) -> dict[str, Any]:
    """The same document with the result on the calendar."""
    stamp = [{"item": b.item, "start": at(moment(b.start)), "end": at(moment(b.end))} for b in result.blocks]
    return document | {"previous": stamp}


def spans(result: Plan) -> set[tuple[str, int, int]]:
    return {(block.item, block.start, block.end) for block in result.blocks}


def test_a_new_half_hour_meeting_moves_only_what_it_covers() -> None:
    document = week_of_work()
    first = planned(document)
    victim = next(block for block in first.blocks if moment(block.start) >= "06 10:00" and block.item != "walk")
    begin = moment(victim.start)
    meeting = busy("new", begin, moment(victim.start + 30))
    second = planned(after(document, first) | {"busy": [meeting]})
    assert {name for name, _, _ in spans(first) - spans(second)} == {victim.item}
    assert second.summary.moved == 1


def test_a_new_task_moves_nothing_when_there_is_room() -> None:
    document = week_of_work()
    first = planned(document)
    second = planned(after(document, first) | {"tasks": [*document["tasks"], task("new", 60)]})
    assert spans(first) < spans(second)
    assert {name for name, _, _ in spans(second) - spans(first)} == {"new"}


def test_urgent_work_still_moves_what_is_in_its_way() -> None:
    low = task("low", 480, priority="low")
    first = planned(instance(tasks=[low]))
    urgent = task("urgent", 240, priority="critical", deadline=at("05 17:00"))
    second = planned(after(instance(tasks=[low, urgent]), first))
    assert second.summary.late == second.summary.unscheduled == 0


def test_a_block_that_stays_says_so_in_the_words_it_would_get_anew() -> None:
    document = week_of_work()
    first = planned(document)
    second = planned(after(document, first))
    assert [reason_of(block) for block in second.blocks] == [
        f"stays where it was: {reason_of(b)}" for b in first.blocks
    ]


def test_a_block_that_stays_although_an_earlier_place_is_free_names_it() -> None:
    low = task("t", 60, priority="low")
    stands = [{"item": "t", "start": at("05 13:00"), "end": at("05 14:00")}]
    (block,) = planned(instance(tasks=[low], previous=stands)).blocks
    assert (moment(block.start), reason_of(block)) == (
        "05 13:00",
        "stays where it was: 1 h of work hours; Mon 05 Jan 09:00 is free too, but gains too little for a move",
    )


def test_what_is_left_of_a_block_that_begins_later_does_not_stay() -> None:
    stands = [{"item": "t", "start": at("05 09:00"), "end": at("05 11:00")}]
    wanted = task("t", 120, split=(60, 120))
    taken = [busy("m", "05 09:00", "05 10:00"), busy("n", "05 11:00", "05 11:30")]
    first, _ = planned(instance(tasks=[wanted], previous=stands, busy=taken)).blocks
    assert (moment(first.start), reason_of(first).partition(",")[0]) == ("05 10:00", "part 1 of 2")
    (whole,) = planned(instance(tasks=[wanted], previous=stands)).blocks
    assert reason_of(whole) == "stays where it was: the earliest 2 h of work hours"


def test_blocks_of_the_past_or_of_unknown_items_are_no_obstacle() -> None:
    old = [{"item": "ghost", "start": at("05 09:00"), "end": at("05 10:00")}]
    old += [{"item": "t", "start": at("04 09:00"), "end": at("04 10:00")}]
    result = planned(instance(tasks=[task("t", 60)], previous=old))
    assert moment(result.blocks[0].start) == "05 09:00"
