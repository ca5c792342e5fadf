"""What people did in one calendar while blocks get another one: it goes along, and what they deleted stays deleted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from almanac.presentation.outbound.status import status_text
from almanac.providers.google.write import GoogleWrites
from almanac.services.outbound import run
from tests.integration.outbound.stage import ADA, Writing

pytestmark = pytest.mark.integration


def settle(team: Writing) -> None:
    """A few runs, each of which may do what waited for a time."""
    for _ in range(3):
        team.again()
        team.sync()


def written(team: Writing, make: Callable[[], UUID]) -> tuple[UUID, str]:
    """Something that is in the calendar, and another calendar that is not the target yet."""
    made = make()
    team.sync()
    return made, team.second_calendar()


def begin(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["start"]["dateTime"])


def beside(team: Writing, when: str, act: Callable[[], object], patch: pytest.MonkeyPatch) -> None:
    """Do something right before or after an event is made in Google, by its clock not in the same millisecond."""
    real = GoogleWrites.insert

    def insert(*arguments: Any) -> Any:
        if when == "before":
            act()
        team.google.step_clock(0.01)
        made = real(*arguments)
        team.google.step_clock(0.01)
        if when == "after":
            act()
        return made

    with patch.context() as context:
        context.setattr(GoogleWrites, "insert", insert)
        team.sync()


def refused(team: Writing) -> tuple[UUID, str]:
    """A block that the new target does not take, asked once."""
    block, other = written(team, team.block)
    team.target(other)
    said = {"status": 400, "reason": "invalid", "message": "no", "method": "POST", "path": f"*/{other}/events"}
    team.inject(action="error", times=1, **said)
    settle(team)
    return block, other


def hold_former(team: Writing, event: UUID) -> None:
    """Nobody may write to the calendar that is the target until now."""
    team.google.set_entry(ADA, ADA, role="reader")
    team.move(event, 30)
    team.sync()
    assert team.held() == "role"


class TestWhatPeopleTookOver:
    @pytest.mark.parametrize("read", ["before", "after"])
    def test_a_title_stays_theirs(self, team: Writing, read: str) -> None:
        block, other = written(team, team.block)
        team.edit(block, summary="Theirs")
        if read == "before":
            team.sync()
        team.target(other)
        settle(team)
        team.change(block, title="Ours")
        settle(team)
        assert team.there() == []
        assert team.of(block, other)["summary"] == "Theirs"
        assert team.link(block, "theirs", "state") == [["title"], "agreed"]

    def test_a_title_stays_theirs_that_a_plan_changes_before_anything_is_written(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.edit(block, summary="Theirs")
        team.sync()
        team.target(other)
        team.change(block, title="Ours")
        settle(team)
        assert team.of(block, other)["summary"] == "Theirs"

    def test_transparency_of_an_event_stays_theirs(self, team: Writing) -> None:
        event, other = written(team, team.event)
        team.edit(event, transparency="transparent")
        team.sync()
        team.target(other)
        team.change(event, transparency="opaque")
        settle(team)
        assert team.of(event, other)["transparency"] == "transparent"

    def test_what_both_sides_changed_is_a_conflict(self, team: Writing) -> None:
        event, other = written(team, team.event)
        team.edit(event, summary="Theirs")
        team.change(event, title="Ours")
        team.target(other)
        settle(team)
        assert team.of(event, other)["summary"] == "Theirs"
        (conflict,) = team.wiring.outbound.conflicts(team.ws_id)
        assert (conflict.calendar_id, conflict.conflict) == (other, {"title": {"ours": "Ours", "theirs": "Theirs"}})
        team.wiring.outbound.resolve(conflict.link_id, "mine")
        settle(team)
        assert team.of(event, other)["summary"] == "Ours"

    def test_what_changes_before_the_former_one_goes_comes_too(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.target(other)
        team.inject(action="error", status=503, method="DELETE", path="*/events/*", times=1)
        team.sync()
        team.sync()
        assert len(team.there()) == 1
        team.edit(block, summary="Theirs")
        settle(team)
        team.change(block, title="Ours")
        settle(team)
        assert team.there() == []
        assert team.of(block, other)["summary"] == "Theirs"

    @pytest.mark.parametrize("again", ["other", "former"])
    def test_what_was_still_to_be_written_is_not_forgotten_while_there_is_no_target(
        self, team: Writing, again: str
    ) -> None:
        block, other = written(team, team.block)
        team.target(other)
        team.inject(action="error", status=503, method="DELETE", path="*/events/*", times=1)
        team.sync()
        team.edit(block, summary="Theirs")
        team.inject(action="error", status=503, method="PATCH", path=f"*/{other}/events/*", times=1)
        team.sync()
        assert team.row(block, "title") == ["Theirs"]
        assert team.of(block, other)["summary"] == "Report"
        team.target(None)
        team.target(other if again == "other" else ADA)
        settle(team)
        assert team.of(block, other if again == "other" else ADA)["summary"] == "Theirs"


class TestDeletions:
    def test_a_block_is_planned_elsewhere(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.remove(block)
        team.target(other)
        settle(team)
        assert team.row(block) is None
        assert team.run("SELECT count(*) FROM refused_slots WHERE ws_id = :ws") == [[1]]
        assert (team.there(), team.there(other)) == ([], [])
        assert set(team.states()) == {"gone"}

    def test_a_habit_skips_its_day(self, team: Writing) -> None:
        block, _ = team.habit_block()
        team.sync()
        other = team.second_calendar()
        team.remove(block)
        team.target(other)
        settle(team)
        assert team.run("SELECT count(*) FROM habit_skipped_occurrences WHERE ws_id = :ws") == [[1]]
        assert team.there(other) == []

    @pytest.mark.parametrize("changed", [False, True])
    def test_an_event_goes_unless_it_was_changed_here(self, team: Writing, changed: bool) -> None:
        event, other = written(team, team.event)
        team.remove(event)
        team.target(other)
        if changed:
            team.change(event, title="Ours")
        settle(team)
        assert [body["summary"] for body in team.there(other)] == (["Ours"] if changed else [])
        assert (team.row(event) is not None) == changed

    def test_a_run_that_only_writes_looks_first(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.remove(block)
        team.target(other)
        for _ in range(3):
            team.again()
            team.sync(direction="outbound")
        assert team.row(block) is None
        assert team.there(other) == []

    def test_one_while_the_new_target_takes_nothing(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.target(other)
        team.inject(action="cut_before", method="POST", path=f"*/{other}/events", times=1)
        team.sync()
        team.remove(block)
        settle(team)
        assert team.row(block) is None
        assert team.there(other) == []

    def test_of_two_copies_that_are_there_for_a_moment_either_may_go(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.target(other)
        team.inject(action="error", status=503, method="DELETE", path="*/events/*", times=1)
        team.sync()
        team.sync()
        team.remove(block)
        settle(team)
        assert team.row(block) is not None
        assert team.of(block, other)["summary"] == "Report"

    @pytest.mark.parametrize("made", ["block", "event"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_one_after_the_look_counts_unless_the_other_was_there_by_then(
        self, team: Writing, made: str, when: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event, other = written(team, team.block if made == "block" else team.event)
        team.target(other)
        beside(team, when, lambda: team.remove(event), monkeypatch)
        settle(team)
        assert len(team.there(other)) == (when == "after")
        assert (team.row(event) is None) == (when == "before")
        assert team.there() == []

    def test_one_that_a_person_has_changed_here_meanwhile_is_no_end(
        self, team: Writing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event, other = written(team, team.event)
        team.target(other)
        beside(team, "before", lambda: team.remove(event), monkeypatch)
        team.change(event, title="Ours")
        settle(team)
        assert team.of(event, other)["summary"] == "Ours"

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_one_where_nobody_could_look_counts_once_somebody_can(self, team: Writing, when: str) -> None:
        block, other = written(team, team.block)
        hold_former(team, block)
        team.target(other)
        if when == "before":
            team.remove(block)
        team.sync()
        assert len(team.there(other)) == 1, "it is not waited for"
        if when == "after":
            team.remove(block)
        team.google.set_entry(ADA, ADA, role="owner")
        settle(team)
        assert len(team.there(other)) == (when == "after")
        assert (team.row(block) is None) == (when == "before")

    def test_very_many_where_nobody_could_look_are_in_the_new_calendar(self, make_team: Callable[..., Writing]) -> None:
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="2")
        blocks = [team.block(f"Piece {number}", hours=24 + number) for number in range(4)]
        team.sync()
        other = team.second_calendar()
        hold_former(team, blocks[0])
        team.target(other)
        for block in blocks:
            team.remove(block)
        team.sync()
        team.google.set_entry(ADA, ADA, role="owner")
        settle(team)
        assert len(team.there(other)) == 4
        assert all(team.row(block) for block in blocks)
        assert team.held() is None, "nobody is asked"

    def test_very_many_at_once_are_asked_for_and_nothing_is_lost(self, make_team: Callable[..., Writing]) -> None:
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="2")
        blocks = [team.block(f"Piece {number}", hours=24 + number) for number in range(4)]
        team.sync()
        other = team.second_calendar()
        for block in blocks:
            team.remove(block)
        team.wiring.targets.use(team.ws_id, "ada", other)
        team.wiring.outbound.status(team.ws_id, dry_run=True, confirm=False)
        team.sync()
        assert all(team.row(block) for block in blocks)
        assert team.held() == "mass_change"
        settle(team)
        assert len(team.there(other)) == 4, "whoever wants them in another calendar wants them"
        team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=True)
        settle(team)
        assert all(team.row(block) for block in blocks)
        assert len(team.there(other)) == 4


class TestTheWay:
    def test_what_the_new_target_refuses_stays_until_it_does_not(self, team: Writing) -> None:
        block, other = refused(team)
        assert team.link(block) == "failed"
        assert (len(team.there()), len(team.there(other))) == (1, 0)
        status = team.wiring.outbound.status(team.ws_id, dry_run=False, confirm=False)
        assert [link.state for link in status.links if link.operation or link.state == "failed"] == ["failed"]
        assert f"stays in {ADA}" in status_text(status)
        store = team.wiring.dispatch.store
        assert list(store.due_for_outbound(None, 10)) == [], "and no tick asks for it again"
        team.move(block, 30)
        assert len(store.due_for_outbound(None, 10)) == 1
        settle(team)
        assert team.there() == []
        assert begin(team.of(block, other)) == team.at(30)

    def test_what_the_new_target_refuses_is_taken_back_from_an_account_that_goes(self, team: Writing) -> None:
        refused(team)
        team.run("UPDATE calendar_auth_tokens SET leaving_since = now() WHERE ws_id = :ws")
        team.sync(direction="outbound")
        assert team.there() == []

    def test_what_the_new_target_refuses_goes_with_its_row(self, team: Writing) -> None:
        block, other = refused(team)
        team.delete(block)
        settle(team)
        assert (team.there(), team.there(other)) == ([], [])

    def test_what_the_new_target_refuses_is_let_be_once_it_has_passed(self, team: Writing) -> None:
        block, _ = refused(team)
        store = team.wiring.dispatch.store
        assert list(store.due_for_outbound(None, 10)) == []
        team.run(
            "UPDATE calendar_event_links SET base = jsonb_set(base, '{when}', base -> 'when' ||"
            ' \'{"start": "2026-01-01T09:00:00Z", "end": "2026-01-01T10:00:00Z"}\') WHERE ws_id = :ws'
        )
        assert len(store.due_for_outbound(None, 10)) == 1
        team.sync(direction="outbound")
        assert team.states() == ["detached", "failed"]
        assert len(team.there()) == 1, "it was there, and that stays so"
        assert team.row(block) is not None
        assert list(store.due_for_outbound(None, 10)) == []

    @pytest.mark.parametrize("another", [True, False])
    def test_what_has_passed_stays_where_it_was_and_is_here_once(self, team: Writing, another: bool) -> None:
        block, other = written(team, team.block)
        team.move(block, -48)
        team.sync()
        team.target(other if another else None)
        settle(team)
        assert (len(team.there()), len(team.there(other))) == (1, 0)
        own, event = team.of(block)["id"], team.event()
        listed = "SELECT count(*) FROM workspace_calendar_events WHERE ws_id = :ws AND external_event_id = :id"
        for _ in range(2):
            team.run("UPDATE calendar_event_links SET updated_at = now() - interval '60 days' WHERE ws_id = :ws")
            team.change(event, title="Written, so what is old is forgotten")
            team.google.expire_sync_tokens(ADA)
            team.sync()
            assert team.run(listed, id=own) == [[0]], "the block is its row"
        team.edit(block, summary="Theirs")
        team.sync()
        assert team.run(listed, id=own) == [[1]], "what somebody has changed since is theirs"

    def test_a_calendar_that_nobody_may_write_to_keeps_nothing_back(self, team: Writing) -> None:
        block, other = written(team, team.block)
        hold_former(team, block)
        team.target(other)
        settle(team)
        assert begin(team.of(block, other)) == team.at(30)

    def test_very_many_go_without_being_asked_for(self, make_team: Callable[..., Writing]) -> None:
        team = make_team(ALMANAC_OUTBOUND_MASS_COUNT="1")
        for number in range(4):
            team.block(f"Piece {number}", hours=24 + number)
        team.sync()
        other = team.second_calendar()
        team.target(other)
        settle(team)
        assert (len(team.there()), len(team.there(other))) == (0, 4)

    def test_of_very_many_each_run_takes_some(self, team: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "MOVED_A_RUN", 2)
        blocks = [team.block(f"Piece {number}", hours=24 + number) for number in range(5)]
        team.sync()
        other = team.second_calendar()
        team.target(other)
        team.sync()
        assert [body["summary"] for body in team.there(other)] == ["Piece 0", "Piece 1"]
        assert team.queue.sent[-1].job.source == "continuation"
        team.remove(blocks[3])
        for _ in range(3):
            team.sync(direction="outbound")
        assert [body["summary"] for body in team.there(other)] == ["Piece 0", "Piece 1", "Piece 2", "Piece 4"]
        assert team.there() == []
        assert team.row(blocks[3]) is None

    @pytest.mark.parametrize("written", [False, True])
    def test_back_again_it_is_the_same_event(self, team: Writing, written: bool) -> None:
        block = team.block()
        team.sync()
        before = team.of(block)["id"]
        other = team.second_calendar()
        team.target(other)
        if written:
            team.inject(action="error", status=503, method="DELETE", path="*/events/*", times=1)
            team.sync()
            assert len(team.there()) == len(team.there(other)) == 1
        team.edit(block, summary="Theirs")
        team.target(ADA)
        team.move(block, 30)
        settle(team)
        assert team.there(other) == []
        body = team.of(block)
        assert (body["id"], body["summary"], begin(body)) == (before, "Theirs", team.at(30))
        assert team.row(block, "title") == ["Theirs"]

    def test_back_again_with_what_a_person_did_on_the_way(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.target(other)
        team.inject(action="error", status=503, method="DELETE", path="*/events/*", times=1)
        team.sync()
        team.google.patch_event(other, team.of(block, other)["id"], {"summary": "Theirs"})
        team.target(ADA)
        settle(team)
        assert team.there(other) == []
        assert team.of(block)["summary"] == "Theirs"
        assert team.row(block, "title") == ["Theirs"]

    @pytest.mark.parametrize("deleted", [False, True])
    def test_back_again_while_the_deletion_there_has_no_answer(self, team: Writing, deleted: bool) -> None:
        """Until it is known to be there again, nothing goes from the other calendar, where a person may delete it."""
        block, other = written(team, team.block)
        team.target(other)
        team.sync()
        team.inject(action="error_after", status=500, method="DELETE", path="*/events/*", times=1)
        team.sync()
        assert (len(team.there()), team.link(block, "sent_op")) == (0, [None])
        own = team.of(block, other)["id"]
        team.google.patch_event(other, own, {"summary": "Theirs"})
        if deleted:
            team.google.delete_event(other, own)
        team.target(ADA)
        team.inject(action="error", status=503, method="POST", path="*/events", times=1)
        team.again()
        team.sync()
        assert len(team.there(other)) == (not deleted)
        settle(team)
        assert team.there(other) == []
        assert [body["summary"] for body in team.there()] == ([] if deleted else ["Theirs"])
        assert (team.row(block) is None) == deleted

    def test_made_again_where_it_was_it_has_an_id_that_no_calendar_knows(self, team: Writing) -> None:
        event, other = written(team, team.event)
        team.target(other)
        team.remove(event)
        team.target(ADA)
        team.change(event, title="Ours")
        settle(team)
        assert team.of(event)["summary"] == "Ours"
        ids = [row[0] for row in team.run("SELECT external_event_id FROM calendar_event_links WHERE ws_id = :ws")]
        assert len(ids) == len(set(ids)) == 2

    def test_back_again_after_it_was_deleted_there_it_stays_deleted(self, team: Writing) -> None:
        block, other = written(team, team.block)
        team.remove(block)
        team.target(other)
        team.target(ADA)
        settle(team)
        assert team.row(block) is None
        assert (team.there(), team.there(other)) == ([], [])
