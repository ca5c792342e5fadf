import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from almanac.domain.calendar.events import CalendarZones, EventRow
from tests.providers.google.recorded import ABSENT, MADRID, assert_unreadable, event, repaired_row, row_of

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


def guests(row: EventRow) -> Any:
    return json.loads(row.attendees or "null")


def test_every_column_of_an_ordinary_event() -> None:
    assert row_of(event("meeting")) == EventRow(
        external_event_id="q3v0r5t7p1n9m2k4j6h8g0f1d3",
        title="Kiln maintenance",
        description="Check the seals first.",
        location="Workshop 2",
        start_at=at(2026, 10, 6, 8),
        end_at=at(2026, 10, 6, 9, 30),
        all_day=False,
        start_date=None,
        end_date=None,
        time_zone="Europe/Madrid",
        status="confirmed",
        transparency="opaque",
        response="accepted",
        event_type="default",
        visibility="default",
        recurring_event_id=None,
        original_start_at=None,
        original_start_date=None,
        ical_uid="q3v0r5t7p1n9m2k4j6h8g0f1d3@google.com",
        etag='"3581404800000000"',
        sequence=0,
        color="BLUE",
        provider_color="9",
        html_link="https://www.google.com/calendar/event?eid=q3v0r5t7",
        attendees='[{"email":"mara@studio.example","response":"accepted","self":true,"organizer":true},'
        '{"email":"ilya@studio.example","name":"Ilya","response":"needsAction","optional":true}]',
        creator_email="mara@studio.example",
        organizer_email="mara@studio.example",
        own_block=False,
        external_updated_at=at(2026, 9, 28, 9, 30, 11, 482_000),
    )


def test_an_event_with_nothing_but_a_time_is_a_row_of_defaults() -> None:
    start_at, end_at = at(2026, 10, 6, 10), at(2026, 10, 6, 11)
    bare = {"id": "x", "start": {"dateTime": start_at.isoformat()}, "end": {"dateTime": end_at.isoformat()}}
    filled = {column: value for column, value in row_of(bare)._asdict().items() if value}
    assert filled == {
        "external_event_id": "x",
        "start_at": start_at,
        "end_at": end_at,
        "status": "confirmed",
        "transparency": "opaque",
        "event_type": "default",
        "visibility": "default",
        "color": "BLUE",
    }


def test_trap_44_an_all_day_event_has_dates_and_the_workspaces_midnights() -> None:
    row = row_of(event("all_day"), CalendarZones(calendar="Europe/Madrid", workspace="Asia/Tokyo"))
    assert (row.all_day, row.start_date, row.end_date) == (True, date(2026, 10, 7), date(2026, 10, 9))
    assert (row.start_at, row.end_at) == (at(2026, 10, 6, 15), at(2026, 10, 8, 15))
    assert row.transparency == "transparent"


def test_trap_32_a_moved_occurrence_keeps_the_identity_of_its_slot() -> None:
    row = row_of(event("moved_occurrence"))
    assert row.recurring_event_id == "v8b0n2m4l6k8j0h1g3f5d7s9a1"
    assert (row.original_start_at, row.original_start_date) == (at(2026, 10, 12, 7), None)
    assert row.start_at == at(2026, 10, 13, 9)


def test_trap_32_an_all_day_occurrence_is_named_by_its_date() -> None:
    row = row_of(event("all_day_occurrence"))
    assert (row.original_start_at, row.original_start_date) == (None, date(2026, 10, 20))


@pytest.mark.parametrize("value", [{"dateTime": "once"}, {"timeZone": "UTC"}, ["2026"], "2026-10-06", {"date": 5}])
def test_trap_32_an_unreadable_original_start_costs_the_link_not_the_event(value: Any) -> None:
    row = repaired_row(event("moved_occurrence", originalStartTime=value), "originalStartTime dropped")
    assert (row.original_start_at, row.original_start_date) == (None, None)


def test_trap_45_zero_length_and_open_ended_events_are_kept_as_they_are() -> None:
    start = {"dateTime": "2026-10-06T10:00:00+02:00"}
    row = row_of(event(start=start, end=start, endTimeUnspecified=True))
    assert row.start_at == row.end_at


