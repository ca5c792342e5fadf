"""The console's page of hours and preferences: what it shows, and what its forms do."""

import re
from html import unescape
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.domain.hours.opening import week_of
from almanac.domain.hours.preferences import PreferenceChange
from almanac.domain.wall_clock import WEEKDAYS
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.wiring.outside.api import ApiWiring
from tests.web.visitors import HOSTILE, Visitor, text_of, told

pytestmark = pytest.mark.integration
CHANGED = "Nothing was changed: somebody else has changed the"


@pytest.fixture
def visitor(wiring: ApiWiring) -> Visitor:
    return Visitor(wiring)


@pytest.fixture
def page(wiring: ApiWiring, ws: UUID) -> str:
    wiring.people.add(ws, "ada", HOSTILE, "America/New_York")
    return f"/console/workspaces/{ws}/hours"


def form(visitor: Visitor, address: str, action: str, button: str) -> dict[str, str | list[str]]:
    """The fields of the form with that button, as a browser would send them."""
    found = [
        html
        for html in re.findall(
            rf'<form[^>]* action="{re.escape(action)}">(.*?)</form>', visitor.get(address).text, re.DOTALL
        )
        if re.search(rf"<button[^>]*>{button}", html)
    ]
    assert len(found) == 1, len(found)
    said = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input [^>]*>", found[0])]
    fields: dict[str, str | list[str]] = {unescape(each["name"]): unescape(each.get("value", "")) for each in said}
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', found[0], re.DOTALL):
        taken = re.search(r"<option selected>([^<]*)", options)
        fields[name] = taken[1] if taken else ""
    fields.pop("csrf")
    return fields


def week_form(visitor: Visitor, page: str, category: str, user: str = "") -> dict[str, str | list[str]]:
    return form(visitor, f"{page}?user={user}&change={category}", page, "Set these hours")


def test_the_week_of_a_category_is_set_for_everybody_and_for_a_member_and_taken_back(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
) -> None:
    assert "work by default every day 07:00-23:00" in text_of(visitor.get(page).text)
    shown = week_form(visitor, page, "work")
    assert shown["monday"] == shown["sunday"] == "07:00-23:00"
    closed = dict.fromkeys(WEEKDAYS, "")
    wanted = {**shown, **closed, "monday": "13:30-17:00  09:00-12:30,", "friday": "22:00-02:00"}
    said = told(visitor, visitor.post(page, **wanted))
    assert "The hours were set" in said
    assert "work of everybody Mon 09:00-12:30, 13:30-17:00 Tue to Thu closed Fri 22:00-02:00 Sat to Sun closed" in said
    assert CHANGED in told(visitor, visitor.post(page, **{**shown, "monday": ""})), "it was shown before"

    of_ada = week_form(visitor, page, "work", "ada")
    assert (of_ada["monday"], of_ada["user"]) == ("09:00-12:30 13:30-17:00", "ada")
    answer = visitor.post(page, **{**of_ada, "monday": "10:00-16:00"})
    assert answer.headers["Location"].startswith(f"{page}?user=ada&said=")
    said = told(visitor, answer)
    assert "work own Mon 10:00-16:00 Tue to Thu closed" in said
    assert "Times are in America/New_York" in said
    added = {"user": "ada", **closed, "category": " Nights ", "sunday": "00:00-24:00"}
    assert "nights own" in told(visitor, visitor.post(page, **added))
    everybody = visitor.get(page).text
    assert "<img" not in everybody
    assert "Members with hours of their own" in everybody
    assert wiring.opening_hours.one(ws, "nights", "ada").week == week_of({6: ((0, 1440),)})

    gone = form(visitor, f"{page}?user=ada", f"{page}/reset", 'Back to the usual<span class="hidden">: work')
    assert "taken back" in told(visitor, visitor.post(f"{page}/reset", **gone))
    assert CHANGED in told(visitor, visitor.post(f"{page}/reset", **gone))
    assert wiring.opening_hours.one(ws, "work", "ada").user_id is None
    wiring.people.remove(ws, "ada")
    left = form(visitor, page, f"{page}/reset", "Take it away")
    assert "not confirmed" in told(visitor, visitor.post(f"{page}/reset", **{**left, "sure": ""}))
    assert "category was taken away" in told(visitor, visitor.post(f"{page}/reset", **left)), "of who is no member now"
    kept = database.run("SELECT action, subject, details FROM audit_log WHERE action LIKE 'hours%' ORDER BY at")
    assert kept == [
        ["hours_put", "work", {"user_id": None}],
        ["hours_put", "work", {"user_id": "ada"}],
        ["hours_put", "nights", {"user_id": "ada"}],
        ["hours_remove", "work", {"user_id": "ada"}],
        ["hours_remove", "nights", {"user_id": "ada"}],
    ]


