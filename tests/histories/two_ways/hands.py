"""What people have done to blocks in Google, as far as it must hold at the end: titles are theirs, deletions stay."""

from collections.abc import Set

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
        """Rows whose event a person has deleted: they do not come back."""
        self.refused: set[str] = set()
        """Those of them that were blocks until then: no plan puts them there again."""
        self.contested: set[str] = set()
        """Titles and times given while it stood in two calendars: one run may read both, and keeps the last."""
        self.torn: set[str] = set()
        """Rows of which a person has deleted one of two events, which nobody here need know yet."""
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

    def removed_one(self, row: str, *, alone: bool, ours: bool = False) -> None:
        """A person has deleted it; `ours`: and it was not theirs before."""
        self.titles.pop(row, None)
        if not alone:
            self.torn.add(row)
        elif row in self.blocks:
            self.removed.add(row)
            if ours:
                self.refused.add(row)

    def carry(self, event_id: str, row: str) -> None:
        """A person has moved it: there it is an event of Google's."""
        self.carried.add(event_id)
        self.forget(row)

    def forget(self, row: str) -> None:
        """It is another thing by now."""
        self.blocks.discard(row)
        self.titles.pop(row, None)
        self.removed.discard(row)
        self.refused.discard(row)

    def lose(self, rows: Set[str]) -> None:
        """Whatever people did so far to these rows may be lost by right."""
        self.titles = {row: title for row, title in self.titles.items() if row not in rows}
        self.removed -= rows
        self.refused -= rows

    def forget_all(self) -> None:
        """Whatever people did so far may be lost by right."""
        self.titles.clear()
        self.removed.clear()
        self.refused.clear()


def row_of(body: Json) -> str:
    """The row that an event of ours is marked with."""
    return str(body.get("extendedProperties", {}).get("private", {}).get("almanac-event", ""))
