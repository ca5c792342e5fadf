"""A run taken back, two moments compared, the line of a change, lateness told once: on real rows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from almanac.adapters.postgres.connection import Database
from almanac.adapters.postgres.due_workspaces import PostgresDueStore
from almanac.errors import BadInput
from almanac.presentation.history import diff, trace
from almanac.presentation.preview import Preview
from almanac.presentation.terminal.plan import described
from almanac.services.history.undo import UndoChanged, UndoRun
from almanac.services.plan.apply import job_of
from almanac.web.console.plan_pages import moves
from almanac.wiring.command_line import Wiring
from tests.cli.shell import Shell
from tests.integration import rows
from tests.integration.history.test_history import Synced
from tests.integration.planned import Planned
from tests.integration.rows import event

pytestmark = pytest.mark.integration

BLOCKS = (
    "SELECT e.id, e.start_at, b.task_id FROM workspace_calendar_events e"
    " JOIN task_calendar_events b ON b.event_id = e.id WHERE e.ws_id = :ws"
)


@pytest.fixture
def almanac(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str) -> Shell:
    shell = Shell(monkeypatch, capsys)
    shell.set(database_url=database_url)
    return shell


class Team(Planned):
    """Plans, and takes them back, at one instant."""

    @property
    def undo(self) -> UndoRun:
        return replace(self.wiring.undo_run, clock=lambda: self.now)

    def rows(self) -> list[Any]:
        return [tuple(row) for row in self.database.run(BLOCKS, ws=self.ws_id)]

    def told(self, after: int) -> list[tuple[str, str]]:
        return [(c.kind, c.origin) for c in self.wiring.history.changes(self.ws_id, after).items]

    @property
    def head(self) -> int:
        return self.wiring.history.store.head(self.ws_id).version


@pytest.fixture
def team(database_url: str) -> Iterator[Team]:
    team = Team(database_url)
    yield team
    team.wiring.close()


class TestUndoOfAPlan:
    def test_a_block_that_was_moved_goes_back_and_what_made_the_plan_move_it_is_named(self, team: Team) -> None:
        team.task("Write", 60)
        team.plan()
        (block,) = team.rows()
        start = block[1].astimezone(ZoneInfo(team.zone))
        standup = team.event(f"{start:%m-%d %H:%M}", f"{start + timedelta(hours=1):%m-%d %H:%M}", title="Standup")
        run = team.plan().run_id
        (moved,) = team.rows()
        compared = team.wiring.compare.run(run)
        before = team.head

        shown = team.undo.preview(run)
        done = team.undo(run, shown.fingerprint)

        assert moved[1] != block[1]
        ((event_id, (cause,)),) = compared.causes
        assert (event_id, cause.kind, cause.subject, cause.title) == (block[0], "event", str(standup), "Standup")
        assert "because Standup came" in diff.text(compared)
        assert (done.applied, done.counts) == (True, {"restored": 0, "set_back": 1, "removed": 0, "held": 0})
        assert team.rows() == [block]
        assert team.told(before) == [("event.updated", "operator"), ("run.undone", "operator")]

    def test_a_block_that_was_taken_away_comes_back_with_its_habit(self, team: Team) -> None:
        habit = team.habit("Lunch", 30, frequency="daily")
        team.plan()
        links = "SELECT event_id, habit_id, occurrence_date FROM habit_calendar_events WHERE ws_id = :ws ORDER BY 3, 1"
        before = team.database.run(links, ws=team.ws_id)
        team.skip(habit, before[0][2])
        run = team.plan().run_id
        after = team.database.run(links, ws=team.ws_id)

        done = team.undo(run)

        assert len(after) == len(before) - 1
        assert done.counts["restored"] == 1
        assert team.database.run(links, ws=team.ws_id) == before
        assert team.database.run("SELECT count(*) FROM removed_block_links") == [[0]]
        assert team.undo.preview(run).going == []  # it is done once

    def test_what_was_placed_goes_and_what_has_begun_or_changed_since_stays(self, team: Team) -> None:
        for title in ("One", "Two", "Three"):
            team.task(title, 60)
        run = team.plan().run_id
        one, two, three = (block[0] for block in sorted(team.rows(), key=lambda block: block[1]))
        team.change("task_calendar_events", one, started_at=team.now)
        team.change("workspace_calendar_events", two, title="Mine now")

        done = team.undo(run)

        assert {each.event_id: each.held for each in done.items} == {one: "begun", two: "changed_since", three: None}
        assert {block[0] for block in team.rows()} == {one, two}

    def test_what_somebody_changed_of_a_task_a_habit_or_the_hours_is_named(self, team: Team, almanac: Shell) -> None:
        busy = team.event("03-02 07:00", "03-02 17:00", title="Workshop")
        first, second = team.task("Read", 60), team.task("Write", 60)
        habit = team.habit("Lunch", 30, frequency="weekly", days_of_week=[3], ideal_time="12:00")
        team.plan()
        team.database.run("DELETE FROM workspace_calendar_events WHERE id = :id", id=busy)
        team.change("tasks", first, end_date=team.at("03-02 17:00"), deadline_type="hard")
        team.after(first, second)
        team.change("workspace_habits", habit, ideal_time="15:00")
        moved = str(team.plan().run_id)
        told = almanac("history", str(team.ws_id), "--run", moved, "--json").json["events"]
        causes = {(each["after"] or each["before"])["title"]: each["causes"] for each in told}
        text = almanac("history", str(team.ws_id), "--run", moved).out

        assert [cause["kind"] for cause in causes["Read"]][:2] == ["task", "dependency"]
        fields = [field["field"] for field in causes["Read"][0]["changed"]]
        assert fields == ["deadline", "hard_deadline", "waits_for"]
        assert "because habit Lunch changed: ideal time 720 → 900" in text
        assert {each["cause"] is None for each in told} == {True}

        team.hours("work", {})
        team.hours("work", {"thursday": {"enabled": True, "timeBlocks": [{"startTime": "09:00", "endTime": "17:00"}]}})
        closed = almanac("history", str(team.ws_id), "--run", str(team.plan().run_id)).out
        assert "because opening hours changed: monday 09:00-17:00 → none" in closed
        count = "SELECT count(*) FROM plan_input_changes WHERE run_id = :run"
        again = team.plan().run_id
        assert team.database.run(count, run=again) == [[0]], "what has not changed is no cause"
        team.change("tasks", second, priority="high")
        for job in ({"user_id": "ada"}, {}):  # a plan of one person takes nothing from the next of everybody
            assert team.database.run(count, run=team.plan(**job).run_id) == [[1]]

    def test_a_preview_names_the_causes_that_the_run_then_has(self, team: Team) -> None:
        first, second = team.task("Read", 60), team.task("Write", 60)
        team.plan()
        standup = team.event("03-02 09:00", "03-02 11:00", title="Standup")
        team.after(first, second)
        plan = replace(team.wiring.apply_plan.plan, clock=lambda: team.now)
        shown = replace(team.wiring.apply_plan, plan=plan).preview(
            job_of(team.ws_id, 30, force_reschedule=False, safe=False)
        )

        document = Preview(shown).document()
        told = {
            each["title"]: [(cause["kind"], cause["subject"]) for cause in each["causes"]]
            for each in document["blocks"]
            if each["change"] == "moved"
        }
        lines = [line for entry in Preview(shown).agenda().entries for line in entry.causes]
        compared = team.wiring.compare.run(team.plan().run_id)
        causes = dict(compared.causes)
        came = {
            str((each.after or {})["title"]): [(cause.kind, cause.subject) for cause in causes[each.event_id]]
            for each in compared.events
            if each.before is not None
        }

        assert told == came
        assert ("event", str(standup)) in told["Read"]
        assert ("task", str(first)) in told["Read"]
        assert ("dependency", str(second)) in told["Read"]
        assert {line for move in moves(shown) for line in move.causes} == set(lines)
        assert any(line.startswith("Standup came") for line in lines)
        assert "because Standup came" in " ".join(described(Preview(shown).agenda()).split())

    def test_what_was_put_back_stays_there_until_the_calendar_or_a_person_moves_it(self, team: Team) -> None:
        monday = team.event("03-02 07:00", "03-02 17:00", title="Workshop")
        task = team.task("Write", 60)
        team.plan()
        team.database.run("DELETE FROM workspace_calendar_events WHERE id = :id", id=monday)
        team.change("tasks", task, end_date=team.at("03-02 17:00"), deadline_type="hard")
        moving = team.plan().run_id
        moved = team.times()
        team.undo(moving)

        team.plan()
        stays = team.times()
        team.event("03-03 09:00", "03-03 17:00", title="Offsite")
        team.plan()
        gives_way = team.times()
        team.undo(moving)  # by now it is somewhere else: nothing to put back
        forced = team.plan(force_reschedule=True)

        assert (moved, stays) == (["03-02 09:00-10:00"], ["03-03 09:00-10:00"])
        assert gives_way == moved
        assert forced.outcome != "failed"

    def test_what_was_taken_back_is_not_planned_into_that_time_again(self, team: Team) -> None:
        team.task("Write", 60)
        team.habit("Lunch", 30, frequency="weekly", days_of_week=[1], ideal_time="12:00")
        run = team.plan().run_id
        before = set(team.times())
        team.undo(run)

        team.plan()

        assert len(team.times()) == 2
        assert not before & set(team.times())

    def test_a_preview_that_is_no_longer_true_writes_nothing(self, team: Team) -> None:
        team.task("Write", 60)
        run = team.plan().run_id
        shown = team.undo.preview(run).fingerprint
        team.change("workspace_calendar_events", team.rows()[0][0], title="Mine now")
        before = team.head

        with pytest.raises(UndoChanged) as changed:
            team.undo(run, shown)

        assert changed.value.fresh.counts["held"] == 1
        assert team.head == before

    def test_the_commands(self, team: Team, almanac: Shell) -> None:
        team.now = team.database.run("SELECT now()")[0][0]
        team.task("Write", 60)
        run = str(team.plan().run_id)

        shown = almanac("undo", run)
        done = almanac("undo", run, "--apply", "--json")
        again = almanac("history", str(team.ws_id), "--run", run)
        nothing = almanac("undo", str(uuid4()))

        assert f"almanac undo {run} --apply" in shown.out
        assert (done.json["removed"], done.json["applied"], team.rows()) == (1, True, [])
        assert "came" in again.out
        assert (nothing.code, "RUN" in nothing.err) == (2, True)


class TestUndoOfASweep:
    @pytest.fixture
    def swept(self, database: Database) -> tuple[Synced, UUID, UUID]:
        """An event that the app locked and linked is swept away, though the provider still has it."""
        team = Synced(database)
        team.sync(event("e1"), event("e2"), full=True)
        lost = team.event_id("e2")
        database.run("UPDATE workspace_calendar_events SET created_at = '2026-01-01'")
        database.run(
            "UPDATE workspace_calendar_events SET locked = true, color_override = 'RED' WHERE id = :id", id=lost
        )
        return team, lost, team.sync(event("e1"), full=True)

    def test_everything_that_vanished_is_there_again_as_it_was(
        self, swept: tuple[Synced, UUID, UUID], database_url: str
    ) -> None:
        team, lost, run = swept
        wiring = Wiring({"ALMANAC_DATABASE_URL": database_url})
        version = team.changes()[-1].version
        done = wiring.undo_run(run)
        was = team.history.calendar(team.ws_id, version - 1).events
        now = team.history.calendar(team.ws_id).events

        before = team.head
        team.sync(event("e1"), event("e2"))  # the provider has it: it is read as the same row
        wiring.close()

        assert done.counts["restored"] == 1
        assert team.told(version)[:2] == [("event.restored", "operator"), ("run.undone", "operator")]
        assert now == was
        assert (now[lost]["locked"], now[lost]["color_override"]) == (True, "RED")
        assert team.event_id("e2") == lost
        assert team.told(before) == []

    def test_what_came_back_by_itself_is_left_alone(self, swept: tuple[Synced, UUID, UUID], database_url: str) -> None:
        team, lost, run = swept
        team.sync(event("e1"), event("e2", etag='"2"'))
        wiring = Wiring({"ALMANAC_DATABASE_URL": database_url})

        found = wiring.undo_run.preview(run)
        told = wiring.undo_run(run)
        wiring.close()

        assert [(each.event_id, each.held) for each in found.items] == [(lost, "changed_since")]
        assert told.going == []

    def test_a_run_that_swept_nothing_is_no_run_to_undo(
        self, swept: tuple[Synced, UUID, UUID], database_url: str
    ) -> None:
        team, _, _ = swept
        wiring = Wiring({"ALMANAC_DATABASE_URL": database_url})
        run = team.sync(event("e9"))

        for unusable in (run, uuid4()):
            with pytest.raises(BadInput):
                wiring.undo_run.preview(unusable)
        wiring.close()


def test_two_moments_are_compared_with_who_did_it(database: Database, almanac: Shell) -> None:
    team = Synced(database)
    team.sync(event("e1"), event("e2"), full=True)
    noon = team.head
    team.sync(event("e1", etag='"2"', title="Moved"), event("e3"), gone=("e2",))
    database.run("UPDATE workspace_calendar_events SET title = 'Ours' WHERE external_event_id = 'e3'")
    database.run("UPDATE workspace_calendar_events SET title = 'A while' WHERE external_event_id = 'e1'")
    database.run("UPDATE workspace_calendar_events SET title = 'Moved' WHERE external_event_id = 'e1'")

    found = almanac("history", str(team.ws_id), "--diff", str(noon), "now", "--json")
    text = almanac("history", str(team.ws_id), "--diff", str(noon), str(noon + 3))
    backwards = almanac("history", str(team.ws_id), "--diff", str(noon + 2), str(noon))

    told = {each["what"]: each for each in found.json["events"]}
    assert set(told) == {"came", "went", "changed"}
    assert told["changed"]["columns"] == ["title"]
    assert [change["origin"] for change in told["changed"]["by"]] == ["sync", "app", "app"]
    assert [change["origin"] for change in told["came"]["by"]] == ["sync", "app"]
    assert told["went"]["after"] is None
    assert f"versions {noon} to {noon + 3}" in text.out
    assert (backwards.code, "--diff" in backwards.err) == (2, True)


def test_a_change_is_followed_from_its_run_to_whoever_was_told(database: Database, almanac: Shell) -> None:
    team = Synced(database)
    run = team.sync(event("e1"), full=True)
    endpoint, delivery = uuid4(), uuid4()
    database.run(
        "INSERT INTO webhook_endpoints (id, ws_id, url, secret) VALUES (:id, :ws, 'https://example.com/', 'gAAAA')",
        id=endpoint,
        ws=team.ws_id,
    )
    database.run(
        "INSERT INTO webhook_deliveries (id, endpoint_id, ws_id, from_version, to_version, more, replayed, status)"
        " VALUES (:id, :endpoint, :ws, 1, 9, false, false, 'delivered')",
        id=delivery,
        endpoint=endpoint,
        ws=team.ws_id,
    )

    lines = [almanac("trace", each, "--json").json for each in (str(run), str(delivery), f"{team.ws_id}/{team.head}")]
    text = almanac("trace", str(run)).out
    app = almanac("trace", f"{team.ws_id}/1").out
    unknown = almanac("trace", str(uuid4()))
    database.run("UPDATE workspaces SET name = 'R&D/Team'")
    named, nobody = almanac("trace", "R&D/Team/1"), almanac("trace", "Nobody/1")

    assert lines[0] == lines[1] == lines[2]
    (line,) = lines[0]["lines"]
    assert (line["run"]["run_id"], line["changes"]) == (str(run), {"calendar.imported": 1, "event.created": 1})
    assert f"webhook {endpoint} delivered" in text
    assert text.count("\n") == 1
    assert app.startswith("somebody else than a run")
    assert (unknown.code, "ID" in unknown.err) == (2, True)
    assert named.out == app
    assert nobody.complaint.startswith("almanac: WS: neither an id nor the name")
    assert trace.text([]) == ""


def test_lateness_is_told_once_and_so_is_its_end(database: Database) -> None:
    team = Synced(database)
    database.run("UPDATE calendar_connections SET created_at = now() - interval '2 hours'")
    store, now = PostgresDueStore(database), database.run("SELECT now()")[0][0]
    before = team.head

    news = [store.tell_late(now), store.tell_late(now)]
    database.run(
        "INSERT INTO calendar_sync_states (connection_id, last_synced_at) SELECT id, now() FROM calendar_connections"
        " ON CONFLICT (connection_id) DO UPDATE SET last_synced_at = now()"
    )
    news += [store.tell_late(now), store.tell_late(now)]

    late, caught_up = team.changes(before)
    assert news == [1, 0, 1, 0]
    assert (late.kind, caught_up.kind) == ("workspace.late", "workspace.caught_up")
    assert late.note is not None
    assert (late.note["job"], late.note["reason"]) == ("sync", "never")
    assert late.subject == team.ws_id


def test_a_restored_database_is_said_to_be_one(database: Database, almanac: Shell) -> None:
    ws_id = rows.workspace(database)
    rows.account(database, ws_id)

    unsure = almanac("restored")
    said = almanac("restored", "--confirm", "--json")
    listed = almanac("history", str(ws_id), "--json")

    ahead = almanac("history", str(ws_id), "--from", "99")  # of a reader that saw more than there is now

    assert (unsure.code, ahead.code) == (2, 2)
    assert "begin with the calendar as it is" in ahead.err
    assert said.json == {"epoch": 1}
    assert (listed.json["epoch"], listed.json["changes"][-1]["kind"]) == (1, "workspace.restored")