def test_traps_27_43_49_repairs_and_refusals_of_times_reach_the_page() -> None:
    assert repaired_row(event(end=ABSENT), "no end").end_at == at(2026, 10, 6, 8)
    assert_unreadable(event(start=ABSENT), "no start")
    assert_unreadable(event(end={"date": "2026-10-07"}), "start with a time, end without")
    assert_unreadable(event(start={"date": "9999-01-01"}, end={"date": "9999-01-02"}), "year out of range")


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"status": "tentative"}, "status", "tentative"),
        ({"status": ABSENT}, "status", "confirmed"),
        ({"status": "postponed"}, "status", "confirmed"),
        ({"transparency": "transparent"}, "transparency", "transparent"),
        ({"transparency": "translucent"}, "transparency", "opaque"),
        ({"visibility": "confidential"}, "visibility", "confidential"),
        ({"visibility": "secret"}, "visibility", "default"),
        ({"eventType": "workingLocation"}, "event_type", "workingLocation"),
        ({"eventType": "fromGmail"}, "event_type", "fromGmail"),
        ({"eventType": "siesta"}, "event_type", "default"),
        ({"sequence": 7}, "sequence", 7),
        ({"sequence": ABSENT}, "sequence", 0),
        ({"sequence": -1}, "sequence", 0),
        ({"sequence": 2**40}, "sequence", 2**31 - 1),
        ({"updated": ABSENT}, "external_updated_at", None),
        ({"updated": "0000-12-29T00:00:00.000Z"}, "external_updated_at", None),
        ({"summary": ABSENT}, "title", ""),
        ({"summary": None}, "title", ""),
        ({"summary": "a\0b\ud83d"}, "title", "ab"),
        ({"creator": {"email": "Mara@STUDIO.example"}}, "creator_email", "mara@studio.example"),
        ({"organizer": ABSENT}, "organizer_email", None),
        ({"organizer": {"displayName": "Nobody"}}, "organizer_email", None),
        ({"htmlLink": "http://calendar.example/1"}, "html_link", "http://calendar.example/1"),
        ({"etag": ""}, "etag", None),
        ({"etag": "\0\ud83d"}, "etag", None),
        ({"iCalUID": "u\0id\ud83d@x.example"}, "ical_uid", "uid@x.example"),
    ],
)
def test_traps_49_51_54_55_56_absent_and_unknown_values_have_a_meaning(
    changes: dict[str, Any], column: str, value: Any
) -> None:
    assert getattr(row_of(event(**changes)), column) == value


@pytest.mark.parametrize(
    ("color_id", "color"),
    [
        ("1", "INDIGO"),
        ("2", "GREEN"),
        ("3", "PURPLE"),
        ("4", "PINK"),
        ("5", "YELLOW"),
        ("6", "ORANGE"),
        ("7", "CYAN"),
        ("8", "GRAY"),
        ("9", "BLUE"),
        ("10", "GREEN"),
        ("11", "RED"),
        ("12", "BLUE"),
    ],
)
def test_trap_69_googles_colors_become_ours_and_are_remembered(color_id: str, color: str) -> None:
    row = row_of(event(colorId=color_id))
    assert (row.color, row.provider_color) == (color, color_id)


def test_trap_69_an_event_in_its_calendars_color_is_blue() -> None:
    row = row_of(event(colorId=ABSENT))
    assert (row.color, row.provider_color) == ("BLUE", None)


@pytest.mark.parametrize(
    ("name", "response"),
    [
        ("meeting", "accepted"),
        ("invitation", "tentative"),
        ("declined_by_its_organizer", "declined"),
        ("all_day", None),
    ],
)
def test_trap_52_our_answer_is_that_of_the_attendee_entry_that_is_us(name: str, response: str | None) -> None:
    assert row_of(event(name)).response == response


@pytest.mark.parametrize(
    "attendees",
    [
        [{"email": "a@b.example", "responseStatus": "declined"}],
        [{"self": True, "responseStatus": "perhaps"}],
        [{"self": True}],
        [{"self": "true", "responseStatus": "declined"}],
    ],
)
def test_trap_52_without_a_known_answer_of_ours_there_is_none(attendees: list[dict[str, Any]]) -> None:
    assert row_of(event(attendees=attendees)).response is None


