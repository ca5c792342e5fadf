"""smart_scheduling: what becomes of a message. The use case behind it is played by the tests."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import pytest

from almanac.domain.explanation import Explanation
from almanac.domain.workspace_plan.report import Note, PlanReport
from almanac.errors import AlmanacError, BadJob, DatabaseUnavailable, Postponed, QueueUnavailable
from almanac.jobs import CalendarSchedule, parse_schedule
from almanac.services.clock import Deadline
from almanac.services.queues.message_run import MessageRun, SqsMessage
from functions.smart_scheduling.handler import lambda_handler
from tests.integration.team import RecordingQueue

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from almanac.services.plan.run import PlanWorkspace

WS = UUID("7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01")
EVENT = Path(__file__).parents[2] / "events" / "schedule-manual.json"


@dataclass
class PlayedPlan:
    """Stands for PlanWorkspace: answers or raises what the test says, and remembers what it was asked."""

    answer: Callable[[], PlanReport]
    asked: list[tuple[CalendarSchedule, datetime | None, float]] = field(default_factory=list)

    def __call__(
        self, job: CalendarSchedule, sent_at: datetime | None, deadline: Deadline, message_id: str | None = None
    ) -> PlanReport:
        self.asked.append((job, sent_at, deadline()))
        return self.answer()


class Context:
    function_name = "smart_scheduling"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:smart_scheduling"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


def report(**fields: Any) -> PlanReport:
    return PlanReport(WS, uuid4(), **fields)


def failed(error: Exception) -> Callable[[], PlanReport]:
    def answer() -> PlanReport:
        raise error

    return answer


def receiver(
    answer: Callable[[], PlanReport],
) -> tuple[MessageRun[CalendarSchedule, PlanReport], PlayedPlan, RecordingQueue]:
    plan, queue = PlayedPlan(answer), RecordingQueue()
    return MessageRun(parse_schedule, cast("PlanWorkspace", plan), queue, lambda: 0.0, "calendar.schedule"), plan, queue


def message(body: str = f'{{"job":"calendar.schedule","ws_id":"{WS}"}}', *, receives: int = 1) -> SqsMessage:
    return SqsMessage(body, "m1", "r1", receives, datetime(2026, 3, 2, tzinfo=UTC))


class TestAMessage:
    def test_is_done_when_its_plan_has_ended(self) -> None:
        receive, plan, queue = receiver(report)
        body = json.dumps({"job": "calendar.schedule", "ws_id": str(WS), "window_days": 14, "apply": "safe"})
        assert receive(message(body), lambda: 60.0).outcome == "planned"
        ((job, sent_at, left),) = plan.asked
        assert (job.ws_id, job.window_days, job.apply, job.force_reschedule) == (WS, 14, "safe", False)
        assert (sent_at, left, queue.postponed) == (datetime(2026, 3, 2, tzinfo=UTC), 60.0, [])

    @pytest.mark.parametrize("outcome", ["unchanged", "nothing_to_plan", "blocked", "superseded", "timezone_missing"])
    def test_is_done_whatever_the_outcome_when_again_cannot_help(self, outcome: str) -> None:
        status = "failed" if outcome == "timezone_missing" else "skipped"
        receive, _, queue = receiver(lambda: report(status=status, outcome=outcome))
        assert receive(message(), lambda: 60.0).outcome == outcome
        assert queue.postponed == []

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ("no json", "body"),
            ('{"job":"calendar.schedule"}', "ws_id"),
            (f'{{"job":"calendar.schedule","ws_id":"{WS}","window_days":6}}', "window_days"),
            (f'{{"job":"calendar.schedule","ws_id":"{WS}","window_days":91}}', "window_days"),
            (f'{{"job":"calendar.schedule","ws_id":"{WS}","apply":"maybe"}}', "apply"),
            (f'{{"job":"calendar.sync","ws_id":"{WS}"}}', "job"),
        ],
    )
    def test_that_does_not_parse_stays_and_names_the_field(self, body: str, named: str) -> None:
        receive, plan, queue = receiver(report)
        with pytest.raises(BadJob) as caught:
            receive(message(body), lambda: 60.0)
        assert caught.value.field == named
        assert (plan.asked, queue.postponed) == ([], [0])

    def test_comes_back_when_the_database_is_away(self) -> None:
        receive, _, queue = receiver(failed(DatabaseUnavailable("gone")))
        with pytest.raises(Postponed, match="database_unavailable"):
            receive(message(), lambda: 60.0)
        assert queue.postponed == [30]

    def test_comes_back_in_seconds_when_a_run_is_at_work_whatever_its_lease_says(self) -> None:
        receive, _, queue = receiver(lambda: report(status="skipped", outcome="already_running", retry_after=100.0))
        with pytest.raises(Postponed, match="already_running"):
            receive(message(), lambda: 60.0)
        assert queue.postponed == [5]

    def test_comes_back_when_the_calendar_never_rested(self) -> None:
        receive, _, queue = receiver(
            lambda: report(status="failed", outcome="failed", error_type="calendar_changing", retry_after=60.0)
        )
        with pytest.raises(Postponed):
            receive(message(), lambda: 60.0)
        assert queue.postponed == [60]

    def test_shows_in_the_dead_letter_queue_when_nothing_could_be_recorded(self) -> None:
        receive, _, queue = receiver(failed(DatabaseUnavailable("gone")))
        with pytest.raises(DatabaseUnavailable):
            receive(message(receives=3), lambda: 60.0)
        assert queue.postponed == [0]

    def test_goes_to_the_end_of_its_group_when_its_last_receive_meets_a_running_run(self) -> None:
        receive, _, queue = receiver(lambda: report(status="skipped", outcome="already_running", retry_after=100.0))
        receive(message(receives=3), lambda: 60.0)
        assert [envelope.job.ws_id for envelope in queue.sent] == [WS]

    def test_that_cannot_be_put_back_stays_in_the_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        receive, _, queue = receiver(failed(DatabaseUnavailable("gone")))

        def refuse(*_: object) -> None:
            raise QueueUnavailable("no")

        monkeypatch.setattr(queue, "postpone", refuse)
        with pytest.raises(QueueUnavailable):
            receive(message(), lambda: 60.0)


class TestTheHandler:
    def test_plans_each_record_and_reports_no_failure(self) -> None:
        receive, plan, _ = receiver(report)
        answer = lambda_handler(json.loads(EVENT.read_text()), cast("LambdaContext", Context()), receive=receive)
        assert answer == {"batchItemFailures": []}
        ((job, _, left),) = plan.asked
        assert (job.ws_id, job.window_days, left) == (WS, 14, 120.0)

    @pytest.mark.parametrize("error", [DatabaseUnavailable("gone"), AlmanacError("a bug")])
    def test_names_what_stays_in_the_queue(self, error: Exception) -> None:
        receive, _, _ = receiver(failed(error))
        event = json.loads(EVENT.read_text())
        answer = lambda_handler(event, cast("LambdaContext", Context()), receive=receive)
        assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}

    def test_logs_and_measures_a_run_without_what_it_is_about(
        self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines: list[str] = []
        monkeypatch.setattr("functions.smart_scheduling.handler.logger.info", lambda *a, **k: lines.append(f"{a} {k}"))
        ended = report(
            notes=[Note("task", "t", "late", Explanation("deadline_past"), reason="because of 'Secret dinner'")]
        )
        ended.counts.inserted = 3
        receive, _, _ = receiver(lambda: ended)

        lambda_handler(json.loads(EVENT.read_text()), cast("LambdaContext", Context()), receive=receive)

        out = capfd.readouterr().out
        assert "Secret" not in out + "".join(lines)
        assert str(ended.run_id) in lines[0]
        metric = next(json.loads(line) for line in out.splitlines() if '"_aws"' in line)
        assert (metric["outcome"], metric["ws_id"], metric["inserted"]) == ("planned", str(WS), [3.0])
        assert metric["message_to_done_ms"][0] > 0

    def test_counts_a_failed_plan_by_its_error(self, capfd: pytest.CaptureFixture[str]) -> None:
        receive, _, _ = receiver(
            lambda: report(status="failed", outcome="timezone_missing", error_type="timezone_missing")
        )

        lambda_handler(json.loads(EVENT.read_text()), cast("LambdaContext", Context()), receive=receive)

        lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if '"_aws"' in line]
        (error,) = [line for line in lines if "errors" in line]
        assert (error["service"], error["error_type"], error["errors"]) == (
            "smart_scheduling",
            "timezone_missing",
            [1.0],
        )
