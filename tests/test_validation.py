"""Faults are told in our words: what is wrong, where, and what to write instead; never the value."""

import json

import pytest

from almanac.errors import BadJob
from almanac.jobs import parse_schedule, parse_sync
from almanac.validation import fault_in_words

WS = "7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "ws_id: missing"),
        ({"ws_id": "secret"}, "ws_id: must be a UUID, like 7d9f1c52-4d0b-4c39-9a55-0f6d3a1b2c01"),
        ({"ws_id": WS, "mode": "secret"}, "mode: must be 'auto', 'full' or 'incremental'"),
        ({"ws_id": WS, "force": "secret"}, "force: must be true or false"),
        ({"ws_id": WS, "requested_at": "secret"}, "requested_at: must be an instant with an offset"),
        ({"ws_id": WS, "requested_at": "2026-03-02"}, "requested_at: must be an instant with an offset"),
        ({"ws_id": WS, "calendar_id": ""}, "calendar_id: must have at least 1 character"),
        ({"ws_id": WS, "user_id": "x" * 300}, "user_id: must have at most 255 characters"),
        ({"ws_id": WS, "calendar_id": 5}, "calendar_id: must be text"),
        ([], "body: must be an object"),
    ],
)
def test_a_sync(body: object, said: str) -> None:
    with pytest.raises(BadJob) as caught:
        parse_sync(json.dumps(body))

    assert str(caught.value).startswith(said)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (3, "must be at least 7"),
        (100, "must be at most 90"),
        ("x", "must be a whole number"),
        ("9" * 5000, "must be a whole number of fewer digits"),
    ],
)
def test_a_plan(days: object, said: str) -> None:
    with pytest.raises(BadJob, match=f"window_days: {said}"):
        parse_schedule(json.dumps({"ws_id": WS, "window_days": days}))


@pytest.mark.parametrize(
    ("kind", "limits", "said"),
    [
        ("too_short", {"min_length": 1}, "must have at least 1 entry"),
        ("too_short", {"min_length": 2}, "must have at least 2 entries"),
        ("too_long", {"max_length": 1}, "must have at most 1 entry"),
        ("string_too_short", {"min_length": 10}, "must have at least 10 characters"),
    ],
)
def test_one_and_several_are_told_apart(kind: str, limits: dict[str, int], said: str) -> None:
    assert fault_in_words(kind, limits, "") == said


def test_what_is_no_json() -> None:
    with pytest.raises(BadJob, match="body: Invalid JSON"):
        parse_sync("{")
