"""Explanations in English: a sentence for every code, titles for ids, the reader's zone."""

import re
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from almanac.domain.explanation import Code, Explanation
from almanac.presentation.wording import SENTENCES, words

UTC = ZoneInfo("UTC")
NINE = 20_458 * 1440 + 540
"""5 January 2026 at 09:00 UTC, minutes since the epoch."""
HELD = Explanation("holders", items=("m",), minutes=(480,))


def test_every_code_has_a_sentence() -> None:
    codes = {code for group in get_args(Code) for code in (get_args(group) or (group,))}
    assert codes == SENTENCES.keys()


def test_the_documentation_names_every_code_once() -> None:
    text = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
    section = text.partition("### Explanations as data")[2].partition("\n## ")[0]
    heads = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    beside = [row.split("|")[2] for row in section.splitlines() if row.startswith("| `shorter_than_preferred`")]
    named = [name for cell in (*heads, *beside) for name in re.findall(r"`([a-z_]+)`", cell)]
    assert sorted(code for code in named if code in SENTENCES) == sorted(SENTENCES)


def test_known_ids_become_titles_and_others_stay() -> None:
    said = words([Explanation("waits_for_unplaced", items=("a", "b"))], {"a": "Report"}, UTC)
    assert said == "waits for 'Report' and b, which have no complete place"


def test_what_has_no_title_is_something() -> None:
    taken = Explanation("ideal_taken", items=("a", "b"))
    said = words([taken], {"a": "", "b": "Report"}, UTC)
    assert said == "the nearest free place; that time is taken by something without a title and 'Report'"


def test_titles_are_never_taken_for_templates() -> None:
    said = words([Explanation("room_for_items", items=("a",))], {"a": "{names} %s"}, UTC)
    assert said == "make room for '{names} %s'"


def test_instants_are_told_in_the_zone_of_the_reader() -> None:
    past = Explanation("deadline_past", instants=(NINE,))
    assert words([past], {}, ZoneInfo("Pacific/Auckland")) == (
        "its deadline, Mon 05 Jan 22:00, had passed before it could begin"
    )


@pytest.mark.parametrize(
    ("zone", "ideal"),
    [
        ("UTC", "Mon 05 Jan, 09:00-10:00"),
        ("Pacific/Auckland", "Mon 05 Jan, 22:00-23:00"),
        ("America/New_York", "04:00-05:00"),
    ],
)
def test_an_ideal_time_on_another_day_of_the_readers_than_its_block_has_its_date(zone: str, ideal: str) -> None:
    late = Explanation("later_than_ideal", minutes=(900,), instants=(NINE, NINE + 60))
    assert words([late], {}, ZoneInfo(zone)) == f"15 h later than ideal ({ideal}), "
    early = Explanation("earlier_than_ideal", minutes=(900,), instants=(NINE + 960, NINE + 1020))
    assert words([early], {}, ZoneInfo("UTC")) == "15 h earlier than ideal (Tue 06 Jan, 01:00-02:00), "


def test_the_nearest_free_place_on_another_day_of_the_readers_has_its_date() -> None:
    instants = (NINE, NINE + 60, NINE + 300, NINE + 330)
    far = Explanation("free_time_far_from_ideal", instants=instants, parts=(Explanation("ideal_time_too_short"),))
    said = "its ideal time on Mon 05 Jan, {}, is too short; the nearest free place, {}, costs more than to miss it"
    assert words([far], {}, UTC) == said.format("09:00-10:00", "14:00-14:30")
    there = said.format("22:00-23:00", "Tue 06 Jan, 03:00-03:30")
    assert words([far], {}, ZoneInfo("Pacific/Auckland")) == there


def test_alternatives_are_joined() -> None:
    parts, less = Explanation("smaller_parts", minutes=(30,)), Explanation("less_work", minutes=(15, 45))
    assert words([parts, less], {}, UTC) == "parts of 30 min or more, or 15 min less work (45 min would fit)"
    assert words([], {}, UTC) == ""


