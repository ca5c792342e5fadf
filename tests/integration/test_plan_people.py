"""Members, assignees and meetings: from rows to blocks, with the real planner and a real Postgres."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from almanac.adapters.postgres.exports.people import PostgresDays
from almanac.adapters.postgres.plan.requested import PostgresRequestedPlans
from almanac.presentation.preview import Preview
from almanac.presentation.requests import plan_text
from almanac.services.plan.apply import job_of
from almanac.web.console.plan_pages import moves
from tests.integration import rows
from tests.integration.planned import NINE_TO_FIVE, Planned

pytestmark = pytest.mark.integration


class Team(Planned):
    """Ann in Berlin (the creator), Ben in New York, Cy in Berlin; everybody works nine to five at home."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url)
        self.hours("meeting", NINE_TO_FIVE)
        self.database.run("UPDATE workspaces SET creator_id = 'ann' WHERE id = :ws", ws=self.ws_id)
        for user, zone in (("ann", None), ("ben", "America/New_York"), ("cy", None)):
            self.member(user, zone)

    def member(self, user: str, zone: str | None = None, **settings: Any) -> None:
        self.database.run(
            "INSERT INTO workspace_members (ws_id, user_id, name, timezone, settings)"
            " VALUES (:ws, :user, initcap(:user), :zone, :settings::jsonb)"
            " ON CONFLICT (ws_id, user_id) DO UPDATE SET settings = excluded.settings",
            ws=self.ws_id,
            user=user,
            zone=zone,
            settings=json.dumps({"scheduling": settings}),
        )

    def preview(self, user_id: str | None = None) -> Preview:
        apply = self.wiring.apply_plan
        job = job_of(self.ws_id, 7, force_reschedule=False, safe=False, user_id=user_id)
        return Preview(replace(apply, plan=replace(apply.plan, clock=lambda: self.now)).preview(job))

    def assign(self, task: UUID, user: str, minutes: int | None = None, done: int = 0) -> None:
        self.database.run(
            "INSERT INTO task_assignees (task_id, user_id, total_minutes, done_minutes) VALUES (:t, :u, :m, :d)",
            t=task,
            u=user,
            m=minutes,
            d=done,
        )

    def meeting(self, title: str, *users: str, optional: tuple[str, ...] = (), **columns: Any) -> UUID:
        key = self._insert("meetings", title=title, **{"duration_minutes": 60, **columns})
        for user in (*users, *optional):
            self.database.run(
                "INSERT INTO meeting_attendees (meeting_id, user_id, is_optional) VALUES (:m, :u, :o)",
                m=key,
                u=user,
                o=user in optional,
            )
        return key

    def waits(self, **columns: UUID) -> None:
        names = ", ".join(columns)
        values = ", ".join(f":{name}" for name in columns)
        sql = f"INSERT INTO meeting_dependencies (ws_id, {names}) VALUES (:ws, {values})"
        self.database.run(sql, ws=self.ws_id, **columns)

    def busy(self, user: str, start: str, end: str, **columns: Any) -> UUID:
        """An event on somebody's primary calendar; wall times of the workspace."""
        calendar = f"{user}@example.test"
        if not self.database.run(
            "SELECT 1 FROM calendar_auth_tokens WHERE ws_id = :w AND user_id = :u", w=self.ws_id, u=user
        ):
            account = rows.account(self.database, self.ws_id, calendar)
            self.database.run("UPDATE calendar_auth_tokens SET user_id = :u WHERE id = :a", u=user, a=account)
            rows.connection(self.database, self.ws_id, account, calendar)
        values = {"provider": "google", "external_calendar_id": calendar, "external_event_id": f"{start}{end}{user}"}
        return self._insert(
            "workspace_calendar_events", start_at=self.at(start), end_at=self.at(end), **{**values, **columns}
        )

    def placed(self) -> dict[str, list[str]]:
        """ "ben: Mon 09:00-10:00" of each block by title, wall times of the workspace."""
        found = self.database.run(
            "SELECT e.title, coalesce(t.user_id, array_to_string(m.attending, '+'), ''), e.start_at, e.end_at"
            " FROM workspace_calendar_events e LEFT JOIN task_calendar_events t ON t.event_id = e.id"
            " LEFT JOIN habit_calendar_events h ON h.event_id = e.id"
            " LEFT JOIN meeting_calendar_events m ON m.event_id = e.id"
            " WHERE e.ws_id = :ws AND num_nonnulls(t.event_id, h.event_id, m.event_id) > 0 ORDER BY e.start_at, 2",
            ws=self.ws_id,
        )
        shown: dict[str, list[str]] = {}
        for title, whose, start, end in found:
            first, last = (each.astimezone(ZoneInfo(self.zone)) for each in (start, end))
            shown.setdefault(title, []).append(f"{whose}: {first:%d %H:%M}-{last:%H:%M}")
        return shown


