"""Whose a block is, and through whose account it is written: two members, each with an account and a target."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from almanac.domain.outbound.waiting import OutboundStatus
from almanac.presentation.outbound.status import status_document, status_text
from almanac.services.outbound.leaving import Blocks
from local.google_simulator.control.faults import Fault
from tests.integration.outbound.stage import ADA, Writing

pytestmark = pytest.mark.integration

BOB = "bob@example.test"
_TARGET = (
    "UPDATE workspace_members SET target_reviewed_at = now(), target_connection_id = (SELECT c.id"
    " FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
    " WHERE c.ws_id = :ws AND a.account_email = :account AND c.calendar_id = :calendar)"
    " WHERE ws_id = :ws AND user_id = :user"
)
_MEETING = (
    "WITH b AS (UPDATE workspace_calendar_events SET task_id = NULL WHERE id = :id),"
    " t AS (DELETE FROM task_calendar_events WHERE event_id = :id),"
    " m AS (INSERT INTO meetings (ws_id, creator_id, title) VALUES (:ws, 'ada', 'Sync') RETURNING id)"
    " INSERT INTO meeting_calendar_events (event_id, ws_id, meeting_id, attending, scheduled_minutes)"
    " SELECT :id, :ws, m.id, '{ada,bob}', 60 FROM m"
)


def aim(team: Writing, user: str, account: str, calendar: str) -> None:
    """Somebody's blocks go to a calendar, through an account that sees it; the dry run has been looked at."""
    team.run(_TARGET, user=user, account=account, calendar=calendar)
    team.run("UPDATE workspace_members SET target_reviewed_at = now() WHERE ws_id = :ws")


def join(team: Writing) -> None:
    team.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, 'bob')")
    aim(team, "bob", BOB, BOB)


@pytest.fixture
def both(team: Writing) -> Writing:
    """Bob is a member too, with an account and a target of his own."""
    team.connect(BOB)
    join(team)
    return team


def settle(team: Writing) -> None:
    """Two runs, each of which may do what waited for a time."""
    for _ in range(2):
        team.again()
        team.sync()


def titles(team: Writing) -> list[list[str]]:
    """What is in Ada's calendar, and in Bob's."""
    return [[body["summary"] for body in team.there(calendar)] for calendar in (ADA, BOB)]


def outbound(team: Writing) -> OutboundStatus:
    return team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False)


_Handed = tuple[UUID, str, Any]
"""A block of Ada's, and the statement that makes it Bob's, with the task that it is about, if any."""


def task_of(team: Writing) -> _Handed:
    return team.block(), "UPDATE task_calendar_events SET user_id = 'bob' WHERE ws_id = :ws", None


def habit_of(team: Writing) -> _Handed:
    return team.habit_block("Report")[0], "UPDATE workspace_habits SET user_id = 'bob' WHERE ws_id = :ws", None


def meeting_of(team: Writing) -> _Handed:
    block = team.block()
    team.run(_MEETING, id=block)
    return block, "UPDATE meetings SET creator_id = 'bob' WHERE ws_id = :ws", None


def assigned(team: Writing) -> _Handed:
    task = team.task()
    assign = "INSERT INTO task_assignees (task_id, user_id, ws_id) VALUES (:task, 'bob', :ws)"
    return team.block(task=task), assign, task


def event_of_the_workspace(team: Writing) -> _Handed:
    return team.event("Report"), "UPDATE workspaces SET creator_id = 'bob' WHERE id = :ws", None


@pytest.mark.parametrize("make", [task_of, habit_of, meeting_of, assigned, event_of_the_workspace])
def test_what_is_somebody_elses_now_goes_to_their_calendar(both: Writing, make: Callable[[Writing], _Handed]) -> None:
    _, hand_over, task = make(both)
    settle(both)
    assert titles(both) == [["Report"], []]
    both.run(hand_over, **({"task": task} if task else {}))
    settle(both)
    assert titles(both) == [[], ["Report"]]


_BLOCK = (
    "SELECT e.external_event_id, e.external_calendar_id, e.locked, b.task_id FROM task_calendar_events b"
    " JOIN workspace_calendar_events e ON e.id = b.event_id WHERE b.ws_id = :ws"
)


