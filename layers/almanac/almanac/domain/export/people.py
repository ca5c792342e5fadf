"""Whose an event is."""

from collections.abc import Sequence


def is_theirs(members: Sequence[str] | None, user_id: str | None) -> bool:
    """Whether an event takes a member's time; `members` None: everybody's, `user_id` None: of the whole workspace."""
    return user_id is None or members is None or user_id in members
