from random import Random
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.report import TALLY_FIELDS, ConnectionReport, SyncReport, Tally, conclude

COUNTS = st.builds(Tally, **{name: st.integers(0, 10**6) for name in TALLY_FIELDS})
ENDS = st.sampled_from(
    [
        ("completed", "full"),
        ("completed", "incremental"),
        ("completed", "redirected_to_full"),
        ("completed", "token_expired_full"),
        ("completed", "continued"),
        ("failed", "failed"),
        ("failed", "reconnect_required"),
        ("skipped", "reconnect_required"),
        ("skipped", "backing_off"),
        ("skipped", "already_read"),
        ("skipped", "continued"),
    ]
)


def ended(*ends: tuple[str, str]) -> SyncReport:
    report = SyncReport(uuid4(), uuid4(), "auto")
    for number, (status, outcome) in enumerate(ends):
        connection = ConnectionReport(uuid4(), status, outcome)
        if status == "failed":
            connection.error_type, connection.error = f"error_{number}", f"error {number}"
        report.connections.append(connection)
    conclude(report)
    return report


FULL, DELTA, MORE = ("completed", "full"), ("completed", "incremental"), ("completed", "continued")
BROKEN, DEAD = ("failed", "failed"), ("failed", "reconnect_required")
DEAD_BEFORE, PAUSED, READ = ("skipped", "reconnect_required"), ("skipped", "backing_off"), ("skipped", "already_read")


@pytest.mark.parametrize(
    ("ends", "status", "outcome"),
    [
        ([], "completed", "nothing_to_read"),
        ([DELTA], "completed", "incremental"),
        ([DELTA, FULL], "completed", "full"),
        ([DELTA, FULL, ("completed", "redirected_to_full")], "completed", "redirected_to_full"),
        ([("completed", "token_expired_full"), ("completed", "redirected_to_full")], "completed", "token_expired_full"),
        ([DELTA, MORE], "completed", "continued"),
        ([DELTA, ("skipped", "continued")], "completed", "continued"),
        ([BROKEN], "failed", "failed"),
        ([BROKEN, DEAD], "failed", "failed"),
        ([DEAD], "failed", "reconnect_required"),
        ([DEAD, DEAD_BEFORE], "failed", "reconnect_required"),
        ([DEAD_BEFORE], "failed", "reconnect_required"),
        ([DEAD_BEFORE, PAUSED], "failed", "reconnect_required"),
        ([DEAD_BEFORE, DELTA], "completed", "incremental"),
        ([BROKEN, DELTA], "partial", "partial"),
        ([DEAD, DELTA], "partial", "partial"),
        ([BROKEN, PAUSED], "failed", "failed"),
        ([BROKEN, MORE], "partial", "continued"),
        ([PAUSED], "completed", "nothing_to_read"),
        ([READ, READ], "completed", "nothing_to_read"),
    ],
)
def test_how_calendars_make_the_end_of_a_run(ends: list[tuple[str, str]], status: str, outcome: str) -> None:
    report = ended(*ends)

    assert (report.status, report.outcome) == (status, outcome)


@given(st.lists(ENDS, max_size=8))
def test_a_run_without_success_says_why_and_one_with_success_does_not(ends: list[tuple[str, str]]) -> None:
    report = ended(*ends)
    failed = [outcome for status, outcome in ends if status == "failed"]

    assert (report.error_type is None) == report.success == (report.status == "completed")
    assert not (failed and report.success)
    assert (report.status == "partial") == (bool(failed) and any(status == "completed" for status, _ in ends))


@given(st.lists(ENDS, max_size=8), st.randoms())
def test_the_order_of_calendars_does_not_matter(ends: list[tuple[str, str]], order: Random) -> None:
    shuffled = list(ends)
    order.shuffle(shuffled)
    first, second = ended(*ends), ended(*shuffled)

    assert (first.status, first.outcome) == (second.status, second.outcome)


@given(st.lists(ENDS, max_size=8))
def test_unfinished_work_always_shows(ends: list[tuple[str, str]]) -> None:
    assert (ended(*ends).outcome == "continued") == any(outcome == "continued" for _, outcome in ends)


def test_the_longest_wait_of_the_failed_ones_is_the_runs() -> None:
    report = SyncReport(uuid4(), uuid4(), "auto")
    for wait in (None, 0.0, 7.0):
        report.connections.append(ConnectionReport(uuid4(), "failed", "failed", error_type="x", retry_after=wait))
    conclude(report)

    assert report.retry_after == 7.0


def test_permanent_failures_alone_ask_for_no_retry() -> None:
    assert ended(BROKEN).retry_after is None


@given(st.lists(COUNTS, max_size=5))
def test_a_runs_counts_are_the_sum_of_its_calendars(tallies: list[Tally]) -> None:
    report = SyncReport(uuid4(), uuid4(), "auto")
    report.connections = [ConnectionReport(uuid4(), tally=tally) for tally in tallies]
    conclude(report)

    for name in TALLY_FIELDS:
        assert getattr(report.tally, name) == sum(getattr(tally, name) for tally in tallies)


def test_the_result_names_workspace_run_mode_counts_and_error() -> None:
    report = SyncReport(uuid4(), uuid4(), "auto")
    report.fail("google_unavailable", "Google is unavailable", 2.5)
    report.tally.total_ms = 12.6

    result = report.as_dict()

    assert (result["ws_id"], result["run_id"]) == (str(report.ws_id), str(report.run_id))
    assert (result["success"], result["mode"], result["status"]) == (False, "failed", "failed")
    assert (result["error_type"], result["retry_after"], result["total_ms"]) == ("google_unavailable", 2.5, 13)
    assert result.keys() >= set(TALLY_FIELDS)