@pytest.fixture
def team(database_url: str) -> Iterator[Team]:
    made = Team(database_url)
    yield made
    made.wiring.close()


def test_everybody_has_a_time_of_their_own(team: Team) -> None:
    team.busy("ann", "03-02 09:00", "03-02 17:00")
    for user in ("ann", "ben", "cy"):
        team.assign(team.task(user), user)
    nobody = team.task("nobody's")

    report = team.plan()

    assert (report.outcome, report.counts.scheduled) == ("planned", 4)
    assert team.placed() == {
        "cy": ["cy: 02 09:00-10:00"],
        "ben": ["ben: 02 15:00-16:00"],
        "ann": ["ann: 03 09:00-10:00"],
        "nobody's": ["ann: 03 10:00-11:00"],
    }
    assert nobody
    written = team.written()
    assert team.plan().outcome == "unchanged"
    assert team.written() == written


def test_a_calendar_that_is_shared_takes_everybodys_time_and_so_does_what_the_workspace_has(team: Team) -> None:
    team.busy("ann", "03-02 09:00", "03-02 11:00")
    team.database.run("UPDATE calendar_connections SET is_shared = true")
    team._insert("workspace_calendar_events", start_at=team.at("03-02 11:00"), end_at=team.at("03-02 12:00"))
    team.assign(team.task("Report"), "cy")

    team.plan()

    assert team.placed() == {"Report": ["cy: 02 12:00-13:00"]}


def test_the_workspaces_own_event_takes_the_time_of_whom_it_names(team: Team) -> None:
    for user in ("ann", "cy"):
        team.busy(user, "03-06 09:00", "03-06 09:30")
    tasks = [team.task(title, auto_schedule=False) for title in ("Somebody's", "Nobody's")]
    team.assign(tasks[0], "cy")
    guests = [{"email": "cy@example.test"}, {"email": "ann@example.test", "response": "declined"}]
    named: tuple[dict[str, Any], ...] = (
        {"task_id": tasks[0]},
        {"organizer_email": "Cy@example.test", "creator_email": "ann@example.test"},
        {"creator_email": "ann@example.test", "attendees": json.dumps(guests)},
        {"organizer_email": "somebody@elsewhere.test"},
        {"task_id": tasks[1]},
    )
    for hour, columns in enumerate(named, 9):
        start, end = team.at(f"03-02 {hour:02}:00"), team.at(f"03-02 {hour + 1}:00")
        team._insert("workspace_calendar_events", start_at=start, end_at=end, **columns)
    for title, user, minutes in (("Book", "ann", 180), ("Call", "ann", 60), ("Report", "cy", 60)):
        team.assign(team.task(title, minutes, priority="high" if title == "Book" else "normal"), user)

    team.plan()

    assert team.placed() == {
        "Book": ["ann: 02 09:00-12:00"],
        "Report": ["cy: 02 13:00-14:00"],
        "Call": ["ann: 02 14:00-15:00"],
    }


@pytest.mark.parametrize(
    ("now", "off", "placed"),
    [
        ("03-02 12:00", 3, "kiri: 03 21:00-22:00"),  # Tuesday in Auckland has begun, and is off; Wednesday at nine
        ("03-03 01:00", 2, "ben: 03 15:00-16:00"),  # Monday is over in Berlin, not in New York
        ("03-03 15:30", 3, "ben: 04 15:00-16:00"),
        ("03-03 15:30", 4, "ben: 03 15:30-16:30"),
    ],
)
def test_a_whole_day_off_is_the_date_where_its_person_is(team: Team, now: str, off: int, placed: str) -> None:
    team.now = team.at(now)
    team.member("kiri", "Pacific/Auckland")
    user = placed.split(":")[0]
    day, after = date(2026, 3, off), date(2026, 3, off + 1)
    whole = {"all_day": True, "start_date": day, "end_date": after, "event_type": "outOfOffice"}
    team.busy(user, f"{day:%m-%d} 00:00", f"{after:%m-%d} 00:00", **whole)
    late = [{"startTime": "09:00", "endTime": "23:00"}]
    team.hours("work", {name: {"timeBlocks": late} for name in ("monday", "tuesday", "wednesday")})
    team.assign(team.task("Report"), user)

    team.plan()

    assert team.placed() == {"Report": [placed]}
    assert team.plan().outcome == "unchanged"


