"""A shorter history that breaks the law as well: leave out halves, then quarters, then single steps."""

from collections.abc import Callable, Sequence

from tests.histories.steps import Step

History = tuple[Step, ...]


def shortest(history: Sequence[Step], breaks: Callable[[History], bool], *, plays: int = 200) -> History:
    """The shortest history found with at most that many plays. `breaks` plays one and says whether it still fails."""
    found, size = tuple(history), max(1, len(history) // 2)
    while size and plays > 0:
        start, shorter = 0, False
        while start < len(found) and plays > 0:
            candidate = found[:start] + found[start + size :]
            plays -= 1
            if breaks(candidate):
                found, shorter = candidate, True
            else:
                start += size
        if not shorter:
            size //= 2
    return found
