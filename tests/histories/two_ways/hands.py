"""What people have done to blocks in Google, as far as it must hold at the end: titles are theirs, deletions stay."""

from local.google_simulator.world.event import Json


class Hands:
    """The memory of it, by row.

    What a person does while an event stands in two calendars is not kept in mind: either of the two may go.
    """

    def __init__(self) -> None:
        self.blocks: set[str] = set()
        """Rows that are blocks of a plan, and were never deleted and brought back."""
        self.given: dict[str, set[str]] = {}
        """Every title and start that a person gave it, in whichever calendar and under whichever id."""
        self.titles: dict[str, str] = {}
        """The newest title that a person gave it."""
        self.removed: set[str] = set()
        self.contested: set[str] = set()
        """Titles and times given while it stood in two calendars: one run may read both, and keeps the last."""
        self.carried: set[str] = set()
        """Ids of events in Google that a person has moved to their other calendar."""

    def retitled(self, row: str, title: str, *, alone: bool) -> None:
        """A person has renamed it."""
        self.titles.pop(row, None)
        self.given.setdefault(row, set()).add(title)
        if not alone:
            self.contested.add(title)
        elif row in self.blocks:
            self.titles[row] = title

    def removed_one(self, row: str, *, alone: bool) -> None:
        """A person has deleted it."""
        self.titles.pop(row, None)
        if alone and row in self.blocks:
            self.removed.add(row)

    def carry(self, event_id: str, row: str) -> None:
        """A person has moved it: there it is an event of Google's."""
        self.carried.add(event_id)
        self.forget(row)

    def forget(self, row: str) -> None:
        """It is another thing by now."""
        self.blocks.discard(row)
        self.titles.pop(row, None)
        self.removed.discard(row)

    def forget_all(self) -> None:
        """Whatever people did so far may be lost by right."""
        self.titles.clear()
        self.removed.clear()


def row_of(body: Json) -> str:
    """The row that an event of ours is marked with."""
    return str(body.get("extendedProperties", {}).get("private", {}).get("almanac-event", ""))
