"""Why a plan moved a block, of all that can be why: a table of what happened and what is said of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from almanac.domain.history.causes import Happened, causes_of
from almanac.domain.history.changes import Change
from almanac.domain.history.diff import EventDiff
from almanac.domain.history.plan_basis import DEFAULT_MEMBER
from almanac.presentation.history.diff import because

BLOCK, OTHER = UUID(int=1), UUID(int=2)
TASK, FIRST = f"task:{UUID(int=10)}", f"task:{UUID(int=11)}"
NINE = {"title": "Write", "start_at": "2026-03-02T09:00:00+00:00", "end_at": "2026-03-02T10:00:00+00:00"}
TEN = {**NINE, "start_at": "2026-03-02T10:00:00+00:00", "end_at": "2026-03-02T11:00:00+00:00"}
FACTS = {"title": "Write", "hours": "work", "waits_for": [FIRST.partition(":")[2]], "assignees": ["ada (60 min)"]}


def diff(event_id: UUID, before: Any, after: Any, version: int = 7) -> EventDiff:
    what: Any = "came" if before is None else "went" if after is None else "changed"
    change = Change(version, "event.updated", event_id, datetime(2026, 3, 1, tzinfo=UTC), "app", None, None, None)
    return EventDiff(event_id, what, before, after, [change])


MOVED = diff(BLOCK, NINE, TEN, 9)
STANDUP, PIN = {**NINE, "title": "Stand-up"}, {**NINE, "title": "Focus", "locked": True}


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        ({"events": [diff(OTHER, None, STANDUP)]}, ["Stand-up came, version 7"]),
        ({"events": [diff(OTHER, {**PIN, "locked": False}, PIN)]}, ["Focus was pinned there, version 7"]),
        ({"events": [diff(OTHER, None, {**STANDUP, "transparency": "transparent"})]}, []),
        ({"events": [diff(OTHER, NINE, TEN)]}, []),
        (
            {"inputs": {TASK: ({**FACTS, "deadline": None}, {**FACTS, "deadline": "2026-03-04T17:00:00+01:00"})}},
            ["task Write changed: deadline none → 2026-03-04 17:00"],
        ),
        (
            {"inputs": {TASK: ({"title": "W", "duration": 60}, {"title": "W", "duration": 90})}},
            ["task W changed: duration 60 → 90"],
        ),
        ({"inputs": {TASK: (None, FACTS)}}, ["task Write is new"]),
        ({"inputs": {FIRST: (None, FACTS)}}, []),
        ({"inputs": {"hours::work": ({"monday": "09:00-17:00"}, {"monday": ""})}},
         ["opening hours changed: monday 09:00-17:00 → none"]),
        ({"inputs": {"hours:ada:work": (None, {"monday": ""})}}, ["opening hours of ada were set"]),
        ({"inputs": {"preferences:ada": ({}, None), "hours:ada:work": ({}, None)}}, ["ada is no member any more"]),
        ({"inputs": {"preferences:ada": (None, {}), "hours:ada:work": (None, {})}}, ["ada is a member now"]),
        ({"inputs": {"hours:ben:work": (None, {}), "hours::sport": (None, {}), "preferences:ben": ({}, None)}}, []),
        ({"inputs": {"preferences:": ({"break_minutes": 0}, {"break_minutes": 15})}},
         ["preferences changed: break minutes 0 → 15"]),
        ({"blocks": [diff(OTHER, NINE, {**TEN, "title": "Read"})], "owners": {OTHER: FIRST}},
         ["what it waits for, Read moved, version 7"]),
        ({"blocks": [diff(OTHER, TEN, {**NINE, "title": "Call"})], "owners": {OTHER: "task:x"}},
         ["Call was put there, version 7"]),
        ({"blocks": [diff(OTHER, TEN, NINE)], "owners": {OTHER: TASK}}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_block_moves_for_a_reason_that_can_be_said(happened: dict[str, Any], said: list[str]) -> None:
    owners = {BLOCK: TASK, **happened.get("owners", {})}
    found = causes_of(MOVED, Happened(**{**happened, "owners": owners, "facts": {TASK: FACTS}}))
    assert [because(cause) for cause in found] == said


def test_what_is_nobodys_has_to_do_with_its_default_member_and_with_nobody_else() -> None:
    both = {f"preferences:{user}": ({"break_minutes": 0}, {"break_minutes": 15}) for user in ("ada", "ben")}
    facts = {TASK: {**FACTS, "assignees": []}, DEFAULT_MEMBER: {"user": "ada"}}
    found = causes_of(MOVED, Happened(inputs=both, owners={BLOCK: TASK}, facts=facts))
    assert [because(cause) for cause in found] == ["preferences of ada changed: break minutes 0 → 15"]


def test_a_block_that_is_new_took_nobodys_place() -> None:
    happened = Happened(events=[diff(OTHER, None, STANDUP)], inputs={TASK: (None, FACTS)}, owners={BLOCK: TASK})
    (cause,) = causes_of(diff(BLOCK, None, NINE), happened)
    assert (cause.kind, cause.what) == ("task", "came")
