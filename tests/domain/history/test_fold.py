"""Folding back and forward, on lists of changes alone."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from almanac.domain.history.changes import KINDS, OF_EVENTS, Change, Head, Origin
from almanac.domain.history.fold import fold_back, fold_ids

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


def change(version: int, kind: str, subject: UUID = A, was: dict[str, Any] | None = None) -> Change:
    return Change(version, kind, subject, NOON, "app", None, was, None)


def test_each_kind_is_taken_back() -> None:
    newest_first = [
        change(4, "event.deleted", B, {"title": "Gone", "location": None}),
        change(3, "event.updated", A, {"title": "Old", "location": None}),
        change(2, "run.failed", UUID(int=9)),
    ]

    events = fold_back({A: {"title": "New", "location": "Room", "locked": True}}, newest_first)

    assert events == {A: {"title": "Old", "locked": True}, B: {"title": "Gone"}}
    assert fold_back(events, [change(1, "event.created")]) == {B: {"title": "Gone"}}


def test_a_row_that_was_moved_twice_is_where_it_was_before_the_first_move() -> None:
    moves = [change(3, "block.moved", A, {"start_at": "second"}), change(2, "block.moved", A, {"start_at": "first"})]

    assert fold_back({A: {"start_at": "third"}}, moves) == {A: {"start_at": "first"}}


def test_a_reader_follows_which_events_are_there() -> None:
    oldest_first = [
        change(1, "block.placed"),
        change(2, "event.created", B),
        change(3, "block.moved"),
        change(4, "block.removed"),
        change(5, "plan.completed", UUID(int=9)),
        change(6, "event.deleted", B),
        change(7, "event.restored", B),
    ]

    assert fold_ids(set(), oldest_first) == {B}


@pytest.mark.parametrize("kind", sorted(OF_EVENTS - {"event.created", "event.restored", "block.placed"}))
def test_a_change_of_an_event_that_is_not_there_shows_that_one_is_missing(kind: str) -> None:
    with pytest.raises(ValueError, match="version 1"):
        fold_ids(set(), [change(1, kind)])


def test_an_event_does_not_come_twice() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        fold_ids({A}, [change(1, "event.created")])


def test_only_an_update_names_columns() -> None:
    assert change(1, "event.updated", was={"title": "x", "location": None}).changed == ["location", "title"]
    assert change(1, "event.deleted", was={"title": "x"}).changed == []
    assert change(1, "event.created").changed == []


@pytest.mark.parametrize(("version", "reached"), [(3, False), (4, True), (9, True), (10, False)])
def test_what_retention_has_taken_cannot_be_reached(version: int, reached: bool) -> None:
    assert Head(version=9, oldest=5).reaches(version) is reached


def test_kinds_of_events_are_kinds() -> None:
    assert set(KINDS) >= OF_EVENTS


def test_every_kind_and_origin_is_documented_as_it_is_named() -> None:
    page = (Path(__file__).parents[3] / "docs" / "history.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \|$", page, re.MULTILINE))

    assert {kind: said for kind, said in told.items() if "." in kind} == KINDS
    assert {name for name in told if "." not in name} == set(get_args(Origin))
