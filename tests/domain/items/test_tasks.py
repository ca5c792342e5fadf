"""What is left of a task, what a change makes of one, and whether work waits for itself."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from almanac.domain.items.tasks import Assignee, ListedTask, Order, Predecessor, Share, TaskChange
from almanac.domain.items.work_left import minutes_left
from almanac.domain.workspace_plan.snapshot import Block

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
A, B, C, D = (uuid4() for _ in range(4))


def begun(minutes: int, *, lasts: int | None = None, user: str | None = None) -> Block:
    end = NINE + timedelta(minutes=minutes if lasts is None else lasts)
    return Block(uuid4(), "task", A, "Report", NINE, end, minutes, False, True, False, user=user)


def of(user: str, minutes: int | None = None, done: int = 0, *, member: bool = True) -> Assignee:
    return Assignee(user, minutes, done, member)


@pytest.mark.parametrize(
    ("minutes", "done", "people", "blocks", "left"),
    [
        (120, 0, (), (), 120),
        (120, 30, (), (begun(60),), 30),
        (None, 30, (), (begun(60),), None),
        (120, 300, (), (), 0),
        (120, 0, (), (begun(50, lasts=60),), 70),  # of the grid's hour 50 min are its work
        (120, 0, (), (begun(50, lasts=90),), 30),  # its owner has made it longer
        (120, 30, (of("ada"),), (), 90),
        (120, 30, (of("ada", 60, 15),), (), 15),
        (120, 30, (of("ada", 60, 15), of("ben")), (), 165),  # 30 min of nobody knows whom
        (None, 0, (of("ada", 60), of("ben", 30)), (), 90),
        (None, 0, (of("ada", 60), of("ben")), (), None),
        (120, 0, (of("ada"), of("cy", 600, member=False)), (begun(60, user="cy"),), 120),  # who has left
        (120, 0, (of("cy", 600, member=False),), (begun(60, user="cy"),), 60),
        (120, 0, (of("ada"),), (begun(60, user="dan"),), 60),
        (60, 0, (of("ada", 30, 20), of("ben")), (begun(45, user="ada"),), 60),  # nobody works for somebody else
        (60, 0, (of("ada", 30), of("ben")), (begun(20, user="ben"), begun(15, user="cy")), 70),
    ],
)
def test_what_is_left_is_what_a_plan_would_place_and_what_is_locked_ahead(
    minutes: int | None, done: int, people: tuple[Assignee, ...], blocks: tuple[Block, ...], left: int | None
) -> None:
    assert minutes_left(minutes, done, people, blocks) == left


@pytest.mark.parametrize(
    ("waiting", "after", "back"),
    [
        (A, [B], True),
        (A, [C], True),
        (A, [D], False),
        (D, [A, B], True),
        (D, [A, C], False),
        (A, [A], True),
        (A, [], False),
    ],
)
def test_work_that_would_wait_for_itself_is_found(waiting: UUID, after: list[UUID], back: bool) -> None:
    chain = Order(frozenset(), frozenset(), {B: [C, D], C: [A], D: [uuid4()]})
    assert chain.leads_back(waiting, after) is back


def test_a_circle_of_others_is_no_circle_of_its_own() -> None:
    assert not Order(frozenset(), frozenset(), {B: [C], C: [B]}).leads_back(A, [B])


WAS = ListedTask(
    task_id=A,
    title="Report",
    minutes=120,
    done_minutes=30,
    minutes_left=90,
    assignees=(of("ada", 60, 15),),
    priority="high",
    hours="work",
    split=True,
    min_piece=30,
    max_piece=60,
    earliest=NINE,
    deadline=NINE + timedelta(days=1),
    hard_deadline=True,
    planned=True,
    done_at=None,
    after=(Predecessor(B, "First", done=False),),
    after_meetings=(),
    blocks=(),
    notes=(),
)


def test_a_change_leaves_what_it_does_not_give() -> None:
    same = TaskChange().applied_to(WAS)
    assert (same.title, same.minutes, same.done_minutes, same.assignees) == ("Report", 120, 30, (Share("ada", 60),))
    assert (same.min_piece, same.earliest, same.after, same.done) == (30, NINE, (B,), False)
    without = TaskChange(without=frozenset({"earliest", "max_piece"})).applied_to(WAS)
    assert (without.earliest, without.deadline, without.min_piece, without.max_piece) == (None, WAS.deadline, 30, None)
    whole = TaskChange(split=False, done=True).applied_to(WAS)
    assert (whole.split, whole.min_piece, whole.max_piece, whole.done) == (False, None, None, True)
