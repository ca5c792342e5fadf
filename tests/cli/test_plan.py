"""`almanac plan`: an instance in, a schedule out, a picture on the side; bad input named in one line."""

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from almanac.domain.planner.document.read_instance import read_instance
from almanac.domain.planner.model.discretize import problem_of
from almanac.domain.planner.planner import plan
from almanac.domain.wall_clock import minutes_of
from almanac.presentation.agenda import Agenda, Entry, EntryKind, Remark, clock_changes, wall_span, when
from almanac.presentation.html.plan import page
from almanac.presentation.instance_agenda import agenda_of
from almanac.presentation.svg.plan import svg
from almanac.presentation.svg.shapes import cut, side_by_side, text_width
from almanac.presentation.terminal import plan as terminal_plan
from almanac.presentation.terminal.week import draw_week
from tests.cli.shell import Ended, Shell
from tests.domain.planner.team_instances import meeting, person, team

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert(1)</script>\x1b[31m\u202e & "quoted"\n\x00\ud800'


def instance(**changes: Any) -> dict[str, Any]:
    """A week of work hours in Berlin with a meeting, two tasks and a habit."""
    days = {day: [["09:00", "17:00"]] for day in ("MO", "TU", "WE", "TH", "FR")}
    return {
        "format": 1,
        "id": "office",
        "timezone": "Europe/Berlin",
        "now": "2026-03-02T07:00:00+01:00",
        "window_end": "2026-03-09T00:00:00+01:00",
        "hours": {"work": days},
        "busy": [{"id": "standup", "start": "2026-03-02T09:00:00+01:00", "end": "2026-03-02T09:30:00+01:00"}],
        "tasks": [task("report", 60), task("slides", 120, deadline="2026-03-02T12:00:00+01:00")],
        "habits": [habit("lunch")],
        **changes,
    }


def task(name: str, minutes: float, **fields: Any) -> dict[str, Any]:
    return {"id": name, "hours": "work", "priority": "normal", "duration_min": minutes, **fields}


def habit(name: str, **fields: Any) -> dict[str, Any]:
    lengths = {"min_min": 30, "pref_min": 30, "max_min": 30}
    ideal = {"ideal_from": "12:00", "ideal_to": "13:00"}
    return {"id": name, "hours": "work", "priority": "normal", "days": ["MO", "TU"], **lengths, **ideal, **fields}


def run(almanac: Shell, document: object, *options: object) -> Ended:
    almanac.type(document if isinstance(document, str) else json.dumps(document))
    return almanac("plan", "-", "--budget", "0.05", *options)


def uncut(ended: Ended) -> dict[str, Any]:
    """Return the schedule without how much of the search this machine had no time for."""
    return {name: value for name, value in ended.json.items() if name != "search_cut_percent"}


@pytest.fixture
def color_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


class TestTheSchedule:
    def test_a_pipe_gets_the_schedule_of_format_1(self, almanac: Shell) -> None:
        ended = run(almanac, instance())

        assert (ended.code, ended.err) == (0, "")
        schedule = ended.json
        assert (schedule["instance"], schedule["moved"]) == ("office", [])
        placed = {(e["item"], e["start"][:16], e["end"][:16]) for e in schedule["events"]}
        assert ("slides", "2026-03-02T09:30", "2026-03-02T11:30") in placed
        assert {item for item, _, _ in placed} == {"report", "slides", "lunch"}
        assert all(datetime.fromisoformat(e["start"]).utcoffset() is not None for e in schedule["events"])

    def test_json_is_the_same_document_whether_asked_for_or_not(self, almanac: Shell) -> None:
        plain = run(almanac, instance())
        assert uncut(plain) == uncut(run(almanac, instance(), "--json"))
        assert uncut(plain) == uncut(run(almanac, instance(), "--week", "--json"))

    def test_a_terminal_gets_the_week(
        self, almanac: Shell, monkeypatch: pytest.MonkeyPatch, color_terminal: None
    ) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

        ended = run(almanac, instance())

        assert "\x1b[" in ended.out
        assert "Why there" in ended.out

    def test_a_search_that_the_clock_cut_short_says_so(self, almanac: Shell) -> None:
        almanac.type(json.dumps(instance()))
        ended = almanac("plan", "-", "--budget", "0.001", "--week", "--json")
        almanac.type(json.dumps(instance()))
        week = almanac("plan", "-", "--budget", "0.001", "--week").out

        assert ended.json["search_cut_percent"] > 0
        assert "The clock cut the search short, " in week

    def test_a_file_is_read_as_stdin_is(self, almanac: Shell, tmp_path: Path) -> None:
        file = tmp_path / "instance.json"
        file.write_text(json.dumps(instance()))

        assert uncut(almanac("plan", file, "--budget", "0.05")) == uncut(run(almanac, instance()))

    def test_it_needs_no_setting_and_loads_neither_aws_nor_google_nor_database_code(self) -> None:
        code = (
            "import sys\nfrom almanac.cli.main import main\ncode = main(['plan', '-', '--budget', '0.05', '--week'])\n"
            "unwanted = ('boto3', 'botocore', 'googleapiclient', 'httplib2', 'almanac.wiring')\n"
            "print(code, [m for m in unwanted if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(instance()),
            env={},
            text=True,
            capture_output=True,
            check=True,
        )

        assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize("command", ["plan", "schedule"])
def test_the_commands_have_help(almanac: Shell, command: str) -> None:
    ended = almanac(command, "--help")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"usage: almanac {command}")


