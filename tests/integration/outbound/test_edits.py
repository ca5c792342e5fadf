"""Edits of Google's own events: only what has changed, three-way, one occurrence of a series, deletions both ways."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest

from almanac.errors import BadInput
from almanac.presentation.outbound.conflicts import conflicts_text
from almanac.services.queues.ports import DueWorkspace
from local.google_simulator.api.listing import listing_place
from tests.integration.outbound.stage import ADA, Json, Writing

pytestmark = pytest.mark.integration


@pytest.fixture
def editing(team: Writing) -> Writing:
    """Edits are switched on; nobody has a target."""
    team.target(None)
    team.run("UPDATE calendar_connections SET sync_outbound_enabled = true WHERE ws_id = :ws")
    return team


def stored(team: Writing, event: Json) -> UUID:
    sql = "SELECT id FROM workspace_calendar_events WHERE ws_id = :ws AND external_event_id = :id"
    return UUID(str(team.run(sql, id=event["id"])[0][0]))


def now(team: Writing, event_id: str) -> Json:
    return team.simulator.world.calendar(ADA).records[event_id].current.body


@pytest.fixture
def review(editing: Writing) -> tuple[Writing, Json, UUID]:
    event = editing.add(ADA, "Review", location="Room 1", description="<b>bring</b> notes")
    editing.sync()
    return editing, event, stored(editing, event)


Review = tuple[Writing, Json, UUID]


def test_only_the_changed_field_is_sent_under_the_version_that_was_read(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Retro")
    team.sync()
    (write,) = team.writes()
    assert (write["method"], write["body"], write["if_match"]) == ("PATCH", {"summary": "Retro"}, event["etag"])
    assert write["params"]["sendUpdates"] == ["none"]
    assert now(team, event["id"])["location"] == "Room 1"


def test_its_echo_is_no_change_and_leaves_nothing_behind(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Retro", locked=True, color_override="PINK")
    team.sync()
    before = team.requests()
    report = team.sync()
    team.google.expire_sync_tokens(ADA)
    team.sync()
    assert team.writes(before) == []
    assert (report.tally.updated, team.states()) == (0, [])
    kept = team.row(row, "title", "etag", "locked", "color_override")
    assert kept == ["Retro", now(team, event["id"])["etag"], True, "PINK"]


def test_time_and_day_are_edits_too(review: Review) -> None:
    team, event, row = review
    team.move(row, 40, 2)
    team.sync()
    day = team.at(72).date()
    team.run(
        "UPDATE workspace_calendar_events SET all_day = true, start_date = :day, end_date = :day::date + 1,"
        " start_at = almanac_day_start(:day, 'Europe/Berlin'),"
        " end_at = almanac_day_start(:day::date + 1, 'Europe/Berlin')"
        " WHERE id = :id AND ws_id = :ws",
        day=day,
        id=row,
    )
    team.sync()
    assert now(team, event["id"])["start"] == {"date": day.isoformat()}
    before = team.requests()
    team.sync()
    assert team.writes(before) == []


def test_a_time_without_length_is_refused_here(review: Review) -> None:
    team, _, row = review
    team.move(row, 40, 0)
    team.sync()
    assert (team.writes(), team.link(row, "state", "reason")) == ([], ["failed", "empty_range"])
    team.move(row, 40, 1)
    team.sync()
    assert len(team.writes()) == 1


def test_what_the_app_owns_is_no_edit(review: Review) -> None:
    team, _, row = review
    team.change(row, locked=True, color_override="PINK")
    team.sync()
    assert team.writes() == []


def test_an_edit_here_and_another_field_there_both_survive(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Retro")
    team.google.patch_event(ADA, event["id"], {"location": "Room 2"})
    team.sync()
    team.sync()
    assert team.row(row, "title", "location") == ["Retro", "Room 2"]
    assert (now(team, event["id"])["summary"], now(team, event["id"])["location"]) == ("Retro", "Room 2")


def test_the_same_field_on_both_sides_is_a_conflict(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Ours")
    team.google.patch_event(ADA, event["id"], {"summary": "Theirs"})
    team.sync()
    assert team.row(row, "title") == ["Theirs"]
    (found,) = team.wiring.outbound.conflicts(team.ws_id)
    assert found.conflict == {"title": {"ours": "Ours", "theirs": "Theirs"}}
    team.wiring.outbound.resolve(found.link_id, "mine")
    team.sync()
    assert now(team, event["id"])["summary"] == "Ours"
    assert team.states() == []


def test_one_occurrence_of_a_series_is_changed_and_no_other(editing: Writing) -> None:
    team = editing
    series = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    zone = {"timeZone": "Europe/Berlin"}
    times = {name: {"dateTime": team.at(24 + n).isoformat(), **zone} for n, name in enumerate(("start", "end"))}
    team.google.insert_event(ADA, {"summary": "Daily", **times, **series})
    team.sync()
    sql = "SELECT id, external_event_id FROM workspace_calendar_events WHERE ws_id = :ws ORDER BY start_at"
    rows = team.run(sql)
    team.change(rows[1][0], title="Only this one")
    team.delete(rows[2][0])
    team.sync()
    assert {team.truth(ADA)[row[1]] for row in rows[:2]} == {"Daily", "Only this one"}
    assert rows[2][1] not in team.truth(ADA)
    assert len(team.stored(ADA)) == 2
    before = team.requests()
    team.sync()
    assert team.writes(before) == []


@pytest.mark.parametrize("listing", ["delta", "whole"])
@pytest.mark.parametrize("landed", [False, True])
def test_an_edit_of_an_occurrence_that_its_series_has_lost_is_for_a_person(
    editing: Writing, listing: str, landed: bool
) -> None:
    """An exception of a series that was moved is found by name, and is shown nowhere."""
    team = editing
    zone = {"timeZone": "Europe/Berlin"}
    times = {name: {"dateTime": team.at(24 + n).isoformat(), **zone} for n, name in enumerate(("start", "end"))}
    rule = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    series = team.google.insert_event(ADA, {"summary": "Daily", **times, **rule})
    first = next(iter(team.truth(ADA)))
    team.google.patch_event(ADA, first, {"summary": "Once"})
    team.sync()
    row = stored(team, {"id": first})
    team.change(row, title="Retro")
    if landed:
        team.inject(method="PATCH", path="*/events/*", action="cut_after")
        team.sync(direction="outbound")
    before = team.requests()
    later = {name: {"dateTime": team.at(26 + n).isoformat(), **zone} for n, name in enumerate(("start", "end"))}
    team.google.patch_event(ADA, series["id"], later)
    if listing == "whole":
        team.google.expire_sync_tokens(ADA)
    for _ in range(3):
        team.again()
        team.sync()
    assert team.writes(before) == []
    assert [each.reason for each in team.wiring.outbound.conflicts(team.ws_id)] == ["deleted_there"]
    assert team.stored(ADA) == {**team.truth(ADA), first: "Retro"}


@pytest.mark.parametrize("told", ["instances", "master"])
@pytest.mark.parametrize("done", ["deleted", "moved away"])
def test_an_edit_of_an_occurrence_outlives_its_series_however_that_is_told(
    editing: Writing, told: str, done: str
) -> None:
    """A delta may tell the end of a series by its own name alone."""
    team = editing
    team.google.configure({"series_deletion": told})
    zone = {"timeZone": "Europe/Berlin"}
    times = {name: {"dateTime": team.at(24 + n).isoformat(), **zone} for n, name in enumerate(("start", "end"))}
    series = team.google.insert_event(ADA, {"summary": "Daily", **times, "recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]})
    team.sync()
    first = next(iter(team.truth(ADA)))
    row = stored(team, {"id": first})
    team.change(row, title="Retro")
    if done == "deleted":
        team.google.delete_event(ADA, series["id"])
    else:
        team.google.move_event(ADA, series["id"], team.google.add_calendar(ADA, "Private"))
    for _ in range(2):
        team.sync()
        team.again()
    assert [each.reason for each in team.wiring.outbound.conflicts(team.ws_id)] == ["deleted_there"]
    assert team.stored(ADA) == {first: "Retro"}


def test_a_deletion_here_is_one_there(review: Review) -> None:
    team, event, row = review
    team.delete(row)
    team.sync()
    assert event["id"] not in team.truth(ADA)
    assert team.stored(ADA) == {}
    team.sync()
    assert team.stored(ADA) == {}


def test_a_deletion_here_of_what_was_changed_there_is_not_made(review: Review) -> None:
    team, event, row = review
    team.delete(row)
    team.google.patch_event(ADA, event["id"], {"summary": "Changed since"})
    team.sync()
    assert now(team, event["id"])["status"] == "confirmed"
    assert list(team.stored(ADA).values()) == ["Changed since"]
    (told,) = team.wiring.outbound.conflicts(team.ws_id)
    assert told.reason == "edited_beats_deleted"

    again = stored(team, event)
    team.change(again, title="Kept")
    team.sync()
    assert now(team, event["id"])["summary"] == "Kept"
    team.delete(again)
    team.sync()
    assert event["id"] not in team.truth(ADA)


def test_a_deletion_there_of_what_was_changed_here_is_for_a_person(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Still on")
    team.google.delete_event(ADA, event["id"])
    team.sync()
    assert team.row(row, "title") == ["Still on"]
    (found,) = team.wiring.outbound.conflicts(team.ws_id)
    assert "existence: wanted here 20" in conflicts_text([found]), "when it is to be"
    team.target(ADA)
    team.wiring.outbound.resolve(found.link_id, "mine")
    team.sync()
    assert team.of(row)["summary"] == "Still on"


@pytest.mark.parametrize("kind", ["block", "event"])
def test_what_a_person_took_over_is_edited_as_any_event_of_googles(editing: Writing, kind: str) -> None:
    team = editing
    team.target(ADA)
    ours = team.block("Party") if kind == "block" else team.event("Party")
    team.sync()
    event = team.of(ours)
    team.edit(ours, attendees=[{"email": "bob@example.test"}])
    team.sync()
    row = stored(team, event)
    team.change(row, title="Dinner")
    team.sync()
    body = now(team, event["id"])
    assert (body["summary"], [guest["email"] for guest in body["attendees"]]) == ("Dinner", ["bob@example.test"])
    team.delete(row)
    team.sync()
    assert team.stored(ADA) == {} == team.truth(ADA)


def test_a_deletion_there_is_one_here_and_is_not_sent_back(review: Review) -> None:
    team, event, _ = review
    team.google.delete_event(ADA, event["id"])
    team.sync()
    assert (team.stored(ADA), team.writes(), team.states()) == ({}, [], [])


@pytest.mark.parametrize("gone", [False, True])
def test_a_full_listing_leaves_the_row_of_an_edit_that_waits(editing: Writing, gone: bool) -> None:
    team = editing
    event, *_ = (team.add(ADA, f"Piece {number}") for number in range(4))
    team.sync()
    row = stored(team, event)
    team.inject(action="error", status=503, method="PATCH", path="*/events/*", times=None)
    team.change(row, title="Waits")
    team.sync()
    if gone:
        team.google.delete_event(ADA, event["id"])
    team.google.expire_sync_tokens(ADA)
    report = team.sync()
    assert (report.status, report.tally.deleted, team.row(row, "title")) == ("completed", 0, ["Waits"])

    team.google.clear_faults()
    for _ in range(3):
        team.again()
        team.sync()
    assert team.row(row, "title") == ["Waits"]
    told = [each.reason for each in team.wiring.outbound.conflicts(team.ws_id)]
    assert (told, "Waits" in team.truth(ADA).values()) == ((["deleted_there"], False) if gone else ([], True))


def test_what_a_listing_lacks_is_not_deleted_there(review: Review) -> None:
    team, event, _ = review
    team.google.expire_sync_tokens(ADA)
    team.inject(action="empty_listing", path="*/events", times=None)
    team.sync()
    team.google.clear_faults()
    team.sync()
    assert now(team, event["id"])["status"] == "confirmed"
    assert team.writes() == []


@pytest.mark.parametrize("fault", [{"action": "cut_after"}, {"action": "cut_before"}, {"action": "land_late"}])
def test_lost_answers_are_no_conflicts(review: Review, fault: dict[str, Any]) -> None:
    team, event, row = review
    team.inject(method="PATCH", path="*/events/*", **fault)
    team.change(row, title="Retro")
    team.sync()
    while team.google.land():
        pass
    for _ in range(2):
        team.again()
        team.sync()
    assert (now(team, event["id"])["summary"], team.row(row, "title")) == ("Retro", ["Retro"])
    assert team.wiring.outbound.conflicts(team.ws_id) == []
    assert team.states() == []


def test_what_google_refuses_says_so_and_is_not_repeated(editing: Writing) -> None:
    team = editing
    event = team.add(ADA, "Theirs", organizer={"email": "boss@example.test"})
    team.sync()
    row = stored(team, event)
    team.change(row, title="Mine")
    team.sync()
    before = team.requests()
    team.sync()
    assert [entry["status"] for entry in team.writes()] == [403]
    assert team.writes(before) == []
    assert team.link(row) == "failed"
    assert team.held() is None


def test_what_google_will_not_delete_is_seen_here_again_and_told(review: Review) -> None:
    team, event, row = review
    team.inject(action="error", status=400, reason="eventTypeRestriction", method="DELETE", path="*/events/*")
    team.delete(row)
    team.sync()
    assert list(team.stored(ADA).values()) == ["Review"]
    (told,) = team.wiring.outbound.conflicts(team.ws_id)
    assert told.reason == "delete_refused"
    before = team.requests()
    team.sync()
    assert team.writes(before) == []

    team.wiring.outbound.resolve(told.link_id, "mine")
    team.sync()
    assert (team.stored(ADA), event["id"] in team.truth(ADA)) == ({}, False)


def switch_off(team: Writing) -> None:
    team.run("UPDATE calendar_connections SET sync_outbound_enabled = false WHERE ws_id = :ws")


def test_switched_off_again_what_waits_is_given_up(review: Review) -> None:
    team, _, row = review
    columns = ("title", "start_at", "end_at", "all_day", "start_date", "end_date", "time_zone", "etag")
    before = team.row(row, *columns)
    day = team.at(72).date()
    team.change(row, title="Retro", locked=True, all_day=True, start_date=day, end_date=day + timedelta(days=1))
    switch_off(team)
    assert team.row(row, *columns) == before, "as Google has it, at once"
    assert team.row(row, "locked") == [True]
    asked = team.requests()
    team.sync()
    assert (team.writes(), team.states(), team.row(row, *columns)) == ([], [], before)
    assert all("syncToken" in each["params"] for each in team.simulator.observation.requests(asked)), "nothing anew"


def test_switched_off_a_conflict_of_what_has_no_answer_is_given_up_too(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Ours", location="Room 2")
    team.google.patch_event(ADA, event["id"], {"summary": "Theirs"})
    team.inject(action="cut_after", method="PATCH", path="*/events/*", times=1)
    team.sync()
    assert team.run("SELECT conflict IS NOT NULL, sent_op FROM calendar_event_links WHERE ws_id = :ws") == [
        [True, "patch"]
    ]
    switch_off(team)
    team.again()
    team.sync()
    assert (team.states(), team.row(row, "title", "location")) == ([], ["Theirs", "Room 2"])


@pytest.mark.parametrize("direction", ["both", "outbound"])
def test_switched_off_what_was_sent_and_is_deleted_there_is_not_made_again(review: Review, direction: str) -> None:
    team, event, row = review
    team.inject(action="cut_before", method="PATCH", path="*/events/*", times=1)
    team.change(row, title="Retro")
    team.sync()
    team.google.delete_event(ADA, event["id"])
    switch_off(team)
    for _ in range(3):
        team.again()
        team.sync(direction=direction)
    team.sync()
    assert team.states() == []
    assert team.row(row) is None
    team.run("UPDATE calendar_connections SET sync_outbound_enabled = true WHERE ws_id = :ws")
    before = team.requests()
    team.sync()
    assert team.writes(before) == []


def test_switched_off_again_what_was_deleted_here_comes_back(review: Review) -> None:
    team, event, row = review
    team.delete(row)
    switch_off(team)
    team.sync()
    assert (team.writes(), team.states(), team.stored(ADA)) == ([], [], {event["id"]: "Review"})


def test_switched_off_again_what_google_has_by_then_stands(review: Review) -> None:
    team, event, row = review
    team.inject(action="error", status=503, method="GET", path="*/events/*", times=None)
    team.change(row, title="Retro")
    team.google.patch_event(ADA, event["id"], {"location": "Room 2"})
    team.sync()
    assert team.row(row, "location") == ["Room 1"], "the look at it has failed"
    switch_off(team)
    team.google.clear_faults()
    team.sync()
    assert (team.writes(), team.states(), team.row(row, "title", "location")) == ([], [], ["Review", "Room 2"])


@pytest.mark.parametrize("deletes", [False, True])
def test_switched_off_in_the_middle_of_a_full_pass_the_next_one_reads_anew(review: Review, deletes: bool) -> None:
    team, event, row = review
    team.inject(action="error", status=503, path="*/events/*", times=None)
    if deletes:
        team.delete(row)
    else:
        team.change(row, title="Retro")
    team.google.patch_event(ADA, event["id"], {"location": "Room 2"})
    team.google.expire_sync_tokens(ADA)
    pages = team.wiring.calendar_pages
    real = pages.apply_page

    def apply_page(*arguments: Any) -> Any:
        counts = real(*arguments)
        switch_off(team)
        return counts

    pages.__dict__["apply_page"] = apply_page
    team.sync(direction="inbound")
    del pages.__dict__["apply_page"]
    team.google.clear_faults()
    team.sync()
    (found,) = team.run("SELECT title, location FROM workspace_calendar_events WHERE ws_id = :ws")
    assert (team.states(), found) == ([], ["Review", "Room 2"])


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
@pytest.mark.parametrize("deletes", [False, True])
def test_switched_off_again_what_had_no_answer_is_looked_at(review: Review, fault: str, deletes: bool) -> None:
    team, event, row = review
    team.inject(action=fault, method="DELETE" if deletes else "PATCH", path="*/events/*")
    if deletes:
        team.delete(row)
    else:
        team.change(row, title="Retro")
    team.sync()
    switch_off(team)
    for _ in range(2):
        team.again()
        team.sync()
    assert len(team.writes()) == 1
    assert team.stored(ADA) == team.truth(ADA)
    assert team.stored(ADA) == (
        {event["id"]: "Review"} if fault == "cut_before" else {} if deletes else {event["id"]: "Retro"}
    )
    assert team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False).links == []


def test_a_writer_that_never_calls_us_is_found_by_the_rule(review: Review) -> None:
    team, _, row = review
    store = team.wiring.dispatch.store
    assert list(store.due_for_outbound(None, 10)) == []
    team.change(row, title="Retro")
    pause = "INSERT INTO provider_pauses VALUES ('google', 'x', 'x', now(), now() + interval '1 hour')"
    team.database.run(pause)
    assert list(store.due_for_outbound(None, 10)) == [], "Google refuses our project"
    team.database.run("DELETE FROM provider_pauses")
    assert list(store.due_for_outbound(None, 10)) == [DueWorkspace(team.ws_id)]
    team.run("UPDATE workspace_sync_leases SET large_until = now() + interval '1 day' WHERE ws_id = :ws")
    assert list(store.due_for_outbound(None, 10)) == [DueWorkspace(team.ws_id, "large")]
    team.run("UPDATE workspace_sync_leases SET large_until = NULL WHERE ws_id = :ws")
    team.sync(direction="outbound")
    assert list(store.due_for_outbound(None, 10)) == []


def make_it_repeat(team: Writing, event: Json, **fields: Any) -> None:
    """A person makes a series of it in Google."""
    zone = {"timeZone": "Europe/Berlin"}
    times = {name: now(team, event["id"])[name] | zone for name in ("start", "end")}
    rule = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    team.google.patch_event(ADA, event["id"], {**times, **rule, **fields})


def test_an_event_that_repeats_leaves_no_row_beside_its_occurrences(review: Review) -> None:
    team, event, _ = review
    make_it_repeat(team, event)
    team.sync()
    assert team.stored(ADA) == team.truth(ADA)


@pytest.mark.parametrize("choice", ["mine", "theirs"])
@pytest.mark.parametrize("deletes", [False, True])
@pytest.mark.parametrize("first", ["both", "outbound"])
def test_an_edit_of_what_repeats_by_now_is_for_a_person(
    review: Review, first: str, deletes: bool, choice: Literal["mine", "theirs"]
) -> None:
    team, event, row = review
    if deletes:
        team.delete(row)
    else:
        team.change(row, title="Retro")
    make_it_repeat(team, event)
    team.sync(direction=first)
    team.sync()
    occurrences = team.truth(ADA)
    assert list(occurrences.values()) == ["Review"] * 3
    assert team.stored(ADA) == occurrences
    (told,) = team.wiring.outbound.conflicts(team.ws_id)
    assert told.conflict is not None
    assert (told.reason, list(told.conflict)) == ("repeats", ["existence" if deletes else "title"])
    team.google.expire_sync_tokens(ADA)
    team.sync()
    assert [each.link_id for each in team.wiring.outbound.conflicts(team.ws_id)] == [told.link_id], "until then"

    team.wiring.outbound.resolve(told.link_id, choice)
    team.sync()
    assert team.wiring.outbound.conflicts(team.ws_id) == []
    decided = [] if deletes else ["Retro"]
    assert list(team.truth(ADA).values()) == ([*decided, "Review", "Review"] if choice == "mine" else ["Review"] * 3)
    assert team.stored(ADA) == team.truth(ADA)


def test_an_edit_is_not_decided_for_a_series_whose_occurrences_are_not_here(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Retro")
    make_it_repeat(team, event)
    team.sync(direction="outbound")
    (told,) = team.wiring.outbound.conflicts(team.ws_id)
    with pytest.raises(BadInput, match="sync first"):
        team.wiring.outbound.resolve(told.link_id, "mine")
    assert team.wiring.outbound.conflicts(team.ws_id) == [told]


def test_given_up_an_edit_of_what_repeats_leaves_nothing(review: Review) -> None:
    team, event, row = review
    team.change(row, title="Retro")
    make_it_repeat(team, event)
    team.inject(action="cut_before", method="PATCH", path="*/events/*")
    team.sync(direction="outbound")
    switch_off(team)
    team.again()
    team.sync()
    assert (team.stored(ADA), team.wiring.outbound.conflicts(team.ws_id)) == (team.truth(ADA), [])


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_an_open_conflict_of_our_own_event_is_not_decided_for_a_series(
    editing: Writing, choice: Literal["mine", "theirs"]
) -> None:
    team = editing
    team.target(ADA)
    ours = team.event("Review")
    team.sync()
    event = team.of(ours)
    team.change(ours, title="Ours")
    team.edit(ours, summary="Theirs")
    team.sync()
    make_it_repeat(team, event)
    team.sync()
    (told,) = team.wiring.outbound.conflicts(team.ws_id)
    team.wiring.outbound.resolve(told.link_id, choice)
    team.sync()
    first = "Ours" if choice == "mine" else "Theirs"
    assert list(team.truth(ADA).values()) == [first, "Theirs", "Theirs"]
    assert team.wiring.outbound.conflicts(team.ws_id) == []


def test_an_edit_between_two_pages_of_a_delta_is_of_an_occurrence_that_lives(make_team: Callable[..., Writing]) -> None:
    """The second page tells the end of the single event under the id of the series, after all its occurrences."""
    team = make_team(ALMANAC_SYNC_PAGE_SIZE="5")
    team.block("Ours")
    team.run("UPDATE calendar_connections SET sync_outbound_enabled = true WHERE ws_id = :ws")
    start = (team.now + timedelta(days=1)).replace(hour=9, minute=0, second=0)
    times = {"start": _at(start), "end": _at(start + timedelta(hours=1))}
    days = [f"{start + timedelta(days=day):%Y%m%dT%H%M%SZ}" for day in range(5)]
    names = map("single{}".format, range(1000))
    event_id = next(n for n in names if listing_place(n) > max(listing_place(f"{n}_{day}") for day in days))
    team.google.insert_event(ADA, {"summary": "Review", **times}, event_id=event_id)
    team.sync()
    team.google.patch_event(ADA, event_id, {**times, "recurrence": ["RRULE:FREQ=DAILY;COUNT=5"]})
    pages = team.wiring.calendar_pages
    real, changed = pages.apply_page, []

    def apply_page(*arguments: Any) -> Any:
        counts = real(*arguments)
        if not changed:
            changed.append(stored(team, {"id": f"{event_id}_{days[2]}"}))
            team.change(changed[0], title="Retro")
        return counts

    pages.__dict__["apply_page"] = apply_page
    team.sync()
    del pages.__dict__["apply_page"]
    for _ in range(2):
        team.again()
        team.sync()
    there = {event_id: title for event_id, title in team.truth(ADA).items() if title != "Ours"}
    assert sorted(there.values()) == ["Retro", "Review", "Review", "Review", "Review"]
    assert team.stored(ADA) == there
    assert team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False).links == []


def _at(moment: datetime) -> Json:
    return {"dateTime": moment.isoformat(), "timeZone": "UTC"}
