"""The whole inbound sync: real use case, real Google client, real Postgres, simulated Google."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from almanac.domain.sync.report import SyncReport
from almanac.errors import DatabaseUnavailable
from local.postgres import Postgres
from tests.integration.team import Team

pytestmark = pytest.mark.integration


def ended(report: SyncReport) -> tuple[str, str]:
    return report.status, report.outcome


class TestPasses:
    def test_without_a_token_the_first_pass_is_full(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.simulator.loading.populate(calendar, calendars=1, events=120)

        report = team.sync()

        assert ended(report) == ("completed", "redirected_to_full")
        assert team.stored(calendar) == team.truth(calendar)
        assert report.tally.inserted == len(team.truth(calendar)) > 0

    def test_the_next_one_brings_exactly_the_changes(self, team: Team) -> None:
        (calendar,) = team.connect()
        kept, changed, gone = (team.add(calendar, title)["id"] for title in ("kept", "changed", "gone"))
        team.sync()
        team.google.patch_event(calendar, changed, {"summary": "new title"})
        team.google.delete_event(calendar, gone)
        added = team.add(calendar, "added")["id"]

        report = team.sync()

        assert ended(report) == ("completed", "incremental")
        assert (report.tally.inserted, report.tally.updated, report.tally.deleted) == (1, 1, 1)
        assert team.stored() == {kept: "kept", changed: "new title", added: "added"}

    def test_nothing_changed_is_one_call_two_round_trips_and_no_row(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.simulator.loading.populate(calendar, calendars=1, events=50)
        team.sync()
        calls, written = len(team.listings()), written_rows(team)
        trips = team.database.round_trips

        report = team.sync()

        assert len(team.listings()) == calls + 1
        assert written_rows(team) == written
        whole_run = 8 + 5 + 1  # begin, load, finish
        assert team.database.round_trips - trips <= whole_run + 4
        assert (report.tally.inserted, report.tally.updated, report.tally.deleted) == (0, 0, 0)

    def test_a_full_one_with_nothing_changed_rewrites_no_row(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.simulator.loading.populate(calendar, calendars=1, events=50)
        team.sync()
        written = written_rows(team)

        report = team.sync(mode="full")

        assert ended(report) == ("completed", "full")
        assert report.tally.unchanged == len(written)
        assert written_rows(team) == written

    def test_trap_4_the_two_request_shapes(self, team: Team) -> None:
        team.connect()
        team.sync()
        team.sync()

        full, delta = (set(request["params"]) for request in team.listings())
        assert {"timeMin", "timeMax"} <= full
        assert "syncToken" not in full
        assert full - {"timeMin", "timeMax"} == delta - {"syncToken"}

    def test_traps_1_2_paging_goes_to_the_end_over_short_and_empty_pages(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="10")
        (calendar,) = team.connect()
        for n in range(35):
            team.add(calendar, f"event {n}")
        team.inject("empty_page", path="*/events", nth=2)
        team.inject("short_page", path="*/events", nth=3, count=3)

        report = team.sync()

        assert report.tally.pages >= 5
        assert team.stored() == team.truth(calendar)

    def test_trap_12_an_expired_token_is_a_full_pass_in_the_same_run(self, team: Team) -> None:
        (calendar,) = team.connect()
        gone = team.add(calendar, "gone")["id"]
        team.add(calendar, "kept")
        team.sync()
        team.google.delete_event(calendar, gone)
        team.google.forget_tombstones(calendar)

        report = team.sync()

        assert ended(report) == ("completed", "token_expired_full")
        assert report.tally.deleted == 1
        assert team.stored() == team.truth(calendar)
        assert ended(team.sync()) == ("completed", "incremental")

    def test_trap_13_an_expired_token_on_a_later_page(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="5")
        (calendar,) = team.connect()
        team.sync()
        for n in range(12):
            team.add(calendar, f"event {n}")
        team.inject("error", path="*/events", sync_token=True, page_token=True, status=410, reason="fullSyncRequired")

        report = team.sync()

        assert ended(report) == ("completed", "token_expired_full")
        assert team.stored() == team.truth(calendar)

    def test_a_refused_page_token_restarts_the_pass_once(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="5")
        (calendar,) = team.connect()
        for n in range(12):
            team.add(calendar, f"event {n}")
        team.inject("error", path="*/events", page_token=True, status=400, reason="invalid")

        assert team.sync().status == "completed"
        assert team.stored() == team.truth(calendar)

    def test_refusing_for_ever_ends_the_run_instead_of_looping(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="5")
        (calendar,) = team.connect()
        for n in range(12):
            team.add(calendar, f"event {n}")
        team.inject("error", path="*/events", page_token=True, status=410, reason="fullSyncRequired", times=None)

        assert ended(team.sync()) == ("failed", "failed")
        assert len(team.listings()) <= 6

    def test_trap_1_a_last_page_without_token_keeps_the_old_one(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.sync()
        token = team.database.run("SELECT sync_token FROM calendar_sync_states")
        team.add(calendar)
        team.inject("drop_sync_token", path="*/events")

        report = team.sync()

        assert (report.status, report.error_type) == ("failed", "google_rejected")
        assert team.database.run("SELECT sync_token FROM calendar_sync_states") == token
        assert team.sync(source="manual").status == "completed"
        assert team.stored() == team.truth(calendar)

    def test_trap_8_a_window_that_moved_a_week_is_due_for_a_full_pass(self, team: Team) -> None:
        team.connect()
        team.sync()
        team.database.run(
            "UPDATE calendar_sync_states SET window_start = window_start - interval '9 days',"
            " window_end = window_end - interval '9 days'"
        )

        assert ended(team.sync()) == ("completed", "full")

    def test_trap_5_another_query_voids_the_token(self, make_team: Callable[..., Team]) -> None:
        first = make_team()
        first.connect()
        first.sync()
        first.database.run("UPDATE calendar_sync_states SET query_fingerprint = 'of another version'")

        assert ended(first.sync()) == ("completed", "redirected_to_full")

    def test_trap_19_an_event_on_two_pages_is_one_row(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="5")
        (calendar,) = team.connect()
        for n in range(12):
            team.add(calendar, f"event {n}")
        team.inject("duplicate_item", path="*/events", page_token=True)

        assert team.sync().status == "completed"
        assert team.stored() == team.truth(calendar)


class TestDeletion:
    @pytest.mark.parametrize("truth_is_empty", [True, False])
    def test_trap_17_a_suddenly_empty_listing_is_read_again(self, team: Team, truth_is_empty: bool) -> None:
        (calendar,) = team.connect()
        for n in range(20):
            team.add(calendar, f"event {n}")
        team.sync()
        if truth_is_empty:
            for event_id in team.truth(calendar):
                team.google.delete_event(calendar, event_id)
        else:
            team.inject("empty_listing", path="*/events")

        report = team.sync(mode="full")

        assert report.status == "completed"
        assert team.stored() == team.truth(calendar)
        assert report.tally.pages == 2

    def test_trap_17_a_listing_that_stays_empty_is_checked_against_the_events_themselves(self, team: Team) -> None:
        (calendar,) = team.connect()
        for n in range(20):
            team.add(calendar, f"event {n}")
        team.sync()
        team.inject("empty_listing", path="*/events", times=None)

        report = team.sync(mode="full")

        assert (report.status, report.error_type) == ("failed", "google_unavailable")
        assert team.stored() == team.truth(calendar)

    def test_a_much_smaller_listing_is_read_again(self, team: Team) -> None:
        (calendar,) = team.connect()
        for n in range(40):
            team.add(calendar, f"event {n}")
        team.sync()
        team.inject("truncated_listing", path="*/events", count=30)

        assert team.sync(mode="full").tally.deleted == 0
        assert team.stored() == team.truth(calendar)

    def test_what_went_while_deletes_were_switched_off_goes_when_they_are_on_again(self, team: Team) -> None:
        (calendar,) = team.connect()
        kept, gone = (team.add(calendar, title)["id"] for title in ("kept", "gone"))
        team.sync()
        switch = "UPDATE calendar_connections SET sync_delete_enabled = :on"
        team.database.run(switch, on=False)
        team.google.delete_event(calendar, gone)
        team.sync()
        assert team.stored().keys() == {kept, gone}

        team.database.run(switch, on=True)
        team.sync()

        assert team.stored() == team.truth(calendar)
        assert team.sync().outcome == "incremental"

    def test_a_pass_does_not_go_on_where_a_lying_listing_was_refused(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="10")
        (calendar,) = team.connect()
        for n in range(40):
            team.add(calendar, f"event {n}")
        team.sync()
        team.inject("truncated_listing", path="*/events", count=8, times=None)
        assert team.sync(mode="full").error_type == "google_unavailable"
        team.google.clear_faults()

        assert team.sync(source="manual", force=True).status == "completed"
        assert team.stored() == team.truth(calendar)

    def test_series_come_as_instances_and_go_with_their_series(self, team: Team) -> None:
        (calendar,) = team.connect()
        start = team.now + timedelta(days=1)
        zone = {"timeZone": "America/New_York"}
        series = team.google.insert_event(
            calendar,
            {
                "summary": "Stand-up",
                "start": {"dateTime": start.isoformat(), **zone},
                "end": {"dateTime": (start + timedelta(minutes=15)).isoformat(), **zone},
                "recurrence": ["RRULE:FREQ=DAILY;COUNT=10"],
            },
        )
        team.sync()
        assert len(team.stored()) == 10

        team.google.delete_event(calendar, sorted(team.stored())[3])
        team.sync()
        assert team.stored() == team.truth(calendar)
        assert len(team.stored()) == 9

        team.google.split_series(calendar, sorted(team.stored())[5], {"summary": "Stand-up, later"})
        team.sync()
        assert team.stored() == team.truth(calendar)

        team.google.delete_event(calendar, series["id"])
        team.sync()
        assert team.stored() == team.truth(calendar)


class TestFailures:
    def test_a_failing_calendar_leaves_the_others_whole(self, team: Team) -> None:
        ada, second, third = team.connect(calendars=2)
        for calendar in (ada, second, third):
            team.add(calendar, calendar)
        team.inject("error", path="*/events", calendar=second, status=503, times=None)

        report = team.sync()

        assert ended(report) == ("partial", "partial")
        assert set(team.stored().values()) == {ada, third}
        kept = (
            "SELECT calendar_id, status, last_error_type, failures FROM calendar_connections WHERE status <> 'synced'"
        )
        assert team.database.run(kept) == [[second, "error", "google_unavailable", 1]]
        assert connection_rows(team, report) == {("completed", None): 2, ("failed", "google_unavailable"): 1}

    def test_schedules_leave_a_failing_calendar_alone_until_its_pause_is_over(self, team: Team) -> None:
        _, second = team.connect(calendars=1)
        fault = team.inject("error", path="*/events", calendar=second, status=503, times=None)
        team.sync()
        tried = team.simulator.observation.fired(fault)

        assert ended(team.sync()) == ("completed", "incremental")
        assert team.simulator.observation.fired(fault) == tried
        team.google.clear_faults()
        assert ended(team.sync(source="manual")) == ("completed", "redirected_to_full")

    @pytest.mark.parametrize(
        ("fault", "waits"),
        [
            pytest.param({"status": 503}, 2, id="trap 78: 503"),
            pytest.param({"status": 500}, 2, id="trap 78: 500"),
            pytest.param({"status": 429, "reason": "rateLimitExceeded"}, 2, id="trap 78: 429"),
            pytest.param({"status": 403, "reason": "userRateLimitExceeded"}, 2, id="trap 78: 403 user rate"),
            pytest.param({"status": 403, "reason": "rateLimitExceeded", "retry_after": 7}, 2, id="Retry-After"),
        ],
    )
    def test_what_passes_is_waited_out_in_the_run(self, team: Team, fault: dict[str, Any], waits: int) -> None:
        (calendar,) = team.connect()
        team.add(calendar)
        team.inject("error", path="*/events", times=waits, **fault)

        report = team.sync()

        assert report.status == "completed"
        assert (report.tally.retries, len(team.waited)) == (waits, waits)
        assert min(team.waited) >= fault.get("retry_after", 0)

    @pytest.mark.parametrize("action", ["cut_before", "cut_within", "text"])
    def test_a_broken_answer_is_asked_for_again(self, team: Team, action: str) -> None:
        (calendar,) = team.connect()
        team.add(calendar)
        team.inject(action, path="*/events", status=502)

        assert team.sync().status == "completed"
        assert team.stored() == team.truth(calendar)

    @pytest.mark.parametrize(
        ("fault", "error_type", "least_pause"),
        [
            pytest.param({"status": 403, "reason": "quotaExceeded"}, "google_quota_exhausted", 3600, id="trap 78"),
            pytest.param({"status": 403, "reason": "insufficientPermissions"}, "access_denied", 6 * 3600, id="denied"),
            pytest.param({"status": 404, "reason": "notFound"}, "calendar_unreachable", 6 * 3600, id="trap 75"),
        ],
    )
    def test_what_does_not_pass_is_not_retried(
        self, team: Team, fault: dict[str, Any], error_type: str, least_pause: int
    ) -> None:
        (calendar,) = team.connect()
        team.add(calendar)
        team.sync()
        team.inject("error", path="*/events", times=None, **fault)

        report = team.sync()

        assert (report.status, report.error_type, report.tally.retries) == ("failed", error_type, 0)
        assert team.stored() == team.truth(calendar), "rows are kept"
        pause = team.database.run("SELECT extract(epoch FROM retry_at - now()) FROM calendar_connections")[0][0]
        assert float(pause) > least_pause - 60

    @pytest.mark.parametrize(
        "garbage",
        ["missing_end", "year_zero", "nul", "huge_text", "no_start", "unknown_type", "odd_zone", "not_an_object"],
    )
    def test_one_bad_event_never_costs_its_page(self, team: Team, garbage: str) -> None:
        (calendar,) = team.connect()
        for n in range(3):
            team.add(calendar, f"event {n}")
        team.inject("garbage", path="*/events", garbage=garbage)

        report = team.sync()

        assert report.status == "completed"
        assert len({title for title in team.stored().values() if title in ("event 0", "event 1", "event 2")}) >= 2
        if garbage in ("missing_end", "year_zero", "huge_text", "no_start", "not_an_object"):
            (problems,) = team.database.run("SELECT problems FROM workspace_calendar_sync_log_connections")[0]
            assert problems
            assert {"id", "reason", "stored"} == set(problems[0])
            assert report.tally.rejected + report.tally.repaired == len(problems)

    def test_a_bug_in_one_calendar_is_recorded_and_raised_after_the_others(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada, second = team.connect(calendars=1)
        team.add(second)
        list_events = team.wiring.google.list_events

        def broken(token: str, request: Any) -> Any:
            if request.calendar_id == ada:
                raise KeyError("a title nobody should see")
            return list_events(token, request)

        monkeypatch.setattr(team.wiring.google, "list_events", broken)

        with pytest.raises(Exception, match="unexpected KeyError") as raised:
            team.sync()

        assert "title" not in str(raised.value)
        assert team.stored(second) == team.truth(second)
        assert last_run(team) == ["partial", "internal", "unexpected KeyError"]

    def test_a_database_that_goes_away_loses_nothing(self, team: Team, postgres: Postgres) -> None:
        (calendar,) = team.connect()
        team.add(calendar, "first")
        team.sync()
        team.add(calendar, "second")
        apply_page = team.wiring.calendar_pages.apply_page

        def restart_first(*arguments: Any) -> Any:
            postgres.restart()
            return apply_page(*arguments)

        team.wiring.calendar_pages.__dict__["apply_page"] = restart_first
        with pytest.raises(DatabaseUnavailable):
            team.sync()
        del team.wiring.calendar_pages.__dict__["apply_page"]
        team.database.run("UPDATE workspace_sync_leases SET expires_at = now()")

        assert ended(team.sync()) == ("completed", "incremental")
        assert team.stored() == team.truth(calendar)


class TestAccounts:
    def test_trap_80_a_refused_access_token_is_refreshed_once(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.sync()
        team.google.expire_access_tokens(calendar)

        assert ended(team.sync()) == ("completed", "incremental")
        tokens = [r for r in team.simulator.observation.requests() if r["path"].endswith("/token")]
        assert len(tokens) == 2

    def test_an_access_token_is_reused_until_it_is_about_to_expire(self, team: Team) -> None:
        team.connect()
        for _ in range(3):
            team.sync()
        assert refreshes(team) == 1

        team.database.run("UPDATE calendar_auth_tokens SET expires_at = now() + interval '4 minutes'")
        team.sync()
        assert refreshes(team) == 2

    def test_a_token_refused_right_after_its_refresh_is_no_dead_account(self, team: Team) -> None:
        team.connect()
        team.inject("error", path="*/events", status=401, reason="authError", times=None)

        report = team.sync()

        assert (report.status, report.error_type) == ("failed", "transient")
        assert team.database.run("SELECT status FROM calendar_auth_tokens") == [["active"]]

    def test_a_revoked_account_asks_for_its_owner_and_a_new_token_revives_it(self, team: Team) -> None:
        (ada,) = team.connect()
        (bob,) = team.connect("bob@example.test")
        team.sync()
        team.google.revoke_account(ada)
        team.google.expire_access_tokens(ada)
        team.add(bob, "still read")

        first, second = team.sync(), team.sync()

        assert ended(first) == ("partial", "partial")
        assert ended(second) == ("completed", "incremental"), "the dead account is skipped"
        assert team.stored(bob) == team.truth(bob)
        dead = team.database.run("SELECT id, last_error FROM calendar_auth_tokens WHERE status = 'reconnect_required'")
        assert len(dead) == 1

        team.add(ada, "missed")
        team.give_token(dead[0][0], team.google.reconnect_account(ada)["refresh_token"])
        assert ended(team.sync()) == ("completed", "incremental")
        assert team.stored(ada) == team.truth(ada)

    def test_all_accounts_revoked_is_reconnect_required(self, team: Team) -> None:
        (ada,) = team.connect()
        team.google.revoke_account(ada)

        assert [ended(team.sync()) for _ in range(2)] == [("failed", "reconnect_required")] * 2
        assert refreshes(team) == 1, "a dead account is not asked again"

    def test_trap_80_a_failing_token_endpoint_is_no_dead_account(self, team: Team) -> None:
        team.connect()
        team.inject("error", path="*/token", status=503, times=None)

        assert team.sync().error_type == "google_unavailable"
        assert team.database.run("SELECT status FROM calendar_auth_tokens") == [["active"]]

    def test_trap_81_a_rotated_refresh_token_is_kept_and_all_are_ciphertext(self, team: Team) -> None:
        (ada,) = team.connect()
        team.google.configure({"rotate_refresh_tokens": True})
        team.sync()
        team.google.expire_access_tokens(ada)

        assert team.sync().status == "completed"
        kept = team.database.run("SELECT access_token, refresh_token FROM calendar_auth_tokens")[0]
        assert all(text.startswith("gAAAA") for text in kept)


class TestTime:
    def test_a_run_that_nears_its_limit_goes_on_in_another(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="10", ALMANAC_SYNC_RESERVE_SECONDS="25")
        (calendar,) = team.connect()
        team.google.step_clock(-3600)
        for n in range(45):
            team.add(calendar, f"event {n}")
        team.google.step_clock(3600)

        runs = [team.sync(seconds=10)]
        while runs[-1].outcome == "continued" and len(runs) < 20:
            runs.append(team.sync(seconds=10, **team.queue.sent[-1].job.model_dump(include={"source", "requested_at"})))

        assert [run.outcome for run in runs] == ["continued"] * 6 + ["incremental"]
        assert [envelope.job.source for envelope in team.queue.sent] == ["continuation"] * 6
        assert len({envelope.reason for envelope in team.queue.sent}) == 6
        assert team.stored() == team.truth(calendar)
        assert len(team.listings()) == 5 + 2, "no page is read twice; the token is asked and a recheck follows"

    def test_a_forced_full_pass_over_many_calendars_ends(self, team: Team) -> None:
        team.connect(calendars=3)
        team.sync()

        runs, asked = [], {"mode": "full", "source": "manual"}
        while len(runs) < 12 and (not runs or runs[-1].outcome == "continued"):
            runs.append(team.sync(seconds=10, **asked))
            if team.queue.sent:
                asked = team.queue.sent[-1].job.model_dump(include={"source", "requested_at", "mode"})

        assert runs[-1].outcome != "continued"
        oldest = team.database.run("SELECT count(*) FROM calendar_sync_states WHERE full_synced_at IS NULL")
        assert oldest == [[0]]
        full = [request for request in team.listings() if "timeMin" in request["params"]]
        assert len(full) == 4 + 4

    def test_a_continuation_that_cannot_be_sent_fails_the_run(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="10")
        (calendar,) = team.connect()
        for n in range(25):
            team.add(calendar, f"event {n}")
        team.queue.refuse = True

        report = team.sync(seconds=10)

        assert (report.status, report.error_type) == ("failed", "queue_unavailable")
        team.queue.refuse = False
        assert team.sync().status == "completed"
        assert team.stored() == team.truth(calendar)


def test_one_calendar_can_be_asked_for(team: Team) -> None:
    ada, second = team.connect(calendars=1)
    team.add(ada, "one")
    team.add(second, "two")

    report = team.sync(calendar_id="primary")

    assert len(report.connections) == 1
    assert set(team.stored().values()) == {"one"}


def test_an_unknown_calendar_is_named(team: Team) -> None:
    team.connect()

    report = team.sync(calendar_id="nobody@example.test")

    assert (report.status, report.error_type) == ("failed", "unknown_calendar")
    assert (report.error or "").startswith("calendar_id: ")


def test_a_run_leaves_its_row_with_counts_and_times(team: Team) -> None:
    (calendar,) = team.connect()
    team.add(calendar)

    report = team.sync(source="manual", user_id="ada", request_id="r-1")

    columns = "status, outcome, source, user_id, request_id, connections, inserted, api_calls, pages, error_type"
    (run,) = team.database.run(f"SELECT {columns} FROM workspace_calendar_sync_log WHERE id = :id", id=report.run_id)
    assert run == ["completed", "redirected_to_full", "manual", "ada", "r-1", 1, 1, 2, 1, None]
    times = "fetch_ms, write_ms, total_ms"
    assert min(team.database.run(f"SELECT {times} FROM workspace_calendar_sync_log")[0]) > 0


def written_rows(team: Team) -> list[list[Any]]:
    return list(team.database.run("SELECT id, xmin FROM workspace_calendar_events ORDER BY id"))


def connection_rows(team: Team, report: SyncReport) -> dict[tuple[str, str | None], int]:
    sql = (
        "SELECT status, error_type, count(*) FROM workspace_calendar_sync_log_connections"
        " WHERE run_id = :run_id GROUP BY 1, 2"
    )
    return {(row[0], row[1]): row[2] for row in team.database.run(sql, run_id=report.run_id)}


def last_run(team: Team) -> list[Any]:
    sql = "SELECT status, error_type, error FROM workspace_calendar_sync_log ORDER BY started_at DESC LIMIT 1"
    return list(team.database.run(sql)[0])


def refreshes(team: Team) -> int:
    return sum(request["path"].endswith("/token") for request in team.simulator.observation.requests())


class TestWhatADeltaTellsOfOtherTimes:
    def test_instances_of_decades_are_not_kept(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.sync()
        for year in range(2028, 2048):
            team.add(calendar, "far away", days=(year - 2026) * 365)
        near = team.add(calendar, "near")["id"]

        assert team.sync().outcome == "incremental"

        assert team.stored() == {near: "near"}

    def test_an_event_that_is_here_and_moves_out_keeps_its_row_and_what_the_app_owns(self, team: Team) -> None:
        (calendar,) = team.connect()
        moved = team.add(calendar, "moved")["id"]
        team.sync()
        team.database.run("UPDATE workspace_calendar_events SET locked = true")
        far = {end: {"dateTime": f"2040-01-01T{hour}:00:00Z"} for end, hour in (("start", "10"), ("end", "11"))}
        team.google.patch_event(calendar, moved, far)

        team.sync()

        sql = "SELECT locked, extract(year FROM start_at)::integer FROM workspace_calendar_events"
        assert team.database.run(sql) == [[True, 2040]]


def test_whoever_wants_a_calendar_read_anew_does_not_get_the_pages_of_an_unfinished_pass(
    make_team: Callable[..., Team],
) -> None:
    team = make_team(ALMANAC_SYNC_PAGE_SIZE="5")
    (calendar,) = team.connect()
    for n in range(12):
        team.add(calendar, f"event {n}")
    assert team.sync(seconds=10).outcome == "continued"
    before = len(team.listings())

    team.sync(source="manual", mode="full")

    assert "pageToken" not in team.listings()[before]["params"]
    assert team.stored() == team.truth(calendar)
