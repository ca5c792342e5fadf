"""What RFC 5545 says beyond its first layer, read from an export: durations, ranges, orphans, broken pieces."""

from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from local.google_simulator.simulator import Simulator

ADA = "ada@example.test"


class Import:
    """A file of VEVENTs, loaded; `shown` as (title, start, end) in UTC, dates as they are."""

    def __init__(self, simulator: Simulator, path: Path, *parts: str, wrapped: bool = True) -> None:
        body = "".join(parts)
        path.write_text(f"BEGIN:VCALENDAR\n{body}END:VCALENDAR\n" if wrapped else body)
        simulator.commands.add_account(ADA, time_zone="Europe/Berlin")
        self.report = simulator.loading.load_ics(ADA, path)
        events = simulator.observation.truth(ADA, "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
        self.shown = sorted((moment(e["start"]), moment(e["end"]), e.get("summary", "")) for e in events)
        self.starts = [f"{title} {start}" for start, _, title in self.shown]

    @property
    def told(self) -> str:
        return " ".join([*self.report["skipped"], *self.report["notes"]])


def moment(point: Any) -> str:
    if "date" in point:
        return str(point["date"])
    return datetime.fromisoformat(point["dateTime"]).astimezone(UTC).strftime("%m-%d %H:%M")


def event(title: str, start: str, *lines: str, uid: str = "") -> str:
    given = "\n".join([f"UID:{uid or title}", f"SUMMARY:{title}", f"DTSTART{start}", *lines])
    return f"BEGIN:VEVENT\n{given}\nEND:VEVENT\n"


@pytest.fixture
def load(simulator: Simulator, tmp_path: Path) -> Any:
    return lambda *parts, **how: Import(simulator, tmp_path / "some.ics", *parts, **how)


BERLIN = ";TZID=Europe/Berlin:"


@pytest.mark.parametrize(
    ("start", "duration", "begin", "end"),
    [
        ("20260329T010000", "PT2H", "03-29 00:00", "03-29 02:00"),
        ("20261025T013000", "PT3H", "10-24 23:30", "10-25 02:30"),
        ("20260328T120000", "P1D", "03-28 11:00", "03-29 10:00"),
        ("20260328T120000", "P1DT1H", "03-28 11:00", "03-29 11:00"),
        ("20260328T120000", "PT24H", "03-28 11:00", "03-29 11:00"),
        ("20260328T120000", "PT25H", "03-28 11:00", "03-29 12:00"),
        ("20260325T120000", "P1W", "03-25 11:00", "04-01 10:00"),
        ("20261024T120000", "+PT1440M", "10-24 10:00", "10-25 10:00"),
    ],
)
def test_weeks_and_days_are_nominal_hours_and_minutes_exact(
    load: Any, start: str, duration: str, begin: str, end: str
) -> None:
    assert load(event("a", BERLIN + start, f"DURATION:{duration}")).shown == [(begin, end, "a")]


def test_a_floating_start_lasts_as_long_in_the_calendars_zone(load: Any) -> None:
    assert load(event("a", ":20260329T010000", "DURATION:PT2H")).shown == [("03-29 00:00", "03-29 02:00", "a")]


def test_dates_last_whole_days(load: Any) -> None:
    found = load(event("a", ";VALUE=DATE:20260328", "DURATION:P2D"), event("b", ";VALUE=DATE:20260328"))
    assert found.shown == [("2026-03-28", "2026-03-29", "b"), ("2026-03-28", "2026-03-30", "a")]


def test_a_duration_that_cannot_be_read_is_told(load: Any) -> None:
    found = load(event("a", BERLIN + "20260328T120000", "DURATION:soon"), event("b", BERLIN + "20260328T120000"))
    assert found.starts == ["b 03-28 11:00"]
    assert "event 1" in found.told


DAILY = event("Old", ":20260901T120000Z", "DTEND:20260901T130000Z", "RRULE:FREQ=DAILY;COUNT=6", uid="r")


def following(slot: str, title: str, start: str, end: str, *lines: str) -> str:
    return event(title, f":{start}", f"RECURRENCE-ID;RANGE=THISANDFUTURE:{slot}", f"DTEND:{end}", *lines, uid="r")


class TestThisAndFollowing:
    def test_changes_all_that_follow(self, load: Any) -> None:
        found = load(DAILY, following("20260904T120000Z", "New", "20260904T140000Z", "20260904T160000Z"))
        assert found.starts == [f"Old 09-0{d} 12:00" for d in (1, 2, 3)] + [f"New 09-0{d} 14:00" for d in (4, 5, 6)]
        assert found.shown[-1][1] == "09-06 16:00"
        assert found.told == ""

    @pytest.mark.parametrize("ends", ["UNTIL=20260906T120000Z", "UNTIL=20260906", "COUNT=6"])
    @pytest.mark.parametrize("hour", ["10", "14"])
    def test_the_end_of_the_rule_moves_along(self, load: Any, ends: str, hour: str) -> None:
        series = DAILY.replace("COUNT=6", ends)
        found = load(series, following("20260904T120000Z", "New", f"20260904T{hour}0000Z", "20260904T160000Z"))
        assert found.starts[3:] == [f"New 09-0{d} {hour}:00" for d in (4, 5, 6)]

    def test_two_ranges_and_one_occurrence_each_name_the_slots_as_first_written(self, load: Any) -> None:
        found = load(
            event("One", ":20260906T090000Z", "RECURRENCE-ID:20260906T120000Z", uid="r"),
            following("20260905T120000Z", "Third", "20260905T160000Z", "20260905T170000Z"),
            following("20260903T120000Z", "Second", "20260903T140000Z", "20260903T150000Z"),
            DAILY,
        )
        assert found.starts == [
            *("Old 09-01 12:00", "Old 09-02 12:00"),
            *("Second 09-03 14:00", "Second 09-04 14:00"),
            *("Third 09-05 16:00", "One 09-06 09:00"),
        ]

    def test_from_the_first_on_is_the_whole_series(self, load: Any) -> None:
        one = event("One", ":20260903T090000Z", "RECURRENCE-ID:20260903T120000Z", uid="r")
        found = load(DAILY, following("20260901T120000Z", "New", "20260901T140000Z", "20260901T150000Z"), one)
        days = [f"New 09-0{d} 14:00" for d in (1, 2)] + ["One 09-03 09:00"]
        assert found.starts == days + [f"New 09-0{d} 14:00" for d in (4, 5, 6)]

    def test_cancelled_ends_the_series(self, load: Any) -> None:
        cancelled = following("20260904T120000Z", "x", "20260904T120000Z", "20260904T130000Z", "STATUS:CANCELLED")
        assert load(DAILY, cancelled).starts == [f"Old 09-0{d} 12:00" for d in (1, 2, 3)]

    def test_exceptions_of_the_rest_move_along(self, load: Any) -> None:
        series = DAILY.replace("SUMMARY", "EXDATE:20260905T120000Z\nSUMMARY")
        found = load(series, following("20260904T120000Z", "New", "20260904T140000Z", "20260904T150000Z"))
        assert found.starts[3:] == ["New 09-04 14:00", "New 09-06 14:00"]

    def test_keeps_the_wall_clock_of_the_series(self, load: Any) -> None:
        weekly = event("Old", BERLIN + "20261019T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", uid="r")
        found = load(weekly, following("20261019T070000Z", "New", "20261019T080000Z", "20261019T090000Z"))
        assert found.starts == ["New 10-19 08:00", "New 10-26 09:00", "New 11-02 09:00"]

    def test_to_other_days_of_a_rule_that_names_them_is_told(self, load: Any) -> None:
        weekly = DAILY.replace("DAILY;COUNT=6", "WEEKLY;BYDAY=TU;COUNT=3")
        found = load(weekly, following("20260908T120000Z", "New", "20260909T120000Z", "20260909T130000Z"))
        assert found.starts == ["Old 09-01 12:00", "New 09-09 12:00", "Old 09-15 12:00"]
        assert "event 2: RANGE=THISANDFUTURE" in found.told


class TestOccurrencesWithoutTheirSeries:
    def test_each_is_an_event_but_a_cancelled_one(self, load: Any) -> None:
        def orphan(slot: str, start: str, *lines: str) -> str:
            return event("Busy", f":{start}", f"RECURRENCE-ID:{slot}", *lines, uid="abc_R20260901T120000@g.example")

        found = load(
            orphan("20260908T120000Z", "20260908T120000Z"),
            orphan("20260915T120000Z", "20260915T120000Z"),
            orphan("20260922T120000Z", "20260923T080000Z"),
            orphan("20260929T120000Z", "20260929T120000Z", "STATUS:CANCELLED"),
        )
        assert found.starts == ["Busy 09-08 12:00", "Busy 09-15 12:00", "Busy 09-23 08:00"]
        assert (found.report["events"], found.report["cancelled"]) == (3, 1)

    def test_of_a_cancelled_series_likewise(self, load: Any) -> None:
        series = DAILY.replace("SUMMARY", "STATUS:CANCELLED\nSUMMARY")
        gone = event("x", ":20260902T120000Z", "RECURRENCE-ID:20260902T120000Z", "STATUS:CANCELLED", uid="r")
        assert load(series, gone).starts == []

    @pytest.mark.parametrize("with_series", [True, False])
    @pytest.mark.parametrize("newer_first", [True, False])
    def test_the_newer_version_counts(self, load: Any, with_series: bool, newer_first: bool) -> None:
        versions = [
            event(f"v{n}", f":2026090{n}T090000Z", "RECURRENCE-ID:20260902T120000Z", f"SEQUENCE:{n}", uid="r")
            for n in (2, 1)
        ]
        found = load(*(versions if newer_first else versions[::-1]), DAILY if with_series else "")
        assert [start for start in found.starts if start.startswith("v")] == ["v2 09-02 09:00"]
        assert "another version of the same occurrence" in found.told


def test_of_two_versions_of_an_event_the_newer_counts(load: Any) -> None:
    stamps = ("20260101T000000Z", "20260102T000000Z")
    found = load(*(event("a", f":2026030{n}T090000Z", f"DTSTAMP:{stamp}") for n, stamp in enumerate(stamps, 1)))
    assert found.starts == ["a 03-02 09:00"]
    assert "already exists" in found.told


GOOD = event("Good one", ":20260302T090000Z"), event("Good two", ":20260304T090000Z")


class TestOddRules:
    def test_an_x_part_is_dropped(self, load: Any) -> None:
        rule = "RRULE:FREQ=WEEKLY;COUNT=2;X-EVOLUTION-ENDDATE=20261122T200000Z"
        found = load(event("a", ";TZID=America/New_York:20261024T150000", "DURATION:PT1H", rule))
        assert found.starts == ["a 10-24 19:00", "a 10-31 19:00"]

    @pytest.mark.parametrize("rule", ["FREQ=DAILY;UNTIL=NaNNaNNaNTNaNNaN00Z", "FREQ=DAILY;UNTIL=20260310;COUNT=-1"])
    def test_one_that_cannot_be_read_costs_its_event_and_is_told(self, load: Any, rule: str) -> None:
        found = load(GOOD[0], event("odd", ":20260303T090000Z", f"RRULE:{rule}"), GOOD[1])
        assert found.starts == ["Good one 03-02 09:00", "Good two 03-04 09:00"]
        assert "event 2" in found.told

    @pytest.mark.parametrize(
        "rule", ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3"]
    )
    def test_one_that_names_no_date_leaves_the_first_occurrence_at_once(self, load: Any, rule: str) -> None:
        began = process_time()
        found = load(GOOD[0], event("odd", ";VALUE=DATE:20260228", f"RRULE:{rule}"), GOOD[1])
        assert process_time() - began < 5
        assert "odd 2026-02-28" in found.starts
        assert len(found.starts) == 3
        assert "event 2: its rule names no date" in found.told

    def test_one_that_ends_before_it_begins_leaves_the_first_occurrence(self, load: Any) -> None:
        found = load(event("odd", ";VALUE=DATE:20260618", "RRULE:FREQ=YEARLY;UNTIL=20260617"))
        assert found.starts == ["odd 2026-06-18"]
        assert "event 1: its rule names no date" in found.told

    def test_a_rule_that_ends_with_its_first_occurrence_is_ordinary(self, load: Any) -> None:
        found = load(event("a", ":20260618T090000Z", "RRULE:FREQ=DAILY;UNTIL=20260618T090000Z"))
        assert (found.starts, found.told) == (["a 06-18 09:00"], "")


@pytest.mark.parametrize(
    "bad",
    [
        "BEGIN:VTIMEZONE\nTZID:Odd\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\n",
        "BEGIN:VTODO\nDUE:rubbish\nEND:VTODO\n",
        "BEGIN:VFREEBUSY\nFREEBUSY:x/y\nEND:VFREEBUSY\n",
        "BEGIN:X-THING\nDTSTART:rubbish\nEND:X-THING\n",
        "BEGIN:VEVENT\nUID:n\nDTSTART:rubbish\n",
        "BEGIN:VEVENT\nUID:n\nno colon\nEND:VEVENT\n",
        "REFRESH-INTERVAL;VALUE=DURATION:rubbish\n",
        "METHOD;=:x\n",
        "no colon\n",
        "END:VEVENT\n",
        "END:VALARM\n",
        "BEGIN:VTODO\n",
    ],
)
def test_a_bad_component_costs_nothing_else(load: Any, bad: str) -> None:
    assert load(GOOD[0], bad, GOOD[1]).starts == ["Good one 03-02 09:00", "Good two 03-04 09:00"]


@pytest.mark.parametrize("alarm", ["TRIGGER:rubbish\nEND:VALARM\n", "TRIGGER:-PT1H\nDURATION:PT9H\n"])
def test_a_bad_alarm_costs_no_event(load: Any, alarm: str) -> None:
    alarmed = GOOD[0].replace("END:VEVENT", f"BEGIN:VALARM\n{alarm}END:VEVENT")
    assert load(alarmed, GOOD[1]).starts == ["Good one 03-02 09:00", "Good two 03-04 09:00"]


def test_two_calendars_one_not_ended(load: Any) -> None:
    text = f"BEGIN:VCALENDAR\n{GOOD[0]}BEGIN:VCALENDAR\n{GOOD[1]}"
    assert load(text, wrapped=False).starts == ["Good one 03-02 09:00", "Good two 03-04 09:00"]


def test_a_time_at_the_end_of_the_calendar_is_told(load: Any) -> None:
    found = load(event("a", ":99991231T230000", "DURATION:P9D"), *GOOD)
    assert found.starts == ["Good one 03-02 09:00", "Good two 03-04 09:00"]
    assert "event 1" in found.told
