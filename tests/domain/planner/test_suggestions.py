"""What is said to help does help: applied to the instance, the item gets a better place.

The law tries every suggestion of every finding of drawn instances with everything else held where it is, which is what
a suggestion promises; the table plans the whole small instance again.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import integers, lists, tuples

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.explain.findings import findings_of, late_minutes, second_chance, what_if_of
from almanac.domain.planner.explain.habit_findings import MissedDate
from almanac.domain.planner.explain.occupancy import Occupancies
from almanac.domain.planner.explain.suggestions import (
    HabitSuggestion,
    LaterDeadline,
    LessWork,
    MoreHours,
    ShorterMinimum,
    SmallerParts,
    TaskSuggestion,
    WiderIdeal,
    Without,
    explanation_of,
)
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.model.instance import HabitSpec, Instance, TaskSpec
from almanac.domain.planner.model.plan import Finding, Plan
from almanac.domain.planner.model.problem import Item, Occurrence, Task
from almanac.domain.planner.planner import plan
from almanac.domain.planner.search.greedy import greedy_plans
from almanac.domain.planner.search.placing.insertion import best_place
from almanac.domain.planner.search.solution import Solution, earliest_allowed
from almanac.domain.wall_clock import DAY_MINUTES, local_time
from almanac.presentation.wording import words
from tests.domain.planner.instances import at, busy, habit, instance, planned, task, week
from tests.domain.planner.sentences import cause_of, help_of, reason_of
from tests.domain.planner.test_laws import documents


def applied(asked: Instance, item: Task | Occurrence, suggestion: TaskSuggestion | HabitSuggestion) -> Instance:
    """The instance with what a suggestion proposes."""
    match suggestion:
        case MoreHours(category, start, end):
            (person,) = asked.people
            days = list(person.hours[category])
            weekday = local_time(start, asked.zone).weekday()
            days[weekday] += ((wall(start, asked), wall(end, asked) or DAY_MINUTES),)
            return replace(asked, people=(replace(person, hours={**person.hours, category: tuple(days)}),))
        case Without(name):
            return replace(
                asked,
                tasks=tuple(other for other in asked.tasks if other.id != name),
                habits=tuple(other for other in asked.habits if other.id != name),
                locked=tuple(event for event in asked.locked if event.id != name),
                movable=tuple(event for event in asked.movable if event.id != name),
            )
        case ShorterMinimum() | WiderIdeal():
            habits = (changed_habit(h, suggestion, asked) if h.id == item.id else h for h in asked.habits)
            return replace(asked, habits=tuple(habits))
        case _:
            return replace(
                asked, tasks=tuple(changed_task(t, suggestion) if t.id == item.id else t for t in asked.tasks)
            )


def changed_task(spec: TaskSpec, suggestion: LaterDeadline | SmallerParts | LessWork) -> TaskSpec:
    match suggestion:
        case LaterDeadline(instant):
            return replace(spec, deadline=instant)
        case SmallerParts(minutes):
            largest = max(minutes, spec.max_chunk if spec.splittable else spec.minutes)
            return replace(spec, splittable=True, min_chunk=minutes, max_chunk=largest)
        case LessWork(_, rest):
            return replace(spec, minutes=rest)


def changed_habit(spec: HabitSpec, suggestion: ShorterMinimum | WiderIdeal, asked: Instance) -> HabitSpec:
    if isinstance(suggestion, ShorterMinimum):
        return replace(spec, min_minutes=suggestion.minutes)
    return replace(spec, ideal=(wall(suggestion.start, asked), wall(suggestion.end, asked) or DAY_MINUTES))


def wall(minute: int, asked: Instance) -> int:
    local = local_time(minute, asked.zone)
    return local.hour * 60 + local.minute


def name_of(item: Item) -> tuple[str, str]:
    return item.id, item.date if isinstance(item, Occurrence) else ""


def suggestions_of(occupancies: Occupancies, finding: Finding) -> tuple[Task | Occurrence, list[Any]]:
    items = occupancies.solution.items
    item = next(i for i in items if name_of(i) == (finding.item, finding.date or ""))
    occupancy = occupancies.of(item)
    if isinstance(item, Occurrence):
        return item, MissedDate(occupancy, item).suggestions()
    assert isinstance(item, Task)
    if finding.state == "at_risk" or earliest_allowed(occupancy.solution, item) is None:
        return item, []
    return item, what_if_of(occupancy, item, late=finding.late_minutes > 0).suggestions(finding.late_minutes)


def solution_with(asked: Instance, before: Solution, item: Item) -> tuple[Solution, Item]:
    """The same places in a changed instance, except that the item finds its own anew."""
    solution = Solution(problem_of(asked))
    now = {name_of(other): other for other in solution.items}
    for other, place in zip(before.items, before.places, strict=True):
        if other is not item and place and name_of(other) in now:
            solution.move(now[name_of(other)].index, place)
    mine = now[name_of(item)]
    solution.move(mine.index, best_place(solution, mine.index))
    return solution, mine


def refusing(asked: Instance, spans: list[tuple[int, int]]) -> Instance:
    """The instance with every task and habit taken away from stretches of time: (hours from now, how many)."""
    refused = tuple((asked.now + 60 * start, asked.now + 60 * (start + hours)) for start, hours in spans)
    tasks = tuple(replace(spec, refused=refused) for spec in asked.tasks)
    return replace(asked, tasks=tasks, habits=tuple(replace(spec, refused=refused) for spec in asked.habits))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), lists(tuples(integers(0, 72), integers(1, 6)), max_size=6))
def test_every_suggestion_gives_its_item_a_better_place_while_all_else_stays(
    document: dict[str, Any], refused: list[tuple[int, int]]
) -> None:
    asked = refusing(read_instance(document).instance, refused)
    solution = Solution(problem_of(asked))
    solution.restore(next(iter(greedy_plans(solution.problem, lambda: True))))
    occupancies = Occupancies(solution)
    for finding in findings_of(occupancies):
        item, suggestions = suggestions_of(occupancies, finding)
        for suggestion in suggestions:
            after, mine = solution_with(applied(asked, item, suggestion), solution, item)
            if isinstance(suggestion, LaterDeadline) and finding.late_minutes:
                after.move(mine.index, solution.places[item.index])
            place = after.places[mine.index]
            assert place, suggestion
            if isinstance(mine, Task):
                assert mine.complete(place), suggestion
                assert not finding.late_minutes or not late_minutes(after, mine), suggestion


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_the_later_deadline_of_a_task_at_risk_leaves_it_a_second_chance(document: dict[str, Any]) -> None:
    asked = read_instance(document).instance
    solution = Solution(problem_of(asked))
    solution.restore(next(iter(greedy_plans(solution.problem, lambda: True))))
    risky = {finding.item for finding in findings_of(Occupancies(solution)) if finding.state == "at_risk"}
    for item in solution.problem.tasks:
        later = second_chance(Occupancies(solution).of(item), item) if item.id in risky else None
        if later and not asked.tasks[item.index].hard_deadline:
            after, mine = solution_with(applied(asked, item, later), solution, item)
            after.move(mine.index, solution.places[item.index])
            assert (item.id, "at_risk") not in {(f.item, f.state) for f in findings_of(Occupancies(after))}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_every_place_has_a_reason_and_everything_that_is_wrong_a_cause_and_a_suggestion(
    document: dict[str, Any],
) -> None:
    result = planned(document, 0.01)
    told = [reason_of(block) for block in (*result.blocks, *result.moved)]
    told += [text for finding in result.findings for text in (cause_of(finding), help_of(finding))]
    for text in told:
        assert text.strip(" ,;")
        assert not [clumsy for clumsy in CLUMSY if clumsy in text], text


CLUMSY = ("None", "only 0 min", "(0 min", " ,", " ;", "  ", ",,", "by ;", "by ,", "T00:00", "+00:00")

SHORT_DAY = {"work": week("09:00-11:00"), "personal": week("07:00-23:00")}
ONE_DAY = {"work": {"MO": [["09:00", "11:00"]]}, "personal": {"MO": [["12:00", "13:00"]]}}
LUNCH = habit("lunch", 60, "12:00-13:00", days=["MO"])

TROUBLES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"hours": {"work": week("09:00-09:30")}, "tasks": [task("t", 45)]},
        "t",
        "15 min less work (30 min would fit)",
    ),
    (
        {"hours": SHORT_DAY, "tasks": [task("t", 150)]},
        "t",
        "parts of 1 h 15 min or more",
    ),
    (
        {"hours": ONE_DAY, "tasks": [task("t", 180, split=(60, 120))]},
        "t",
        "1 h 15 min more of work hours on Mon 05 Jan, 11:00-12:15",
    ),
    (
        {"hours": ONE_DAY, "tasks": [task("a", 90, priority="high"), task("t", 60)]},
        "t",
        "30 min more of work hours on Mon 05 Jan, 11:00-11:30",
    ),
    (
        {"hours": SHORT_DAY, "tasks": [task("t", 120, deadline=at("05 10:30"), deadline_type="hard")]},
        "t",
        "a deadline 30 min later, Mon 05 Jan 11:00",
    ),
    (
        {"tasks": [task("t", 120, deadline=at("05 10:30"))]},
        "t",
        "a deadline 30 min later, Mon 05 Jan 11:00",
    ),
    (
        {"hours": ONE_DAY, "tasks": [task("t", 120)], "busy": [busy("m", "05 09:30", "05 10:00")]},
        "t",
        "m (30 min) elsewhere or not at all",
    ),
    (
        {"hours": ONE_DAY, "habits": [LUNCH], "busy": [busy("m", "05 12:00", "05 12:30")]},
        "lunch",
        "a minimum of 30 min",
    ),
    (
        {"hours": ONE_DAY, "habits": [LUNCH], "busy": [busy("m", "05 12:00", "05 13:00")]},
        "lunch",
        "m (1 h) elsewhere or not at all",
    ),
    (
        {"habits": [LUNCH], "busy": [busy("m", "05 07:00", "05 21:00")]},
        "lunch",
        "an ideal time of 12:00-22:00",
    ),
    (
        {"hours": ONE_DAY, "habits": [habit("nap", 30, "20:00-21:00", days=["MO"])]},
        "nap",
        "30 min more of personal hours on Mon 05 Jan, 20:00-20:30",
    ),
]


@pytest.mark.parametrize(("fields", "name", "help_text"), TROUBLES, ids=[entry[2] for entry in TROUBLES])
def test_the_smallest_help_is_told_and_planning_again_with_it_works(
    fields: dict[str, Any], name: str, help_text: str
) -> None:
    asked = read_instance(instance(**fields)).instance
    problem = problem_of(asked)
    found = next(f for f in plan(problem, 0.02).findings if f.item == name)
    assert help_text in help_of(found).split(", or ")

    solution = Solution(problem)
    solution.restore(next(iter(greedy_plans(problem, lambda: True))))
    item, suggestions = suggestions_of(Occupancies(solution), found)
    told = {words([explanation_of(suggestion)], {}, asked.zone): suggestion for suggestion in suggestions}
    better = plan(problem_of(applied(asked, item, told[help_text])), 0.02)
    assert name not in troubled(better)


def troubled(result: Plan) -> set[str]:
    return {finding.item for finding in result.findings if finding.state != "at_risk"}