@pytest.mark.parametrize(
    ("item_count", "said"),
    [
        (
            1,
            ("waits for a, which has no complete place", "although a (1 h) is there too", "; the calendar has a (1 h)"),
        ),
        (
            2,
            (
                "waits for a and b, which have no complete place",
                "although a (1 h) and b (1 h) are there too",
                "; the calendar has a (1 h) and b (1 h)",
            ),
        ),
    ],
)
def test_one_and_several_are_told_apart(item_count: int, said: tuple[str, str, str]) -> None:
    items, minutes = ("a", "b")[:item_count], (60, 60)[:item_count]
    held = Explanation("holders", items=items, minutes=minutes)
    waits, lies, beside = (
        words([each], {}, UTC)
        for each in (
            Explanation("waits_for_unplaced", items=items),
            Explanation("lies_on", instants=(NINE, NINE + 60), parts=(held,)),
            Explanation("events_in_the_way", items=items, minutes=minutes),
        )
    )
    assert (waits, lies.split(", ")[-1], beside.removesuffix(" in the way")) == said


def test_a_date_of_a_habit_is_no_other_date_in_the_zone_of_the_reader() -> None:
    """The finding says which date it is, of the habit's person; there it is another day than for who reads."""
    closed = Explanation("date_hours_closed", instants=(NINE,), category="work")
    taken = Explanation("date_hours_taken", minutes=(480, 30), instants=(NINE,), category="work", parts=(HELD,))
    pieces = Explanation("date_stretches_too_short", minutes=(15, 30), instants=(NINE,), category="work")
    assert [words([each], {}, ZoneInfo("Pacific/Kiritimati")) for each in (closed, taken, pieces)] == [
        "no work hours are open for it on that day",
        "its 8 h of work hours on that day are taken by m (8 h); no 30 min are free",
        "its 15 min of work hours on that day have no stretch of 30 min",
    ]


@pytest.mark.parametrize(
    ("items", "numbers", "said"),
    [
        (("a",), (), "a (1 h)"),
        (("a", "b"), (), "a (1 h) and b (1 h)"),
        (("a", "b", "c"), (4,), "a (1 h), b (1 h), c (1 h) and 4 more"),
    ],
)
def test_holders_are_named_with_their_minutes(items: tuple[str, ...], numbers: tuple[int, ...], said: str) -> None:
    assert words([Explanation("holders", items=items, minutes=(60,) * len(items), numbers=numbers)], {}, UTC) == said


@pytest.mark.parametrize(
    ("explanation", "said"),
    [
        (
            Explanation("moved_for_gain", numbers=(2.5,), instants=(NINE,)),
            "the rest of the plan gains more by it than the 2.5 points the move costs; it was at Mon 05 Jan 09:00",
        ),
        (
            Explanation("time_before_taken", items=("a", "b", "c", "d")),
            "a, b, c and others",
        ),
        (
            Explanation("free_time_outweighed", instants=(NINE,)),
            "there is room from Mon 05 Jan 09:00 on, but breaks, daily limits or what already stands outweigh it",
        ),
        (
            Explanation("later_deadline", minutes=(1515,), instants=(NINE,)),
            "a deadline 1 d 1 h later, Mon 05 Jan 09:00",
        ),
        (
            Explanation("ideal_free_but_costly", instants=(NINE,)),
            "although Mon 05 Jan 09:00 is free, for the sake of breaks or of what already stands",
        ),
        (
            Explanation("shorter_than_preferred", minutes=(15,), parts=(Explanation("precedes_end_of_hours"),)),
            "; 15 min shorter than preferred, right before the end of its hours",
        ),
        (
            Explanation(
                "free_time_far_from_ideal",
                instants=(NINE, NINE + 30, NINE + 300, NINE + 330),
                parts=(Explanation("ideal_time_outside_hours"),),
            ),
            (
                "its ideal time on Mon 05 Jan, 09:00-09:30, lies outside its hours; "
                "the nearest free place, 14:00-14:30, costs more than to miss it"
            ),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Explanation) else "",
)
def test_sentences_that_plans_seldom_need(explanation: Explanation, said: str) -> None:
    assert words([explanation], {}, UTC) == said
