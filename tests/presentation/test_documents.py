"""JSON documents of what operators look at: their fields, by name and in order, are a contract."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from almanac.domain.operations.queue_depth import QueueDepth
from almanac.domain.operations.runs import CalendarResult, PlanCounts, PlanRunDetails, SyncRun, SyncRunDetails
from almanac.domain.operations.workspaces import ListedAccount
from almanac.domain.sync.report import TALLY_FIELDS, Tally
from almanac.domain.workspace_plan.report import CHANGES
from almanac.domain.workspace_plan.report import COUNTS as PLACED
from almanac.jobs import parse_sync
from almanac.presentation import connections, dead_letters, queues, requests, runs
from almanac.services.operations.follow_request import RequestProgress
from almanac.services.operations.requests import SentBulkRequest, SentRequest
from almanac.services.queues.dead_letters import ExplainedLetter, ExplainedLetters
from almanac.services.queues.ports import DeadLetter
from tests.services.operations.fakes import (
    ACCOUNT,
    NOON,
    RUN,
    WS,
    calendar,
    plan_run,
    requested_plan,
    sync_run,
)

CUT = ("search_cut_percent",)
ENDED = ("status", "outcome", "sent_at", "started_at", "finished_at", "retry_after")
SYNC = (
    *("job", "run_id", "ws_id", "source", "requested_mode", "calendar_id", "user_id", "request_id", "message_id"),
    *(*ENDED, "connections", "error_type", "error", *TALLY_FIELDS),
)
PLAN = (
    *("job", "run_id", "ws_id", "source", "window_days", "force_reschedule", "apply", "user_id", "request_id"),
    *("message_id", *ENDED, "error_type", "error", "attempts", "tasks", "habits", *PLACED, *CHANGES, *CUT, "objective"),
    *("load_ms", "plan_ms", "total_ms"),
)
REQUESTED = (
    *("run_id", "ws_id", "status", "outcome", "request_id", "started_at", "finished_at", "retry_after"),
    *("window_start", "window_end", "attempts", "tasks", "habits", *PLACED, *CHANGES, *CUT, "objective", "total_ms"),
    *("warnings", "error_type", "error", "success"),
)
CALENDAR = ("connection_id", "calendar_id", "name", "status", "outcome", "error_type", "error", "problems")


def result(**other: Any) -> CalendarResult:
    given = (RUN, "clim", "Climbing", "failed", "failed", "access_denied", "no", [], Tally(rejected=1))
    return replace(CalendarResult(*given), **other)


REMARKS = ("ignored", "peak_mb", "memory_mb", "workspace")


class TestRuns:
    def test_a_list_has_both_jobs(self) -> None:
        document: Any = runs.list_document([sync_run(), plan_run()], {WS: "Team"})

        sync, plan = document["runs"]
        assert (tuple(sync), tuple(plan)) == ((*SYNC, "workspace"), (*PLAN, "workspace"))
        assert sync["workspace"] == "Team"
        assert (sync["job"], sync["inserted"], sync["api_calls"], sync["total_ms"]) == ("sync", 3, 4, 1500)
        assert (plan["job"], plan["scheduled"], plan["moved"], plan["objective"]) == ("schedule", 4, 1, 1.25)

    def test_one_sync_has_its_calendars_and_one_plan_its_notes(self) -> None:
        note: Any = {"kind": "task", "id": "t", "status": "late", "reason": "why", "hint": "", "more": 1}
        sync: Any = runs.document(SyncRunDetails(sync_run(), [result()]), {WS: "Team"})
        plan: Any = runs.document(PlanRunDetails(plan_run(), [note]), {})

        assert (tuple(sync), tuple(plan)) == (
            (*SYNC, "calendars", *REMARKS),
            (*PLAN, "notes", *REMARKS),
        )
        assert tuple(sync["calendars"][0]) == (*CALENDAR, *TALLY_FIELDS)
        assert plan["notes"] == [note], "as it is stored, whatever a later version adds"

    def test_the_counts_of_a_plan_are_those_that_a_run_reports(self) -> None:
        assert tuple(each.name for each in fields(PlanCounts)) == (
            "attempts",
            "tasks",
            "habits",
            *PLACED,
            *CHANGES,
            *CUT,
        )

    def test_a_running_one_has_taken_no_time_yet(self) -> None:
        head, line, more = runs.list_text([sync_run("running", None)], {WS: "Team"}).splitlines()

        assert dict(zip(head.split(), line.split(), strict=True))["OUTCOME"] == "-"
        assert more == f"  {RUN}  manual, waited 7.0 s, +3 ~2 -1"

    def test_lines_of_80_hold_a_run_under_any_name(self) -> None:
        failed = sync_run("completed", "redirected_to_full", source="continuation")

        lines = runs.list_text([failed], {WS: "A name of fifty letters and then some, and a few more"}).splitlines()

        assert "  A name of fifty let…  sync" in lines[1]
        assert [line for line in lines[:2] if len(line) > 80] == []
        assert lines[2] == f"  {RUN}  continuation, waited 7.0 s, took 1 min 35 s, +3 ~2 -1"

    def test_a_calendar_that_is_connected_no_more_is_named_by_its_connection(self) -> None:
        gone = result(name=None, calendar_id=None, problems=[{"id": "e1", "reason": "no start", "stored": False}])

        text = runs.text(SyncRunDetails(sync_run(), [gone]), {WS: "Team"})

        assert f"{RUN}  failed" in text
        assert text.splitlines()[-1].split() == [str(RUN), "e1", "no", "start", "no"]

    def test_a_run_that_has_a_limit_says_how_much_memory_it_took(self) -> None:
        assert "memory 484 of 512 MB" in runs.text(SyncRunDetails(sync_run(), [], [], 484, 512), {}).splitlines()
        assert "memory" not in runs.text(SyncRunDetails(sync_run(), []), {})

    def test_a_field_that_no_job_has_is_named_with_the_nearest_that_one_has(self) -> None:
        sync = runs.text(SyncRunDetails(sync_run(), [], ["forse"]), {})
        plan = runs.text(PlanRunDetails(plan_run(), [], ["aply", "x"]), {})

        assert "its message's field 'forse' is unknown, did you mean force?" in sync.splitlines()
        assert plan.splitlines()[3:5] == [
            "its message's field 'aply' is unknown, did you mean apply?",
            "its message's field 'x' is unknown",
        ]

    def test_of_none_it_says_so(self) -> None:
        assert (runs.list_document([], {}), runs.list_text([], {})) == ({"runs": []}, "no run")


class TestRequests:
    def test_sent(self) -> None:
        assert requests.sent_document(SentRequest(WS, "r")) == {"ws_id": WS, "request_id": "r", "status": "enqueued"}
        assert requests.bulk_document(SentBulkRequest("r", 2, 0)) == {"request_id": "r", "enqueued": 2, "failed": 0}

    def test_a_sync_that_went_on_names_its_earlier_runs(self) -> None:
        document = requests.sync_document([sync_run("completed", "continued"), sync_run()])

        assert tuple(document) == (*SYNC, "success", "earlier_runs")
        assert (document["success"], document["earlier_runs"]) == (True, [RUN])

    @pytest.mark.parametrize(
        ("run", "failure"),
        [
            (sync_run(), None),
            (sync_run("skipped", "cooldown"), None),
            (
                sync_run("partial", "partial", error_type="access_denied", error="no"),
                f"sync partial: access_denied: no (`almanac runs --run {RUN}` tells more)",
            ),
        ],
    )
    def test_a_sync_has_failed_when_anything_did_not_happen(self, run: SyncRun, failure: str | None) -> None:
        assert requests.sync_failure([run]) == failure
        assert requests.sync_document([run])["success"] == (failure is None)

    def test_a_plan_tells_its_notes_by_title(self) -> None:
        notes: Any = [
            {"kind": "task", "id": "t", "status": "unscheduled", "reason": "why", "hint": "help", "title": "A\nB"},
            {"kind": "preference", "id": "break", "status": "ignored", "reason": "odd", "hint": "", "title": None},
        ]
        plan = requested_plan("skipped", "blocked", warnings=notes)

        assert tuple(requests.plan_document(plan)) == REQUESTED
        assert requests.plan_text(plan).splitlines() == [
            f"skipped: blocked in 4.2 s; run {RUN}",
            "4 scheduled, 1 late, 1 unscheduled",
            "blocks: 3 inserted, 1 moved, 2 deleted",
            "The clock cut the search short, 40 % of its work was left: with more time the plan may be better.",
            "  A B: without a place: why; would help: help",
            "  preference break: ignored: odd",
        ]
        assert requests.plan_failure(plan) == "plan skipped: blocked: something would be late or without a place"
        assert requests.plan_failure(requested_plan()) is None

    def test_a_plan_that_failed_does_not_say_that_there_was_nothing_to_place(self) -> None:
        failed = requested_plan("failed", "timezone_missing", error_type="timezone_missing", error="no zone")

        assert requests.plan_text(failed) == f"failed: timezone_missing in 4.2 s; run {RUN}"

    def test_progress_is_one_line(self) -> None:
        lines = [
            requests.progress_line(RequestProgress("waiting", 0.4)),
            requests.progress_line(RequestProgress("running", 1.6)),
            requests.progress_line(RequestProgress("running", 2.0, 1, 500)),
            requests.progress_line(RequestProgress("running", 2.5, 3, 900, 7)),
            requests.progress_line(RequestProgress("continuing", 3.0)),
        ]

        assert lines == [
            "waiting, 0 s",
            "planning, 2 s",
            "running, 2 s, 1 calendar(s) done, 500 events listed",
            "running, 2 s, 3 of 7 calendar(s) done, 900 events listed",
            "continuing, 3 s",
        ]


class TestConnections:
    def test_fields(self) -> None:
        document: Any = connections.document(WS, [calendar()])

        assert tuple(document) == ("ws_id", "connections")
        assert tuple(document["connections"][0]) == (
            *("connection_id", "calendar_id", "name", "account_id", "account_email", "user_id", "account_status"),
            *("access_role", "primary", "enabled", "inbound", "outbound", "deletes", "is_read", "last_synced_at"),
            *("full_synced_at", "status", "error_type", "error", "failures", "retry_at"),
        )

    def test_an_account_that_was_connected(self) -> None:
        document = connections.account_document(ACCOUNT, WS, "ada@example.test", [calendar()], reconnected=True)
        listed = ListedAccount(ACCOUNT, WS, "Team", "ada@example.test", "ada", "active", None, 1, 1)
        text = connections.account_text(ACCOUNT, [calendar()], [listed], reconnected=True)

        assert tuple(document) == ("account_id", "ws_id", "email", "reconnected", "connections")
        assert text.startswith("connected again: ada@example.test with 1 calendar(s)\n\nCALENDAR")

    @pytest.mark.parametrize(
        ("inbound", "outbound", "direction"),
        [(True, True, "both"), (True, False, "inbound"), (False, True, "outbound"), (False, False, "none")],
    )
    def test_a_dead_account_is_what_counts_of_its_calendars(
        self, inbound: bool, outbound: bool, direction: str
    ) -> None:
        each = calendar(inbound=inbound, outbound=outbound, account_status="reconnect_required")

        line, *more = connections.text([each]).splitlines()[1:]

        assert line.split() == ["Ada", "yes", direction, "-", "reconnect_required"]
        assert more == ["  ada@example.test", "  of ada@example.test, owner"]


def test_queues() -> None:
    depths: Any = {"sync": QueueDepth(3, 1, 95.0, 0)}

    depth = {"waiting": 3, "in_flight": 1, "oldest_age_seconds": 95.0, "dead": 0}
    assert queues.document(depths) == {"queues": [{"queue": "sync", **depth}]}
    assert queues.text(depths).splitlines()[1].split() == ["sync", "3", "1", "1", "min", "35", "s", "0"]


class TestDeadLetters:
    def found(self, body: str) -> ExplainedLetters:
        letter = DeadLetter("m", "g", body, 3, NOON - timedelta(hours=1))
        job = None if body == "poison" else parse_sync(body)
        return ExplainedLetters({"sync": 2}, [ExplainedLetter("sync", letter, job, "bad_job", "body: no JSON")])

    def test_bodies_only_when_asked(self) -> None:
        plain: Any = dead_letters.document(self.found("poison"), bodies=False)
        full: Any = dead_letters.document(self.found("poison"), bodies=True)

        names = ("queue", "message_id", "ws_id", "source", "request_id", "received", "since", "error_type", "error")
        assert plain["dead"] == {"sync": 2}
        assert tuple(plain["letters"][0]) == (*names, "run_id")
        assert full["letters"][0] == {**plain["letters"][0], "body": "poison"}
        assert "m: poison" not in dead_letters.text(self.found("poison"), bodies=False)
        assert "m: poison" in dead_letters.text(self.found("poison"), bodies=True)

    def test_what_its_body_says_counts_more_than_its_group(self) -> None:
        document: Any = dead_letters.document(self.found(f'{{"ws_id": "{WS}", "request_id": "r"}}'), bodies=False)

        (letter,) = document["letters"]
        assert (letter["ws_id"], letter["source"], letter["request_id"]) == (WS, "manual", "r")

    def test_what_is_not_shown_is_counted(self) -> None:
        assert (
            dead_letters.text(self.found("poison"), bodies=False).splitlines()[-1].startswith("1 of about 2: --limit")
        )
