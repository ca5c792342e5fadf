"""What people do in Google to blocks and events of ours, and what becomes of it here: their hand wins."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from almanac.providers.google.write import GoogleWrites
from tests.integration.outbound.stage import Writing

pytestmark = pytest.mark.integration


def while_read(team: Writing, act: Callable[[], object], patch: pytest.MonkeyPatch) -> None:
    """Sync, and do something here between Google's answer about an event and what becomes of it."""
    real = GoogleWrites.read
    acts = [act]

    def read(*arguments: Any) -> Any:
        found = real(*arguments)
        if acts:
            acts.pop()()
        return found

    with patch.context() as context:
        context.setattr(GoogleWrites, "read", read)
        team.sync()


class TestWhileItIsRead:
    """A run looks at many events, one after the other: what it knows of the last one is seconds old by then."""

    def test_deleted_here_it_lives_as_theirs(self, team: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
        block = team.block()
        team.sync()
        team.edit(block, summary="Theirs")
        while_read(team, lambda: team.delete(block), monkeypatch)
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Theirs"]
        assert team.link(block, "state", "reason") == ["detached", "edited_beats_deleted"]

    def test_changed_here_it_is_a_conflict(self, team: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
        event = team.event()
        team.sync()
        team.edit(event, summary="Theirs")
        while_read(team, lambda: team.change(event, title="Ours"), monkeypatch)
        team.sync()
        assert team.row(event, "title") == ["Theirs"]
        assert team.link(event, "conflict") == [{"title": {"ours": "Ours", "theirs": "Theirs"}}]

    @pytest.mark.parametrize("delete", [False, True])
    def test_so_it_is_on_its_way_to_another_target(
        self, team: Writing, monkeypatch: pytest.MonkeyPatch, delete: bool
    ) -> None:
        event = team.event()
        team.sync()
        team.edit(event, summary="Theirs")
        other = team.second_calendar()
        team.target(other)
        act = team.delete if delete else lambda event: team.change(event, title="Ours")
        while_read(team, lambda: act(event), monkeypatch)
        for _ in range(2):
            team.again()
            team.sync()
        if delete:
            assert [body["summary"] for body in team.there()] == ["Theirs"]
            return
        assert team.of(event, other)["summary"] == "Theirs"
        assert team.link(event, "conflict") == [{"title": {"ours": "Ours", "theirs": "Theirs"}}]


class TestBlocks:
    def test_dragged_is_pinned_and_planned_around(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.drag(block, 30)
        before = team.requests()
        team.sync()

        assert team.row(block) == ["Report", team.at(30), team.at(31), True]
        assert team.writes(before) == []
        assert team.plans_asked_for() == 1
        assert team.link(block) == "agreed"

    def test_resized_is_pinned_and_counts_with_its_new_length(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.drag(block, 24, 2.5)
        team.sync()
        minutes = team.run("SELECT scheduled_minutes FROM task_calendar_events WHERE ws_id = :ws")[0][0]
        assert minutes == 150

    def test_a_move_of_ours_loses_against_a_drag(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.drag(block, 30)
        team.move(block, 50)
        team.sync()
        assert team.row(block) == ["Report", team.at(30), team.at(31), True]
        team.sync()
        assert datetime.fromisoformat(team.of(block)["start"]["dateTime"]) == team.at(30)

    def test_a_drag_that_no_listing_has_told_stops_our_write(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.drag(block, 30)
        team.move(block, 50)
        team.sync(direction="outbound")
        assert [entry["status"] for entry in team.writes()] == [200, 412]
        assert team.row(block) == ["Report", team.at(30), team.at(31), True]

    def test_dragged_far_beyond_the_window_is_followed(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.sync()
        team.drag(block, 24 * 400)
        team.sync()
        assert team.row(block, "start_at") == [team.at(24 * 400)]

    def test_renamed_stays_renamed_and_goes_on_being_planned(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.edit(block, summary="Deep work")
        team.sync()
        assert team.row(block) == ["Deep work", team.at(24), team.at(25), False]
        team.change(block, title="Report", start_at=team.at(40), end_at=team.at(41))
        team.sync()
        body = team.of(block)
        assert body["summary"] == "Deep work"
        assert team.link(block, "theirs", "state") == [["title"], "agreed"]

    def test_free_time_stays_free(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.edit(block, transparency="transparent")
        before = team.requests()
        team.sync()
        assert team.row(block, "transparency") == ["transparent"]
        assert team.writes(before) == []

    def test_colour_and_reminders_are_theirs_anyway(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.edit(block, colorId="11", reminders={"useDefault": True})
        team.sync()
        team.move(block, 30)
        team.sync()
        body = team.of(block)
        assert (body["colorId"], body["reminders"]["useDefault"]) == ("11", True)
        assert team.row(block, "locked") == [False]

    def test_deleted_goes_elsewhere_and_never_comes_back(self, team: Writing) -> None:
        task = team.task()
        block = team.block(task=task)
        team.sync()
        team.remove(block)
        before = team.requests()
        team.sync()
        team.sync()

        assert team.row(block) is None
        slots = team.run("SELECT task_id, start_at, end_at FROM refused_slots WHERE ws_id = :ws")
        assert slots == [[task, team.at(24), team.at(25)]]
        assert team.there() == []
        assert team.writes(before) == []
        assert team.plans_asked_for() == 1

    def test_a_deleted_meeting_goes_elsewhere_too(self, team: Writing) -> None:
        event_id = team.block("Sync")
        meeting = team.run("INSERT INTO meetings (ws_id, title) VALUES (:ws, 'Sync') RETURNING id")[0][0]
        team.run("DELETE FROM task_calendar_events WHERE ws_id = :ws")
        team.run("UPDATE workspace_calendar_events SET task_id = NULL WHERE ws_id = :ws")
        team.run(
            "INSERT INTO meeting_calendar_events (event_id, ws_id, meeting_id, scheduled_minutes)"
            " VALUES (:event, :ws, :meeting, 60)",
            event=event_id,
            meeting=meeting,
        )
        team.sync()
        team.remove(event_id)
        team.sync()

        assert team.row(event_id) is None
        slots = team.run("SELECT meeting_id, start_at, end_at FROM refused_meeting_slots WHERE ws_id = :ws")
        assert slots == [[meeting, team.at(24), team.at(25)]]

    def test_a_deleted_block_that_nobody_knew_to_be_there_is_not_planned_there_again(self, team: Writing) -> None:
        team.inject(action="cut_after", method="POST", path="*/events")
        block = team.block()
        team.sync()
        team.remove(block)
        team.again()
        team.sync()
        assert team.row(block) is None
        slots = team.run("SELECT start_at, end_at FROM refused_slots WHERE ws_id = :ws")
        assert slots == [[team.at(24), team.at(25)]]

    def test_what_is_not_found_once_is_looked_for_again_before_it_counts_as_deleted(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.edit(block, summary="Changed")
        team.inject(action="error", status=404, reason="notFound", method="GET", path="*/events/*")
        team.sync()
        assert team.row(block) is not None
        team.again()
        team.sync()
        assert team.row(block, "title") == ["Changed"]

    def test_a_deleted_habit_skips_that_day(self, team: Writing) -> None:
        block, habit = team.habit_block()
        other, _ = team.habit_block("Walk", hours=48)
        team.sync()
        team.remove(block)
        team.sync()
        sql = "SELECT habit_id, occurrence_date FROM habit_skipped_occurrences WHERE ws_id = :ws AND revoked_at IS NULL"
        assert team.run(sql) == [[habit, team.at(24).date()]]
        assert team.row(other) is not None

    def test_deleted_after_it_has_passed_was_not_done(self, team: Writing) -> None:
        block = team.block(hours=0.5, length=0.25)
        team.sync()
        team.run(
            "UPDATE calendar_event_links SET base = jsonb_set(base, '{when}', base -> 'when' ||"
            ' \'{"start": "2026-01-01T09:00:00Z", "end": "2026-01-01T10:00:00Z"}\') WHERE ws_id = :ws'
        )
        team.remove(block)
        team.sync()
        assert team.row(block) is None
        assert team.run("SELECT count(*) FROM task_calendar_events WHERE ws_id = :ws")[0][0] == 0
        assert team.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws")[0][0] == 0

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({}, "all_day"),
            ({"attendees": [{"email": "bob@example.test"}]}, "guests"),
            ({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}, "repeats"),
        ],
    )
    def test_taken_over_is_left_alone(self, team: Writing, change: dict[str, Any], reason: str) -> None:
        if reason == "all_day":
            day = team.at(72).date()
            change = {
                "start": {"date": day.isoformat(), "dateTime": None, "timeZone": None},
                "end": {"date": (day + timedelta(days=1)).isoformat(), "dateTime": None, "timeZone": None},
            }
        block = team.block()
        team.sync()
        team.edit(block, **change)
        before = team.requests()
        team.sync()
        team.sync()

        assert team.row(block) is None
        assert team.link(block, "state", "reason") == ["detached", reason]
        assert team.writes(before) == []
        assert team.stored(team.calendar) == team.truth(team.calendar) != {}
        assert team.plans_asked_for() == 1

    @pytest.mark.parametrize("told", ["together", "one after the other"])
    def test_moved_to_another_calendar_that_is_read_it_is_the_block_there(self, team: Writing, told: str) -> None:
        private = team.google.add_calendar(team.calendar, "Private")
        team.run(
            "INSERT INTO calendar_connections (ws_id, auth_token_id, provider, calendar_id, calendar_name, access_role)"
            " SELECT ws_id, auth_token_id, provider, :private, 'Private', 'owner' FROM calendar_connections"
            " WHERE ws_id = :ws",
            private=private,
        )
        task = team.task("Report")
        block = team.block(task=task)
        team.sync()
        moved = team.google.move_event(team.calendar, team.of(block)["id"], private)
        if told == "one after the other":
            team.sync(calendar_id=team.calendar)
            assert team.row(block), "nobody has said yet where it is"
            team.again()
        team.sync()
        assert team.row(block) is None
        found = team.run(
            "SELECT e.external_event_id, e.locked, e.task_id, b.task_id FROM task_calendar_events b"
            " JOIN workspace_calendar_events e ON e.id = b.event_id WHERE b.ws_id = :ws"
        )
        assert found == [[moved["id"], True, task, task]]
        assert team.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws") == [[0]]
        assert team.there() == []
        assert [body["id"] for body in team.there(private)] == [moved["id"]]

    def test_moved_to_a_calendar_that_nobody_reads_it_counts_as_deleted(self, team: Writing) -> None:
        private = team.google.add_calendar(team.calendar, "Private")
        block = team.block()
        team.sync()
        team.google.move_event(team.calendar, team.of(block)["id"], private)
        team.sync()
        assert team.row(block) is None
        assert team.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws") == [[1]]

    def test_made_a_series_and_moved_it_is_theirs_there(self, team: Writing) -> None:
        private = team.second_calendar()
        block = team.block()
        team.sync()
        team.edit(block, recurrence=["RRULE:FREQ=DAILY;COUNT=2"])
        team.google.move_event(team.calendar, team.of(block)["id"], private)
        team.sync()
        assert team.row(block) is None
        assert team.link(block, "state", "reason") == ["detached", "repeats"]
        assert team.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws") == [[0]]
        assert team.stored(private) == team.truth(private) != {}

    @pytest.mark.parametrize("known", [False, True])
    def test_a_calendar_that_may_not_be_looked_into_holds_up_nothing(self, team: Writing, known: bool) -> None:
        """Its events cannot be read: what was moved there counts as deleted, and the target is written to as ever."""
        private = team.google.add_calendar(team.calendar, "Private")
        team.run(
            "INSERT INTO calendar_connections (ws_id, auth_token_id, provider, calendar_id, calendar_name, access_role)"
            " SELECT ws_id, auth_token_id, provider, :private, 'Private', 'owner' FROM calendar_connections"
            " WHERE ws_id = :ws",
            private=private,
        )
        block, other = team.block(), team.block("Other", hours=30)
        team.sync()
        team.google.move_event(team.calendar, team.of(block)["id"], private)
        if known:
            team.run(
                "UPDATE calendar_connections SET access_role = 'freeBusyReader'"
                " WHERE ws_id = :ws AND calendar_id = :private",
                private=private,
            )
        else:
            team.google.set_entry(private, team.calendar, role="freeBusyReader")
        team.move(other, 40)
        team.sync(calendar_id=team.calendar)
        assert team.held() is None
        assert team.row(block) is None
        assert team.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws") == [[1]]
        (body,) = team.there()
        assert datetime.fromisoformat(body["start"]["dateTime"]) == team.at(40)

    def test_made_again_it_is_still_free(self, team: Writing) -> None:
        event = team.event()
        team.sync()
        team.edit(event, transparency="transparent")
        team.sync()
        team.remove(event)
        team.change(event, title="Ours")
        for _ in range(2):
            team.again()
            team.sync()
        body = team.of(event)
        assert (body["summary"], body["transparency"]) == ("Ours", "transparent")

    def test_a_copy_is_foreign_and_busy(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        copied = team.google.copy_event(team.calendar, team.of(block)["id"])
        team.move(block, 40)
        team.sync()
        assert team.stored(team.calendar) == {copied["id"]: "Report"}
        assert team.run(
            "SELECT own_block FROM workspace_calendar_events WHERE provider <> 'almanac' AND ws_id = :ws"
        ) == [[False]]
        team.delete(block)
        team.sync()
        assert [body["id"] for body in team.there()] == [copied["id"]]

    def test_deleted_here_and_changed_there_lives(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.delete(block)
        team.edit(block, summary="Mine now")
        team.sync()
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Mine now"]
        assert team.link(block, "state", "reason") == ["detached", "edited_beats_deleted"]
        assert list(team.stored(team.calendar).values()) == ["Mine now"]

    def test_a_lost_mark_comes_back_with_the_next_change(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.edit(block, extendedProperties={"private": {"almanac": None, "almanac-event": None}})
        team.sync()
        team.move(block, 30)
        team.sync()
        assert team.of(block)["extendedProperties"]["private"]["almanac-ws"] == str(team.ws_id)
        assert team.row(block, "locked") == [False]


class TestListings:
    def test_a_full_listing_after_a_lost_token_changes_nothing(self, team: Writing) -> None:
        blocks = [team.block(f"Piece {number}", hours=24 + number) for number in range(4)]
        team.sync()
        team.google.expire_sync_tokens(team.calendar)
        before = team.requests()
        team.sync()
        assert team.writes(before) == []
        assert all(team.row(block) for block in blocks)

    def test_a_deletion_that_only_a_full_listing_tells_is_read_by_name(self, team: Writing) -> None:
        block, other = team.block(), team.block("Other")
        team.sync()
        team.remove(block)
        team.google.expire_sync_tokens(team.calendar)
        team.sync()
        assert team.row(block) is None
        assert team.row(other) is not None

    @pytest.mark.parametrize("lie", ["empty_listing", "truncated_listing"])
    def test_a_listing_that_hides_events_deletes_nothing(self, team: Writing, lie: str) -> None:
        blocks = [team.block(f"Piece {number}", hours=24 + number) for number in range(5)]
        team.sync()
        team.google.expire_sync_tokens(team.calendar)
        team.inject(action=lie, path="*/events", times=None, count=3)
        team.sync()
        team.google.clear_faults()
        team.sync()
        assert all(team.row(block) for block in blocks)
        assert len(team.there()) == 5

    def test_two_hundred_deletions_at_once_ask_first(self, team: Writing) -> None:
        blocks = [team.block(f"Piece {number}", hours=24 + number, length=0.5) for number in range(30)]
        team.sync()
        for block in blocks:
            team.remove(block)
        team.sync()
        assert all(team.row(block) for block in blocks)
        assert team.held() == "mass_change"
        assert team.plans_asked_for() == 0

        team.run("UPDATE calendar_connections SET outbound_consent_until = now() + interval '1 hour' WHERE ws_id = :ws")
        team.sync()
        assert not any(team.row(block) for block in blocks)
        assert team.held() is None

    def test_deletions_that_only_writes_run_into_are_counted_before_they_are_believed(self, team: Writing) -> None:
        blocks = [team.block(f"Piece {number}", hours=24 + number, length=0.5) for number in range(30)]
        team.sync()
        for number, block in enumerate(blocks):
            team.remove(block)
            team.move(block, 60 + number, 0.5)
        for _ in range(3):
            team.sync(direction="outbound")
            team.again()
        assert all(team.row(block) for block in blocks)
        assert team.held() == "mass_change"

    @pytest.mark.parametrize("whose", ["ours", "theirs"])
    def test_one_deletion_more_that_a_look_finds_counts_with_those_before_it(
        self, make_team: Callable[..., Writing], whose: str
    ) -> None:
        """Four may go without consent; of the fifth nobody knows at first that it is there."""
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="4")
        for number in range(4):
            team.block(f"Piece {number}", hours=24 + number)
        team.sync()
        team.inject(action="cut_after", method="POST", path="*/events")
        team.block("Fifth", hours=30)
        team.sync()
        if whose == "ours":
            team.run("DELETE FROM workspace_calendar_events WHERE ws_id = :ws")
        else:
            for body in team.there():
                team.google.delete_event(team.calendar, body["id"])
        team.again()
        team.sync()
        left = team.there() if whose == "ours" else team.run("SELECT 1 FROM task_calendar_events WHERE ws_id = :ws")
        assert len(left) == 1
        assert team.held() == "mass_change"

        team.sync()
        assert (team.there(), team.held()) == ([], None)
        assert not team.run("SELECT 1 FROM workspace_calendar_events WHERE ws_id = :ws")

    def test_deleting_many_of_ours_asks_too(self, team: Writing) -> None:
        for number in range(30):
            team.block(f"Piece {number}", hours=24 + number, length=0.5)
        team.sync()
        team.run("DELETE FROM workspace_calendar_events WHERE ws_id = :ws")
        team.sync()
        assert len(team.there()) == 30
        assert team.held() == "mass_change"
        team.run("UPDATE calendar_connections SET outbound_consent_until = now() + interval '1 hour' WHERE ws_id = :ws")
        team.sync()
        assert team.there() == []


class TestEventsMadeHere:
    def test_title_here_and_place_there_both_survive(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, title="Retro")
        team.edit(event, location="Room 2")
        team.sync()
        team.sync()
        assert team.row(event, "title", "location") == ["Retro", "Room 2"]
        body = team.of(event)
        assert (body["summary"], body["location"]) == ("Retro", "Room 2")

    def test_the_same_field_on_both_sides_is_a_conflict_that_keeps_ours(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, title="Ours")
        team.edit(event, summary="Theirs")
        team.sync()
        assert team.row(event, "title") == ["Theirs"]
        conflict = team.link(event, "conflict")[0]
        assert conflict == {"title": {"ours": "Ours", "theirs": "Theirs"}}

    def test_the_same_change_on_both_sides_is_none(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, title="Same")
        team.edit(event, summary="Same")
        before = team.requests()
        team.sync()
        assert team.link(event, "conflict", "state") == [None, "agreed"]
        assert team.writes(before) == []

    def test_deleted_there_is_deleted_here(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.remove(event)
        team.sync()
        assert team.row(event) is None
        assert team.there() == []

    def test_edited_here_beats_deleted_there(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.remove(event)
        team.change(event, title="Still on")
        team.sync()
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Still on"]
        assert team.link(event, "generation", "state") == [2, "agreed"]

    def test_given_guests_it_keeps_its_row_as_googles(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.edit(event, attendees=[{"email": "bob@example.test"}])
        team.sync()
        team.sync()
        provider, attendees = team.row(event, "provider", "attendees")
        assert (provider, [guest["email"] for guest in attendees]) == ("google", ["bob@example.test"])

    def test_a_person_who_goes_on_typing_makes_a_conflict(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, location="Room 1")
        key = team.of(event)["id"]
        before = team.requests()
        store = team.wiring.write_out.store
        original = store.intend

        def typed(*arguments: Any) -> Any:
            found = original(*arguments)
            team.google.patch_event(team.calendar, key, {"summary": f"Typing {team.requests()}"})
            return found

        object.__setattr__(store, "intend", typed)
        team.sync(direction="outbound")
        assert len(team.writes(before)) == 3
        assert team.link(event) == "conflict"
