"""When a job belongs into the function with more memory."""

from datetime import UTC, datetime, timedelta

import pytest

from almanac.domain.operations.machine import KilledRun, escalation
from almanac.domain.sync.admission import AdmissionFacts, Refuse, refuse_here

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("killed", "large_until", "cause"),
    [
        (None, None, None),
        (None, NOW + WEEK, "sticky"),
        (None, NOW, None),
        (KilledRun(512, 436), None, "killed"),
        (KilledRun(512, 434), None, None),
        (KilledRun(512, None), None, "killed"),
        (KilledRun(None, None), None, "killed"),
        (KilledRun(512, 120), NOW + WEEK, "sticky"),
        (KilledRun(512, 500), NOW + WEEK, "killed"),
    ],
    ids=[
        "nothing is known",
        "it was too large lately",
        "it was too large a week ago",
        "it died with its memory full",
        "it died of time",
        "it died before its first page",
        "of a version that did not know",
        "it died of time, in a large workspace",
        "it died of memory again",
    ],
)
def test_a_job_is_escalated(killed: KilledRun | None, large_until: datetime | None, cause: str | None) -> None:
    assert escalation(killed, large_until, NOW) == cause


@pytest.mark.parametrize(
    ("refuse", "decided"),
    [
        (lambda _: None, ("escalated", None, "killed")),
        (lambda _: ("already_running", 40.0), ("already_running", 40.0)),
        (lambda _: ("superseded", None), ("superseded", None)),
    ],
    ids=["it would run", "another run is going on", "nobody needs it"],
)
def test_only_what_would_run_is_escalated(refuse: Refuse, decided: object) -> None:
    facts = AdmissionFacts(NOW, None, None, killed=KilledRun(512, 512))
    assert refuse_here(refuse)(facts) == decided


def test_what_fits_is_decided_by_the_rule_alone() -> None:
    assert refuse_here(lambda _: None)(AdmissionFacts(NOW, None, None)) is None
