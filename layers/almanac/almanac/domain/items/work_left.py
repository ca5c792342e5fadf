"""What is left of a task for people who look at it."""

from collections.abc import Iterable, Sequence

from almanac.domain.items.tasks import Assignee
from almanac.domain.workspace_plan.existing_blocks import worked_minutes
from almanac.domain.workspace_plan.snapshot import Block


def minutes_left(
    minutes: int | None, done_minutes: int, assignees: Sequence[Assignee], begun: Iterable[Block]
) -> int | None:
    """Return the minutes of work that a task still takes, of all its people; None while it has no length.

    As in a plan: what was done without saying by whom counts where one does it all, a block that has begun counts
    whole, and who is no member any more counts for nothing. `begun` are the blocks that have, or that are done.
    """
    working = [each for each in assignees if each.is_member]
    gone = {each.user_id for each in assignees if not each.is_member} if working else set[str]()
    lengths = [minutes if each.minutes is None else each.minutes for each in working] or [minutes]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        return None
    done = sum(each.done_minutes for each in working) + (done_minutes if len(working) <= 1 else 0)
    worked = sum(worked_minutes(block) for block in begun if block.user not in gone)
    return max(0, sum(known) - done - worked)