def test_an_invitation_declined_by_one_takes_the_time_of_the_others_only(team: Team) -> None:
    for user, response in (("ann", "declined"), ("cy", "accepted")):
        team.busy(user, "03-02 09:00", "03-02 12:00", ical_uid="kickoff", response=response)
        team.assign(team.task(user), user)

    team.plan()

    assert team.placed() == {"ann": ["ann: 02 09:00-10:00"], "cy": ["cy: 02 12:00-13:00"]}


def test_a_task_of_several_is_planned_for_each_with_minutes_of_their_own(team: Team) -> None:
    task = team.task("Review", 120)
    team.assign(task, "ann", 90, 30)
    team.assign(task, "ben")

    team.plan()

    assert team.placed() == {"Review": ["ann: 02 09:00-10:00", "ben: 02 15:00-17:00"]}
    assert team.plan().outcome == "unchanged"
    after = team.task("After")
    team.after(after, task)
    team.plan()
    told = team.database.run("SELECT scheduling_reason FROM task_calendar_events WHERE task_id = :t", t=after)
    assert told == [["the earliest 1 h of work hours after 'Review'"]], "once, not for each who works on it"


def test_a_meeting_takes_an_hour_that_all_have_and_those_who_need_not_come_when_they_can(team: Team) -> None:
    team.busy("cy", "03-02 15:00", "03-02 23:00")
    sync = team.meeting("Sync", "ann", "ben", optional=("cy",))

    team.plan()

    assert team.placed() == {"Sync": ["ann+ben: 02 15:00-16:00"]}
    told = "SELECT meeting_id, scheduling_reason LIKE '% without ''Cy'' %' FROM meeting_calendar_events"
    assert team.database.run(told) == [[sync, True]]
    team.database.run("DELETE FROM workspace_calendar_events WHERE provider = 'google'")
    team.plan()
    assert team.placed() == {"Sync": ["ann+ben+cy: 02 15:00-16:00"]}
    assert team.database.run(told) == [[sync, False]], "the block has not moved, but Cy comes now"
    assert team.plan().outcome == "unchanged"


def test_a_meeting_that_an_undo_took_away_finds_another_time(team: Team) -> None:
    team.meeting("Sync", "ann", "cy")
    run = team.plan().run_id
    before = team.placed()
    replace(team.wiring.undo_run, clock=lambda: team.now)(run)

    team.plan()
    moved = team.placed()

    assert before == {"Sync": ["ann+cy: 02 09:00-10:00"]}
    assert moved == {"Sync": ["ann+cy: 02 10:00-11:00"]}
    assert team.plan().outcome == "unchanged"


def test_work_waits_for_a_meeting_and_a_meeting_for_work(team: Team) -> None:
    draft, minutes = team.task("Draft", 120), team.task("Minutes", 30)
    team.assign(draft, "ann")
    team.assign(minutes, "cy")
    sync = team.meeting("Sync", "ann", "cy")
    team.waits(meeting_id=sync, depends_on_task_id=draft)
    team.waits(task_id=minutes, depends_on_meeting_id=sync)

    team.plan()

    assert team.placed() == {
        "Draft": ["ann: 02 09:00-11:00"],
        "Sync": ["ann+cy: 02 11:00-12:00"],
        "Minutes": ["cy: 02 12:00-12:30"],
    }
    assert team.plan().outcome == "unchanged"


