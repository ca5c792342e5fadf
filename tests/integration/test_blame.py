"""Who is to blame and who has to wait: the project, an account's eyes, a deadly calendar, a hung provider."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from almanac.errors import AlmanacError, AnswerTooLarge, ProviderUnavailable, StorageFailed
from almanac.jobs import CalendarSync, message_body
from almanac.services.queues.message_run import SqsMessage
from almanac.services.queues.ports import DueWorkspace
from tests.integration import rows
from tests.integration.team import Team

pytestmark = pytest.mark.integration


def connection(team: Team) -> dict[str, Any]:
    names = ("status", "failures", "retry_at", "last_error_type", "attempts", "page_limit")
    return dict(zip(names, team.database.run(f"SELECT {', '.join(names)} FROM calendar_connections")[0], strict=True))


def join(team: Team, email: str, calendar: str, role: str) -> None:
    """Another account's view of a calendar."""
    tokens = team.google.add_account(email)
    team.google.set_entry(calendar, email, role=role)  # type: ignore[arg-type]
    account = rows.account(team.database, team.ws_id, email)
    team.give_token(account, tokens["refresh_token"])
    rows.connection(team.database, team.ws_id, account, calendar, role=role)


class TestTheProject:
    """A wrong client secret or an API that is switched off is nobody's calendar's fault."""

    FAULTS = pytest.mark.parametrize(
        ("path", "status", "reason"),
        [
            ("*/token", 401, "invalid_client"),
            ("*/token", 400, "invalid_request"),
            ("*/events", 403, "accessNotConfigured"),
        ],
    )

    @FAULTS
    def test_pauses_no_calendar_and_ends_with_the_next_tick(
        self, team: Team, path: str, status: int, reason: str
    ) -> None:
        (calendar,) = team.connect()
        team.sync()
        team.database.run("UPDATE calendar_auth_tokens SET expires_at = now()")
        team.inject("error", path=path, times=None, status=status, reason=reason)

        report = team.sync()

        assert (report.status, report.error_type) == ("failed", "google_project_refused")
        found = connection(team)
        assert (found["status"], found["failures"], found["retry_at"]) == ("error", 0, None)
        assert team.database.run("SELECT provider, error_type FROM provider_pauses") == [["google", report.error_type]]
        team.google.clear_faults()
        added = team.add(calendar, "new")["id"]
        assert list(team.wiring.dispatch.store.due_for_sync(None, 10)) == [DueWorkspace(team.ws_id)]
        assert team.sync().status == "completed"
        assert added in team.stored()
        assert team.database.run("SELECT provider FROM provider_pauses") == ()
        assert connection(team)["status"] == "synced"

    def test_one_refusal_a_run_is_enough(self, team: Team) -> None:
        team.connect(calendars=3)
        team.connect("bob@example.test", calendars=3)
        team.inject("error", path="*/token", times=None, status=401, reason="invalid_client")

        report = team.sync()

        assert report.tally.api_calls == 1
        assert len(report.connections) == 8
        assert {c.error_type for c in report.connections} == {"google_project_refused"}

    @pytest.mark.parametrize(("source", "asked"), [("push", 0), ("continuation", 0), ("manual", 1), ("schedule", 1)])
    def test_whoever_is_not_a_person_or_a_schedule_waits(self, team: Team, source: str, asked: int) -> None:
        team.connect()
        team.inject("error", path="*/token", times=None, status=401, reason="invalid_client")
        team.sync()

        assert team.sync(source=source).tally.api_calls == asked


