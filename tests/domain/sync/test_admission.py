from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.sync.admission import (
    AdmissionFacts,
    LaterRun,
    ManualRun,
    RefusedRun,
    WantedPlan,
    WantedSync,
    refuse_plan,
    refuse_sync,
)
from almanac.jobs import Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COOLDOWN = 30.0
SOURCES = st.sampled_from(get_args(Source))
DIRECTIONS = st.sampled_from(["inbound", "outbound", "both"])
OFFSETS = st.none() | st.timedeltas(timedelta(hours=-2), timedelta(hours=2))
FACTS = st.builds(
    lambda lease, superseded, manual: facts(lease=lease, superseded=superseded, manual=manual),
    lease=OFFSETS,
    superseded=st.booleans(),
    manual=st.none() | st.timedeltas(timedelta(hours=-2), timedelta(0)),
)


def facts(
    *, lease: timedelta | None = None, superseded: bool = False, manual: timedelta | None = None, paused: bool = False
) -> AdmissionFacts:
    later = (LaterRun({"mode": "full"}, "full"),) if superseded else ()
    asked = () if manual is None else (ManualRun(NOW + manual, {"mode": "full"}),)
    return AdmissionFacts(NOW, None if lease is None else NOW + lease, asked, later, paused=paused)


def refuse(known: AdmissionFacts, source: str, direction: str, *, force: bool, cooldown: float) -> RefusedRun | None:
    return refuse_sync(known, WantedSync("auto", None, direction, source, force), cooldown)


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("known", "source", "force", "answer"),
    [
        pytest.param(facts(), "schedule", False, None, id="nothing in the way"),
        pytest.param(facts(lease=40 * SECOND), "manual", False, ("already_running", 40.0), id="a live lease"),
        pytest.param(facts(lease=40 * SECOND), "manual", True, ("already_running", 40.0), id="force is no crowbar"),
        pytest.param(facts(lease=timedelta(0)), "schedule", False, None, id="a lease ends at its instant"),
        pytest.param(facts(lease=-SECOND), "schedule", False, None, id="an expired lease"),
        pytest.param(facts(superseded=True), "push", False, ("superseded", None), id="superseded"),
        pytest.param(facts(superseded=True), "push", True, None, id="force skips superseded"),
        pytest.param(
            facts(superseded=True, lease=SECOND), "push", False, ("already_running", 1.0), id="running goes first"
        ),
        pytest.param(facts(paused=True), "manual", True, ("paused", None), id="force ends no pause"),
        pytest.param(facts(paused=True, lease=SECOND), "push", False, ("paused", None), id="a pause waits for no run"),
        pytest.param(facts(manual=-10 * SECOND), "manual", False, ("cooldown", 20.0), id="a repeated request"),
        pytest.param(facts(manual=-10 * SECOND), "manual", True, None, id="force skips cooldown"),
        pytest.param(facts(manual=-30 * SECOND), "manual", False, None, id="the cooldown is over"),
        pytest.param(facts(manual=-10 * SECOND), "schedule", False, None, id="no cooldown for schedules"),
        pytest.param(facts(manual=-10 * SECOND), "push", False, None, id="nor for pushes"),
        pytest.param(facts(manual=-10 * SECOND), "continuation", False, None, id="nor for continuations"),
        pytest.param(facts(manual=-10 * SECOND), "batch", False, None, id="nor for bulk requests"),
    ],
)
def test_what_refuses_a_run(
    known: AdmissionFacts, source: str, force: bool, answer: tuple[str, float | None] | None
) -> None:
    assert refuse(known, source, "both", force=force, cooldown=COOLDOWN) == answer


@given(FACTS, SOURCES, DIRECTIONS, st.booleans())
def test_two_runs_never_meet(known: AdmissionFacts, source: str, direction: str, force: bool) -> None:
    live = known.lease_expires_at is not None and known.lease_expires_at > known.now

    answer = refuse(known, source, direction, force=force, cooldown=COOLDOWN)

    assert (answer is not None and answer[0] == "already_running") == live


@given(FACTS, SOURCES, DIRECTIONS, st.booleans())
def test_whoever_asks_again_after_the_time_named_is_not_refused_for_the_same_reason(
    known: AdmissionFacts, source: str, direction: str, force: bool
) -> None:
    answer = refuse(known, source, direction, force=force, cooldown=COOLDOWN)
    if answer is None or answer[1] is None:
        return
    later = replace(known, now=known.now + timedelta(seconds=answer[1]))

    again = refuse(later, source, direction, force=force, cooldown=COOLDOWN)

    assert answer[1] > 0
    assert again is None or again[0] != answer[0]