def test_what_waits_for_something_that_stays_names_it_and_no_earliest_start(team: Team) -> None:
    sync, report = team.meeting("Sync", "ann", "cy"), team.task("Report", end_date=team.at("03-02 11:30"))
    minutes = team.meeting("Minutes", "ann", "cy")
    team.waits(task_id=report, depends_on_meeting_id=sync)
    team.waits(meeting_id=minutes, depends_on_meeting_id=sync)
    team.plan()
    pinned = {"start_at": team.at("03-02 12:00"), "end_at": team.at("03-02 13:00"), "locked": True}
    (block,) = team.database.run("SELECT event_id FROM meeting_calendar_events WHERE meeting_id = :m", m=sync)[0]
    team.change("workspace_calendar_events", block, **pinned)

    report_of_plan = team.plan()

    reasons = team.database.run(
        "SELECT scheduling_reason FROM task_calendar_events UNION ALL"
        " SELECT scheduling_reason FROM meeting_calendar_events WHERE meeting_id = :m",
        m=minutes,
    )
    assert [reason.partition(",")[0] for (reason,) in reasons] == [
        "the earliest free 1 h of work hours after 'Sync'",
        "the earliest 1 h of meeting hours after 'Sync'",
    ]
    (note,) = report_of_plan.notes
    assert (note.status, note.cause.code) == ("late", "waits_for_item")
    assert note.reason == (
        "it waits for 'Sync', which ends Mon 02 Mar 13:00; "
        "its deadline, Mon 02 Mar 11:30, had passed before it could begin"
    )
    team.change("tasks", report, start_date=team.at("03-03 10:00"), end_date=None)
    team.plan()
    ((reason,),) = team.database.run("SELECT scheduling_reason FROM task_calendar_events")
    assert "from its earliest start (Tue 03 Mar 10:00) on" in reason


def test_a_job_with_a_user_plans_this_person_and_leaves_everybody_else(team: Team) -> None:
    for user in ("ann", "cy"):
        team.assign(team.task(user), user)
    sync = team.meeting("Sync", "ann", "cy")
    team.plan()
    before = team.placed()
    team.busy("ann", "03-02 09:00", "03-02 10:00")
    team.busy("cy", "03-02 10:00", "03-02 12:00")
    assert sync

    team.plan(user_id="cy")

    after = team.placed()
    assert {title for title in before if before[title] != after[title]} == {"cy"}
    assert team.plan(user_id="cy").outcome == "unchanged"


def test_what_a_person_waits_for_and_no_plan_of_theirs_places_is_said(team: Team) -> None:
    first, second = team.task("First"), team.task("Second")
    team.assign(first, "ann")
    team.assign(second, "cy")
    team.after(second, first)

    report = team.plan(user_id="cy")

    assert [(note.id, note.status, note.cause.code) for note in report.notes] == [
        (str(second), "left_out", "waits_for_unplaced")
    ]
    team.plan()
    assert team.placed() == {"First": ["ann: 02 09:00-10:00"], "Second": ["cy: 02 10:00-11:00"]}


def test_a_plan_of_one_person_keeps_the_order_to_what_stays(team: Team) -> None:
    before, draft, review, after = (team.task(title) for title in ("Before", "Draft", "Review", "After"))
    for task, user in ((before, "cy"), (draft, "ann"), (review, "cy"), (after, "ann")):
        team.assign(task, user)
    sync = team.meeting("Sync", "ben", "cy")
    team.after(draft, before)
    team.after(review, draft)
    team.waits(meeting_id=sync, depends_on_task_id=draft)
    team.waits(task_id=after, depends_on_meeting_id=sync)
    team.plan()
    assert team.placed() == {
        "Before": ["cy: 02 09:00-10:00"],
        "Draft": ["ann: 02 10:00-11:00"],
        "Review": ["cy: 02 11:00-12:00"],
        "Sync": ["ben+cy: 02 15:00-16:00"],
        "After": ["ann: 02 16:00-17:00"],
    }
    team.busy("ann", "03-02 10:30", "03-02 11:00")

    report = team.plan(user_id="ann")

    assert "Draft" not in team.placed()
    assert team.placed()["After"] == ["ann: 02 16:00-17:00"]
    (note,) = report.notes
    assert (note.id, note.status, note.cause.code) == (str(draft), "unscheduled", "begins_after_it")
    assert note.cause.items == (str(review),)
    assert note.reason.startswith("what waits for it, 'Review', stays where it is and begins Mon 02 Mar 11:00; ")
    assert note.hint.endswith("plan everybody: `almanac schedule` without `--user`")
    team.plan()
    assert (team.placed()["Draft"], team.placed()["Review"]) == (["ann: 02 11:00-12:00"], ["cy: 02 12:00-13:00"])