@pytest.mark.parametrize(
    ("key", "column", "limit"),
    [("summary", "title", 255), ("description", "description", 10_000), ("location", "location", 1_000)],
)
def test_a_long_text_is_cut_between_characters_and_reported(key: str, column: str, limit: int) -> None:
    fits = "x" * limit
    assert getattr(row_of(event(**{key: fits})), column) == fits
    assert getattr(repaired_row(event(**{key: fits + "y"}), f"{column} cut"), column) == fits
    torn = "x" * (limit - 4) + FAMILY
    assert getattr(repaired_row(event(**{key: torn}), f"{column} cut"), column) == "x" * (limit - 4)
    wide = "\U0001f44d" * limit
    assert getattr(row_of(event(**{key: wide})), column) == wide


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"htmlLink": "javascript:alert(1)"}, "html_link", "htmlLink dropped"),
        ({"htmlLink": "https://x.example/" + "y" * 2_048}, "html_link", "htmlLink dropped"),
        ({"etag": "x" * 1_025}, "etag", "etag dropped"),
        ({"iCalUID": "x" * 1_025}, "ical_uid", "iCalUID dropped"),
        ({"recurringEventId": "x" * 1_025}, "recurring_event_id", "recurringEventId dropped"),
        ({"colorId": "x" * 65}, "provider_color", "colorId dropped"),
        ({"creator": {"email": "x" * 321}}, "creator_email", "email dropped"),
    ],
)
def test_an_identifier_is_kept_whole_or_not_at_all(changes: dict[str, Any], column: str, reason: str) -> None:
    assert getattr(repaired_row(event(**changes), reason), column) is None


def test_attendees_keep_what_is_known_about_them_and_nothing_else() -> None:
    row = row_of(
        event(
            attendees=[
                {"email": "Room-1@studio.example", "resource": True, "id": "77", "additionalGuests": 2},
                {"displayName": "A\0na\ud83d", "optional": False, "comment": "late", "responseStatus": "unsure"},
                {},
            ]
        )
    )
    assert guests(row) == [{"email": "room-1@studio.example", "resource": True}, {"name": "Ana"}, {}]


@pytest.mark.parametrize("attendees", [None, [], ABSENT])
def test_no_attendees_is_null(attendees: Any) -> None:
    assert row_of(event(attendees=attendees)).attendees is None


@pytest.mark.parametrize("position", [0, 199, 200, 999])
def test_trap_53_a_long_guest_list_is_cut_but_never_loses_us(position: int) -> None:
    everybody: list[dict[str, Any]] = [{"email": f"g{number}@studio.example"} for number in range(1_000)]
    everybody[position] |= {"self": True, "responseStatus": "declined"}
    row = repaired_row(event(attendees=everybody), "attendees cut")
    assert len(guests(row)) == 200
    assert [guest["email"] for guest in guests(row) if guest.get("self")] == [f"g{position}@studio.example"]
    assert row.response == "declined"


def test_two_hundred_guests_are_not_cut() -> None:
    assert len(guests(row_of(event(attendees=[{"email": f"g{number}@x.example"} for number in range(200)])))) == 200


def test_trap_59_our_own_block_is_known_by_its_private_property() -> None:
    assert row_of(event("own_block")).own_block is True
    for properties in (None, {}, {"private": None}, {"private": {"other": "1"}}, {"shared": {"almanacBlock": "6f2c"}}):
        assert row_of(event(extendedProperties=properties)).own_block is False


def test_trap_54_out_of_office_is_known_as_such() -> None:
    row = row_of(event("out_of_office"), MADRID)
    assert (row.event_type, row.visibility, row.all_day) == ("outOfOffice", "public", False)


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": 5},
        {"summary": ["x"]},
        {"description": {"text": "x"}},
        {"location": True},
        {"start": ["2026-10-06"]},
        {"start": "2026-10-06"},
        {"start": {"dateTime": 1_790_000_000}},
        {"end": {"date": 20261007}, "start": {"date": "2026-10-06"}},
        {"start": {"dateTime": "2026-10-06T08:00:00Z", "timeZone": 2}},
        {"sequence": "3"},
        {"sequence": 3.5},
        {"sequence": True},
        {"transparency": []},
        {"visibility": {}},
        {"eventType": ["default"]},
        {"colorId": 9},
        {"etag": 5},
        {"htmlLink": {"href": "https://x.example"}},
        {"creator": "mara@studio.example"},
        {"organizer": [{"email": "x"}]},
        {"attendees": {"email": "x"}},
        {"attendees": "mara"},
        {"attendees": [None]},
        {"attendees": ["mara@studio.example"]},
        {"attendees": [{"email": 5}]},
        {"attendees": [{"responseStatus": []}]},
        {"extendedProperties": "almanacBlock"},
        {"extendedProperties": {"private": ["almanacBlock"]}},
        {"extendedProperties": {"private": "almanacBlock"}},
    ],
)
def test_a_value_of_another_type_than_documented_is_that_events_problem(changes: dict[str, Any]) -> None:
    assert_unreadable(event(**changes), "unexpected shape")