@pytest.mark.parametrize(
    ("did", "wanted", "superseded"),
    [
        ("both", "inbound", True),
        ("both", "outbound", True),
        (None, "outbound", True),  # a row of before, which says both by saying nothing
        ("inbound", "inbound", True),
        ("inbound", "outbound", False),
        ("inbound", "both", False),
        ("outbound", "both", False),
        ("outbound", "inbound", False),
    ],
)
def test_a_run_covers_the_directions_that_it_went(did: str | None, wanted: str, superseded: bool) -> None:
    scope = {"mode": "auto"} | ({} if did is None else {"direction": did})
    known = replace(facts(), later_runs=(LaterRun(scope, "incremental"),))
    answer = refuse(known, "push", wanted, force=False, cooldown=COOLDOWN)
    assert answer == (("superseded", None) if superseded else None)


@given(FACTS, SOURCES, DIRECTIONS)
def test_force_never_refuses_more(known: AdmissionFacts, source: str, direction: str) -> None:
    plain = refuse(known, source, direction, force=False, cooldown=COOLDOWN)
    forced = refuse(known, source, direction, force=True, cooldown=COOLDOWN)

    assert forced in (None, plain)


def sync(mode: str = "auto", calendar_id: str | None = None, source: str = "push") -> WantedSync:
    return WantedSync(mode, calendar_id, "inbound", source, force=False)


@pytest.mark.parametrize(
    ("later", "wanted", "superseded"),
    [
        pytest.param(LaterRun({"mode": "auto"}, "incremental"), sync(), True, id="the same"),
        pytest.param(LaterRun({"mode": "auto"}, "continued"), sync(), False, id="its rest is still to come"),
        pytest.param(LaterRun({"mode": "auto"}, "full"), sync("full"), False, id="a full one was asked for"),
        pytest.param(LaterRun({"mode": "full"}, "full"), sync("full"), True, id="and made"),
        pytest.param(LaterRun({"mode": "auto", "calendar_id": "a"}, "full"), sync(), False, id="one calendar of all"),
        pytest.param(LaterRun({"mode": "auto"}, "full"), sync(calendar_id="a"), True, id="all of them"),
        pytest.param(
            LaterRun({"mode": "auto", "calendar_id": "a"}, "full"), sync(calendar_id="b"), False, id="another calendar"
        ),
        pytest.param(LaterRun({"mode": "auto"}, "full", paused=True), sync(), False, id="a calendar was left paused"),
        pytest.param(
            LaterRun({"mode": "auto"}, "full", paused=True), sync(source="schedule"), True, id="as a schedule would"
        ),
    ],
)
def test_what_a_later_sync_must_have_covered(later: LaterRun, wanted: WantedSync, superseded: bool) -> None:
    answer = refuse_sync(AdmissionFacts(NOW, None, (), [later]), wanted, COOLDOWN)

    assert (answer is not None) == superseded


@pytest.mark.parametrize(
    ("done", "wanted", "refused"),
    [
        pytest.param({"mode": "auto"}, sync(source="manual"), True, id="the same again"),
        pytest.param({"mode": "auto"}, sync("full", source="manual"), False, id="read anew"),
        pytest.param({"mode": "full"}, sync(source="manual"), True, id="less than was done"),
        pytest.param({"mode": "auto", "calendar_id": "a"}, sync(calendar_id="b", source="manual"), False, id="another"),
        pytest.param({"mode": "auto", "calendar_id": "a"}, sync(source="manual"), False, id="one calendar of all"),
        pytest.param({"mode": "auto"}, sync(calendar_id="a", source="manual"), True, id="one of all of them"),
    ],
)
def test_only_a_repeated_request_cools_down(done: dict[str, str], wanted: WantedSync, refused: bool) -> None:
    recent = ManualRun(NOW - SECOND, done)

    answer = refuse_sync(AdmissionFacts(NOW, None, [recent]), wanted, COOLDOWN)

    assert (answer is not None) == refused


@pytest.mark.parametrize(
    ("days", "forced", "wanted", "superseded"),
    [
        (30, False, WantedPlan(30, False), True),
        (29, False, WantedPlan(30, False), False),
        (30, False, WantedPlan(30, True), False),
        (31, True, WantedPlan(30, True), True),
        (30, True, WantedPlan(30, False), True),
    ],
)
def test_what_a_later_plan_must_have_covered(days: int, forced: bool, wanted: WantedPlan, superseded: bool) -> None:
    later = LaterRun({"window_days": days, "force_reschedule": forced, "apply": "full"}, "planned")

    assert refuse_plan(AdmissionFacts(NOW, None, (), [later]), wanted) == (("superseded", None) if superseded else None)


def test_a_plan_has_no_cooldown_and_waits_for_a_running_run() -> None:
    assert refuse_plan(facts(manual=-SECOND), WantedPlan(30, False)) is None
    assert refuse_plan(facts(lease=SECOND), WantedPlan(30, False)) == ("already_running", 1.0)