def test_a_meeting_without_a_time_says_whose_calendar_stands_in_the_way_and_what_nearly_did(team: Team) -> None:
    trip = team.busy("ann", "03-02 15:00", "03-02 16:30", title="Trip")
    team.busy("ben", "03-02 16:30", "03-02 17:00", title="Review")
    due = {"end_date": team.at("03-02 17:00"), "deadline_type": "hard"}
    sync = team.meeting("Sync", "ann", "ben", **due)

    report = team.plan()

    (note,) = report.notes
    assert (note.kind, note.id, note.status, note.cause.code) == ("meeting", str(sync), "unscheduled", "people_taken")
    (blamed,) = note.cause.parts
    assert (blamed.items, blamed.minutes) == (("ann", "ben"), (90, 30))
    assert [each.code for each in note.suggestions] == ["near_miss"] * 3
    nearest = note.suggestions[0]
    assert (nearest.items, nearest.parts[0].items) == (("ann",), (str(trip),))
    assert note.hint.startswith("Mon 02 Mar, 15:00-16:00, if 'Ann' could be free of 'Trip' (1 h), or ")
    assert team.placed() == {}


def test_what_is_said_of_an_item_says_whose_it_is(team: Team) -> None:
    team.busy("ann", "03-02 07:00", "03-02 17:00")
    both = team.task("Both", 60, end_date=team.at("03-02 17:00"))
    team.assign(both, "ann")
    team.assign(both, "cy")
    team.habit("Never", 30, calendar_hours="nowhere", user_id="ben")
    team.task("Endless", None)
    team.meeting("Empty", "ben", "cy", duration_minutes=45, end_date=team.at("03-02 10:00"), deadline_type="hard")
    team.member("cy", None, break_minutes="long")

    report = team.plan(request_id="ticket-1")

    said = sorted((note.kind, note.status, note.people) for note in report.notes)
    assert said == [
        ("habit", "left_out", ("ben",)),
        ("meeting", "unscheduled", ("ben", "cy")),
        ("preference", "ignored", ("cy",)),
        ("task", "late", ("ann",)),
        ("task", "left_out", ("ann",)),
    ]
    (run,) = PostgresRequestedPlans(team.database).runs_of_request(team.ws_id, "ticket-1")
    assert {note["title"] for note in run.warnings} == {"Both", "Never", "Endless", "Empty", None}
    assert "  Empty (Ben, Cy): without a place: " in plan_text(run), "as a preview names them"
    told = {
        user: {note.title for note in facts.notes}
        for user in ("ann", "ben", "cy")
        if (facts := PostgresDays(team.database).person(team.ws_id, user))
    }
    assert told == {"ann": {"Both", "Endless"}, "ben": {"Never", "Empty"}, "cy": {"Empty"}}, "a digest of each"


def test_a_preview_tells_all_times_in_the_zone_of_its_blocks(team: Team) -> None:
    team.assign(team.task("Due", end_date=team.at("03-04 17:00")), "ben")

    shown = team.preview()

    (entry,) = shown.agenda().planned()
    assert entry.reason.endswith("before its deadline Wed 04 Mar 17:00"), "beside a block at 15:00 in Berlin"
    (block,) = shown.document()["blocks"]
    assert block["reason"].endswith("before its deadline Wed 04 Mar 11:00"), "as Ben reads it in New York"
    (move,) = moves(shown.shown)
    assert (move.why, move.who) == (entry.reason, "Ben")


def test_a_preview_of_one_person_names_them_and_says_why_their_meetings_stay(team: Team) -> None:
    team.assign(team.task("Report"), "ben")
    team.meeting("Sync", "ann", "ben")
    team.plan()

    shown = team.preview(user_id="ben")

    (ben,) = shown.agenda().each()
    assert ben.name == "Ben, America/New_York, at times of Europe/Berlin"
    told = {entry.title: (shown.agenda().headed(entry), entry.reason) for entry in ben.planned()}
    assert told["Sync"] == ("Sync", "stays: a plan of one person leaves meetings where they are")
    assert told["Report"][0] == "Report"


def test_a_meeting_that_the_last_member_had_with_somebody_gone_stays_for_what_it_lacks(team: Team) -> None:
    team.meeting("Sync", "ann", "cy")
    team.plan()
    team.database.run("DELETE FROM workspace_members WHERE user_id <> 'ann'")

    shown = team.preview()

    (block,) = shown.document()["blocks"]
    assert (block["change"], block["reason"]) == ("held", "stays: this plan cannot place it anew")


