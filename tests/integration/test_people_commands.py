"""`almanac member`, `members` and `meeting`, and plans of one member, against a real Postgres."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from almanac.adapters.postgres.connection import Database, parse_url
from tests.integration import rows
from tests.integration.commands import Run, run, ws_id

pytestmark = pytest.mark.integration
__all__ = ["run", "ws_id"]
ATTENDEES = (
    "INSERT INTO meeting_attendees (meeting_id, user_id, is_optional) SELECT :m, unnest(:who::text[]), :optional"
)


def test_a_member_is_added_changed_and_listed(run: Run, ws_id: UUID) -> None:
    assert run("members", ws_id)[1] == "no members: the whole workspace is planned as one timeline\n"
    run("member", "add", ws_id, "--user", "ada", "--name", "Ada")
    run("member", "add", ws_id, "--user", "ben")
    run("member", "add", ws_id, "--user", "ben", "--timezone", "America/New_York")

    listed = json.loads(run("members", ws_id, "--json")[1])["members"]
    assert [(m["user_id"], m["name"], m["time_zone"], m["default"]) for m in listed] == [
        ("ada", "Ada", None, True),
        ("ben", "", "America/New_York", False),
    ]
    assert "has what is nobody's" in run("members", ws_id)[1]
    assert run("member", "remove", ws_id, "--user", "ada")[0] == 0
    code, _, error = run("member", "remove", ws_id, "--user", "ada")
    assert (code, error) == (2, "almanac: --user: is no member; members are ben\n")


def test_an_id_with_white_space_around_it_is_nobody_new(run: Run, ws_id: UUID, database: Database) -> None:
    account = ("account", "add", "--workspace", ws_id, "--email", "ann@example.test", "--token-file", "-")
    for words in (("member", "add", ws_id), account):
        for user in (" ann", "ann ", " "):
            code, _, error = run(*words, "--user", user)
            assert (code, "argument --user: must have no white space before or after it" in error) == (2, True)
    database.run("INSERT INTO workspace_members (ws_id, user_id) VALUES (:ws, ' ann')", ws=ws_id)
    assert run("member", "remove", ws_id, "--user", " ann")[0] == 0, "what a product calls its people is its own affair"


def test_a_digest_and_a_weekly_report_are_wanted_and_not_any_more(run: Run, ws_id: UUID) -> None:
    run("member", "add", ws_id, "--user", "ada")
    on = run("member", "digest", ws_id, "--user", "ada", "--on", "--at", "06:30", "--email", "ada@example.org")
    assert on == (0, "ada gets a digest at 06:30, ada@example.org\n", "")
    assert "06:30" in run("members", ws_id)[1]
    said = json.loads(run("member", "digest", ws_id, "--user", "ada", "--email", "", "--json")[1])
    assert said["digest"] == {"on": True, "at": "06:30", "email": None, "weekly": False}
    assert run("member", "digest", ws_id, "--user", "ada", "--off")[1] == "ada gets no digest\n"
    for wrong, option in (
        (("--user", "ada"), "--on"),
        (("--user", "ada", "--at", "18:00"), "--at"),
        (("--user", "ada", "--at", "7am"), "--at"),
        (("--user", "ada", "--email", "nobody"), "--email"),
        (("--user", "ben", "--on"), "--user"),
    ):
        code, _, error = run("member", "digest", ws_id, *wrong)
        assert (code, option in error) == (2, True)

    assert "a report each Monday" in run("workspace", "set", ws_id, "--weekly-report", "on")[1]
    assert json.loads(run("workspace", "set", ws_id, "--name", "Team", "--json")[1])["weekly_report"] is True
    assert "a report" not in run("workspace", "set", ws_id, "--weekly-report", "off")[1]


def test_a_meeting_is_added_previewed_and_listed(run: Run, ws_id: UUID) -> None:
    for user in ("ada", "ben", "cy"):
        run("member", "add", ws_id, "--user", user)
    who = ("--with", "ada", "--with", "ben", "--optional", "cy")
    added = json.loads(run("meeting", "add", ws_id, "--title", "Kick-off", *who, "--minutes", "45", "--json")[1])

    (listed,) = json.loads(run("meeting", "list", ws_id, "--json")[1])["meetings"]
    assert (listed["meeting_id"], listed["required"], listed["optional"]) == (
        added["meeting_id"],
        ["ada", "ben"],
        ["cy"],
    )
    assert "with ada, ben, perhaps cy" in run("meeting", "list", ws_id)[1]
    run("member", "remove", ws_id, "--user", "cy")
    assert "with ada, ben, perhaps cy (no member)" in run("meeting", "list", ws_id)[1], "as a task's people are listed"
    run("member", "add", ws_id, "--user", "cy")
    (block,) = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["blocks"]
    assert (block["kind"], block["people"], block["optional"]) == ("meeting", ["ada", "ben", "cy"], ["cy"])
    assert json.loads(run("schedule", ws_id, "--preview", "--user", "ada", "--json")[1])["blocks"] == []


def test_a_meeting_is_removed_and_its_block_goes_with_the_next_plan(run: Run, ws_id: UUID, database: Database) -> None:
    for user in ("ada", "ben"):
        run("member", "add", ws_id, "--user", user)
    meeting = _add(run, ws_id)
    block = _block(database, ws_id, meeting)

    said = f"meeting {meeting} is removed; the next plan takes its block away\n"
    assert run("meeting", "remove", ws_id, meeting) == (0, said, "")
    assert run("meeting", "list", ws_id)[1] == "no open meetings\n"
    (gone,) = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["removed"]
    assert gone["event_id"] == str(block)

    unknown = "almanac: MEETING: the workspace has no such meeting; `almanac meeting list` shows those there are\n"
    assert run("meeting", "remove", ws_id, meeting) == (2, "", unknown)


def test_a_list_says_why_a_meeting_has_no_time(run: Run, ws_id: UUID) -> None:
    for user in ("ada", "ben"):
        run("member", "add", ws_id, "--user", user)
    run("hours", "set", ws_id, "--category", "early", "--user", "ada", "--day", "mon-sun", "08:00-12:00")
    run("hours", "set", ws_id, "--category", "early", "--user", "ben", "--day", "mon-sun", "13:00-17:00")
    _add(run, ws_id, "--hours", "early")
    assert "would help" not in run("meeting", "list", ws_id)[1], "nobody has looked yet"
    preview = json.loads(run("schedule", ws_id, "--preview", "--json")[1])
    run("schedule", ws_id, "--write", preview["fingerprint"])

    (listed,) = json.loads(run("meeting", "list", ws_id, "--json")[1])["meetings"]
    (note,) = listed["notes"]
    assert (listed["start"], note["status"]) == (None, "unscheduled")
    said = run("meeting", "list", ws_id)[1]
    assert f"  without a place: {note['reason']}; would help: {note['hint']}\n" in said


def _add(run: Run, ws_id: UUID, *words: object) -> str:
    """A meeting of Ada and Ben; returns its id."""
    who = ("--with", "ada", "--with", "ben")
    said = json.loads(run("meeting", "add", ws_id, "--title", "Kick-off", *who, *words, "--json")[1])
    return str(said["meeting_id"])


def _block(database: Database, ws_id: UUID, meeting: str, attending: str = "{ada,ben}", hours: int = 60) -> UUID:
    """Its block, so many hours after midnight; returns the event's id."""
    found: UUID = database.run(
        "WITH block AS (INSERT INTO workspace_calendar_events (ws_id, provider, title, start_at, end_at)"
        " SELECT :w, 'almanac', 'Kick-off', at, at + interval '30 minutes'"
        " FROM (SELECT date_trunc('day', now()) + :hours * interval '1 hour' AS at) noon RETURNING id, ws_id)"
        " INSERT INTO meeting_calendar_events (event_id, ws_id, meeting_id, scheduled_minutes, attending)"
        " SELECT id, ws_id, :m, 30, :who::text[] FROM block RETURNING event_id",
        w=ws_id,
        m=meeting,
        hours=hours,
        who=attending,
    )[0][0]
    return found


