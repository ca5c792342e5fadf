import json
from collections.abc import Callable
from datetime import UTC
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.errors import BadJob
from almanac.jobs import (
    CalendarSchedule,
    CalendarSync,
    Direction,
    Job,
    Mode,
    Source,
    body_beside,
    deduplication_id,
    message_body,
    parse_schedule,
    parse_sync,
    parse_tick,
    sent_on,
)

WS = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
LABELS = st.none() | st.text(STORABLE, min_size=1, max_size=255)
INSTANTS = st.none() | st.datetimes(timezones=st.just(UTC))
SHARED = {
    "ws_id": st.uuids(),
    "source": st.sampled_from(get_args(Source)),
    "user_id": LABELS,
    "request_id": LABELS,
    "requested_at": INSTANTS,
}
SYNCS = st.builds(
    CalendarSync,
    mode=st.sampled_from(get_args(Mode)),
    calendar_id=LABELS,
    direction=st.sampled_from(get_args(Direction)),
    force=st.booleans(),
    **SHARED,
)
SCHEDULES = st.builds(
    CalendarSchedule,
    window_days=st.integers(7, 90),
    force_reschedule=st.booleans(),
    apply=st.sampled_from(["safe", "full"]),
    **SHARED,
)


def body(**fields: Any) -> str:
    return json.dumps({"ws_id": WS} | fields)


@given(SYNCS)
def test_a_sync_job_survives_its_way_through_the_queue(job: CalendarSync) -> None:
    assert parse_sync(message_body(job)) == job


@given(SCHEDULES)
def test_a_schedule_job_survives_its_way_through_the_queue(job: CalendarSchedule) -> None:
    assert parse_schedule(message_body(job)) == job


@given(SYNCS)
def test_a_body_always_says_what_it_is(job: CalendarSync) -> None:
    said = json.loads(message_body(job))

    assert (said["version"], said["job"], said["ws_id"]) == (1, "calendar.sync", str(job.ws_id))


def test_a_body_says_only_what_differs_from_the_contract() -> None:
    assert json.loads(message_body(CalendarSync(ws_id=UUID(WS)))) == {"version": 1, "job": "calendar.sync", "ws_id": WS}


def test_what_a_person_types_is_a_manual_sync_of_everything() -> None:
    job = parse_sync(f'{{"job": "calendar.sync", "ws_id": "{WS}"}}')

    assert (job.source, job.mode, job.direction, job.calendar_id, job.force) == ("manual", "auto", "both", None, False)


@pytest.mark.parametrize("parse", [parse_sync, parse_schedule])
def test_unknown_fields_are_ignored_and_noted_without_what_they_say(parse: Callable[[str], Job]) -> None:
    job = parse(body(priority="high", nested={"of": ["a", "newer", "sender"]}))

    assert job.ignored == ("priority", "nested")
    assert message_body(job) == message_body(parse(body()))
    assert body_beside(sent_on(job))["ignored"] == ["priority", "nested"]
    assert "ignored" not in body_beside(parse(body()))


@pytest.mark.parametrize(
    ("names", "noted"),
    [
        (["na\0me", "x" * 90], ["name", "x" * 50]),
        ([f"field{n}" for n in range(90)], [f"field{n}" for n in range(10)]),
    ],
)
def test_of_unknown_names_any_row_can_hold_what_is_noted(names: list[str], noted: list[str]) -> None:
    assert [*parse_sync(body(**dict.fromkeys(names, 1))).ignored] == noted


