"""Exports read by the programs they are for: csv and icalendar."""

import csv
import io
from datetime import UTC, date, datetime
from uuid import UUID

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.history.fold import State
from almanac.presentation.history.calendar_file import COLUMNS, csv_text, ics_text

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENT, DAY = UUID(int=1), UUID(int=2)
TIMED = {"title": "Review", "start_at": "2026-03-03T09:00:00+01:00", "end_at": "2026-03-03T10:00:00+01:00"}
ALL_DAY = {
    "title": "Fair",
    "all_day": True,
    "start_at": "2026-03-01T23:00:00+00:00",
    "end_at": "2026-03-03T23:00:00+00:00",
    "start_date": "2026-03-02",
    "end_date": "2026-03-04",
    "transparency": "transparent",
    "status": "tentative",
}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_an_event_in_order_with_a_heading() -> None:
    found = rows(csv_text({EVENT: TIMED, DAY: ALL_DAY}, NOW))

    assert [row["title"] for row in found] == ["Fair", "Review"]
    assert (found[0]["id"], found[0]["all_day"], found[0]["start_date"]) == (str(DAY), "true", "2026-03-02")
    assert csv_text({}, NOW).strip().split(",") == list(COLUMNS)


@pytest.mark.parametrize(
    "title", ["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
)
def test_no_cell_is_a_formula(title: str) -> None:
    (found,) = rows(csv_text({EVENT: {**TIMED, "title": title}}, NOW))

    assert found["title"].startswith("'")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "title", ["a;=1", "a\n=1", "a\r\n@x", "a\t+1", 'a;"=1"', "a;;-1", ";\uff1d1", "a\n\n=1", "a;\t=1"]
)
def test_no_cell_is_a_formula_for_a_program_that_separates_otherwise(title: str, separator: str) -> None:
    """A spreadsheet whose country writes 1,5 separates by semicolons."""
    text = csv_text({EVENT: {**TIMED, "title": title}}, NOW)
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]

    assert [each for each in cells if each.lstrip('"').startswith(("=", "+", "-", "@", "\uff1d"))] == []


def test_icalendar_reads_what_was_written() -> None:
    calendar = icalendar.Calendar.from_ical(ics_text({EVENT: {**TIMED, "location": "A; B, C\\D"}, DAY: ALL_DAY}, NOW))

    day, timed = calendar.walk("VEVENT")
    assert (timed["SUMMARY"], timed["LOCATION"]) == ("Review", "A; B, C\\D")
    assert timed["DTSTART"].dt == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert (day["DTSTART"].dt, day["DTEND"].dt) == (date(2026, 3, 2), date(2026, 3, 4))
    assert (day["TRANSP"], day["STATUS"], timed["UID"]) == ("TRANSPARENT", "TENTATIVE", f"{EVENT}@almanac")


@pytest.mark.parametrize(
    ("given_end", "state"),
    [("2026-03-02", ALL_DAY), ("2026-03-01T23:00:00+00:00", TIMED), ("2026-03-03T08:00:00+00:00", TIMED)],
)
def test_an_end_that_is_not_later_is_left_out(given_end: str, state: State) -> None:
    end = {"end_date": given_end} if "all_day" in state else {"end_at": given_end}

    (event,) = icalendar.Calendar.from_ical(ics_text({EVENT: {**state, **end}}, NOW)).walk("VEVENT")

    assert "DTEND" not in event


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\r", "\r\n"])
def test_whatever_a_reader_may_take_for_a_lines_end_ends_no_line(end: str) -> None:
    text = ics_text({EVENT: {**TIMED, "title": f"A{end}END:VEVENT{end}B"}}, NOW)

    assert [line for line in text.splitlines() if line == "END:VEVENT"] == ["END:VEVENT"]
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["SUMMARY"] == "A\nEND:VEVENT\nB"


@given(title=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=300))
def test_any_title_is_text_in_lines_of_75_octets(title: str) -> None:
    text = ics_text({EVENT: {**TIMED, "title": title, "description": "BEGIN:VEVENT\nEND:VCALENDAR\r\nX\x00Y"}}, NOW)

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["SUMMARY"] == title
    assert event["DESCRIPTION"] == "BEGIN:VEVENT\nEND:VCALENDAR\nXY"
