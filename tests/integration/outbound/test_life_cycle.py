"""Targets, roles, quotas, restores and leaving: what happens around the writes."""

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from almanac.cli.accounts import disconnect
from almanac.errors import BadInput, PermissionMissing, StorageFailed, TransientError
from almanac.presentation.outbound.conflicts import conflicts_text
from almanac.presentation.outbound.status import status_document, status_text
from local.google_simulator.simulator import Simulator
from tests.integration.outbound.stage import ADA, Writing

pytestmark = pytest.mark.integration


class TestTargets:
    def test_a_calendar_is_made_once_whatever_crashes(self, team: Writing) -> None:
        team.target(None)
        team.inject(action="cut_after", method="POST", path="*/calendars", times=None)
        with pytest.raises(TransientError):
            team.wiring.targets.make(team.ws_id, "ada")
        made = team.wiring.targets.make(team.ws_id, "ada")

        named = [calendar for calendar in team.simulator.world.calendars.values() if calendar.summary == "Almanac"]
        assert [calendar.id for calendar in named] == [made]
        assert [entry["status"] for entry in team.writes() if entry["path"].endswith("/calendars")] == [200]

    def test_a_request_that_never_arrived_is_repeated_after_an_hour(self, team: Writing) -> None:
        team.inject(action="cut_before", method="POST", path="*/calendars")
        with pytest.raises(TransientError):
            team.wiring.targets.make(team.ws_id, "ada")
        with pytest.raises(TransientError, match="nobody knows yet"):
            team.wiring.targets.make(team.ws_id, "ada")
        team.run("UPDATE outbound_calendars SET retry_at = now() WHERE ws_id = :ws")
        made = team.wiring.targets.make(team.ws_id, "ada")
        assert made in team.simulator.world.calendars

    def test_several_that_were_made_are_for_a_person_to_choose(self, team: Writing) -> None:
        team.inject(action="cut_before", method="POST", path="*/calendars")
        with pytest.raises(TransientError):
            team.wiring.targets.make(team.ws_id, "ada")
        nonce = team.run("SELECT nonce FROM outbound_calendars WHERE ws_id = :ws")[0][0]
        for _ in range(2):
            made = team.google.add_calendar(ADA, "Almanac")
            team.simulator.world.calendar(made).description = f"x {nonce}"
        with pytest.raises(BadInput, match="several"):
            team.wiring.targets.make(team.ws_id, "ada")

    def test_blocks_go_to_the_new_calendar_and_come_back_from_there(self, team: Writing) -> None:
        made = team.wiring.targets.make(team.ws_id, "ada")
        team.wiring.outbound.status(team.ws_id, dry_run=True, confirm=False)
        block = team.block()
        team.sync()
        assert team.of(block, made)["summary"] == "Report"
        team.calendar = made
        team.drag(block, 30)
        team.sync()
        assert team.row(block, "locked") == [True]

    def test_without_the_scope_no_calendar_is_made(self, team: Writing) -> None:
        team.google.grant(ADA, ["calendar.readonly"])
        team.google.expire_access_tokens(ADA)
        team.run("UPDATE calendar_auth_tokens SET access_token = NULL WHERE ws_id = :ws")
        team.sync()
        with pytest.raises(PermissionMissing):
            team.wiring.targets.make(team.ws_id, "ada")

    @pytest.mark.parametrize(("calendar", "complaint"), [("nobody@example.test", "none of"), ("shared", "only read")])
    def test_a_calendar_must_be_there_and_writable(self, team: Writing, calendar: str, complaint: str) -> None:
        if calendar == "shared":
            team.run("UPDATE calendar_connections SET access_role = 'reader' WHERE ws_id = :ws")
            calendar = ADA
        with pytest.raises(BadInput, match=complaint):
            team.wiring.targets.use(team.ws_id, "ada", calendar)
        with pytest.raises(BadInput, match="no such member"):
            team.wiring.targets.use(team.ws_id, "bob", calendar)

    def test_another_target_gets_the_blocks_before_the_old_one_loses_them(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        other = team.second_calendar()
        team.inject(action="error", status=503, method="POST", path=f"*/{other}/events", times=1)
        team.target(other)
        team.sync()
        assert len(team.there()) == 1
        team.again()
        team.sync()
        team.sync()
        assert team.there() == []
        assert team.of(block, other)["summary"] == "Report"

    @pytest.mark.parametrize("kind", ["event", "block"])
    def test_what_a_person_did_just_before_another_target_goes_along(self, team: Writing, kind: str) -> None:
        event = team.event() if kind == "event" else team.block()
        team.sync()
        other = team.second_calendar()
        team.drag(event, 40)
        team.edit(event, summary="Theirs")
        team.target(other)
        for _ in range(3):
            team.sync()
        assert team.there() == []
        body = team.of(event, other)
        assert (body["summary"], datetime.fromisoformat(body["start"]["dateTime"])) == ("Theirs", team.at(40))
        assert team.row(event, "title", "start_at", "locked") == ["Theirs", team.at(40), kind == "block"]

    @pytest.mark.parametrize(
        "change", [{"attendees": [{"email": "bob@example.test"}]}, {"recurrence": ["RRULE:FREQ=DAILY"]}]
    )
    @pytest.mark.parametrize("kind", ["event", "block"])
    def test_what_a_person_took_over_just_before_another_target_is_not_there_twice(
        self, team: Writing, kind: str, change: dict[str, Any]
    ) -> None:
        event = team.event() if kind == "event" else team.block()
        team.sync()
        other = team.second_calendar()
        team.edit(event, **change)
        team.target(other)
        for _ in range(3):
            team.sync()
        assert len(team.there()) == 1
        assert team.there(other) == []
        assert team.stored(team.calendar) == team.truth(team.calendar) != {}

    def test_no_target_any_more_takes_back_what_is_ahead(self, make_team: Callable[..., Writing]) -> None:
        """However much that is: whoever says so has been asked."""
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="1")
        ahead, *_ = (team.block(f"Piece {number}", hours=24 + number) for number in range(3))
        team.sync()
        team.wiring.targets.none(team.ws_id, "ada")
        team.sync()
        assert team.there() == []
        assert team.row(ahead) is not None
        assert team.link(ahead) == "gone"


