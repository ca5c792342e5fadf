"""What tasks, habits and meetings must keep to alike."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pytest

from almanac.errors import BadInput
from almanac.services.items.requirements import hours_of, require_hours

if TYPE_CHECKING:
    from almanac.services.operations.ports import PeopleStore


def test_somebody_who_is_removed_while_hours_are_looked_at_has_none() -> None:
    people = cast("PeopleStore", SimpleNamespace(hours=lambda _: {"ada": {"work"}}))
    assert hours_of(people, uuid4(), ["ada", "ben"]) == [{"work"}]
    assert hours_of(people, uuid4(), ["ben"]) == []


def test_a_category_must_be_one_that_all_have() -> None:
    require_hours("work", [{"work", "nights"}, {"work"}], "all")
    require_hours("nights", [], "all")
    with pytest.raises(BadInput, match="no category of hours of all; known are work"):
        require_hours("nights", [{"work", "nights"}, {"work"}], "all")