class TestViews:
    """An etag is the same for everybody, what it stands for is not."""

    SECRET = "Secret plan"

    def test_a_reader_saw_it_first(self, team: Team) -> None:
        team.google.add_account("ada@example.test")
        join(team, "bob@example.test", "ada@example.test", "reader")
        team.add("ada@example.test", self.SECRET, visibility="private")
        team.sync()
        assert set(team.stored().values()) == {""}
        tokens = team.google.reconnect_account("ada@example.test")
        account = rows.account(team.database, team.ws_id, "ada@example.test")
        team.give_token(account, tokens["refresh_token"])
        rows.connection(team.database, team.ws_id, account, "ada@example.test")

        report = team.sync()

        assert set(team.stored().values()) == {self.SECRET}
        assert report.tally.updated == 1

    def test_only_a_reader_is_left(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.add(calendar, self.SECRET, visibility="private")
        team.sync()
        join(team, "bob@example.test", calendar, "reader")
        sql = "UPDATE calendar_auth_tokens SET status = 'disconnected' WHERE account_email LIKE 'ada%'"
        team.database.run(sql)

        team.sync()

        assert set(team.stored().values()) == {""}

    def test_a_pass_of_several_pages_that_is_interrupted_is_rewritten_to_its_end(
        self, make_team: Callable[..., Team]
    ) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="2")
        (calendar,) = team.connect()
        for _ in range(5):
            team.add(calendar, self.SECRET, visibility="private")
        team.sync()
        join(team, "bob@example.test", calendar, "reader")
        ada = "UPDATE calendar_auth_tokens SET status = :status WHERE account_email LIKE 'ada%'"
        team.database.run(ada, status="disconnected")
        pages = len(team.listings())
        job = CalendarSync(ws_id=team.ws_id, source="schedule")
        left = team.wiring.sync_workspace(job, None, lambda: 100.0 if len(team.listings()) == pages else 10.0)
        assert left.outcome == "continued"
        assert set(team.stored().values()) == {"", self.SECRET}

        team.database.run(ada, status="active")
        team.sync()

        assert set(team.stored().values()) == {self.SECRET}

    @pytest.mark.parametrize("told", [True, False], ids=["Google voids the token", "it does not"])
    def test_the_role_is_raised(self, team: Team, told: bool) -> None:
        team.google.add_account("ada@example.test")
        join(team, "bob@example.test", "ada@example.test", "reader")
        team.add("ada@example.test", self.SECRET, visibility="private")
        team.sync()
        if told:
            team.google.set_entry("ada@example.test", "bob@example.test", role="writer")
        else:
            team.simulator.world.accounts["bob@example.test"].entries["ada@example.test"].role = "writer"
            team.simulator.service.store.forget_pages()

        team.sync()

        assert set(team.stored().values()) == {self.SECRET}

    def test_nothing_is_rewritten_while_nothing_of_that_changes(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.add(calendar, self.SECRET, visibility="private")
        team.sync()

        assert team.sync(mode="full").tally.updated == 0
        team.google.expire_sync_tokens(calendar)
        assert team.sync().tally.updated == 0


class Killed(BaseException):
    """What a process does not survive."""


class TestADeadlyCalendar:
    def kill_at(self, team: Team, deadly: str) -> None:
        google, real = team.wiring.google, team.wiring.google.list_events

        def list_events(token: str, request: Any) -> Any:
            if request.calendar_id == deadly:
                raise Killed
            return real(token, request)

        google.list_events = list_events  # type: ignore[method-assign]

    def die(self, team: Team) -> None:
        with pytest.raises(Killed):
            team.sync()
        team.database.run("UPDATE workspace_sync_leases SET expires_at = now() - interval '1 second'")

    def test_takes_its_turn_last_and_starves_nobody(self, team: Team) -> None:
        calendars = team.connect(calendars=4)
        team.sync()
        for calendar in calendars:
            team.add(calendar, "later")
        self.kill_at(team, calendars[2])

        self.die(team)
        self.die(team)

        assert len(team.stored()) == 4, "all but its own"

    def test_is_asked_for_smaller_pages_and_keeps_its_token(self, team: Team) -> None:
        (calendar,) = team.connect()
        team.sync()
        google, real = team.wiring.google, team.wiring.google.list_events
        self.kill_at(team, calendar)
        self.die(team)
        self.die(team)
        google.list_events = real  # type: ignore[method-assign]
        team.add(calendar, "at last")

        report = team.sync()

        asked = team.listings()[-1]["params"]
        assert (report.outcome, asked["maxResults"]) == ("incremental", ["500"])
        assert (connection(team)["attempts"], connection(team)["page_limit"]) == (0, 500)
        assert set(team.stored().values()) == {"at last"}

    def test_an_answer_that_does_not_fit_is_asked_for_in_smaller_parts(self, team: Team) -> None:
        (calendar,) = team.connect()
        for n in range(30):
            team.add(calendar, f"event {n}")
        google, real = team.wiring.google, team.wiring.google.list_events
        sizes: list[int] = []

        def list_events(token: str, request: Any) -> Any:
            sizes.append(request.page_size)
            if request.page_size > 20:
                raise AnswerTooLarge("too large", provider="google")
            return real(token, request)

        google.list_events = list_events  # type: ignore[method-assign]

        report = team.sync()

        assert (report.status, team.stored()) == ("completed", team.truth(calendar))
        assert sizes[:4] == [2500, 500, 100, 20]
        sizes.clear()
        team.sync()
        assert sizes == [20]

    def test_one_event_that_does_not_fit_is_refused(self, team: Team) -> None:
        team.connect()

        def too_large(*_: Any) -> Any:
            raise AnswerTooLarge("too large", provider="google")

        team.wiring.google.list_events = too_large  # type: ignore[method-assign]

        assert team.sync().error_type == "google_rejected"


class Time:
    """What is left of an invocation, and a Google that uses it up."""

    def __init__(self, team: Team, seconds: float) -> None:
        self.now, self.ends_at = 0.0, seconds
        self.limits: list[float] = []
        use_case = team.wiring.sync_workspace
        object.__setattr__(use_case, "sleep", self.sleep)
        team.wiring.google.limit_waits = self.limits.append  # type: ignore[method-assign]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def hang(self, *_: Any) -> Any:
        self.now += min(20.0, self.limits[-1])
        raise ProviderUnavailable("no answer in time", provider="google")

    def __call__(self) -> float:
        return self.ends_at - self.now


class TestAHungProvider:
    @pytest.mark.parametrize("calendars", [1, 3, 8])
    def test_ends_the_run_in_time_with_a_row(self, team: Team, calendars: int) -> None:
        team.connect(calendars=calendars - 1)
        team.sync()
        time = Time(team, 120.0)
        team.wiring.google.list_events = time.hang  # type: ignore[method-assign]

        report = team.wiring.sync_workspace(CalendarSync(ws_id=team.ws_id, source="schedule"), None, time)

        assert time() > 0, "the invocation would have been cut off"
        assert report.status == "failed"
        assert report.error_type == "google_unavailable"

    def test_is_asked_by_continuations_for_the_rest_until_everybody_pauses(self, team: Team) -> None:
        team.connect(calendars=7)
        team.sync()
        job, runs = CalendarSync(ws_id=team.ws_id, source="schedule"), 0
        while True:
            runs += 1
            time = Time(team, 120.0)
            team.wiring.google.list_events = time.hang  # type: ignore[method-assign]
            assert team.wiring.sync_workspace(job, None, time).outcome in ("continued", "failed", "nothing_to_read")
            assert time() > 0
            if not team.queue.sent:
                break
            job = team.queue.sent.pop().job  # type: ignore[assignment]
        assert runs <= 8
        paused = team.database.run("SELECT count(*) FROM calendar_connections WHERE retry_at > now()")
        assert paused == [[8]]

    def test_of_one_calendar_takes_nobody_elses_turn(self, team: Team) -> None:
        calendars = team.connect(calendars=3)
        team.sync()
        for calendar in calendars:
            team.add(calendar, "new")
        google, real = team.wiring.google, team.wiring.google.list_events
        time = Time(team, 120.0)

        def list_events(token: str, request: Any) -> Any:
            return time.hang() if request.calendar_id == calendars[0] else real(token, request)

        google.list_events = list_events  # type: ignore[method-assign]
        for _ in range(2):
            time.now = 0.0
            team.wiring.sync_workspace(CalendarSync(ws_id=team.ws_id, source="manual", force=True), None, time)

        assert len(team.stored()) == 3

    def test_whose_token_endpoint_hangs(self, team: Team) -> None:
        team.connect("ada@example.test")
        team.connect("bob@example.test")
        time = Time(team, 120.0)
        team.wiring.google_tokens.refresh = time.hang  # type: ignore[method-assign]

        report = team.wiring.sync_workspace(CalendarSync(ws_id=team.ws_id, source="schedule"), None, time)

        assert (report.status, report.error_type) == ("failed", "google_unavailable")
        assert time() > 0


class TestContinuations:
    def short(self, team: Team, calls: int = 4) -> Callable[[], float]:
        """Time for so many requests."""
        start = len(team.listings())
        return lambda: 100.0 if len(team.listings()) - start < calls else 10.0

    def test_a_bug_in_one_calendar_does_not_multiply_messages(self, team: Team) -> None:
        ids = team.connect(calendars=15)
        for calendar in ids:
            team.add(calendar)
        pages = team.wiring.calendar_pages
        real = pages.apply_page

        def apply_page(lease: Any, of: Any, *rest: Any, **named: Any) -> Any:
            if of.calendar_id == ids[0]:
                raise StorageFailed("the database refused a statement (23514)")
            return real(lease, of, *rest, **named)

        pages.apply_page = apply_page  # type: ignore[method-assign]
        waiting, runs, raised = [CalendarSync(ws_id=team.ws_id, source="schedule")], 0, 0
        while waiting and runs < 50:
            job, message_id = waiting.pop(0), str(uuid4())
            for count in (1, 2, 3):
                runs += 1
                message = SqsMessage(message_body(job), message_id, "h", count, datetime.now(UTC))
                try:
                    team.wiring.receive_sync(message, self.short(team))
                except AlmanacError:
                    raised += 1
                    continue
                break
            waiting += [envelope.job for envelope in team.queue.sent]  # type: ignore[misc]
            team.queue.sent.clear()
        assert (len(team.stored()), raised) == (15, 0)
        assert runs <= 6

    def test_one_message_has_one_continuation_however_often_it_is_received(self, team: Team) -> None:
        for calendar in team.connect(calendars=9):
            team.add(calendar)
        message = SqsMessage(
            message_body(CalendarSync(ws_id=team.ws_id, force=True)), "message-1", "h", 1, datetime.now(UTC)
        )

        team.wiring.receive_sync(message, self.short(team, 2))
        team.wiring.receive_sync(message, self.short(team, 2))

        assert len({envelope.reason for envelope in team.queue.sent}) == 1

    def test_an_account_that_was_told_to_wait_is_not_asked_by_its_own_continuation(self, team: Team) -> None:
        (ada,) = team.connect()
        for calendar in team.connect("bob@example.test", calendars=5):
            team.add(calendar)
        slow = {"status": 429, "reason": "rateLimitExceeded", "retry_after": 600}
        team.inject("error", path="*/events", calendar=ada, times=None, **slow)
        object.__setattr__(team.wiring.sync_workspace, "sleep", team.waited.append)
        job, asked = CalendarSync(ws_id=team.ws_id, source="manual"), []
        while True:
            before = len(team.listings())
            team.wiring.sync_workspace(job, None, self.short(team, 3))
            asked.append(sum(ada in request["path"] for request in team.listings()[before:]))
            if not team.queue.sent:
                break
            job = team.queue.sent.pop().job  # type: ignore[assignment]

        assert sum(asked) == 1
        assert len(team.stored()) == 6

    def test_a_calendar_for_which_no_time_is_left_keeps_its_token(self, team: Team) -> None:
        """Whoever has every calendar read anew may never be gone on with."""
        team.connect(calendars=1)
        team.sync()

        job = CalendarSync(ws_id=team.ws_id, source="manual", mode="full", force=True)
        assert team.wiring.sync_workspace(job, None, self.short(team, 1)).outcome == "continued"

        tokens = team.database.run("SELECT count(*) FROM calendar_sync_states WHERE sync_token IS NOT NULL")
        assert tokens == [[2]]

    def test_a_continuation_trusts_no_pages_from_before_somebody_wanted_all_of_them_anew(
        self, make_team: Callable[..., Team]
    ) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="2")
        first, begun = team.connect(calendars=1)
        for _ in range(6):
            team.add(begun)
        team.wiring.sync_workspace(CalendarSync(ws_id=team.ws_id, calendar_id=begun), None, self.short(team, 1))
        team.database.run("UPDATE calendar_connections SET failures = 1 WHERE calendar_id = :id", id=begun)
        team.queue.sent.clear()

        job = CalendarSync(ws_id=team.ws_id, source="manual", mode="full", force=True)
        team.wiring.sync_workspace(job, None, self.short(team, 1))
        before = len(team.listings())
        (rest,) = team.queue.sent
        team.sync(**rest.job.model_dump(exclude={"ws_id"}))

        asked = [request for request in team.listings()[before:] if begun in request["path"]]
        assert "pageToken" not in asked[0]["params"]
        assert team.stored() == team.truth(first) | team.truth(begun)

    def test_a_continuation_goes_on_with_the_pages_of_its_own_job(self, make_team: Callable[..., Team]) -> None:
        """Else a calendar that takes longer than a run would be begun for ever."""
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="2")
        (calendar,) = team.connect()
        for _ in range(6):
            team.add(calendar)
        team.sync()

        job = CalendarSync(ws_id=team.ws_id, source="manual", mode="full", force=True)
        team.wiring.sync_workspace(job, None, self.short(team, 1))
        before = len(team.listings())
        (rest,) = team.queue.sent
        team.sync(**rest.job.model_dump(exclude={"ws_id"}))

        assert "pageToken" in team.listings()[before]["params"]

    def test_a_calendar_that_is_only_begun_is_not_called_synced(self, make_team: Callable[..., Team]) -> None:
        team = make_team(ALMANAC_SYNC_PAGE_SIZE="2")
        (calendar,) = team.connect()
        for _ in range(6):
            team.add(calendar)

        job = CalendarSync(ws_id=team.ws_id, source="schedule")
        assert team.wiring.sync_workspace(job, None, self.short(team, 1)).outcome == "continued"

        assert connection(team)["status"] == "new"


def test_primary_is_read_through_whoever_can_read_it(team: Team) -> None:
    (calendar,) = team.connect()
    join(team, "bob@example.test", calendar, "reader")
    team.add(calendar)
    team.database.run("UPDATE calendar_connections SET is_primary = false WHERE access_role = 'reader'")
    sql = "UPDATE calendar_auth_tokens SET status = 'reconnect_required' WHERE account_email LIKE 'ada%'"
    team.database.run(sql)
    team.sync()

    asked = team.sync(source="manual", calendar_id="primary")

    assert (asked.status, asked.outcome) == ("completed", "incremental")
    assert team.sync().outcome == "incremental"
