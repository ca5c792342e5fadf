"""Planned blocks and the product's events in Google: written once, kept equal, never mailed, whatever gets lost."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.integration.outbound.stage import Writing

pytestmark = pytest.mark.integration


def assert_nobody_is_mailed(team: Writing) -> None:
    """No write without sendUpdates=none, and none that names a guest."""
    for entry in team.writes():
        if "/events" in entry["path"]:
            assert entry["params"].get("sendUpdates") == ["none"], entry
        assert not {"attendees", "conferenceData", "attachments", "sequence", "iCalUID"} & set(entry["body"] or {})


class TestOut:
    def test_a_plan_appears_once_and_a_second_run_writes_nothing(self, team: Writing) -> None:
        blocks = [team.block(f"Piece {number}", hours=24 + 2 * number) for number in range(12)]

        report = team.sync()
        before = team.requests()
        team.sync()

        assert report.outbound is not None
        assert report.outbound.created == 12
        assert {body["summary"] for body in team.there()} == {f"Piece {number}" for number in range(12)}
        assert team.writes(before) == []
        assert [team.link(block) for block in blocks] == ["agreed"] * 12
        assert_nobody_is_mailed(team)

    def test_a_block_bears_our_mark_and_rings_for_nobody(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        body = team.of(block)

        assert body["id"] == team.link(block, "external_event_id")[0]
        assert body["extendedProperties"]["private"]["almanac-ws"] == str(team.ws_id)
        assert body["reminders"] == {"useDefault": False, "overrides": []}
        assert body["start"]["timeZone"] == "Europe/Berlin"

    def test_our_own_blocks_become_no_rows(self, team: Writing) -> None:
        team.block()
        team.sync()
        team.google.expire_sync_tokens(team.calendar)
        team.sync()

        assert team.run("SELECT count(*) FROM workspace_calendar_events WHERE ws_id = :ws")[0][0] == 1

    def test_what_a_plan_moves_is_moved_and_what_it_drops_is_deleted(self, team: Writing) -> None:
        moved, dropped = team.block("Moved"), team.block("Dropped")
        team.sync()
        team.move(moved, 30, 2)
        team.delete(dropped)

        report = team.sync()

        (left,) = team.there()
        assert (left["summary"], left["id"]) == ("Moved", team.link(moved, "external_event_id")[0])
        assert team.row(moved, "start_at")[0] == team.at(30)
        assert report.outbound is not None
        assert (report.outbound.changed, report.outbound.deleted) == (1, 1)
        assert all(entry["if_match"] for entry in team.writes() if entry["method"] != "POST")

    def test_only_what_has_changed_is_sent(self, team: Writing) -> None:
        event = team.event("Review", location="Room 1")
        team.sync()
        team.change(event, title="Retro")
        team.sync()

        body = team.writes()[-1]["body"]
        assert set(body) == {"summary", "extendedProperties"}

    def test_nothing_is_made_or_deleted_in_the_past(self, team: Writing) -> None:
        team.block("Yesterday", hours=-24)
        over = team.block("Over soon", hours=1)
        team.sync()
        team.run(
            "UPDATE calendar_event_links SET base = jsonb_set(base, '{when}', base -> 'when' ||"
            ' \'{"start": "2026-01-01T09:00:00Z", "end": "2026-01-01T10:00:00Z"}\') WHERE ws_id = :ws'
        )
        team.delete(over)
        team.sync()

        assert [body["summary"] for body in team.there()] == ["Over soon"]
        assert team.link(over) == "detached"

    def test_an_event_without_length_is_refused_here_and_others_proceed(self, team: Writing) -> None:
        empty, fine = team.event("Empty", length=0), team.event("Fine")
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Fine"]
        assert team.link(empty, "state", "reason") == ["failed", "empty_range"]

        team.move(empty, 24, 1)
        team.sync()
        assert team.link(empty) == team.link(fine) == "agreed"

    def test_without_a_target_nothing_is_written_and_nothing_is_kept(self, make_team: Callable[..., Writing]) -> None:
        team = make_team()
        team.target(None)
        team.block()
        team.event()
        report = team.sync()
        assert team.writes() == []
        assert team.states() == []
        assert report.outbound is not None
        assert report.outbound.as_dict() == {}

    def test_the_first_run_waits_for_a_dry_run(self, team: Writing) -> None:
        team.target(None)
        team.target(team.calendar, reviewed=False)
        team.run("UPDATE workspace_members SET target_reviewed_at = NULL WHERE ws_id = :ws")
        team.block()
        team.sync()
        assert team.writes() == []
        assert team.held() == "dry_run_first"
        team.run("UPDATE workspace_members SET target_reviewed_at = now() WHERE ws_id = :ws")
        team.sync()
        assert len(team.there()) == 1
        assert team.held() is None

    def test_an_inbound_job_only_reads_and_an_outbound_one_only_writes(self, team: Writing) -> None:
        team.block()
        assert team.sync(direction="inbound").outbound is None
        assert team.writes() == []
        before = team.requests()
        report = team.sync(direction="outbound")
        assert (report.status, report.outcome) == ("completed", "written")
        asked = [entry for entry in team.simulator.observation.requests(before) if entry["method"] == "GET"]
        assert asked == []
        assert team.sync(direction="outbound", force=True).outcome == "nothing_to_write"

    def test_the_same_id_after_a_delete_is_wanted_again(self, team: Writing) -> None:
        event = team.event("Once")
        team.sync()
        team.delete(event)
        team.sync()
        assert team.there() == []
        team.event("Again", id=event)
        team.sync()
        (body,) = team.there()
        assert body["summary"] == "Again"
        assert team.link(event, "generation") == [2]

    def test_all_day_and_timed_both_ways(self, team: Writing) -> None:
        event = team.event("Trip")
        team.sync()
        day = team.at(48).date()
        team.run(
            "UPDATE workspace_calendar_events SET all_day = true, start_date = :day, end_date = :day::date + 1,"
            " start_at = almanac_day_start(:day, 'Europe/Berlin'),"
            " end_at = almanac_day_start(:day::date + 1, 'Europe/Berlin')"
            " WHERE id = :id AND ws_id = :ws",
            day=day,
            id=event,
        )
        team.sync()
        assert team.of(event)["start"] == {"date": day.isoformat()}
        before = team.requests()
        team.sync()
        assert team.writes(before) == []

        team.run(
            "UPDATE workspace_calendar_events SET all_day = false, start_date = NULL, end_date = NULL,"
            " start_at = :start, end_at = :end WHERE id = :id AND ws_id = :ws",
            start=team.at(30),
            end=team.at(31),
            id=event,
        )
        team.sync()
        assert set(team.of(event)["start"]) == {"dateTime", "timeZone"}
        assert_nobody_is_mailed(team)

    def test_a_change_of_zones_moves_nothing(self, team: Writing) -> None:
        team.block()
        team.event("Plain")
        team.sync()
        before = team.requests()
        team.run("UPDATE workspaces SET timezone = 'Asia/Tokyo' WHERE id = :ws")
        team.run("UPDATE workspace_calendar_events SET time_zone = 'Asia/Tokyo' WHERE ws_id = :ws")
        team.sync()
        assert team.writes(before) == []

    def test_text_of_ours_is_no_markup(self, team: Writing) -> None:
        event = team.event("Review", description="a < b & c")
        team.sync()
        assert team.of(event)["description"] == "a &lt; b &amp; c"
        before = team.requests()
        team.edit(event, description="<b>new</b> &amp; better")
        team.sync()
        assert team.row(event, "description") == ["new & better"]
        assert team.writes(before) == []


@pytest.mark.parametrize("trims", [False, True])
@pytest.mark.parametrize("kind", ["event", "block"])
def test_what_google_makes_of_a_text_is_no_change_of_anybodys(team: Writing, kind: str, trims: bool) -> None:
    """W36: line ends and spaces may be evened, and its own conference block is taken out in any case."""
    team.google.configure({"trims_texts": trims})
    made = team.event if kind == "event" else team.block
    event = made("  Report \r\n")
    block = "-::~:~::~:~:~:~:~:~:~:~::~:~::-"
    team.change(event, description=f" one\r\ntwo {block}join{block} ", location=" Room ")
    team.sync()
    before = team.requests()
    team.sync()
    assert team.writes(before) == []
    team.edit(event, transparency="transparent")
    team.sync()
    team.sync()
    assert team.writes(before) == []
    assert team.row(event, "title", "location") == ["  Report \r\n", " Room "]
    assert team.wiring.outbound.conflicts(team.ws_id) == []

    team.change(event, location="Hall")
    team.sync()
    (write,) = team.writes(before)
    assert write["body"].keys() - {"extendedProperties"} == {"location"}


FIELDS = (
    {"title": "Plain"},
    {"title": "Ümläut", "description": "a\nb", "location": "Room", "transparency": "transparent"},
    {"title": "Private", "visibility": "private", "time_zone": "Asia/Tokyo"},
    {"title": "In half a second", "hours": 24 + 0.5 / 3600},
)


@pytest.mark.parametrize("columns", FIELDS)
def test_sql_and_python_read_the_same_fields_of_an_event(team: Writing, columns: dict[str, Any]) -> None:
    """`almanac_event_fields` of a row, and `fields_of` of what Google has of it."""
    event = team.event(**columns)
    team.sync()
    base, ours = team.link(event, "base", "ours")
    assert {**base, "when": {**base["when"], "zone": ""}} == {**ours, "when": {**ours["when"], "zone": ""}}


def test_links_that_ended_long_ago_are_forgotten(team: Writing) -> None:
    event = team.event()
    team.sync()
    team.delete(event)
    team.sync()
    assert team.states() == ["gone"]
    team.run("UPDATE calendar_event_links SET updated_at = now() - interval '31 days' WHERE ws_id = :ws")
    team.event("Another")
    team.sync()
    assert team.states() == ["agreed"]


LOST: dict[str, dict[str, Any]] = {
    "answer cut after commit": {"action": "cut_after"},
    "answer cut in the middle": {"action": "cut_within"},
    "500 after commit": {"action": "error_after", "status": 500},
    "cut before": {"action": "cut_before"},
    "503 before": {"action": "error", "status": 503},
    "lands late": {"action": "land_late"},
}


def unanswered(team: Writing) -> UUID:
    """An event that was sent and not found, and whose row has gone: its insert is still under way."""
    team.inject(method="POST", path="*/events", action="land_late")
    event = team.event("Once")
    team.sync()
    team.delete(event)
    team.again()
    team.sync()
    assert team.link(event) == "gone"
    return event


class TestLostAnswers:
    @pytest.mark.parametrize("name", LOST)
    def test_of_an_insert_leave_one_event(self, team: Writing, name: str) -> None:
        team.inject(method="POST", path="*/events", **LOST[name])
        block = team.block()
        team.sync()
        assert team.link(block) == "sent"
        while team.google.land():
            pass
        team.again()
        team.sync()
        assert team.of(block)["summary"] == "Report"
        assert team.link(block) == "agreed"
        assert len(team.simulator.world.calendar(team.calendar).records) == 1
        assert team.stored(team.calendar) == {}, "a listing that had it before our answer was stored made no row of it"

    @pytest.mark.parametrize("name", LOST)
    def test_of_a_change_are_no_change_of_a_person(self, team: Writing, name: str) -> None:
        block = team.block()
        team.sync()
        team.inject(method="PATCH", path="*/events/*", **LOST[name])
        team.move(block, 30)
        team.sync()
        while team.google.land():
            pass
        team.again()
        team.sync()
        team.again()
        team.sync()
        assert team.link(block) == "agreed"
        title, start, _, locked = team.row(block)
        assert (title, start, locked) == ("Report", team.at(30), False)
        assert team.of(block)["start"]["dateTime"] is not None

    @pytest.mark.parametrize("name", LOST)
    def test_of_a_delete_are_a_success(self, team: Writing, name: str) -> None:
        block = team.block()
        team.sync()
        team.inject(method="DELETE", path="*/events/*", **LOST[name])
        team.delete(block)
        team.sync()
        while team.google.land():
            pass
        for _ in range(2):
            team.again()
            team.sync()
        assert team.there() == []
        assert team.link(block, "state", "error_type") == ["gone", None]

    @pytest.mark.parametrize("status", [404, 410])
    @pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
    def test_that_an_event_is_not_there_although_it_is_are_not_asked_for_again(
        self, team: Writing, method: str, status: int
    ) -> None:
        """Whoever says so would say it again: a look, and then it waits a minute."""
        block = team.block()
        if method != "POST":
            team.sync()
            team.move(block, 30)
        if method == "DELETE":
            team.delete(block)
        reason = {404: "notFound", 410: "deleted"}[status]
        team.inject(action="error", status=status, reason=reason, method=method, path="*/events*", times=None)
        before = team.requests()
        team.sync()
        assert [entry["status"] for entry in team.writes(before)] == [status]
        team.sync()
        assert len(team.writes(before)) == 1
        team.google.clear_faults()
        team.again()
        team.sync()
        assert team.there() == [] if method == "DELETE" else team.of(block)["summary"] == "Report"
        assert team.link(block, "state", "error_type") == ["gone" if method == "DELETE" else "agreed", None]

    def test_of_an_insert_that_lands_after_its_row_has_gone_leave_nothing(self, team: Writing) -> None:
        unanswered(team)
        team.google.land()
        for _ in range(2):
            team.sync()
        assert team.there() == []
        assert team.states() == ["gone"]

    def test_of_an_insert_whose_row_comes_back_leave_one_event(self, team: Writing) -> None:
        """The id is not given up as long as something may land under it: two would be there."""
        event = unanswered(team)
        team.event("Again", id=event)
        team.google.land()
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Again"]
        assert team.link(event, "generation", "state") == [1, "agreed"]

    def test_of_an_insert_that_a_person_finds_first_leave_it_to_them(self, team: Writing) -> None:
        event = unanswered(team)
        team.google.land()
        team.edit(event, summary="Mine now")
        for _ in range(2):
            team.sync()
        assert [body["summary"] for body in team.there()] == ["Mine now"]
        assert team.link(event, "state", "reason") == ["detached", "edited_beats_deleted"]

    def test_of_an_insert_that_lands_and_is_deleted_there_leave_its_id_dead(self, team: Writing) -> None:
        event = unanswered(team)
        team.google.land()
        team.remove(event)
        team.sync()
        team.event("Again", id=event)
        team.sync()
        assert [body["summary"] for body in team.there()] == ["Again"]
        assert team.link(event, "generation", "state") == [2, "agreed"]

    @pytest.mark.parametrize("lands", ["before the row is back", "before it is written", "at the end"])
    def test_of_a_delete_whose_row_comes_back_leave_the_event(self, team: Writing, lands: str) -> None:
        """It is no deletion by a person, whenever it lands: the row would go, and its slot be refused."""
        event = team.event("Kept")
        team.sync()
        team.inject(action="land_late", method="DELETE", path="*/events/*")
        team.delete(event)
        team.sync()
        if lands == "before the row is back":
            team.google.land()
        team.event("Kept", id=event)
        team.inject(action="error", status=403, reason="rateLimitExceeded", method="PATCH", path="*/events/*")
        team.again()
        team.sync()
        if lands == "before it is written":
            team.google.land()
        for _ in range(2):
            team.again()
            team.sync()
        if lands == "at the end":
            team.google.land()
        for _ in range(2):
            team.again()
            team.sync()
        assert [body["summary"] for body in team.there()] == ["Kept"]
        assert (team.row(event, "title"), team.link(event)) == (["Kept"], "agreed")

    def test_of_a_change_to_what_a_person_deletes_and_brings_back_leave_it_to_them(self, team: Writing) -> None:
        block = team.block()
        team.sync()
        key = team.of(block)["id"]
        team.inject(action="cut_before", method="PATCH", path="*/events/*")
        team.move(block, 30)
        team.sync()
        team.remove(block)
        team.again()
        team.sync()
        assert team.link(block) == "gone"
        team.google.patch_event(team.calendar, key, {"status": "confirmed"})
        for _ in range(2):
            team.sync()
        assert [body["id"] for body in team.there()] == [key]

    def test_the_client_does_not_repeat_a_write_by_itself(self, team: Writing) -> None:
        team.inject(action="cut_after", method="POST", path="*/events", times=None)
        team.block()
        team.sync()
        assert len([entry for entry in team.writes() if entry["method"] == "POST"]) == 1

    def test_an_outage_stops_a_run_after_two_writes(self, team: Writing) -> None:
        team.inject(action="error", status=503, method="POST", path="*/events", times=None)
        for number in range(6):
            team.block(f"Piece {number}", hours=24 + number)
        report = team.sync()
        assert report.status == "completed"
        assert len(team.writes()) == 2
        team.google.clear_faults()
        team.again()
        team.sync()
        assert len(team.there()) == 6

    @pytest.mark.parametrize(
        "fault",
        [
            {"action": "error", "status": 500, "reason": "backendError"},
            {"action": "error", "status": 400, "reason": "invalid"},
            {"action": "error", "status": 403, "reason": "forbidden"},
            {"action": "text", "status": 200},
        ],
    )
    def test_events_that_cannot_be_read_hold_up_no_other(self, team: Writing, fault: dict[str, Any]) -> None:
        unreadable = [team.block(f"Piece {number}", hours=24 + number) for number in range(3)]
        other = team.block("Other", hours=30)
        team.sync()
        for block in unreadable:
            team.edit(block, summary="Theirs")
            team.inject(method="GET", path=f"*/events/{team.of(block)['id']}", times=None, **fault)
        team.change(other, title="Changed")
        team.sync()
        team.sync()
        assert team.of(other)["summary"] == "Changed"
        assert team.held() is None
        links = [team.link(block, "state", "error_type") for block in unreadable]
        assert [state for state, error in links if error] == ["sent"] * 3
        team.google.clear_faults()
        team.again()
        team.sync()
        assert [team.row(block, "title") for block in unreadable] == [["Theirs"]] * 3

    def test_an_id_that_a_forgotten_deletion_holds_is_given_up(self, team: Writing) -> None:
        block = team.block()
        key = team.link(block, "external_event_id")[0]
        times = {name: {"dateTime": team.at(hour).isoformat()} for name, hour in (("start", 5), ("end", 6))}
        team.google.insert_event(team.calendar, times, event_id=key)
        team.google.delete_event(team.calendar, key)
        team.google.forget_tombstones(team.calendar)
        team.sync()
        assert team.of(block)["summary"] == "Report"
        assert team.link(block, "generation", "state") == [2, "agreed"]