class TestDraggedIntoTheOthersCalendar:
    """Google keeps its id; the listing of the calendar where it is now tells of it later."""

    def test_it_is_the_block_there(self, both: Writing) -> None:
        task = both.task("Report")
        block = both.block(task=task)
        settle(both)
        moved = both.google.move_event(ADA, both.of(block)["id"], BOB)
        for _ in range(3):
            both.sync(calendar_id=ADA)
            both.again()
        assert both.row(block), "nobody has said yet where it is"
        settle(both)
        assert both.run(_BLOCK) == [[moved["id"], BOB, True, task]]
        assert both.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws") == [[0]]
        assert titles(both) == [[], ["Report"]]

    def test_where_its_account_is_lost_nobody_reads_it_so_it_counts_as_deleted(self, both: Writing) -> None:
        block, other = both.block(), both.block("Other", hours=30)
        settle(both)
        both.google.move_event(ADA, both.of(block)["id"], BOB)
        both.google.revoke_account(BOB)
        both.change(other, title="Other 2")
        settle(both)
        assert both.row(block) is None
        assert titles(both)[0] == ["Other 2"], "it holds up nothing of Ada's"

    def test_where_it_cannot_be_looked_for_now_it_waits_alone(self, both: Writing) -> None:
        block, other = both.block(), both.block("Other", hours=30)
        settle(both)
        both.google.move_event(ADA, both.of(block)["id"], BOB)
        both.google.inject(Fault(action="error", account=BOB, times=None))
        both.change(other, title="Other 2")
        settle(both)
        assert both.row(block)
        assert titles(both)[0] == ["Other 2"]
        both.google.clear_faults()
        both.run("UPDATE calendar_connections SET retry_at = NULL WHERE ws_id = :ws")
        settle(both)
        assert {calendar for _, calendar, *_ in both.run(_BLOCK)} == {None, BOB}, "the other one is still ours"


class TestWhoLeaves:
    def test_blocks_ahead_are_taken_back_and_nobody_else_gets_them(self, both: Writing) -> None:
        blocks = [both.block(f"Bob's {n}", hours=24 + n) for n in range(3)]
        both.run("UPDATE task_calendar_events SET user_id = 'bob' WHERE ws_id = :ws")
        both.event("Ada's")
        settle(both)
        assert not outbound(both).unowned
        both.wiring.people.remove(both.ws_id, "bob")
        settle(both)
        assert titles(both) == [["Ada's"], []]
        assert outbound(both).unowned == {"bob": 3}
        assert "3 blocks ahead go nowhere: bob is no member" in status_text(outbound(both))
        assert all(both.row(block) for block in blocks), "what becomes of them a plan decides"
        join(both)
        settle(both)
        assert titles(both) == [["Ada's"], ["Bob's 0", "Bob's 1", "Bob's 2"]]

    def test_habits_of_theirs_are_told_likewise_and_what_is_over_is_not(self, both: Writing) -> None:
        habit_of(both)
        both.run("UPDATE workspace_habits SET user_id = 'bob' WHERE ws_id = :ws")
        both.wiring.people.remove(both.ws_id, "bob")
        assert status_document(outbound(both))["unowned"] == [{"user_id": "bob", "blocks": 1}]
        both.run("UPDATE workspace_calendar_events SET start_at = now() - interval '1 day', end_at = now()")
        assert not outbound(both).unowned

    def test_however_many_they_are_somebody_has_consented(self, make_team: Callable[..., Writing]) -> None:
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="1")
        team.connect(BOB)
        join(team)
        for number in range(4):
            team.block(hours=24 + number)
        team.run("UPDATE task_calendar_events SET user_id = 'bob' WHERE ws_id = :ws")
        settle(team)
        team.wiring.people.remove(team.ws_id, "bob")
        settle(team)
        assert titles(team) == [[], []]

    def test_a_meeting_of_theirs_is_written_for_those_who_come(self, both: Writing) -> None:
        meeting_of(both)
        both.run("UPDATE meetings SET creator_id = 'bob' WHERE ws_id = :ws")
        settle(both)
        both.wiring.people.remove(both.ws_id, "bob")
        settle(both)
        assert titles(both) == [["Report"], []]


