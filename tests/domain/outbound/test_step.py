"""Which write a link is due for, and what holds a calendar."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from almanac.domain.outbound.link import Link
from almanac.domain.outbound.place import MassChange, Place, reason_to_hold
from almanac.domain.outbound.step import LetBe, Look, Refuse, Step, Write, next_step
from tests.domain.outbound.test_merge import AGREED, EVENT, NOW, TEN, fields

PAST = fields(start=NOW - timedelta(hours=10))


@pytest.mark.parametrize(
    ("link", "step"),
    [
        (AGREED, Look()),
        (replace(AGREED, state="agreed"), None),
        (replace(AGREED, state="wanted", base=None, ours=None), Write("insert", fields(), fields())),
        (replace(AGREED, state="wanted", base=None, ours=None, desired=PAST), LetBe()),
        (replace(AGREED, state="dirty", desired=fields(start=TEN, end_at=TEN)), Refuse("empty_range")),
        (replace(AGREED, state="dirty", desired=None), Write("delete", {}, {})),
        (replace(AGREED, state="dirty", desired=None, base=PAST), LetBe()),
        (replace(EVENT, kind="edit", state="dirty", desired=None, base=PAST), Write("delete", {}, {})),
        (
            replace(AGREED, state="dirty", desired=fields("New", TEN)),
            Write("patch", {"title": "New", "when": fields(start=TEN)["when"]}, fields("New", TEN)),
        ),
        (
            replace(AGREED, state="dirty", theirs=frozenset({"title"}), desired={"when": fields(start=TEN)["when"]}),
            Write("patch", {"when": fields(start=TEN)["when"]}, fields(start=TEN)),
        ),
    ],
)
def test_what_a_link_is_due_for(link: Link, step: Step) -> None:
    assert next_step(link, NOW) == step


PLACE = Place(
    connection_id=AGREED.id,
    calendar_id="c",
    role="owner",
    time_zone="UTC",
    is_target=True,
    reviewed=True,
    edits_on=False,
    granted=None,
    held=None,
    held_until=None,
    consent_until=None,
    live=30,
    gone=0,
    deletes=0,
    due=1,
)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (PLACE, None),
        (replace(PLACE, granted=False), "permission_missing"),
        (replace(PLACE, granted=True), None),
        (replace(PLACE, gone=20), None),
        (replace(PLACE, gone=21), "mass_change"),
        (replace(PLACE, gone=21, live=60), None),
        (replace(PLACE, deletes=31, live=60), "mass_change"),
        (replace(PLACE, deletes=31, live=60, consent_until=NOW + timedelta(minutes=1)), None),
        (replace(PLACE, deletes=31, live=60, consent_until=NOW), "mass_change"),
        (replace(PLACE, reviewed=False), "dry_run_first"),
        (replace(PLACE, reviewed=False, edits_on=True), None),
        (replace(PLACE, is_target=False, reviewed=False), None),
    ],
)
def test_what_holds_a_calendar(place: Place, reason: str | None) -> None:
    assert reason_to_hold(place, NOW, MassChange()) == reason


@pytest.mark.parametrize(
    ("held", "until", "waits"),
    [(None, None, False), ("quota", NOW + timedelta(1), True), ("quota", NOW, False), ("mass_change", None, False)],
)
def test_a_hold_is_waited_for_until_its_time(held: str | None, until: datetime | None, waits: bool) -> None:
    assert replace(PLACE, held=held, held_until=until).still_held(NOW) == waits  # type: ignore[arg-type]