def test_people_of_one_name_are_told_apart(team: Team) -> None:
    team.database.run("UPDATE workspace_members SET name = 'Ann' WHERE user_id = 'cy'")
    team.meeting("Sync", "ann", "cy", "ben", duration_minutes=600)

    agenda = team.preview().agenda()
    team.plan(request_id="ticket-1")

    assert sorted(person.name for person in agenda.people) == ["Ann (ann)", "Ann (cy)", "Ben"]
    (remark,) = agenda.remarks
    assert agenda.who(remark) == "Ann (ann), Ben, Ann (cy)"
    assert "'Ann (ann)' came outside their hours" in remark.help
    (run,) = PostgresRequestedPlans(team.database).runs_of_request(team.ws_id, "ticket-1")
    assert "  Sync (Ann (ann), Ben, Ann (cy)): without a place: " in plan_text(run)


def test_a_preview_says_that_a_notice_keeps_a_meeting_where_it_is(team: Team) -> None:
    team.meeting("Sync", "ann", "ben")
    team.plan()
    team.member("ben", min_notice_minutes=600)

    shown = team.preview()

    (block,) = shown.document()["blocks"]
    assert (block["change"], block["reason"]) == ("held", "stays: it begins sooner than the notice allows a change")


def test_what_is_left_out_and_what_it_waits_for_have_their_names(team: Team) -> None:
    away = team.task("Not ours", auto_schedule=False)
    held = team.meeting("Held elsewhere", "ann", "ben", auto_schedule=False)
    first, second = team.task("First"), team.task("Second")
    team.after(first, away)
    team.waits(task_id=second, depends_on_meeting_id=held)
    team.habit("Stretch", user_id="zoe")
    team.habit("Night walk", calendar_hours="nights")

    shown = team.preview()

    said = {remark.title: remark.obstacle for remark in shown.agenda().remarks}
    assert said.keys() == {"First", "Second", "Stretch", "Night walk"}
    assert said["First"] == "waits for 'Not ours', which is open but not for Almanac to plan"
    assert said["Second"] == "waits for 'Held elsewhere', which is open but not for Almanac to plan"


def test_what_help_would_cost_other_work_is_said(team: Team) -> None:
    team.busy("ann", "03-02 07:00", "03-02 09:00")
    team.busy("ann", "03-02 13:00", "03-02 17:00")
    review = team.task("Review", 240, priority="low")
    team.assign(review, "ann")
    team.plan()
    team.assign(team.task("Call", priority="low", end_date=team.at("03-02 13:00")), "ann")

    report = team.plan()

    assert team.placed() == {"Review": ["ann: 02 09:00-13:00"], "Call": ["ann: 03 09:00-10:00"]}
    (note,) = report.notes
    (moves,) = [each for each in note.suggestions if each.code == "item_moves"]
    assert (note.status, moves.items, moves.minutes) == ("late", (str(review),), (240, 1500))
    assert "'Review' (4 h) 1 d 1 h later, at Tue 03 Mar 10:00" in note.hint


def test_a_person_has_hours_limits_and_notice_of_their_own(team: Team) -> None:
    late = {day: {"timeBlocks": [{"startTime": "12:00", "endTime": "20:00"}]} for day in NINE_TO_FIVE}
    for _ in range(2):  # an upsert as before there were people
        team.database.run(
            "INSERT INTO workspace_calendar_hour_settings (ws_id, type, data, user_id)"
            " VALUES (:ws, 'work', :data::jsonb, 'cy') ON CONFLICT (ws_id, type) DO UPDATE SET data = excluded.data",
            ws=team.ws_id,
            data=json.dumps(late),
        )
    team.prefer(min_notice_minutes=600)
    team.member("cy", None, min_notice_minutes=30, daily_cap_minutes={"work": 60})
    for user, title in (("ann", "a"), ("cy", "b"), ("cy", "c")):
        team.assign(team.task(title), user)

    team.plan()

    assert team.placed() == {
        "a": ["ann: 03 09:00-10:00"],
        "b": ["cy: 02 12:00-13:00"],
        "c": ["cy: 03 12:00-13:00"],
    }