def _attending(database: Database, event_id: UUID) -> object:
    return database.run("SELECT attending FROM meeting_calendar_events WHERE event_id = :id", id=event_id)[0][0]


@pytest.fixture
def three(run: Run, ws_id: UUID) -> None:
    for user in ("ada", "ben", "cy"):
        run("member", "add", ws_id, "--user", user)


@pytest.mark.usefixtures("three")
class TestAMeetingIsChanged:
    def test_what_is_given_changes_and_the_rest_stays(self, run: Run, ws_id: UUID) -> None:
        wishes = ("--deadline", "2199-03-06T17:00Z", "--hard", "--priority", "high", "--hours", "Work")
        meeting = _add(run, ws_id, "--optional", "cy", *wishes)
        was = json.loads(run("meeting", "list", ws_id, "--json")[1])["meetings"][0]

        said = json.loads(run("meeting", "change", ws_id, meeting, "--minutes", "45", "--title", "Start", "--json")[1])
        assert said == {"ws_id": str(ws_id), **was, "minutes": 45, "title": "Start"}

        run("meeting", "change", ws_id, meeting, "--soft", "--no-deadline", "--earliest", "2199-03-01T09:00Z")
        now = json.loads(run("meeting", "list", ws_id, "--json")[1])["meetings"][0]
        gone = {"earliest": "2199-03-01T09:00:00Z", "deadline": None, "hard_deadline": False}
        assert now == {**was, "minutes": 45, "title": "Start", **gone}

    def test_who_must_come_now_is_no_more_among_those_who_may(self, run: Run, ws_id: UUID) -> None:
        meeting = _add(run, ws_id, "--optional", "cy")
        said = json.loads(run("meeting", "change", ws_id, meeting, "--with", "ada", "--with", "cy", "--json")[1])
        assert (said["required"], said["optional"]) == (["ada", "cy"], [])
        said = json.loads(run("meeting", "change", ws_id, meeting, "--optional", "ben", "--json")[1])
        assert (said["required"], said["optional"]) == (["ada", "cy"], ["ben"])
        assert "with ada, cy, perhaps ben" in run("meeting", "list", ws_id)[1]
        said = json.loads(run("meeting", "change", ws_id, meeting, "--no-optional", "--json")[1])
        assert said["optional"] == []

    def test_its_hours_are_those_of_who_has_not_left(self, run: Run, ws_id: UUID) -> None:
        meeting = _add(run, ws_id)
        for user in ("ben", "ada"):
            run("member", "remove", ws_id, "--user", user)
            assert run("meeting", "change", ws_id, meeting, "--hours", "work", "--minutes", "45")[0] == 0, user
        run("member", "add", ws_id, "--user", "ada")
        assert "--hours: is no category" in run("meeting", "change", ws_id, meeting, "--hours", "nights")[2]

    def test_a_plan_is_asked_for_by_what_changes_and_by_nothing_else(
        self, run: Run, ws_id: UUID, database: Database
    ) -> None:
        meeting = _add(run, ws_id)
        database.run("DELETE FROM unplanned_changes")
        same = ("--title", "Kick-off", "--with", "ben", "--with", "ada", "--minutes", "30", "--no-optional", "--soft")
        assert run("meeting", "change", ws_id, meeting, *same)[0] == 0
        assert database.run("SELECT count(*) FROM unplanned_changes") == [[0]]
        assert "the next plan looks for its time" in run("meeting", "change", ws_id, meeting, "--minutes", "45")[1]
        assert database.run("SELECT count(*) FROM unplanned_changes") == [[1]]
        database.run("DELETE FROM unplanned_changes")
        run("meeting", "change", ws_id, meeting, "--with", "ada", "--with", "cy")
        assert database.run("SELECT count(*) FROM unplanned_changes") == [[1]]

    def test_its_block_grows_where_it_is_and_a_locked_one_stays(
        self, run: Run, ws_id: UUID, database: Database
    ) -> None:
        meeting = _add(run, ws_id)
        event = _block(database, ws_id, meeting)
        start = database.run("SELECT start_at FROM workspace_calendar_events")[0][0]
        run("meeting", "change", ws_id, meeting, "--earliest", f"{start.isoformat()}")
        said = run("meeting", "change", ws_id, meeting, "--minutes", "60", "--title", "Start")[1]
        assert said.endswith("the next plan leaves its block there or moves it\n")
        (block,) = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["blocks"]
        assert (block["title"], block["minutes"], block["change"]) == ("Start", 60, "moved")
        assert block["start"] == f"{start:%Y-%m-%dT%H:%M:%SZ}"

        database.run("UPDATE workspace_calendar_events SET locked = true WHERE id = :id", id=event)
        said = run("meeting", "change", ws_id, meeting, "--minutes", "90")[1]
        assert said.endswith("its block is locked and stays where it is\n")
        (block,) = json.loads(run("schedule", ws_id, "--preview", "--json")[1])["blocks"]
        assert (block["minutes"], block["change"], block["reason"]) == (30, "held", "locked by its owner")

    def test_who_comes_to_a_locked_block_follows(self, run: Run, ws_id: UUID, database: Database) -> None:
        meeting = _add(run, ws_id)
        event = _block(database, ws_id, meeting)
        database.run("UPDATE workspace_calendar_events SET locked = true WHERE id = :id", id=event)
        run("meeting", "change", ws_id, meeting, "--with", "ada", "--with", "cy", "--optional", "ben")
        assert _attending(database, event) == ["ada", "ben", "cy"], "who may come and was coming still is"
        run("meeting", "change", ws_id, meeting, "--no-optional")
        assert _attending(database, event) == ["ada", "cy"]
        run("meeting", "change", ws_id, meeting, "--optional", "ben")
        assert _attending(database, event) == ["ada", "cy"], "a plan asks along, not an edit"

    def test_who_comes_follows_the_rows_that_a_product_writes(self, run: Run, ws_id: UUID, database: Database) -> None:
        meeting = _add(run, ws_id)
        event = _block(database, ws_id, meeting)
        database.run("UPDATE workspace_calendar_events SET locked = true WHERE id = :id", id=event)
        database.run(ATTENDEES, m=meeting, who="{cy}", optional=True)
        assert _attending(database, event) == ["ada", "ben"], "a plan asks along, not an edit"
        database.run("UPDATE meeting_attendees SET is_optional = user_id <> 'cy'")
        assert _attending(database, event) == ["ada", "ben", "cy"]
        with database.transaction():
            database.run("DELETE FROM meeting_attendees")
            database.run(ATTENDEES, m=meeting, who="{cy,ada}", optional=True)
        assert _attending(database, event) == ["ada", "cy"], (
            "of what is written anew in one go only what differs counts"
        )
        database.run("DELETE FROM meeting_attendees")
        assert _attending(database, event) == ["ada", "cy"], "whoever writes them anew is not done yet"
        database.run(ATTENDEES, m=meeting, who="{ben,cy}", optional=False)
        assert _attending(database, event) == ["cy", "ben"]

    def test_two_who_write_at_once_are_both_followed(
        self, run: Run, ws_id: UUID, database: Database, database_url: str
    ) -> None:
        meeting = _add(run, ws_id)
        event = _block(database, ws_id, meeting)
        beside = Database(lambda: parse_url(database_url))
        pid = beside.run("SELECT pg_backend_pid()")[0][0]
        with ThreadPoolExecutor(1) as pool:
            with database.transaction():
                database.run("DELETE FROM meeting_attendees WHERE user_id = 'ben'")
                database.run("SET CONSTRAINTS ALL IMMEDIATE")
                added = pool.submit(beside.run, ATTENDEES, m=meeting, who="{cy}", optional=False)
                while not database.run("SELECT 1 FROM pg_locks WHERE pid = :pid AND NOT granted", pid=pid):
                    assert not added.done(), "it waits for the first one"
            added.result(10)
        beside.close()
        assert _attending(database, event) == ["ada", "cy"]

    def test_what_was_held_tells_who_was_there(self, run: Run, ws_id: UUID, database: Database) -> None:
        meeting = _add(run, ws_id)
        event = _block(database, ws_id, meeting, hours=-24)
        run("meeting", "change", ws_id, meeting, "--with", "ada", "--with", "cy")
        assert _attending(database, event) == ["ada", "ben"]

    def test_one_that_is_done_is_no_open_meeting(self, run: Run, ws_id: UUID, database: Database) -> None:
        meeting = _add(run, ws_id)
        database.run("UPDATE meetings SET completed_at = now()")
        unknown = "almanac: MEETING: the workspace has no such meeting; `almanac meeting list` shows those there are\n"
        assert run("meeting", "change", ws_id, meeting, "--minutes", "45") == (2, "", unknown)
        assert database.run("SELECT duration_minutes FROM meetings") == [[30]]

    def test_what_a_change_does_not_touch_may_have_become_impossible(self, run: Run, ws_id: UUID) -> None:
        meeting = _add(run, ws_id)
        run("member", "remove", ws_id, "--user", "ben")
        assert run("meeting", "change", ws_id, meeting, "--title", "Start")[0] == 0
        again = run("meeting", "change", ws_id, meeting, "--with", "ada", "--with", "ben")
        assert again == (2, "", "almanac: --with: names somebody who is no member; members are ada, cy\n")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "--title: missing; give it, or whatever else is to change"),
            (("--with", "ada"), "--with: must name two people or more"),
            (("--optional", "ada"), "--optional: names somebody a second time"),
            (
                ("--earliest", "2199-03-07T17:00Z"),
                "--deadline: must lie after the earliest start; give a later one as well, or none",
            ),
            (
                ("--hours", "nights"),
                "--hours: is no category of hours of all who must come; known are meeting, personal, work",
            ),
            (("--minutes", "44641"), "--minutes: must be 1 to 44640"),
            (("--deadline", "2199-03-08T17:00Z", "--no-deadline"), "--no-deadline: goes not with --deadline"),
        ],
    )
    def test_what_is_wrong_names_its_option_and_changes_nothing(
        self, run: Run, ws_id: UUID, words: tuple[str, ...], said: str
    ) -> None:
        meeting = _add(run, ws_id, "--deadline", "2199-03-06T17:00Z")
        was = run("meeting", "list", ws_id)
        assert run("meeting", "change", ws_id, meeting, *words) == (2, "", f"almanac: {said}\n")
        assert run("meeting", "list", ws_id) == was