class TestHolds:
    def test_a_role_that_drops_costs_one_refusal_and_no_reading(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.google.set_entry(ADA, ADA, role="reader")
        team.move(block, 30)
        before = team.requests()
        report = team.sync()
        assert report.status == "completed"
        assert [entry["status"] for entry in team.writes(before)] == [403]
        assert team.held() == "role"
        before = team.requests()
        team.sync()
        assert team.writes(before) == []

        team.google.set_entry(ADA, ADA, role="owner")
        team.again()
        team.sync()
        assert team.held() is None
        assert team.link(block) == "agreed"
        assert team.row(block, "locked") == [False]

    def test_a_calendar_that_was_deleted_gets_no_more_attempts(self, team: Writing) -> None:
        made = team.wiring.targets.make(team.ws_id, "ada")
        team.wiring.outbound.status(team.ws_id, dry_run=True, confirm=False)
        team.block()
        team.sync()
        team.google.delete_calendar(made)
        before = team.requests()
        team.block("Another")
        team.sync()
        assert team.held(made) == "calendar_lost"
        tried = len(team.writes(before))
        team.again()
        team.sync()
        assert len(team.writes(before)) == tried <= 1
        assert len([c for c in team.simulator.world.calendars.values() if c.summary == "Almanac"]) == 1
        status = team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False)
        assert [each.reason for each in status.held] == ["calendar_lost"]
        assert all(team.row(UUID(str(link.event_id))) for link in status.links)

    def test_a_used_up_quota_waits_an_hour_and_then_goes_on(self, team: Writing) -> None:
        team.google.configure({"creates_per_user": 5})
        for number in range(12):
            team.block(f"Piece {number}", hours=24 + number)
        team.sync()
        assert team.held() == "quota"
        before = team.requests()
        team.sync()
        assert len(team.writes(before)) == 0
        team.google.configure({"creates_per_user": None})
        team.again()
        team.sync()
        assert len(team.there()) == 12
        assert len(team.simulator.world.calendar(ADA).records) == 12

    def test_asked_to_slow_down_the_account_waits_and_nobody_is_taken_for_typing(self, team: Writing) -> None:
        block, other = team.block(), team.block("Other", hours=30)
        team.sync()
        fault = {"action": "error", "status": 429, "reason": "rateLimitExceeded", "method": "PATCH"}
        team.inject(**fault, path="*/events/*", times=3)
        before = team.requests()
        waits = []
        for hours in (40, 50, 60):
            team.move(block, hours)
            team.move(other, hours + 2)
            team.sync(direction="outbound")
            assert team.held() == "rate_limit"
            assert [team.link(each, "refusals") for each in (block, other)] == [[0], [0]]
            waits.append(self.waits(team))
            team.again()
        assert len(team.writes(before)) == 3, "one of the account's, each time"
        assert waits[0] < waits[1] < waits[2], "longer each time"
        team.sync(direction="outbound")
        assert team.held() is None
        assert [team.link(each) for each in (block, other)] == ["agreed", "agreed"]

        team.inject(**fault, path="*/events/*")
        team.move(block, 70)
        team.sync(direction="outbound")
        assert self.waits(team) < waits[1], "as the first time"

    def waits(self, team: Writing) -> float:
        """The seconds that the account was told to wait."""
        columns = "extract(epoch FROM outbound_held_until - updated_at)::float8"
        seconds: float = team.run(f"SELECT {columns} FROM calendar_connections WHERE ws_id = :ws")[0][0]
        return seconds

    @pytest.mark.parametrize(
        ("status", "reason", "held"),
        [(429, "rateLimitExceeded", "rate_limit"), (403, "quotaExceeded", "quota")],
    )
    def test_asked_to_wait_no_other_calendar_of_the_account_is_tried(
        self, team: Writing, status: int, reason: str, held: str
    ) -> None:
        made = team.wiring.targets.make(team.ws_id, "ada")
        team.wiring.outbound.status(team.ws_id, dry_run=True, confirm=False)
        team.block()
        team.sync()
        team.target(ADA)
        fault = {"action": "error", "status": status, "reason": reason}
        for method in ("POST", "DELETE"):
            team.inject(**fault, method=method, path="*/events*", times=None)
        before = team.requests()
        team.sync(direction="outbound")
        assert (len(team.writes(before)), team.held(), team.held(made)) == (1, held, held)

    def test_a_dead_account_writes_nothing_and_is_read_first_when_it_is_back(self, team: Writing) -> None:
        blocks = [team.block(f"Piece {number}", hours=24 + number) for number in range(5)]
        team.sync()
        team.google.revoke_account(ADA)
        team.run("UPDATE calendar_auth_tokens SET access_token = NULL WHERE ws_id = :ws")
        for block in blocks:
            team.move(block, 50)
        team.sync()
        before = team.requests()
        team.sync()
        assert team.writes(before) == []
        assert team.held() == "reconnect_required"

        tokens = team.google.reconnect_account(ADA)
        team.drag(blocks[0], 70)
        account = team.run("SELECT id FROM calendar_auth_tokens WHERE ws_id = :ws")[0][0]
        team.give_token(account, tokens["refresh_token"])
        before = team.requests()
        team.sync()
        asked = team.simulator.observation.requests(before)
        methods = [entry["method"] for entry in asked if "/events/" in entry["path"]]
        assert methods.index("PATCH") >= 5
        assert team.row(blocks[0], "start_at", "locked") == [team.at(70), True]

    def test_a_person_who_grants_only_reading_is_asked_for_more(self, team: Writing) -> None:
        team.google.grant(ADA, ["calendar.readonly"])
        team.google.expire_access_tokens(ADA)
        team.run("UPDATE calendar_auth_tokens SET access_token = NULL WHERE ws_id = :ws")
        team.block()
        report = team.sync()
        assert report.status == "completed"
        assert team.writes() == [] or [entry["status"] for entry in team.writes()] == [403]
        team.sync()
        status = team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False)
        assert [each.reason for each in status.held] == ["permission_missing"]

    def test_deletions_count_to_the_budget_of_a_day(self, make_team: Any) -> None:
        team = make_team(ALMANAC_OUTBOUND_DAILY_BUDGET="3")
        first, _ = team.block(), team.block("Other", hours=30)
        team.sync()
        team.delete(first)
        team.sync()
        team.block("Third", hours=40)
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Other"]
        assert team.held() == "budget"

    def test_the_budget_of_a_day_is_kept(self, make_team: Any) -> None:
        team = make_team(ALMANAC_OUTBOUND_DAILY_BUDGET="3")
        health = team.wiring.dispatch.store.sync_health
        team.block("Piece 0")
        team.sync()
        assert health(team.now).budgets_half_used == 0
        for number in range(1, 5):
            team.block(f"Piece {number}", hours=24 + number)
        team.sync()
        assert len(team.there()) == 3
        assert team.held() == "budget"
        assert health(team.now).budgets_half_used == 1, "what the alarm is about"
        team.run("UPDATE outbound_budget SET day = day - 1 WHERE :ws::uuid IS NOT NULL")
        assert health(team.now).budgets_half_used == 0
        team.again()
        team.sync()
        assert len(team.there()) == 5

    def test_a_budget_that_ends_with_its_day_costs_nothing_of_the_next(
        self, make_team: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        team = make_team(ALMANAC_OUTBOUND_DAILY_BUDGET="1")
        midnight = (team.now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        clock = [midnight - timedelta(seconds=1)]
        write_out = team.wiring.write_out
        object.__setattr__(write_out, "clock", lambda: clock[-1])
        intend = type(write_out.store).intend

        def ends_meanwhile(*asked: Any) -> Any:
            answer = intend(*asked)
            clock.append(midnight + timedelta(seconds=1))
            return answer

        monkeypatch.setattr(type(write_out.store), "intend", ends_meanwhile)
        for number in range(2):
            clock[1:] = []
            team.block(f"Piece {number}")
            team.sync()
        assert team.held() == "budget"
        assert team.run("SELECT outbound_held_until FROM calendar_connections WHERE ws_id = :ws") == [[midnight]]

    def test_writes_of_an_account_keep_their_pace(self, team: Writing) -> None:
        for number in range(5):
            team.block(f"Piece {number}", hours=24 + number)
        sql = "SELECT extract(epoch FROM clock_timestamp())::float8"
        (before,) = team.run(sql + " WHERE :ws::uuid IS NOT NULL")[0]
        team.sync()
        found = team.run(
            "SELECT extract(epoch FROM next_write_at)::float8 FROM outbound_budget WHERE :ws::uuid IS NOT NULL"
        )
        assert found[0][0] >= before + 5 / 2, "two a second"


class TestLeaving:
    def test_with_remove_what_is_ahead_goes_and_the_grant_last(self, make_team: Callable[..., Writing]) -> None:
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="1")
        for number in range(3):
            team.block(f"Piece {number}", hours=24 + number)
        team.sync()
        for _ in range(2):
            left = team.wiring.accounts.disconnect(team.ws_id, ADA, user_id="ada", blocks="remove")
            (listed,) = team.wiring.accounts.all(team.ws_id)
            assert (left.status, listed.status) == ("leaving", "leaving"), "also asked once more"
        assert not team.simulator.world.account(ADA).revoked
        team.sync()
        assert team.there() == []
        assert team.simulator.world.account(ADA).revoked
        assert team.run("SELECT status, access_token FROM calendar_auth_tokens WHERE ws_id = :ws") == [
            ["disconnected", None]
        ]

    def test_who_is_connected_again_while_leaving_stays(self, team: Writing) -> None:
        team.block()
        team.sync()
        team.wiring.accounts.disconnect(team.ws_id, ADA, user_id="ada", blocks="remove")
        tokens = team.google.reconnect_account(ADA)
        team.wiring.connect_account(team.ws_id, "ada", ADA, tokens["refresh_token"])
        team.sync()
        (listed,) = team.wiring.accounts.all(team.ws_id)
        assert (team.there(), listed.status) == ([], "active")
        assert not team.simulator.world.account(ADA).revoked

    def test_w98_what_a_dead_grant_keeps_goes_once_the_account_is_back(self, team: Writing) -> None:
        team.block()
        team.sync()
        team.google.revoke_account(ADA)
        team.run("UPDATE calendar_auth_tokens SET access_token = NULL WHERE ws_id = :ws")
        team.sync()
        args = Namespace(workspace=team.ws_id, words=[], email=ADA, user="ada", blocks="remove")
        session: Any = SimpleNamespace(wiring=team.wiring)
        said = disconnect(args, session).text
        assert "what we have written stays in its calendars" in said
        team.sync()
        assert len(team.there()) == 1

        tokens = team.google.reconnect_account(ADA)
        team.wiring.connect_account(team.ws_id, "ada", ADA, tokens["refresh_token"])
        team.sync()
        assert team.there() == []

    def test_with_leave_nothing_is_deleted(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.wiring.accounts.disconnect(team.ws_id, ADA, blocks="leave")
        team.sync()
        assert len(team.there()) == 1
        assert team.simulator.world.account(ADA).revoked
        assert team.link(block, "state", "reason") == ["detached", "left"]

    def test_what_was_left_is_gone_on_with_once_the_account_is_back(self, team: Writing) -> None:
        moved, deleted, same = (team.block(title, hours=24 + n) for n, title in enumerate(("Moved", "Deleted", "Same")))
        team.sync()
        team.wiring.accounts.disconnect(team.ws_id, ADA, user_id="ada", blocks="leave")
        team.drag(moved, 50)
        team.remove(deleted)
        tokens = team.google.reconnect_account(ADA)
        team.wiring.connect_account(team.ws_id, "ada", ADA, tokens["refresh_token"])
        team.sync()
        before = team.requests()
        team.target(ADA)
        team.sync()
        assert team.writes(before) == []
        assert sorted(body["summary"] for body in team.there()) == ["Moved", "Same"]
        assert team.row(moved) == ["Moved", team.at(50), team.at(51), True]
        assert (team.row(deleted), team.link(same)) == (None, "agreed")
        assert team.stored(ADA) == {}, "no copy of them beside their rows"

    def test_what_was_left_is_an_event_like_any_other(self, team: Writing) -> None:
        team.block()
        team.sync()
        team.sync()
        team.wiring.accounts.disconnect(team.ws_id, ADA, blocks="leave")
        tokens = team.google.reconnect_account(ADA)
        team.wiring.connect_account(team.ws_id, "ada", ADA, tokens["refresh_token"])
        team.sync()
        assert list(team.stored(ADA).values()) == ["Report"], "and takes time"

    def test_a_workspace_with_blocks_ahead_does_not_go(self, team: Writing) -> None:
        team.block()
        team.sync()
        with pytest.raises(StorageFailed, match="workspace_has_linked_events"):
            team.run("DELETE FROM workspaces WHERE id = :ws")
        team.wiring.targets.none(team.ws_id, "ada")
        team.sync()
        team.run("DELETE FROM workspaces WHERE id = :ws")
        assert team.there() == []


class TestRestoredDatabase:
    def test_todays_blocks_are_adopted_and_what_people_did_is_kept(self, team: Writing) -> None:
        old = team.block("Old")
        team.sync()
        restored = team.run("SELECT * FROM calendar_event_links WHERE ws_id = :ws")
        assert len(restored) == 1
        task = team.task("New")
        new = team.block("New", hours=48, task=task)
        team.sync()
        team.drag(new, 60)
        copied = team.google.copy_event(team.calendar, team.of(old)["id"])
        # Yesterday's database knows nothing of today's block.
        team.run("ALTER TABLE workspace_calendar_events DISABLE TRIGGER USER")
        team.run("DELETE FROM workspace_calendar_events WHERE id = :id AND ws_id = :ws", id=new)
        team.run("ALTER TABLE workspace_calendar_events ENABLE TRIGGER USER")
        team.run("DELETE FROM calendar_event_links WHERE event_id = :id AND ws_id = :ws", id=new)

        counts = team.wiring.repair_links(team.ws_id)

        assert (counts.known, counts.restored, counts.copies) == (1, 1, 1)
        team.sync()
        assert team.row(new) == ["New", team.at(60), team.at(61), True]
        titles = sorted(body["summary"] for body in team.there())
        assert titles == ["New", "Old", "Old"]
        assert copied["id"] in {body["id"] for body in team.there()}
        before = team.requests()
        team.sync()
        assert team.writes(before) == []

    def test_a_copy_with_a_name_of_its_own_leaves_the_original_alone(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        team.wiring.repair_links.renew()
        team.move(block, 40)
        before = team.requests()
        team.sync()
        assert team.writes(before) == []
        assert len(team.there()) == 1

    def test_a_run_under_another_name_writes_nothing(self, make_team: Callable[..., Writing]) -> None:
        team = make_team(ALMANAC_INSTALLATION="eu/production")
        team.wiring.repair_links.renew()
        team.target(ADA)
        block = team.block()
        team.sync()
        assert team.of(block)["extendedProperties"]["private"]["almanac"] == "eu/production"
        write_out = team.wiring.write_out
        named = write_out.rules
        object.__setattr__(write_out, "rules", replace(named, installation="eu/staging"))
        team.move(block, 40)
        before = team.requests()
        team.sync()
        assert team.writes(before) == []
        status = team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False)
        assert [each.reason for each in status.held] == ["other_installation"]
        assert "ALMANAC_INSTALLATION" in status_text(status)
        assert list(team.wiring.dispatch.store.due_for_outbound(None, 10)) == []
        object.__setattr__(write_out, "rules", named)
        team.sync()
        assert len(team.writes(before)) == 1
        assert team.held() is None


class TestCommandLine:
    def test_a_conflict_is_shown_and_decided(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, title="Ours")
        team.edit(event, summary="Theirs")
        team.sync()
        (found,) = team.wiring.outbound.conflicts(team.ws_id)
        assert found.conflict == {"title": {"ours": "Ours", "theirs": "Theirs"}}
        text = conflicts_text([found])
        assert "title: wanted here 'Ours', stands there 'Theirs'" in text
        assert f"almanac resolve {found.link_id} --mine" in text

        team.wiring.outbound.resolve(found.link_id, "mine")
        assert team.wiring.outbound.conflicts(team.ws_id) == []
        team.sync()
        assert team.of(event)["summary"] == "Ours"

    def test_a_decision_about_one_version_is_none_about_a_newer_one(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, title="Ours")
        team.edit(event, summary="Theirs")
        team.sync()
        (found,) = team.wiring.outbound.conflicts(team.ws_id)
        team.wiring.outbound.resolve(found.link_id, "mine")
        team.edit(event, summary="Newer")
        team.sync()
        (again,) = team.wiring.outbound.conflicts(team.ws_id)
        assert again.conflict == {"title": {"ours": "Ours", "theirs": "Newer"}}
        team.wiring.outbound.resolve(again.link_id, "mine")
        team.sync()
        assert team.of(event)["summary"] == "Ours"

    def test_theirs_is_what_stands_already(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.change(event, title="Ours")
        team.edit(event, summary="Theirs")
        team.sync()
        (found,) = team.wiring.outbound.conflicts(team.ws_id)
        team.wiring.outbound.resolve(found.link_id, "theirs")
        before = team.requests()
        team.sync()
        assert (team.row(event, "title"), team.writes(before)) == (["Theirs"], [])
        with pytest.raises(BadInput):
            team.wiring.outbound.resolve(found.link_id, "mine")

    def test_what_lives_against_our_deletion_can_be_deleted_after_all(self, team: Writing) -> None:
        event = team.event("Review")
        team.sync()
        team.delete(event)
        team.edit(event, summary="Changed")
        team.sync()
        (found,) = team.wiring.outbound.conflicts(team.ws_id)
        assert (found.reason, found.title) == ("edited_beats_deleted", "Changed")
        team.wiring.outbound.resolve(found.link_id, "mine")
        team.sync()
        assert team.there() == []
        assert team.stored(team.calendar) == {}

    def test_a_dry_run_names_each_write(self, team: Writing, simulator: Simulator) -> None:
        moved, dropped = team.block("Moved"), team.block("Dropped")
        team.sync()
        team.move(moved, 30)
        team.delete(dropped)
        created = team.block("Created")
        before = team.requests()
        status = team.wiring.outbound.status(team.ws_id, dry_run=True, confirm=False)
        document = json.loads(json.dumps(status_document(status), default=str))
        by = {name: [each["event_id"] for each in document[name]] for name in ("create", "change", "delete")}
        assert by == {"create": [str(created)], "change": [str(moved)], "delete": [str(dropped)]}
        assert (document["held"], document["failed"], document["mass_change"]) == ([], [], [])
        text = status_text(status)
        assert "1 to create, 1 to change, 1 to delete" in text
        was, then = (f"{team.at(hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (24, 30))
        assert f"when: {was} to " in text
        assert f" -> {then} to " in text
        assert "target calendar" not in status_text(status, team.wiring.outbound.targets(team.ws_id))
        team.target(None)
        told = status_text(status, team.wiring.outbound.targets(team.ws_id))
        assert f"almanac member target {team.ws_id} --user ada --new-calendar" in told
        assert team.requests() == before