def test_a_habit_is_its_owners_at_the_owners_time_of_day(team: Team) -> None:
    team.habit("Walk", 30, ideal_time="12:00", user_id="ben", frequency="weekly", days_of_week="{1}")

    team.plan()

    assert team.placed() == {"Walk": [": 02 18:00-18:30"]}


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "of who has gone"])
def test_a_locked_block_of_a_habit_takes_its_owners_time_and_nobody_elses(team: Team, *, paused: bool) -> None:
    lunch = team.habit("Lunch", 60, user_id="cy", ideal_time="09:00", calendar_hours="work", days_of_week="{1}")
    team.change("workspace_habits", lunch, frequency="weekly")
    team.plan()
    team.database.run("UPDATE workspace_calendar_events SET locked = true")
    if paused:
        team.change("workspace_habits", lunch, is_active=False)
        team.assign(team.task("Cy's"), "cy")
    else:
        team.database.run("DELETE FROM workspace_members WHERE user_id = 'cy'")
    team.task("Ann's")

    team.plan()

    placed = {"Lunch": [": 02 09:00-10:00"], "Ann's": ["ann: 02 09:00-10:00"]}
    assert team.placed() == (placed | {"Cy's": ["cy: 02 10:00-11:00"]} if paused else placed)
    assert team.plan().outcome == "unchanged"


def test_a_task_that_changes_hands_goes_over_with_what_was_done(team: Team) -> None:
    task = team.task("Report", 120, is_splittable=True, max_split_duration_minutes=60)
    team.assign(task, "ann")
    team.plan()
    assert team.placed() == {"Report": ["ann: 02 09:00-10:00", "ann: 02 10:15-11:15"]}
    team.now = team.at("03-02 10:05")
    team.database.run("UPDATE task_assignees SET user_id = 'cy'")

    team.plan()

    assert team.placed() == {"Report": ["ann: 02 09:00-10:00", "cy: 02 10:15-11:15"]}


def test_who_is_no_member_any_more_takes_nobodys_time_and_leaves_nobody_their_work(team: Team) -> None:
    alone, shared = team.task("Alone"), team.task("Shared", 60)
    for task, user in ((alone, "cy"), (shared, "ann"), (shared, "cy")):
        team.assign(task, user)
    lunch = team.habit("Lunch", user_id="cy", ideal_time="12:00", calendar_hours="work", days_of_week="{1}")
    sync = team.meeting("Sync", "ben", "cy")
    team.plan()
    assert team.placed()["Shared"] == ["ann: 02 09:00-10:00", "cy: 02 10:00-11:00"]
    team.database.run("DELETE FROM workspace_members WHERE user_id = 'cy'")

    report = team.plan(request_id="ticket-1")

    assert team.placed() == {"Shared": ["ann: 02 09:00-10:00"], "Sync": ["ben+cy: 02 15:00-16:00"]}
    assert sorted((note.kind, note.id, note.people, note.cause.code) for note in report.notes) == [
        ("habit", str(lunch), ("cy",), "person_unknown"),
        ("meeting", str(sync), ("ben",), "person_unknown"),
        ("task", str(alone), ("cy",), "person_unknown"),
    ]
    (run,) = PostgresRequestedPlans(team.database).runs_of_request(team.ws_id, "ticket-1")
    assert "  Alone (cy): left out of the plan: " in plan_text(run), "it is not Ann's, who has what is nobody's"
    told = {
        user: {note.title for note in facts.notes}
        for user in ("ann", "ben")
        if (facts := PostgresDays(team.database).person(team.ws_id, user))
    }
    assert told == {"ann": {"Alone", "Lunch"}, "ben": {"Sync"}}, "a digest of whoever can see to it"
    assert {note.hint for note in report.notes} == {"add them with `almanac member add`, or leave them out"}
    assert team.plan().outcome == "unchanged"


def test_what_somebody_had_begun_before_they_left_is_theirs_or_goes_over(team: Team) -> None:
    shared = team.task("Shared", priority="high")  # first by far: a search of any length says so
    handed = team.task("Handed", 120, is_splittable=True, max_split_duration_minutes=60)
    for task, user in ((shared, "ann"), (shared, "cy"), (handed, "cy")):
        team.assign(task, user)
    team.busy("ann", "03-02 09:00", "03-02 12:00")
    team.plan()
    assert team.placed() == {
        "Shared": ["cy: 02 09:00-10:00", "ann: 02 12:00-13:00"],
        "Handed": ["cy: 02 10:00-11:00", "cy: 02 11:15-12:15"],
    }
    team.now = team.at("03-02 10:30")
    team.database.run("DELETE FROM workspace_members WHERE user_id = 'cy'")
    team.database.run("UPDATE task_assignees SET user_id = 'ann' WHERE task_id = :t", t=handed)

    team.plan()

    assert team.placed() == {
        "Shared": ["cy: 02 09:00-10:00", "ann: 02 12:00-13:00"],
        "Handed": ["cy: 02 10:00-11:00", "ann: 02 13:00-14:00"],
    }
    assert team.plan().outcome == "unchanged"