@pytest.mark.parametrize(
    ("parse", "said", "field"),
    [
        pytest.param(parse_sync, body(ws_id="not-a-uuid"), "ws_id", id="workspace"),
        pytest.param(parse_sync, "{}", "ws_id", id="no workspace"),
        pytest.param(parse_sync, body(ws_id=None), "ws_id", id="null workspace"),
        pytest.param(parse_sync, body(version=2), "version", id="a version of the future"),
        pytest.param(parse_sync, body(job="calendar.schedule"), "job", id="a job of the other queue"),
        pytest.param(parse_schedule, body(job="calendar.sync"), "job", id="likewise"),
        pytest.param(parse_sync, body(mode="FULL"), "mode", id="mode"),
        pytest.param(parse_sync, body(source="cron"), "source", id="source"),
        pytest.param(parse_sync, body(direction="sideways"), "direction", id="direction"),
        pytest.param(parse_sync, body(calendar_id=""), "calendar_id", id="empty calendar"),
        pytest.param(parse_sync, body(calendar_id="x" * 1025), "calendar_id", id="calendar longer than Google's"),
        pytest.param(parse_sync, body(user_id="x" * 256), "user_id", id="user longer than its column"),
        pytest.param(parse_sync, body(requested_at="2026-01-01T10:00:00"), "requested_at", id="a time without offset"),
        pytest.param(parse_sync, body(force="perhaps"), "force", id="force"),
        pytest.param(parse_schedule, body(window_days=6), "window_days", id="window too short"),
        pytest.param(parse_schedule, body(window_days=91), "window_days", id="window too long"),
        pytest.param(parse_schedule, body(apply="some"), "apply", id="apply"),
        pytest.param(parse_sync, '{"ws_id":', "body", id="cut JSON"),
        pytest.param(parse_sync, "", "body", id="nothing"),
        pytest.param(parse_sync, "null", "body", id="null"),
        pytest.param(parse_sync, f'["{WS}"]', "body", id="a list"),
        pytest.param(parse_sync, "[" * 100_000, "body", id="nested without end"),
        pytest.param(parse_sync, b"\xff\xfe", "body", id="bytes that are no text"),
        pytest.param(parse_sync, f'{{"ws_id": "{WS}", "user_id": "\\ud800"}}', "body", id="half a character"),
    ],
)
def test_an_unusable_body_names_its_field(parse: Callable[[str], Job], said: str, field: str) -> None:
    with pytest.raises(BadJob) as raised:
        parse(said)

    assert raised.value.field == field
    assert str(raised.value).startswith(f"{field}: ")
    assert "\n" not in str(raised.value)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_body_raises_anything_else(said: str | bytes) -> None:
    with pytest.raises(BadJob):
        parse_sync(said)


@pytest.mark.parametrize("field", ["mode", "source", "user_id", "requested_at", "calendar_id", "version"])
def test_an_error_never_quotes_the_value(field: str) -> None:
    with pytest.raises(BadJob) as raised:
        parse_sync(body(**{field: ["ya29.secret", "ada@example.test"]}))

    assert "ya29" not in str(raised.value)
    assert "ada" not in str(raised.value)


@given(SYNCS, st.text(max_size=40))
def test_equal_jobs_for_equal_reasons_are_one_message(job: CalendarSync, reason: str) -> None:
    assert deduplication_id(job, reason) == deduplication_id(job.model_copy(), reason)


@given(SYNCS, st.uuids(), st.text(max_size=40))
def test_no_deduplication_id_is_shared_by_two_workspaces(job: CalendarSync, other: UUID, reason: str) -> None:
    moved = job.model_copy(update={"ws_id": other})

    assert (deduplication_id(job, reason) == deduplication_id(moved, reason)) == (job.ws_id == other)


def test_kind_and_reason_make_another_deduplication_id() -> None:
    ws_id = uuid4()
    ids = {
        deduplication_id(job, reason)
        for job in (CalendarSync(ws_id=ws_id), CalendarSchedule(ws_id=ws_id))
        for reason in ("tick 10:00", "tick 10:15")
    }

    assert len(ids) == 4
    assert all(len(found) <= 128 and found.isalnum() for found in ids), "what SQS accepts"


class TestTick:
    @pytest.mark.parametrize("job", ["calendar.sync", "calendar.schedule"])
    def test_a_rules_constant_input_is_a_tick_for_all_that_are_due(self, job: str) -> None:
        tick = parse_tick({"job": job})

        assert (tick.job, tick.mode, tick.workspaces) == (job, "auto", None)

    def test_what_eventbridge_adds_is_ignored(self) -> None:
        assert parse_tick({"job": "calendar.sync", "detail-type": "Scheduled Event", "detail": {}}).job

    def test_a_list_names_workspaces_and_who_asked(self) -> None:
        tick = parse_tick({"job": "calendar.sync", "workspaces": [{"ws_id": WS, "user_id": "ada"}, {"ws_id": WS}]})

        assert tick.workspaces is not None
        assert [(str(target.ws_id), target.user_id) for target in tick.workspaces] == [(WS, "ada"), (WS, None)]

    @pytest.mark.parametrize(
        ("event", "field"),
        [
            ({}, "job"),
            ({"job": "calendar.clean"}, "job"),
            ({"job": "calendar.sync", "mode": "all"}, "mode"),
            ({"job": "calendar.sync", "workspaces": []}, "workspaces"),
            ({"job": "calendar.sync", "workspaces": "all"}, "workspaces"),
            ({"job": "calendar.sync", "workspaces": [{"ws_id": WS}, {"ws_id": "x"}]}, "workspaces.1.ws_id"),
            ({"job": "calendar.sync", "workspaces": [{"ws_id": WS, "user_id": ""}]}, "workspaces.0.user_id"),
            (None, "body"),
            ([], "body"),
            ("calendar.sync", "body"),
        ],
    )
    def test_an_unusable_event_names_its_field(self, event: object, field: str) -> None:
        with pytest.raises(BadJob) as raised:
            parse_tick(event)

        assert raised.value.field == field
