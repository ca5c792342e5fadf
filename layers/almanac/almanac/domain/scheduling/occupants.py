"""Who sits where in a finished plan, for questions about stretches of time."""

from collections.abc import Iterator

from almanac.domain.scheduling.draft import Draft
from almanac.domain.scheduling.problem import Item
from almanac.domain.scheduling.timeline import covered


class Occupants:
    """A plan with the slots of every item worked out once."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.slots = [covered(place) for place in draft.places]

    def inside(self, bits: int, but: int) -> Iterator[tuple[Item, int]]:
        """(item, its slots in a stretch of time) for everything but one item."""
        bits &= self.draft.occupied
        if not bits:
            return
        for index, slots in enumerate(self.slots):
            if slots & bits and index != but:
                yield self.draft.items[index], slots & bits

    def before(self, bits: int, but: int, most: int) -> list[str]:
        """Ids of the items with blocks that begin in a stretch of time, the last ones first, at most so many."""
        found: dict[str, None] = {}
        starts = self.draft.starts & bits
        while starts and len(found) < most:
            last = starts.bit_length() - 1
            starts ^= 1 << last
            owner = self.draft.owner[last]
            if owner != but:
                found[self.draft.items[owner].id] = None
        return list(found)
