"""What shares neither time, order nor a daily limit is planned apart; what does, together."""

from typing import Any

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.search.components import components_of
from tests.domain.planner.instances import at, blocks, busy, habit, instance, planned, task, week


def components(**fields: Any) -> list[list[str]]:
    problem = problem_of(read_instance(instance(**fields)).instance)
    return [sorted({problem.items[index].id for index in each.items}) for each in components_of(problem)]


APART = {"work": week("09:00-17:00"), "personal": week("18:00-22:00")}


def test_office_hours_and_evenings_are_two_components() -> None:
    run = habit("run", 30, "18:00-19:00", days=["MO"])
    read = task("read", 60, hours="personal")
    assert components(hours=APART, tasks=[task("a", 60), task("b", 60), read], habits=[run]) == [
        ["a", "b"],
        ["read", "run"],
    ]


def test_hours_that_touch_are_one_component_because_of_the_breaks_between_blocks() -> None:
    touching = {"work": week("09:00-17:00"), "personal": week("17:00-22:00")}
    assert components(hours=touching, tasks=[task("a", 60), task("b", 60, hours="personal")]) == [["a", "b"]]


def test_who_waits_for_another_belongs_to_the_same_component() -> None:
    tasks = [task("a", 60), task("b", 60, hours="personal", depends_on=["a"])]
    assert components(hours=APART, tasks=tasks) == [["a", "b"]]


def test_a_daily_limit_ties_the_tasks_that_share_it() -> None:
    early, late = (task("a", 60, deadline=at("05 17:00")), task("b", 60, earliest=at("08 09:00")))
    early |= {"deadline_type": "hard"}
    capped = {"break_min": 0, "min_notice_min": 0, "daily_cap_min": {"work": 120}}
    assert components(tasks=[early, late]) == [["a"], ["b"]]
    assert components(tasks=[early, late], prefs=capped) == [["a", "b"]]


def test_an_item_without_any_possible_place_is_in_no_component() -> None:
    assert components(tasks=[task("long", 600), task("a", 60)]) == [["a"]]


def test_a_chunk_in_the_way_of_a_habit_gives_up_only_what_the_habit_needs() -> None:
    long = task("t", 240, priority="high", split=(60, 240), deadline=at("05 13:30"))
    sit = habit("sit", 30, "10:30-11:00", priority="high", days=["MO"], hours="work")
    result = planned(instance(tasks=[long], habits=[sit], busy=[busy("m", "05 13:30", "05 17:00")]))
    assert blocks(result, "sit") == [("05 10:30", "05 11:00")]
    assert blocks(result, "t") == [("05 09:00", "05 10:30"), ("05 11:00", "05 13:30")]


def test_work_in_pieces_counts_against_short_gaps_when_hours_are_priced() -> None:
    gaps = [busy(f"m{hour}", f"05 {hour}:00", f"05 {hour}:30") for hour in ("10", "11", "12", "13", "14", "15", "16")]
    tasks = [task("t", 120, split=(30, 120), deadline=at("05 17:00"))]
    tasks += [task(f"s{k}", 30, priority="high", deadline=at("05 17:00")) for k in range(4)]
    result = planned(instance(tasks=tasks, busy=gaps))
    assert (result.summary.late, result.summary.unscheduled) == (0, 0)
