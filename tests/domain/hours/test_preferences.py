"""What a change makes of stored preferences: what is named and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from almanac.domain.hours.preferences import PreferenceChange
from almanac.errors import BadInput

STORED = {"break_minutes": 15, "daily_cap_minutes": {"work": 360, "old": 7, "broken": 9999}, "of_the_product": [1]}
CAPS = {"work": 360}


def changed(change: PreferenceChange, stored: object = STORED) -> Mapping[str, Any]:
    return change.applied_to(stored, CAPS, ["work", "personal"])


def test_what_is_not_named_stays_whoever_has_stored_it() -> None:
    assert changed(PreferenceChange()) == STORED
    assert changed(PreferenceChange({"min_notice_minutes": 60})) == {**STORED, "min_notice_minutes": 60}
    without = changed(PreferenceChange(without=frozenset({"break_minutes", "buffer_after_minutes"})))
    assert without == {name: value for name, value in STORED.items() if name != "break_minutes"}


def test_a_cap_is_changed_beside_those_that_count() -> None:
    assert changed(PreferenceChange(caps={"personal": 0}))["daily_cap_minutes"] == {
        "work": 360,
        "old": 7,
        "personal": 0,
    }
    assert changed(PreferenceChange(caps={"work": None, "old": None}))["daily_cap_minutes"] == {}
    anew = PreferenceChange(caps={"personal": 90}, without=frozenset({"daily_cap_minutes"}))
    assert changed(anew)["daily_cap_minutes"] == {"personal": 90}


@pytest.mark.parametrize("stored", [None, [], "none", 7])
def test_what_is_no_object_gives_way_to_one(stored: object) -> None:
    assert changed(PreferenceChange({"break_minutes": 0}), stored) == {"break_minutes": 0}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (PreferenceChange({"break_minutes": 10}), "break_minutes"),
        (PreferenceChange({"min_notice_minutes": 10_081}), "min_notice_minutes"),
        (PreferenceChange({"buffer_before_minutes": 121}), "buffer_before_minutes"),
        (PreferenceChange({"buffer_after_minutes": -1}), "buffer_after_minutes"),
        (PreferenceChange(caps={"work": 1441}), "daily_cap_minutes"),
        (PreferenceChange(caps={"nights": 60}), "daily_cap_minutes"),
    ],
)
def test_what_no_plan_could_keep_to_is_refused(change: PreferenceChange, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        changed(change)
    assert refused.value.field == field