def test_meetings_of_nobody_are_left_out_and_said_so(almanac: Shell) -> None:
    document = instance(tasks=[task("t", 60)], habits=[]) | {"format": 2, "meetings": [{"id": "m"}]}
    almanac.type(json.dumps(document))

    ended = almanac("plan", "--json")

    assert (ended.code, [block["item"] for block in ended.json["events"]]) == (0, ["t"])
    assert ended.err == "almanac: meetings: are not read without people: each takes the time of several\n"


class TestBadInput:
    @pytest.mark.parametrize(
        ("document", "complaint"),
        [
            ("", "FILE: is not JSON: line 1, column 1"),
            ("{", "FILE: is not JSON: line 1, column 2"),
            ("[" * 100_000, "FILE: is not JSON"),
            ("9" * 5000, "FILE: is not JSON"),
            ('{"format": 1, "format": 2}', "FILE: 'format' is given more than once"),
            (
                '{"tasks": [{"id": "t", "hours": "work", "hours": "work"}]}',
                "FILE: 'hours' is given more than once in 't'",
            ),
            ([], "instance: must be an object"),
            (instance(timezone="Mars/Olympus"), "instance: timezone 'Mars/Olympus'"),
            (instance(window_end="2026-03-01T00:00:00Z"), "instance: window_end must lie after now"),
            (instance(now="9999-12-31T20:00:00Z", window_end="9999-12-31T23:00:00Z"), "instance: "),
            (instance(now="yesterday"), "instance: now 'yesterday'"),
            (instance(tasks=[task("t", -5)]), "tasks[0] 't': duration_min must be at least 1, is -5"),
            (instance(tasks=[task("t", 20)]), "tasks 't': duration_min must be a multiple of 15, is 20"),
            (instance(tasks=[task("t", 60, hours="play")]), "tasks[0] 't': hours 'play' is unknown"),
            (
                instance(tasks=[task("t", 120, splittable=True, min_chunk_min=90, max_chunk_min=60)]),
                "tasks[0] 't': min_chunk_min 90 is above max_chunk_min 60",
            ),
            (
                instance(tasks=[task("t", 120, splittable=True, min_chunk_min=20, max_chunk_min=120)]),
                "tasks 't': min_chunk_min must be a multiple of 15, is 20",
            ),
            (
                instance(tasks=[task("a", 60, depends_on=["b"]), task("b", 60, depends_on=["a"])]),
                "tasks 'a': depends_on runs in a circle",
            ),
            (
                team([person("ann"), person("ben")], meetings=[meeting("m", "ann", "ben", minutes=50)]),
                "meetings 'm': duration_min must be a multiple of 15, is 50",
            ),
            (instance(habits=[habit("h", max_min=40)]), "habits 'h': max_min must be a multiple of 15, is 40"),
            (instance(habits=[habit("h", ideal_to="11:00")]), "habits[0] 'h': ideal_to must lie after"),
        ],
    )
    def test_is_told_by_item_and_field_in_one_line(self, almanac: Shell, document: object, complaint: str) -> None:
        ended = run(almanac, document)

        assert ended.code == 2
        assert ended.complaint.startswith(f"almanac: {complaint}")

    def test_a_file_that_is_not_there_or_not_text_is_bad_usage(self, almanac: Shell, tmp_path: Path) -> None:
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\xd8")

        assert "FILE: cannot be read" in almanac("plan", tmp_path / "missing.json").complaint
        assert "FILE: is not JSON" in almanac("plan", tmp_path / "binary").complaint

    @pytest.mark.parametrize("option", ["--svg", "--html"])
    def test_a_picture_that_cannot_be_written_is_bad_usage(self, almanac: Shell, tmp_path: Path, option: str) -> None:
        ended = run(almanac, instance(), option, tmp_path / "missing" / "plan")

        assert ended.code == 2
        assert ended.complaint.startswith(f"almanac: {option}: cannot be written")

    @pytest.mark.parametrize("budget", ["0", "-1", "soon"])
    def test_a_budget_must_be_seconds(self, almanac: Shell, budget: str) -> None:
        ended = almanac("plan", f"--budget={budget}")

        assert ended.code == 2
        assert "--budget" in ended.complaint


