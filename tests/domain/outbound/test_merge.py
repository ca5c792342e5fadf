"""What becomes of a link once the provider has told what it has: a table of both sides."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanac.domain.calendar.events import EventRow
from almanac.domain.calendar.written import FIELD_NAMES, Fields, Mark, RemoteEvent, fields_of
from almanac.domain.outbound.link import Link, ends_at, is_past
from almanac.domain.outbound.merge import Agreed, DeletedThere, Detached, NotThere, merge

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
NINE, TEN, NOON = (datetime(2030, 1, 2, hour, tzinfo=UTC) for hour in (9, 10, 12))


def row(title: str = "Report", start: datetime = NINE, **other: Any) -> EventRow:
    values: dict[str, Any] = dict.fromkeys(EventRow._fields)
    values |= {"external_event_id": "alm1", "title": title, "description": "", "location": "", "status": "confirmed"}
    values |= {"start_at": start, "end_at": start.replace(hour=start.hour + 1), "all_day": False, "time_zone": "UTC"}
    values |= {
        "transparency": "opaque",
        "visibility": "default",
        "event_type": "default",
        "sequence": 0,
        "color": "BLUE",
    }
    return EventRow(**{**values, "own_block": False, **other})


def fields(title: str = "Report", start: datetime = NINE, **other: Any) -> Fields:
    return fields_of(row(title, start, **other))


def mark(revision: int) -> Mark:
    return Mark("here", "ws", "event", revision)


def there(title: str = "Report", start: datetime = NINE, *, revision: int | None = 1, **other: Any) -> RemoteEvent:
    kept = {name: other.pop(name) for name in ("repeats", "guests") if name in other}
    return RemoteEvent("alm1", '"2"', row(title, start, **other), None if revision is None else mark(revision), **kept)


AGREED = Link(
    id=UUID(int=1),
    event_id=UUID(int=2),
    kind="block",
    calendar_id="c",
    remote_id="alm1",
    generation=1,
    state="sent",
    desired=fields(),
    revision=1,
    base=fields(),
    ours=fields(),
    base_etag='"1"',
    base_revision=1,
)
EVENT = replace(AGREED, kind="event")
INSERTED = replace(AGREED, base=None, sent="insert", sent_revision=1)
GONE = RemoteEvent("alm1", '"3"', None)
MOVED = replace(AGREED, desired=None, successor=fields(), succeeded=True)
"""Its successor is at another target already."""


def _gone(at: datetime) -> RemoteEvent:
    return replace(GONE, updated_at=at)


def agreed(link: Link, found: RemoteEvent) -> Agreed:
    outcome = merge(link, found, NOW)
    assert isinstance(outcome, Agreed)
    return outcome


class TestAlive:
    def test_nothing_has_changed(self) -> None:
        outcome = agreed(AGREED, there())
        assert (outcome.taken, outcome.conflicts, outcome.ours, outcome.pins) == ({}, {}, fields(), False)

    def test_another_zone_for_the_same_instants_is_no_change(self) -> None:
        assert not agreed(AGREED, there(time_zone="Asia/Tokyo")).taken

    def test_spaces_and_line_ends_are_no_change(self) -> None:
        link = replace(EVENT, desired=fields(description="a\r\nb "), ours=fields(description="a\r\nb "))
        assert not agreed(link, there(description="a\nb")).taken

    def test_a_drag_pins_and_beats_our_move(self) -> None:
        outcome = agreed(replace(AGREED, desired=fields(start=TEN)), there(start=NOON))
        assert outcome.pins
        assert (set(outcome.taken), outcome.conflicts) == ({"when"}, {})

    def test_a_title_becomes_theirs_of_a_block_only(self) -> None:
        assert agreed(AGREED, there("Mine")).theirs == {"title"}
        assert agreed(EVENT, there("Mine")).theirs == frozenset()

    def test_free_time_is_theirs_of_an_event_too(self) -> None:
        assert agreed(EVENT, there(transparency="transparent")).theirs == {"transparency"}

    def test_both_sides_of_one_field_are_a_conflict_of_an_event(self) -> None:
        outcome = agreed(replace(EVENT, desired=fields("Ours")), there("Theirs"))
        assert outcome.conflicts == {"title": {"ours": "Ours", "theirs": "Theirs"}}
        assert outcome.taken == {"title": "Theirs"}

    def test_unless_a_person_insists(self) -> None:
        outcome = agreed(replace(EVENT, desired=fields("Ours"), insists=True), there("Theirs"))
        assert (outcome.conflicts, outcome.taken, outcome.ours["title"]) == ({}, {}, "Theirs")

    def test_the_same_on_both_sides_is_none(self) -> None:
        outcome = agreed(replace(EVENT, desired=fields("Same")), there("Same"))
        assert (outcome.conflicts, outcome.taken, outcome.ours["title"]) == ({}, {}, "Same")

    def test_a_late_write_of_ours_is_no_change_of_anybodys(self) -> None:
        """The mark tells which of our bodies is there."""
        link = replace(AGREED, desired=fields(start=NOON), revision=3, bodies={"2": fields(start=TEN)}, sent_revision=2)
        outcome = agreed(link, there(start=TEN, revision=2))
        assert (outcome.taken, outcome.ours, outcome.revision) == ({}, fields(start=TEN), 2)

    def test_a_deletion_that_may_still_land_is_outrun_by_another_version(self) -> None:
        """Everything is written once more, while the version is the one that it was made for."""
        wanted_again = replace(EVENT, sent="delete", desired=fields("Again"), base_etag=there().etag)
        outcome = agreed(wanted_again, there())
        assert (outcome.ours, outcome.conflicts) == ({}, {})
        waiting = replace(wanted_again, sent=None, ours={})
        assert waiting.changed_here.keys() == set(FIELD_NAMES)
        assert agreed(waiting, there()).ours == {}
        assert agreed(replace(waiting, base_etag='"1"'), there("Theirs")).taken == {"title": "Theirs"}
        assert merge(waiting, GONE, NOW) == NotThere(id_is_dead=True)

    def test_without_a_mark_what_was_sent_counts_beside_the_base(self) -> None:
        link = replace(
            EVENT, kind="edit", desired=fields("New"), sent="patch", sent_revision=2, bodies={"2": fields("New")}
        )
        assert agreed(link, there("New", revision=None)).ours["title"] == "New"
        assert agreed(link, there("Report", revision=None)).ours["title"] == "Report"
        assert agreed(link, there("Other", revision=None)).conflicts

    def test_of_an_edit_the_mark_of_what_was_ours_once_says_nothing(self) -> None:
        link = replace(
            EVENT, kind="edit", base_revision=0, desired=fields("New"), sent_revision=1, bodies={"1": fields("New")}
        )
        outcome = agreed(link, there("Report", revision=1))
        assert (outcome.ours["title"], outcome.taken) == ("Report", {}), "it is still to be sent"

    def test_of_a_version_that_nobody_remembers_both_sides_are_kept(self) -> None:
        """After a restore an insert meets what it made before: whoever has changed the title, no value is lost."""
        link = replace(EVENT, base=None, ours=None, desired=fields("Ours"), revision=2, sent="insert", sent_revision=2)
        known = replace(link, bodies={"1": fields("Report"), "2": fields("Ours")})
        assert agreed(known, there("Report", revision=1)).ours["title"] == "Report", "ours is still to be sent"
        outcome = agreed(replace(link, bodies={"2": fields("Ours")}), there("Report", revision=1))
        assert outcome.conflicts == {"title": {"ours": "Ours", "theirs": "Report"}}
        assert not agreed(replace(link, bodies={"2": fields("Ours")}), there("Ours", revision=1)).conflicts

    def test_deleted_here_and_changed_there_lives(self) -> None:
        outcome = merge(replace(AGREED, desired=None), there("Mine"), NOW)
        assert isinstance(outcome, Detached)
        assert outcome.reason == "edited_beats_deleted"
        assert isinstance(merge(replace(AGREED, desired=None), there(), NOW), Agreed)

    def test_of_what_goes_to_another_target_a_persons_change_is_taken_along(self) -> None:
        outcome = agreed(replace(EVENT, desired=None, successor=fields()), there("Theirs", TEN))
        assert outcome.taken == {name: fields("Theirs", TEN)[name] for name in ("title", "when")}
        assert outcome.conflicts == {}
        block = replace(AGREED, desired=None, successor=fields(), theirs=frozenset({"location"}))
        assert agreed(block, there("Theirs", TEN)).theirs == {"title", "location"}
        changed = replace(EVENT, desired=None, successor=fields("Ours"))
        assert agreed(changed, there("Theirs")).conflicts == {"title": {"ours": "Ours", "theirs": "Theirs"}}

    @pytest.mark.parametrize(
        ("found", "reason"),
        [(there(repeats=True), "repeats"), (there(guests=True), "guests")],
    )
    def test_what_a_person_takes_over_is_theirs(self, found: RemoteEvent, reason: str) -> None:
        for link in (AGREED, EVENT):
            outcome = merge(link, found, NOW)
            assert isinstance(outcome, Detached)
            assert outcome.reason == reason
        assert isinstance(merge(replace(AGREED, kind="edit"), found, NOW), Agreed) == found.guests


class TestAbsent:
    @pytest.mark.parametrize(
        ("link", "found", "id_taken", "outcome"),
        [
            (replace(AGREED, desired=None), None, False, NotThere(id_is_dead=True)),
            (replace(AGREED, desired=None), GONE, False, NotThere(id_is_dead=True)),
            (replace(AGREED, sent="delete"), GONE, False, NotThere(id_is_dead=True)),
            (replace(AGREED, desired=None, successor=fields()), GONE, False, DeletedThere(over=False, wanted=False)),
            (replace(EVENT, desired=None, successor=fields("New")), GONE, False, DeletedThere(over=False, wanted=True)),
            (
                replace(AGREED, desired=None, successor=fields(), succeeded=True),
                GONE,
                False,
                NotThere(id_is_dead=True),
            ),
            (replace(AGREED, desired=None, successor=fields(), sent="delete"), GONE, False, NotThere(id_is_dead=True)),
            (replace(MOVED, succeeded_at=NOON), _gone(TEN), False, DeletedThere(over=False, wanted=False)),
            (
                replace(MOVED, succeeded_at=NOON, sent="delete"),
                _gone(TEN),
                False,
                DeletedThere(over=False, wanted=False),
            ),
            (replace(MOVED, succeeded_at=TEN), _gone(NOON), False, NotThere(id_is_dead=True)),
            (replace(MOVED, succeeded_at=TEN), None, False, NotThere(id_is_dead=True)),
            (MOVED, _gone(TEN), False, NotThere(id_is_dead=True)),
            (replace(AGREED, base=None, sent="insert", sent_revision=1), None, False, NotThere(id_is_dead=False)),
            (replace(AGREED, base=None, sent="insert", sent_revision=1), None, True, NotThere(id_is_dead=True)),
            (replace(INSERTED, desired=None), None, False, NotThere(id_is_dead=False)),
            (replace(INSERTED, desired=None), GONE, False, NotThere(id_is_dead=True)),
            (
                replace(AGREED, base=None, sent="insert", sent_revision=1),
                GONE,
                True,
                DeletedThere(over=False, wanted=False),
            ),
            (AGREED, GONE, False, DeletedThere(over=False, wanted=False)),
            (replace(AGREED, desired=fields("Ours")), GONE, False, DeletedThere(over=False, wanted=False)),
            (replace(EVENT, desired=fields("Ours")), GONE, False, DeletedThere(over=False, wanted=True)),
            (
                replace(AGREED, base=fields(start=NOW.replace(day=1, hour=2))),
                GONE,
                False,
                DeletedThere(over=True, wanted=False),
            ),
        ],
    )
    def test_who_has_done_that(self, link: Link, found: RemoteEvent | None, id_taken: bool, outcome: object) -> None:
        assert merge(link, found, NOW, id_taken=id_taken) == outcome


_TITLES = st.sampled_from(["Report", "Ours", "Theirs"])
_STARTS = st.sampled_from([NINE, TEN, NOON])


@given(st.sampled_from(["block", "event", "edit"]), _TITLES, _STARTS, _TITLES, _STARTS)
def test_after_a_merge_every_field_is_ours_theirs_or_still_to_be_sent(
    kind: Any, our_title: str, our_start: datetime, their_title: str, their_start: datetime
) -> None:
    """Nothing is lost: what stands there is in the row, is to be overwritten knowingly, or ours is kept beside it."""
    link = replace(AGREED, kind=kind, desired=fields(our_title, our_start))
    found = there(their_title, their_start)
    outcome = agreed(link, found)
    assert link.desired is not None
    for name in FIELD_NAMES:
        wanted, stands, was = link.desired[name], found.fields[name], fields()[name]
        if stands != was and stands != wanted:
            assert outcome.taken[name] == stands
            if wanted != was and kind != "block":
                assert outcome.conflicts[name]["ours"] == wanted
        else:
            assert name not in outcome.taken


def test_an_all_day_event_is_over_when_it_is_over_everywhere() -> None:
    day = {"when": {"first": "2030-01-01", "after": "2030-01-02"}}
    assert ends_at(day) == datetime(2030, 1, 2, 12, tzinfo=UTC)
    assert not is_past(day, NOW)
    assert ends_at(None) is None


EDIT = replace(EVENT, kind="edit")


@pytest.mark.parametrize(
    ("wanted", "conflicts"),
    [
        (fields("Retro"), {"title": {"ours": "Retro", "theirs": "Report"}}),
        (fields(), {}),
        (None, {"existence": {"ours": None, "theirs": fields()["when"]}}),
    ],
)
def test_nothing_is_written_to_a_series_that_was_wanted_of_one_event(wanted: Fields | None, conflicts: Any) -> None:
    found = there(revision=None, repeats=True)
    assert merge(replace(EDIT, desired=wanted), found, NOW) == Detached(found, "repeats", conflicts)
    assert merge(replace(EDIT, desired=wanted), found, NOW, given_up=True) == Detached(found, "repeats")


@pytest.mark.parametrize("wanted", [fields("Retro"), None])
def test_of_what_is_given_up_the_other_side_stands(wanted: Fields | None) -> None:
    link, found = replace(EDIT, desired=wanted), there(location="Room 1", revision=None)
    outcome = merge(link, found, NOW, given_up=True)
    if wanted is None:
        assert outcome == Detached(found, "edits_off")
    else:
        assert isinstance(outcome, Agreed)
        assert (outcome.taken, outcome.conflicts) == (found.fields, {})
    deleted = merge(replace(link, desired=fields("Retro")), GONE, NOW, given_up=True)
    assert deleted == DeletedThere(over=False, wanted=False)