def test_a_meeting_of_another_workspace_is_unknown(run: Run, ws_id: UUID, database: Database) -> None:
    meeting = database.run(
        "INSERT INTO meetings (ws_id, title) VALUES (:ws, 'Sync') RETURNING id", ws=rows.workspace(database)
    )[0][0]
    assert run("meeting", "remove", ws_id, meeting)[0] == 2
    assert run("meeting", "change", ws_id, meeting, "--title", "Ours")[0] == 2
    assert database.run("SELECT title FROM meetings") == [["Sync"]]
    assert database.run("SELECT count(*) FROM meetings") == [[1]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--with", "ada", "--with", "zoe"), "--with: names somebody who is no member; members are ada, ben"),
        (("--with", "ada"), "--with: must name two people or more"),
        (("--with", "ada", "--with", "ben", "--optional", "ada"), "--optional: names somebody a second time"),
        (
            (*("--with", "ada", "--with", "ben", "--earliest", "2026-03-02T10:00Z"), "--deadline", "2026-03-02T09:00Z"),
            "--deadline: must lie after the earliest start; give a later one as well, or none",
        ),
        (
            ("--with", "ada", "--with", "ben", "--hours", "nights"),
            "--hours: is no category of hours of all who must come; known are meeting, night, personal, work",
        ),
        (
            ("--with", "ada", "--with", "ben", "--hours", "focus"),
            "--hours: is no category of hours of all who must come; known are meeting, night, personal, work",
        ),
    ],
)
def test_what_is_wrong_with_a_meeting_names_its_option(
    run: Run, ws_id: UUID, database: Database, words: tuple[str, ...], said: str
) -> None:
    for user in ("ada", "ben"):
        run("member", "add", ws_id, "--user", user)
    database.run(
        "INSERT INTO workspace_calendar_hour_settings (ws_id, type, user_id, data)"
        " VALUES (:ws, 'Night', NULL, '{}'), (:ws, 'focus', 'ada', '{}')",
        ws=ws_id,
    )
    assert run("meeting", "add", ws_id, "--title", "M", "--with", "ada", "--with", "ben", "--hours", "NIGHT")[0] == 0
    assert run("meeting", "add", ws_id, "--title", "M", *words) == (2, "", f"almanac: {said}\n")


def test_a_plan_of_somebody_who_is_no_member_is_refused(run: Run, ws_id: UUID) -> None:
    assert run("schedule", ws_id, "--preview", "--user", "zoe") == (
        2,
        "",
        "almanac: --user: is no member; there are none yet; `almanac member add` adds one\n",
    )


def test_a_feed_of_somebody_who_is_no_member_is_refused(run: Run, ws_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALMANAC_PUBLIC_URL", "https://almanac.example.org")
    run("member", "add", ws_id, "--user", "ada")
    assert run("feed", "add", ws_id, "--user", "zoe") == (2, "", "almanac: --user: is no member; members are ada\n")
    assert json.loads(run("feed", "list", ws_id, "--json")[1]) == {"feeds": []}
    assert run("feed", "add", ws_id, "--user", "ada")[0] == 0