class TestTheWeek:
    def test_shows_days_and_hours_and_says_why(self, almanac: Shell) -> None:
        text = run(almanac, instance(), "--week").out

        assert "Mon 02 Mar" in text
        assert rows(text)["09:00"][1:3] == ["# standup", "."]
        assert rows(text)["09:30"][1] == "T slides"
        assert rows(text)["12:30"][1] == "H lunch"
        assert "H Mon 02 Mar 12:30-13:00  lunch: in its ideal time" in text
        assert "scheduled 2, late 0" in text
        assert "\x1b" not in text, "a pipe gets no colour"

    def test_fits_into_100_columns(self, almanac: Shell) -> None:
        long = instance(tasks=[task("a very long title that goes on and on " * 8, 60)])

        assert max(map(len, run(almanac, long, "--week").out.splitlines())) <= 100

    def test_tells_what_is_late_with_what_stood_in_the_way_and_what_would_help(self, almanac: Shell) -> None:
        late = instance(tasks=[task("slides", 240, deadline="2026-03-02T12:00:00+01:00")])

        text = run(almanac, late, "--week").out

        attention = text.partition("What needs attention")[2]
        assert "slides: late by" in attention
        assert "in the way: only 2 h 30 min of work hours are open before its deadline" in attention
        assert "would help: a deadline" in attention

    def test_without_rich_it_is_a_plain_listing_and_says_how_to_get_the_view(
        self, almanac: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(terminal_plan, "find_spec", lambda _name: None)

        text = run(almanac, instance(), "--week").out

        assert "Mon 02 Mar 09:00-09:30  busy   standup" in text
        assert text.count("almanac[cli]") == 1
        assert "│" not in text

    def test_later_weeks_are_counted_and_shown_when_asked_for(self, almanac: Shell) -> None:
        later = instance(window_end="2026-03-23T00:00:00+01:00", tasks=[task("t", 60, earliest="2026-03-17T09:00:00Z")])

        assert "1 later week(s): --weeks" not in run(almanac, later, "--week", "--weeks", "3").out
        assert "more block(s) in 2 later week(s): --weeks 3" in run(almanac, later, "--week").out
        assert "Tue 17 Mar" in run(almanac, later, "--week", "--weeks", "3").out

    def test_a_terminal_sees_colours_and_the_same_letters(self, color_terminal: None) -> None:
        plain = draw_week(agenda(), week(), width=100, color=False, encoding="utf-8")
        colored = draw_week(agenda(), week(), width=100, color=True, encoding="utf-8")

        assert "\x1b[" in colored
        without = re.sub(r"\x1b\[[0-9;]*m", "", colored)
        assert [line.rstrip() for line in without.splitlines()] == plain.splitlines()
        assert "T Report" in plain

    @pytest.mark.parametrize(("width", "month", "title"), [(80, False, False), (100, True, False), (140, True, True)])
    def test_a_narrow_terminal_sees_whole_names_of_days_and_a_wide_one_more_of_the_titles(
        self, width: int, month: bool, title: bool
    ) -> None:
        drawn = draw_week(agenda(entry("Quarterly report", 9, 10)), week(), width=width, color=False, encoding="utf-8")

        days = drawn.splitlines()[0]
        assert "Mon 02" in days
        assert "…" not in days
        assert ("Mon 02 Mar" in days, "T Quarterly report" in drawn) == (month, title)
        assert max(len(line) for line in drawn.splitlines()) <= width

    def test_the_week_is_as_wide_as_the_terminal_and_the_text_stays_readable(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "140")
        told = agenda(entry("Report", 9, 10, reason="because " * 40))

        lines = terminal_plan.described(told).splitlines()

        assert max(len(line) for line in lines if "│" in line) > 110
        assert max(len(line) for line in lines if "because" in line) <= 100

    @pytest.mark.parametrize("columns", [24, 40, 50, 51, 68, 69, 72, 80])
    def test_a_terminal_too_narrow_for_the_week_gets_the_list_and_no_line_is_wider(
        self, almanac: Shell, monkeypatch: pytest.MonkeyPatch, columns: int
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        long = [entry("A quarterly report of everything that there is to say", 9, 10, reason="because " * 20)]

        told = terminal_plan.described(agenda(*long))
        planned = run(almanac, instance(), "--week").out

        lines = [*told.splitlines(), *planned.splitlines()]
        assert [line for line in lines if len(line) > columns] == []
        assert ("│" in told, "WHEN" in told) == (columns >= 69, columns < 69)
        assert (f"this terminal has {columns}." in " ".join(told.split())) == (columns < 69)
        assert "almanac[cli]" not in told

    def test_a_terminal_without_box_letters_gets_what_it_can_show(self) -> None:
        drawn = draw_week(agenda(entry("Café 会議", 9, 10)), week(), width=100, color=False, encoding="ascii")

        assert drawn.isascii()
        assert "Caf?" in drawn

    def test_closed_time_is_left_out_and_what_overlaps_is_counted(self) -> None:
        drawn = draw_week(
            agenda(entry("A", 9, 10), entry("B", 9, 10, kind="busy"), entry("C", 20, 21)),
            week(),
            width=100,
            color=False,
            encoding="utf-8",
        )

        found = rows(drawn)
        assert found["09:00"][1].split() == ["T", "A", "+1"]
        assert "18:00" not in found

    def test_titles_from_strangers_neither_break_lines_nor_steer_the_terminal(self) -> None:
        strange = agenda(entry(NASTY, 9, 10, reason=NASTY), remarks=(Remark(NASTY, "late by 1 h", NASTY, NASTY),))

        drawn = draw_week(strange, week(), width=100, color=False, encoding="utf-8")
        for text in (drawn, terminal_plan.described(strange)):
            assert not {letter for letter in text if not letter.isprintable()} - {"\n"}


class TestClockChanges:
    def test_days_of_23_and_25_hours_are_named(self) -> None:
        spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
        assert clock_changes([date(2026, 3, 28), spring, autumn], BERLIN) == [(spring, 60), (autumn, -60)]

    def test_what_runs_over_the_change_is_drawn_between_its_wall_times(self) -> None:
        start = minutes_of(datetime(2026, 3, 29, 0, 30, tzinfo=UTC))  # 01:30 in winter time
        assert wall_span(start, start + 60, date(2026, 3, 29), BERLIN) == (90, 210)

    def test_what_ends_in_the_repeated_hour_keeps_its_length(self) -> None:
        start = minutes_of(datetime(2026, 10, 25, 0, 45, tzinfo=UTC))  # 02:45 in summer time, ends 02:15 in winter time
        assert wall_span(start, start + 30, date(2026, 10, 25), BERLIN) == (165, 195)

    def test_what_runs_over_the_change_says_both_offsets(self) -> None:
        start = minutes_of(datetime(2026, 3, 28, 21, 0, tzinfo=UTC))
        night = Entry("task", "Watch", start, start + 240)
        assert when(night, BERLIN) == "Sat 28 Mar 22:00 (+0100)-03:00 (+0200)"
        assert when(Entry("task", "Tea", start + 600, start + 660), BERLIN) == "Sun 29 Mar 09:00-10:00 (+0200)"

    def test_a_night_belongs_to_both_days(self) -> None:
        start = minutes_of(datetime(2026, 3, 2, 22, 0, tzinfo=UTC))
        assert wall_span(start, start + 120, MONDAY, BERLIN) == (1380, 1440)
        assert wall_span(start, start + 120, MONDAY + timedelta(days=1), BERLIN) == (0, 60)

    def test_somebody_away_all_day_elsewhere_makes_no_picture_of_a_whole_day(self) -> None:
        away = Entry("busy", "Away", at(7) - 60, at(7) - 60 + 1440)  # a day of London, from 06:00 to 06:00 in Berlin
        assert agenda(away, entry("Report", 9, 10)).hours(week()) == (9 * 60, 10 * 60)

    def test_the_week_tells_them(self, almanac: Shell) -> None:
        spring = instance(now="2026-03-27T07:00:00Z", window_end="2026-04-01T00:00:00Z", tasks=[], busy=[], habits=[])

        assert "Clocks go forward by 60 minutes on Sun 29 Mar." in run(almanac, spring, "--week").out


class TestPictures:
    def test_the_svg_shows_every_block_with_its_reason_to_point_at(self, almanac: Shell, tmp_path: Path) -> None:
        file = tmp_path / "plan.svg"
        schedule = run(almanac, instance(), "--svg", file).json

        told = [title.text or "" for title in ElementTree.fromstring(file.read_text()).iter(f"{SVG}title")]

        for event in schedule["events"]:
            at = datetime.fromisoformat(event["start"])
            assert any(event["item"] in t and f"{at:%d %b %H:%M}" in t and event["reason"] in t for t in told), event

    def test_they_load_nothing_and_run_nothing(self) -> None:
        strange = agenda(entry(NASTY, 9, 10, reason=NASTY), remarks=(Remark(NASTY, "late by 1 h", NASTY, NASTY),))

        for drawn in (svg(strange), page(strange)):
            assert "<script" not in drawn
            assert not [text for text in (" href=", " src=", "@import", "url(http") if text in drawn]
            assert "\x00" not in drawn
            drawn.encode()

    def test_the_svg_is_well_formed_whatever_the_titles(self) -> None:
        root = ElementTree.fromstring(svg(agenda(entry(NASTY, 9, 10, reason=NASTY))))

        assert any("<script>alert(1)</script>" in (title.text or "") for title in root.iter(f"{SVG}title"))
        assert not list(root.iter(f"{SVG}script"))

    def test_the_svg_has_a_size_of_its_own(self) -> None:
        root = ElementTree.fromstring(svg(agenda(entry("a", 9, 10))))

        assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"

    def test_the_page_sets_what_is_lost_apart_from_what_is_at_risk(self) -> None:
        remarks = Remark("a", "late by 1 h", "x"), Remark("b", "on time, at risk", "y", urgent=False)
        text = page(agenda(entry("a", 9, 10), remarks=remarks))

        assert '<td class="state">late by 1 h</td>' in text
        assert '<td class="risk">on time, at risk</td>' in text

    def test_picture_and_list_give_a_block_one_colour(self) -> None:
        remarks = Remark("report", "on time, at risk", "", urgent=False), Remark("offer", "late by 1 h", "")
        coffee = Entry("busy", "coffee", at(9), at(10), "", "moved")
        drawn = agenda(coffee, entry("report", 10, 11), entry("offer", 11, 12), remarks=remarks)

        text = page(drawn)

        for title, style in (("coffee", "moved"), ("report", "risk"), ("offer", "late")):
            assert f'class="{style}-bar"' in svg(drawn)
            assert f'<span class="mark {style}"></span>{title}' in text

    def test_a_phone_gets_the_days_one_below_the_other(self) -> None:
        text = page(agenda(entry("a", 9, 10)))

        assert "main > svg { display: none } .days { display: block }" in text
        assert "<h3>Mon 02 Mar</h3><table><tr><td>09:00–10:00</td>" in text

    def test_the_page_closes_what_it_opens(self) -> None:
        checker = Balanced()
        checker.feed(page(agenda(entry(NASTY, 9, 10, reason=NASTY), remarks=(Remark("a", "b", "c", "d"),))))
        checker.close()

        assert checker.open == []
        assert checker.tags >= {"svg", "table", "section"}

    def test_the_line_of_now_is_on_today_alone(self) -> None:
        root = ElementTree.fromstring(svg(agenda(entry("early", 6, 7))))

        assert len([line for line in root.iter(f"{SVG}line") if line.get("class") == "now"]) == 1

    def test_titles_are_cut_to_fit(self) -> None:
        for room in (5.0, 20.0, 60.0, 200.0):
            assert text_width(cut("Quarterly report of everything", room, 12), 12) <= room
        assert cut("Report", 200, 12) == "Report"
        assert cut("Quarterly report of everything", 60, 12).endswith("…")

    def test_what_overlaps_stands_side_by_side(self) -> None:
        day = agenda(entry("a", 9, 12), entry("b", 10, 11), entry("c", 11, 13), entry("d", 14, 15))

        placed = {piece.entry.title: (lane, lanes) for piece, lane, lanes in side_by_side(day.pieces(MONDAY))}

        assert placed == {"a": (0, 2), "b": (1, 2), "c": (1, 2), "d": (0, 1)}


class Balanced(HTMLParser):
    """What is open, and which tags there were."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def at(hour: int) -> int:
    """That hour of Monday in Berlin."""
    return minutes_of(datetime(2026, 3, 2, hour, tzinfo=BERLIN))


def entry(title: str, start: int, end: int, *, kind: EntryKind = "task", reason: str = "it fits") -> Entry:
    return Entry(kind, title, at(start), at(end), reason)


def agenda(*entries: Entry, remarks: tuple[Remark, ...] = ()) -> Agenda:
    """Monday to Sunday, open on Monday from 8 to 17."""
    shown = entries or (entry("Report", 9, 10),)
    return Agenda("Team", BERLIN, at(7), at(7) + 7 * 1440, shown, ((at(8), at(17)),), remarks, {"late": 0})


def week() -> tuple[date, ...]:
    return tuple(MONDAY + timedelta(days=n) for n in range(7))


def rows(text: str) -> dict[str, list[str]]:
    """The cells of the drawn rows by their hour."""
    lines = (line for line in text.splitlines() if "│" in line and line[:2].isdigit())
    return {line[:5]: [cell.strip() for cell in line.split("│")] for line in lines}


class TestSeveralPeople:
    TEAM = team(
        [person("ann"), person("ben", "America/New_York")],
        window_end="2026-01-19T00:00:00Z",
        meetings=[meeting("sync", "ann", "ben")],
        tasks=[task("later", 60, person="ann", earliest="2026-01-14T09:00:00Z")],
    )

    def test_each_has_the_first_week_and_later_ones_that_hold_something(self, almanac: Shell, tmp_path: Path) -> None:
        picture = tmp_path / "team.svg"
        shown = run(almanac, self.TEAM, "--week", "--weeks", "2", "--svg", picture).out.splitlines()
        ben = "ben, America/New_York, at times of UTC"
        heads = ("ann", ben)
        assert [line for line in shown if line in heads] == ["ann", ben, "ann"]
        assert [text for text in ElementTree.parse(picture).getroot().itertext() if text in heads] == [
            "ann",
            ben,
            "ann",
        ]

    def test_what_is_said_of_somebodys_item_has_times_of_theirs(self, almanac: Shell) -> None:
        late = task("late", 60, person="ben", deadline="2026-01-05T14:30:00Z")
        found = json.loads(run(almanac, {**self.TEAM, "tasks": [late], "meetings": []}).out)
        (said,) = found["findings"]
        assert found["events"][0]["reason"].endswith("after its deadline Mon 05 Jan 09:30")
        assert said["help"].startswith("a deadline 30 min later, Mon 05 Jan 10:00")

    def test_what_lies_beyond_the_window_is_not_open(self) -> None:
        found = read_instance({**self.TEAM, "window_end": "2026-01-06T12:00:00Z"}).instance
        shown = agenda_of(found, plan(problem_of(found), 0.0))
        assert shown.each()[0].open_spans(date(2026, 1, 6)) == [(9 * 60, 12 * 60)]
        assert shown.open_spans(date(2026, 1, 7)) == []

    def test_one_alone_is_named_once_and_not_before_each_block(self, almanac: Shell) -> None:
        alone = {**self.TEAM, "people": self.TEAM["people"][:1], "meetings": []}
        shown = run(almanac, alone, "--week").out
        assert "\nann\n" in shown
        assert "ann, later" not in shown
