"""What was planned before there were people is planned the same: recorded plans of instances of format 1.

The instances are small enough that a better search changes next to no points: it found a week that costs 0.08 of them
less than the one first recorded. Of plans with equal points, of which a week has several, it may find another.
"""

from typing import Any

import pytest

from tests.domain.planner.instances import at, busy, habit, instance, planned, task

EIGHT = 29_460_000
"""January 5th 2026, 08:00 UTC, in minutes since the epoch."""

WEEK = instance(
    tasks=[task(f"t{k}", 60 + 30 * (k % 3), deadline=at(f"{7 + k % 4:02d} 17:00")) for k in range(9)],
    habits=[habit("walk", 30, "12:00-13:00")],
)
PIECES = instance(
    tasks=[
        task("long", 300, split=(60, 120), priority="high"),
        task("due", 120, deadline=at("06 12:00")),
        task("after", 60, depends_on=["due"]),
    ],
    busy=[busy("m", "05 10:00", "05 11:30")],
)
ZONE = instance(
    timezone="Pacific/Auckland",
    prefs={"break_min": 15, "min_notice_min": 60, "daily_cap_min": {"work": 240}},
    tasks=[task(f"a{k}", 90, priority=("low", "critical")[k % 2]) for k in range(6)],
)
MOVES = busy("x", "05 10:00", "05 11:00", locked=False, hours="work", move_cost=5)
MOVABLE = instance(
    tasks=[task("t", 240, priority="critical", deadline=at("05 14:00"))],
    busy=[MOVES | {"move_from": at("05 09:00"), "move_until": at("05 17:00")}],
)

RECORDED = [
    (
        WEEK,
        74.3,
        (
            "t2 60 180, t4 180 270, walk 270 300, t8 300 420, t5 420 540, t1 1500 1590, t6 1590 1650, t0 1650 1710, "
            "walk 1710 1740, t3 1740 1800, t7 1800 1890, walk 3120 3150, walk 4560 4590, walk 6000 6030, "
            "walk 7440 7470, walk 8880 8910"
        ),
    ),
    (PIECES, 48.6, "long 60 120, long 210 330, long 345 465, due 1500 1620, after 1620 1680"),
    (ZONE, 127.83, "a1 720 810, a3 825 915, a5 930 1020, a0 2160 2250, a2 2265 2355, a4 3600 3690"),
    (MOVABLE, 29.96, "t 60 300, x 300 360"),
]
"""Instance, points, and each block's item, start and end in minutes since January 5th 2026 08:00 UTC."""


@pytest.mark.parametrize(("document", "points", "blocks"), RECORDED, ids=["week", "pieces", "zone", "movable"])
def test_a_recorded_instance_gets_its_recorded_plan(document: dict[str, Any], points: float, blocks: str) -> None:
    result = planned(document, 0.1)
    found = [f"{b.item} {b.start - EIGHT} {b.end - EIGHT}" for b in (*result.blocks, *result.moved)]
    assert found == blocks.split(", ")
    assert result.objective == points
