import pytest

from almanac.adapters.postgres.plan.settings import read_open_hours, read_preferences
from almanac.domain.hours.opening import DEFAULT_WEEK
from almanac.domain.workspace_plan.snapshot import Preferences

OPEN = {"work": DEFAULT_WEEK}


def day(*blocks: tuple[str, str], **other: object) -> dict[str, object]:
    return {"timeBlocks": [{"startTime": start, "endTime": end} for start, end in blocks], **other}


def test_without_rows_the_three_categories_are_open_from_seven_to_eleven() -> None:
    assert read_open_hours([]) == (dict.fromkeys(("work", "personal", "meeting"), DEFAULT_WEEK), {})


def test_types_are_names_in_any_case_and_teams_may_have_their_own() -> None:
    hours, _ = read_open_hours([("WORK", {}), ("Nights", {"sunday": day(("22:00", "02:00"))})])
    assert hours["work"] == ((),) * 7
    assert hours["nights"] == ((),) * 6 + (((1320, 120),),)


@pytest.mark.parametrize(
    ("monday", "spans"),
    [
        (day(("09:00", "12:00"), ("13:00", "17:30")), ((540, 720), (780, 1050))),
        (day(("09:00:00", "24:00")), ((540, 1440),)),
        (day(("09:00", "17:00"), enabled=False), ()),
        (day(("09:00", "09:00")), ()),
        ({}, ()),
    ],
)
def test_a_days_blocks(monday: object, spans: object) -> None:
    assert read_open_hours([("work", {"monday": monday})])[0]["work"][0] == spans


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"monday": day(("9", "17:00"))}, "monday.timeBlocks.0.startTime"),
        ({"monday": day(("09:00", "25:00"))}, "monday.timeBlocks.0.endTime"),
        ({"someday": {}}, "someday"),
        ({"monday": 7}, "monday"),
        ([], "object"),
        (None, "object"),
    ],
)
def test_unreadable_hours_are_named_and_not_guessed(data: object, named: str) -> None:
    hours, unreadable = read_open_hours([("work", data)])
    assert "work" not in hours
    assert "personal" in hours
    assert named in unreadable["work"]


def test_preferences_left_out_have_defaults() -> None:
    assert read_preferences(None, OPEN) == (Preferences(0, 0, {}), [])
    assert read_preferences({}, OPEN) == (Preferences(0, 0, {}), [])


def test_preferences_are_read() -> None:
    stored = {"break_minutes": 15, "min_notice_minutes": 60, "daily_cap_minutes": {"work": 240}}
    assert read_preferences(stored, OPEN) == (Preferences(15, 60, {"work": 240}), [])
    buffers = {"buffer_before_minutes": 20, "buffer_after_minutes": 10}
    assert read_preferences(buffers, OPEN) == (Preferences(0, 0, {}, 20, 10), [])


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        ({"break_minutes": 10}, "break_minutes"),
        ({"min_notice_minutes": -1}, "min_notice_minutes"),
        ({"min_notice_minutes": "soon"}, "min_notice_minutes"),
        ({"daily_cap_minutes": {"work": 2000}}, "daily_cap_minutes"),
        ({"daily_cap_minutes": {"play": 60}}, "daily_cap_minutes"),
        ({"buffer_before_minutes": 121}, "buffer_before_minutes"),
        ({"buffer_after_minutes": -5}, "buffer_after_minutes"),
        ("none", "scheduling"),
    ],
)
def test_a_bad_preference_is_named_and_its_default_used(stored: object, named: str) -> None:
    preferences, notes = read_preferences(stored, OPEN)
    assert preferences == Preferences(0, 0, {})
    assert [(note.kind, note.id, note.status) for note in notes] == [("preference", named, "ignored")]


def test_several_bad_preferences_are_all_named_and_the_good_one_counts() -> None:
    stored = {"break_minutes": 10, "min_notice_minutes": 60, "daily_cap_minutes": 3}
    preferences, notes = read_preferences(stored, OPEN)
    assert preferences == Preferences(0, 60, {})
    assert {note.id for note in notes} == {"break_minutes", "daily_cap_minutes"}


def test_a_preference_that_is_unknown_is_named_with_the_nearest_one() -> None:
    preferences, notes = read_preferences({"brake_minutes": 15, "x": 1, "min_notice_minutes": 60}, OPEN)

    assert preferences == Preferences(0, 60, {})
    assert [(note.id, note.status, note.suggestions) for note in notes] == (
        [("brake_minutes", "ignored", ()), ("x", "ignored", ())]
    )
    near, none = (note.cause.quotes[0] for note in notes)
    assert near == "is no known preference; did you mean break_minutes?"
    assert none.startswith("is no known preference; known are break_minutes, min_notice_minutes, daily_cap_minutes, ")
