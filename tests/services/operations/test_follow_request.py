"""Following a request, for a sync and for a plan, with a clock that only waiting moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic
from uuid import UUID

import pytest

from almanac.domain.operations.runs import RequestedPlan, SyncProgress, SyncRun
from almanac.services.operations.follow_request import FOLLOW_SECONDS, FollowRequest, RequestNotDone, RequestProgress
from almanac.services.operations.ports import FollowedRun
from tests.services.operations.fakes import RUN, WS, requested_plan, sync_run


@dataclass
class Looks(Generic[FollowedRun]):
    """RunsOfRequests that shows one list after another, the last one again and again; and the clock."""

    shown: list[list[FollowedRun]]
    of_sync: SyncProgress | None = None
    told: list[RequestProgress] = field(default_factory=list)
    seconds: float = 0.0
    looks: int = 0

    def runs_of_request(self, ws_id: UUID, request_id: str) -> Sequence[FollowedRun]:
        assert (ws_id, request_id) == (WS, "r")
        self.looks += 1
        return self.shown[min(self.looks, len(self.shown)) - 1]

    def sync_progress(self, ws_id: UUID, run_id: UUID) -> SyncProgress | None:
        assert (ws_id, run_id) == (WS, RUN)
        return self.of_sync

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def follow(self, timeout_seconds: float = 10.0) -> Sequence[FollowedRun]:
        return FollowRequest(self, self.sleep, lambda: self.seconds)(WS, "r", timeout_seconds, self.told.append)


def test_the_runs_of_a_sync_are_told_until_the_last_has_ended() -> None:
    continued, ended = sync_run("completed", "continued"), sync_run()
    looks: Looks[SyncRun] = Looks(
        [[], [sync_run("running", None)], [continued], [continued, ended]], of_sync=SyncProgress(1, 500, 3)
    )

    assert looks.follow() == [continued, ended]
    assert looks.told == [
        RequestProgress("waiting", 0.0),
        RequestProgress("running", FOLLOW_SECONDS, 1, 500, 3),
        RequestProgress("continuing", 2 * FOLLOW_SECONDS),
    ]


def test_a_plan_that_runs_has_no_calendars_to_tell_of() -> None:
    ended = requested_plan()
    looks: Looks[RequestedPlan] = Looks([[requested_plan("running", None)], [ended]])

    assert looks.follow() == [ended]
    assert looks.told == [RequestProgress("running", 0.0)]


@pytest.mark.parametrize("outcome", ["planned", "unchanged", "blocked", "failed", "superseded"])
def test_every_outcome_of_a_plan_but_a_refusal_by_a_running_one_is_an_end(outcome: str) -> None:
    refused, ended = requested_plan("skipped", "already_running"), requested_plan("completed", outcome)
    looks: Looks[RequestedPlan] = Looks([[refused], [ended]])

    assert looks.follow() == [ended]
    assert [progress.status for progress in looks.told] == ["waiting"]


def test_a_request_that_has_not_ended_in_time_is_left() -> None:
    looks: Looks[SyncRun] = Looks([[sync_run("running", None)]], of_sync=SyncProgress(0, 0))

    with pytest.raises(RequestNotDone, match=r"not done after 1\.2 s"):
        looks.follow(1.2)

    assert looks.seconds == pytest.approx(1.2), "the last wait ends with the time"
