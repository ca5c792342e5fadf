"""Digests and reports as pages and as text: complete, self-contained, and strangers' titles are text in them."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from almanac.adapters.aws.mail import mime
from almanac.domain.export.digest import Digest, Entry, Move, Trouble
from almanac.domain.export.week import DayFigures, Done, Hours, LastPlan, Week
from almanac.errors import MailRefused
from almanac.presentation.export.digest import MOST, DigestTexts
from almanac.presentation.export.report import report_csv, report_html
from almanac.presentation.export.report_mail import report_letter
from almanac.services.export.ports import Letter

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = '<script>alert(1)</script>" onload="x\u202e\r\nBcc: all@example.org'


class Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def entry(title: str = "Review", **more: Any) -> Entry:
    said = {"all_day": False, "location": "", "block": None, "tentative": False}
    return Entry(title, NINE, NINE + HOUR, **{**said, **more})


def digest(**more: Any) -> Digest:
    said: dict[str, Any] = {
        "workspace": "Team",
        "person": "Ada",
        "zone": BERLIN,
        "day": date(2026, 3, 2),
        "planned_at": NINE,
    }
    parts: dict[str, Any] = {"today": (), "moved": (), "at_risk": (), "without_place": ()}
    return Digest(**{**said, **parts, **more})


FULL = digest(
    today=[entry(location="Room 1"), entry("Essay", block="task"), entry("Fair", all_day=True)],
    moved=[
        Move("Standup", (NINE, NINE + HOUR), (NINE + HOUR, NINE + 2 * HOUR), all_day=False, by="plan"),
        Move("Call", None, (NINE, NINE + HOUR), all_day=False, by="sync"),
        Move("Gym", (NINE + 24 * HOUR, NINE + 25 * HOUR), None, all_day=False, by="app"),
    ],
    at_risk=[Trouble("Slides", "late", "its deadline is too near", "an hour more on Monday")],
    without_place=[Trouble("Tax", "unscheduled", "no hours are open", "")],
)
TOLD = (
    "09:00–10:00",
    "Room 1",
    "task",
    "all day",
    "from today 09:00–10:00 to today 10:00–11:00, by the plan",
    "new: today 09:00–10:00, in its calendar",
    "gone: was Tue 03 Mar 09:00–10:00, taken away in your product",
    "its deadline is too near",
    "would help: an hour more on Monday",
    "without a place: no hours are open",
    "planned Mon 09:00",
)


def test_page_and_letter_say_the_same() -> None:
    texts = DigestTexts()
    page, letter = Elements(texts.html(FULL)), texts.letter(FULL)

    for said in TOLD:
        assert said in page.text
        assert said in letter.text
    assert letter.subject == "Monday 02 March: 3 events, Team"


def test_an_empty_day_says_so_and_a_full_one_counts_the_rest() -> None:
    texts = DigestTexts()
    assert "Nothing is in the calendar." in texts.letter(digest()).text
    assert "At risk" not in texts.html(digest())
    many = digest(today=[entry(str(n)) for n in range(MOST + 3)])
    assert "and 3 more" in texts.letter(many).text
    assert "and 3 more" in texts.html(many)
    move = Move("Call", None, (NINE, NINE + HOUR), all_day=False, by="plan")
    moved = texts.letter(digest(moved=[move] * 50, at_risk=[Trouble("Tax", "late", "late", "")])).text
    assert "and 38 more" in moved
    assert moved.index("At risk") < moved.index("Moved since"), "what somebody may have to do comes first"


def test_strangers_titles_are_text() -> None:
    trouble = [Trouble(HOSTILE, "late", HOSTILE, HOSTILE)]
    hostile = digest(
        workspace=HOSTILE,
        person=HOSTILE,
        today=[entry(HOSTILE, location=HOSTILE)],
        moved=[Move(HOSTILE, None, (NINE, NINE + HOUR), all_day=False, by="sync")],
        at_risk=trouble,
        without_place=trouble,
    )
    texts = DigestTexts()
    page, letter = Elements(texts.html(hostile)), texts.letter(hostile)

    assert not {"script", "img", "a", "link", "iframe"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "\u202e" not in texts.html(hostile) + letter.text + letter.subject
    message = message_from_bytes(mime("a@example.org", "ada@example.org", letter), policy=default)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Monday 02 March")


def test_a_mail_has_the_same_in_two_parts_and_goes_to_one_address() -> None:
    made = message_from_bytes(
        mime("a@example.org", "ada@example.org", Letter("Täglich", "hällo\n", "<p>hällo</p>")), policy=default
    )

    text, html = made.iter_parts()
    assert (made.get_content_type(), made["To"], made["Subject"]) == (
        "multipart/alternative",
        "ada@example.org",
        "Täglich",
    )
    assert (text.get_content_type(), text.get_content().split()) == ("text/plain", ["hällo"])
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", "<p>hällo</p>")
    with pytest.raises(MailRefused):
        mime("a@example.org", "ada\r\nBcc: all@example.org", Letter("s", "t", ""))


WEEK = Week(
    workspace=HOSTILE,
    zone=BERLIN,
    days=[DayFigures(date(2026, 3, day), 96, day % 2, 10 * day, 4, 3, day, 1) for day in range(2, 9)],
    done=Done(9, 1, 3),
    plan=LastPlan(20, 2, 1, 3),
    hours=[Hours("tasks, work", 615), Hours("events", 300), Hours("=cmd()", 30)],
)


def test_a_report_is_one_page_with_its_pictures_in_it() -> None:
    page = Elements(report_html(WEEK))

    assert page.tags.count("svg") >= 4
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert not [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
    for said in ("90%", "9 of 10 with a deadline", "1.7", "10.2 h", "02 March to 08 March 2026"):
        assert said in page.text
    dark = re.search(r"prefers-color-scheme: dark\) \{ :root \{([^}]+)", report_html(WEEK))
    assert dark is not None
    assert set(re.findall(r"(--[\w-]+):", dark[1])) == {
        "--page",
        "--card",
        "--line",
        "--text",
        "--quiet",
        "--a",
        "--b",
        "--c",
        "--d",
        "--bad",
    }


LINK = 'https://almanac.example.org/console/"><script>x'


def test_the_mail_of_a_report_says_the_same_in_two_parts_and_leads_to_the_rest() -> None:
    letter = report_letter(WEEK, LINK)
    page = Elements(letter.html)

    for said in ("90%", "9 of 10 with a deadline", "1.7", "10.2 h", "02 March to 08 March 2026", "3 moved", "=cmd()"):
        assert said in page.text
        assert said in letter.text
    assert [value for name, value in page.attributes if name == "href"] == [LINK]
    assert LINK in letter.text
    assert not {"script", "img", "svg", "link", "iframe"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    widths = [value for name, value in page.attributes if name == "width"]
    assert (widths[6], widths[-1]) == ("100%", "5%"), "the longest bar of days, and the shortest of hours"
    assert not {"\u202e", "\r"} & set(letter.html + letter.text + letter.subject)


def test_a_report_that_has_no_address_of_ours_leads_nowhere() -> None:
    letter = report_letter(Week("Team", BERLIN, [DayFigures(date(2026, 3, 2))], Done(), None, []), "/console/x")

    assert "/console" not in letter.html + letter.text
    assert "Blocks, by day" not in letter.text


def test_a_report_without_anything_is_a_page_too() -> None:
    empty = Week("Team", BERLIN, [DayFigures(date(2026, 3, 2))], Done(), None, [])
    assert "–" in report_html(empty)
    assert "moves per placed block" not in report_csv(empty)


def test_a_report_as_csv_has_a_row_a_figure_and_no_formula() -> None:
    found = list(csv.DictReader(io.StringIO(report_csv(WEEK))))

    by_name = {(row["measure"], row["day"]): row["value"] for row in found}
    assert by_name[("syncs", "2026-03-02")] == "96"
    assert by_name[("done late", "")] == "1"
    assert by_name[("moves per placed block", "")] == "1.67"
    assert by_name[("hours: tasks, work", "")] == "10.25"
    assert all(not value.startswith(("=", "+", "@")) for row in found for value in row.values())
