"""What is left of a task for people who look at it."""

from collections.abc import Sequence

from almanac.domain.items.tasks import Assignee
from almanac.domain.workspace_plan.existing_blocks import worked_minutes
from almanac.domain.workspace_plan.snapshot import Block


def minutes_left(
    minutes: int | None, done_minutes: int, assignees: Sequence[Assignee], begun: Sequence[Block]
) -> int | None:
    """Return the minutes of work that a task still takes, of all its people; None while it has no length.

    As in a plan: what one has done beyond their share is nobody else's, what was done without saying by whom counts
    where one does it all, a block that has begun counts whole, and who is no member any more counts for nothing.
    `begun` are the blocks that have, or that are done, each in somebody's time.
    """
    working = [each for each in assignees if each.is_member]
    if len(working) > 1:
        shares = [
            _rest(
                minutes if each.minutes is None else each.minutes,
                each.done_minutes,
                [block for block in begun if block.user == each.user_id],
            )
            for each in working
        ]
        known = [share for share in shares if share is not None]
        return sum(known) if len(known) == len(shares) else None
    gone = {each.user_id for each in assignees if not each.is_member} if working else set[str]()
    own = sum(each.done_minutes for each in working)
    length = next((each.minutes for each in working if each.minutes is not None), minutes)
    return _rest(length, done_minutes + own, [block for block in begun if block.user not in gone])


def _rest(minutes: int | None, done_minutes: int, begun: Sequence[Block]) -> int | None:
    """Return what is left of the share of one person."""
    if minutes is None:
        return None
    return max(0, minutes - done_minutes - sum(map(worked_minutes, begun)))