def test_a_wrong_week_is_said_and_what_was_entered_stays(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
) -> None:
    database.run("INSERT INTO workspace_calendar_hour_settings (ws_id, type, data) VALUES (:w, 'Odd', '7')", w=ws)
    assert "odd of everybody cannot be read as they are stored must be an object" in text_of(visitor.get(page).text)
    new = {"category": "nights", "monday": "09:00-12:30"}
    for sent, complaint in (
        (
            {"tuesday": "9-12"},
            "Tuesday: is no block of a day such as 09:00-12:30; 24:00 is the end of the day; put",
        ),
        ({"sunday": "09:00-12:00 11:00-13:00"}, "Sunday: 11:00-13:00 overlaps 09:00-12:00"),
        ({"friday": "09:00-09:00"}, "Friday: 09:00-09:00 ends as it begins"),
        ({"category": "a@b"}, "Category: must have 1 to 255"),
        ({"category": "Work"}, "Category: is there already"),
    ):
        answer = visitor.post(page, **{**new, **sent})
        assert (answer.status, f"Nothing was stored. {complaint}" in text_of(answer.text)) == (422, True), sent
        assert all(f'value="{value}"' in answer.text for value in {**new, **sent}.values())
        assert '<details class="add" open>' in answer.text
    broken = {**week_form(visitor, page, "odd"), "monday": "x"}
    answer = visitor.post(page, **broken)
    assert (answer.status, "Monday: is no block" in text_of(answer.text), 'value="x"' in answer.text) == (
        422,
        True,
        True,
    )
    assert "The hours were set" in told(visitor, visitor.post(page, **{**broken, "monday": ""}))
    assert database.run("SELECT type FROM workspace_calendar_hour_settings") == [["Odd"]]

    seen = wiring.opening_hours.one(ws, "odd", None)
    wiring.opening_hours.set(ws, "odd", None, {0: ((0, 60),)})
    for change in (
        lambda: wiring.opening_hours.set(ws, "odd", None, {}, seen=seen),
        lambda: wiring.opening_hours.reset(ws, "odd", None, seen),
    ):
        with pytest.raises(ChangedMeanwhile):
            change()
    assert wiring.opening_hours.one(ws, "odd", None).week == week_of({0: ((0, 60),)})


def test_preferences_are_changed_as_they_were_shown_and_by_who_may(
    visitor: Visitor, page: str, ws: UUID, wiring: ApiWiring, database: Database
) -> None:
    place = f"{page}/preferences"

    def shown(user: str = "") -> dict[str, str | list[str]]:
        return form(visitor, f"{page}?user={user}", place, "Change them")

    first = shown()
    assert (first["break_minutes"], first["min_notice_minutes"], first["cap:work"]) == ("", "", "")
    wanted = {**first, "break_minutes": "15", "buffer_after_minutes": "10", "cap:work": "360", "cap:meeting": "0"}
    said = told(visitor, visitor.post(place, **wanted))
    assert "The preferences were changed" in said
    assert "Task work a day meeting=0, work=360 of the workspace" in said
    assert CHANGED in told(visitor, visitor.post(place, **wanted))
    for sent, complaint in (
        ({"min_notice_minutes": "10081"}, "Notice: must be a whole number from 0 to 10,080"),
        ({"break_minutes": "7"}, "Break around blocks: must be 0 or 15 minutes"),
        ({"cap:work": "x"}, "Task work a day: of work must be a whole number from 0 to 1,440"),
    ):
        refused = visitor.post(place, **{**shown(), **sent})
        assert (refused.status, complaint in text_of(refused.text)) == (422, True), sent
    database.run("DELETE FROM unplanned_changes")
    told(visitor, visitor.post(place, **shown()))
    assert database.run("SELECT count(*) FROM unplanned_changes") == [[0]], "nothing has changed"

    of_ada = {**shown("ada"), "cap:personal": "60", "min_notice_minutes": "30"}
    told(visitor, visitor.post(place, **of_ada))
    counts = wiring.plan_preferences.of(ws, "ada")
    assert (dict(counts.values.daily_caps), counts.values.notice_minutes, counts.own) == (
        {"personal": 60},
        30,
        {"daily_cap_minutes", "min_notice_minutes"},
    )
    told(visitor, visitor.post(place, **{**shown("ada"), "cap:personal": "", "min_notice_minutes": ""}))
    assert wiring.plan_preferences.of(ws, "ada").own == set()
    with pytest.raises(ChangedMeanwhile):
        wiring.plan_preferences.change(ws, "ada", PreferenceChange({"break_minutes": 0}), counts)
    kept = database.run("SELECT subject, details FROM audit_log WHERE action = 'preferences_change' ORDER BY at")
    assert kept[0] == [None, {"changed": ["break_minutes", "buffer_after_minutes", "daily_cap_minutes"]}]
    assert kept[-1] == ["ada", {"changed": ["daily_cap_minutes", "min_notice_minutes"]}]

    viewer = Visitor(wiring, "viewer", [ws])
    looked = viewer.get(page).text
    assert "Task work a day" in looked
    assert "Change" not in text_of(looked).partition("Task work a day")[2]
    for address in (page, f"{page}/reset", place):
        assert viewer.post(address, **shown()).status == 403
        assert visitor.post(address, csrf="x", **shown()).status == 403
    assert visitor.get(f"{page}?user=zoe").status == 422