class TestOneCalendarOfBoth:
    """Bob may write to Ada's calendar, and it is a target through his account from now on, or again."""

    @pytest.fixture
    def shared(self, both: Writing) -> Writing:
        both.google.set_entry(ADA, BOB, role="writer")
        both.run(
            "INSERT INTO calendar_connections (ws_id, auth_token_id, calendar_id, access_role)"
            " SELECT ws_id, id, :calendar, 'writer' FROM calendar_auth_tokens"
            " WHERE ws_id = :ws AND account_email = :bob",
            calendar=ADA,
            bob=BOB,
        )
        return both

    def test_what_is_there_is_written_by_the_other_account(self, shared: Writing) -> None:
        block = shared.block()
        settle(shared)
        aim(shared, "ada", BOB, ADA)
        shared.google.revoke_account(ADA)
        before = shared.requests()
        shared.move(block, 40)
        shared.drag(block, 50)
        settle(shared)
        assert shared.row(block) == ["Report", shared.at(50), shared.at(51), True]
        shared.change(block, title="Report 2")
        settle(shared)
        assert [(entry["method"], entry["account"]) for entry in shared.writes(before)] == [("PATCH", BOB)]
        assert titles(shared) == [["Report 2"], []]
        assert [shared.link(block), shared.link(block, "account")] == ["agreed", [BOB]]

    def test_what_one_account_was_refused_the_other_may_be_granted(self, shared: Writing) -> None:
        shared.google.set_entry(ADA, ADA, role="reader")
        shared.block()
        settle(shared)
        assert titles(shared) == [[], []]
        aim(shared, "ada", BOB, ADA)
        settle(shared)
        assert titles(shared) == [["Report"], []]
        status = shared.wiring.outbound.status(shared.ws_id, dry_run=False, confirm=False)
        assert (list(status.held), list(status.links)) == ([], [])

    def test_it_does_not_come_twice_after_it_was_elsewhere(self, shared: Writing) -> None:
        block = shared.block()
        settle(shared)
        shared.google.set_entry(ADA, ADA, role="reader")  # so that it cannot go from there
        aim(shared, "ada", BOB, BOB)
        settle(shared)
        aim(shared, "ada", BOB, ADA)
        settle(shared)
        assert titles(shared) == [["Report"], []]
        assert shared.link(block, "account") == [BOB]

    def test_what_an_account_has_left_is_gone_on_with_through_the_other(self, shared: Writing) -> None:
        block = shared.block()
        settle(shared)
        shared.wiring.accounts.disconnect(shared.ws_id, ADA, blocks="leave")
        aim(shared, "ada", BOB, ADA)
        settle(shared)
        assert titles(shared) == [["Report"], []]
        assert (shared.link(block), shared.stored(ADA)) == ("agreed", {})


class TestOneAccountOfBoth:
    """Bob has connected Ada's account too: the one of an office, say."""

    @pytest.fixture
    def office(self, team: Writing) -> Writing:
        team.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, 'bob')")
        token = team.simulator.world.account(ADA).refresh_token
        team.wiring.connect_account(team.ws_id, "bob", ADA, token)
        team.run(
            "UPDATE workspace_members SET target_reviewed_at = now(), target_connection_id = (SELECT c.id"
            " FROM calendar_connections c JOIN calendar_auth_tokens a ON a.id = c.auth_token_id"
            " WHERE c.ws_id = :ws AND a.user_id = 'bob') WHERE ws_id = :ws AND user_id = 'bob'"
        )
        team.run("UPDATE workspace_members SET target_reviewed_at = now() WHERE ws_id = :ws")
        return team

    @pytest.mark.parametrize(("blocks", "titles"), [("remove", ["Ada's, later"]), ("leave", ["Ada's, later", "Bob's"])])
    def test_with_bobs_go_bobs_blocks_and_no_others(self, office: Writing, blocks: Blocks, titles: list[str]) -> None:
        of_bob = office.block("Bob's", hours=30)
        office.run("UPDATE task_calendar_events SET user_id = 'bob' WHERE ws_id = :ws")
        of_ada = office.block("Ada's")
        settle(office)
        office.wiring.accounts.disconnect(office.ws_id, ADA, user_id="bob", blocks=blocks)
        office.change(of_ada, title="Ada's, later")
        settle(office)
        assert [body["summary"] for body in office.there()] == titles
        assert office.link(of_ada) == "agreed"
        assert office.link(of_bob) == ("gone" if blocks == "remove" else "detached")