def test_a_meeting_that_its_people_locked_stays_and_one_without_people_is_left_out(team: Team) -> None:
    team.meeting("Sync", "ann", "ben")
    alone = team.meeting("Alone", "ann")
    stranger = team.meeting("Stranger", "ann", "zoe")
    report = team.plan()
    assert {(note.kind, note.id, note.cause.code) for note in report.notes} == {
        ("meeting", str(alone), "too_few_people"),
        ("meeting", str(stranger), "person_unknown"),
    }
    team.database.run("UPDATE workspace_calendar_events SET locked = true WHERE title = 'Sync'")
    team.busy("ann", "03-02 15:00", "03-02 16:00")

    team.plan(force_reschedule=True)

    assert team.placed() == {"Sync": ["ann+ben: 02 15:00-16:00"]}
    team.database.run("UPDATE meetings SET completed_at = now() WHERE title = 'Sync'")
    team.plan()
    assert team.placed() == {"Sync": ["ann+ben: 02 15:00-16:00"]}
    team.database.run("UPDATE workspace_calendar_events SET locked = false WHERE title = 'Sync'")
    team.plan()
    assert team.placed() == {}


def test_what_somebody_puts_onto_a_meeting_moves_it_inside_the_notice_too(team: Team) -> None:
    team.meeting("Kick-off", "ann", "cy")
    team.meeting("Demo", "ann", "cy", start_date=team.at("03-02 11:00"))
    team.assign(team.task("Pinned"), "cy")
    team.meeting("Held", "ann", "ben")
    team.plan()
    team.prefer(min_notice_minutes=360)
    for title, onto in (("Pinned", "09:30 10:30"), ("Held", "11:30 12:30")):
        start, end = (team.at(f"03-02 {time}") for time in onto.split())
        columns = {"start_at": start, "end_at": end, "locked": True, "ws": team.ws_id, "title": title}
        sql = "UPDATE workspace_calendar_events SET start_at = :start_at, end_at = :end_at, locked = :locked"
        team.database.run(f"{sql} WHERE ws_id = :ws AND title = :title", **columns)
    team.plan()
    assert team.placed() == {
        "Pinned": ["cy: 02 09:30-10:30"],
        "Held": ["ann+ben: 02 11:30-12:30"],
        "Kick-off": ["ann+cy: 02 13:00-14:00"],
        "Demo": ["ann+cy: 02 14:00-15:00"],
    }


def test_a_meeting_that_stays_where_some_of_its_people_have_something_else_says_whose(team: Team) -> None:
    meeting = team.meeting("Sync", "ann", "cy")
    team.plan()
    team.change(
        "workspace_calendar_events",
        team.database.run("SELECT event_id FROM meeting_calendar_events")[0][0],
        locked=True,
    )
    team.busy("ann", "03-02 09:30", "03-02 10:00", title="Dentist")

    (note,) = team.plan().notes

    assert (note.id, note.status, note.people) == (str(meeting), "clashes", ("ann", "cy"))
    assert note.reason.endswith("09:00-10:00, although 'Ann' has 'Dentist' (30 min) then")
    assert team.plan(user_id="cy").notes == [], "it is Ann who has something"
    team.database.run("UPDATE workspace_calendar_events SET locked = false")
    (note,) = team.plan(user_id="ann").notes
    assert (note.status, note.people, [each.code for each in note.suggestions]) == (
        "clashes",
        ("ann",),
        ["plan_everybody"],
    )
    assert team.plan().notes == []
    assert team.placed() == {"Sync": ["ann+cy: 02 10:00-11:00"]}


def test_in_the_weeks_between_two_clock_changes_the_common_hour_is_another(team: Team) -> None:
    team.now = team.at("03-13 07:00")
    days = {date(2026, 3, 13): "13 14:00-15:00", date(2026, 3, 30): "30 15:00-16:00"}
    for day in days:
        start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(team.zone))
        team.meeting(f"{day}", "ann", "ben", start_date=start)

    team.plan(window_days=30)

    assert {title: blocks[0].partition(": ")[2] for title, blocks in team.placed().items()} == {
        str(day): said for day, said in days.items()
    }
