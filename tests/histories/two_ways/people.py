"""Who takes part: members, their accounts at Google, whose a block is, and the calendars that blocks go to."""

from collections.abc import Sequence
from typing import NamedTuple

ADA, BOB = "ada", "bob"
EMAIL, BOBS = "ada@example.test", "bob@example.test"
SECOND = "work@group.calendar.google.com"


class Place(NamedTuple):
    """A calendar as one account sees it: what a target is, and through which a link is written."""

    account: str
    calendar: str


ALONE = (Place(EMAIL, EMAIL),)
TWO_CALENDARS = (Place(EMAIL, EMAIL), Place(EMAIL, SECOND))
TWO_PEOPLE = (*TWO_CALENDARS, Place(BOBS, BOBS), Place(BOBS, SECOND))
"""Ada's second calendar is shared: both see it, each with a role of their own."""
PRIMARY = {ADA: Place(EMAIL, EMAIL), BOB: Place(BOBS, BOBS)}


class People:
    """The memory of who is a member, where each one's blocks shall go, and whose each row is."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)
        self.accounts = tuple(dict.fromkeys(place.account for place in places))
        self.calendars = tuple(dict.fromkeys(place.calendar for place in places))
        self.members = [ADA, BOB][: len(self.accounts)]
        """In the order in which they have come."""
        self.targets: dict[str, Place | None] = {user: PRIMARY[user] for user in self.members}
        self.persons: dict[str, str | None] = {}
        """By row, the person whose block it is; none: the default member's."""
        self.common: set[str] = set()
        """Rows of meetings: where their person is no member, they are the default member's all the same."""
        self.aims: dict[str, set[Place]] = {}
        """By row, every target that it has ever had."""
        self.lately: dict[str, set[Place]] = {}
        """The same since the last step began."""

    @property
    def several(self) -> bool:
        """Whether there are two accounts."""
        return len(self.accounts) > 1

    def target(self, row: str) -> Place | None:
        """Return where a row is to go; None for nowhere."""
        owner = self.owner(row)
        return None if owner is None else self.targets[owner]

    def owner(self, row: str) -> str | None:
        """Return whose a row is; None where that is no member."""
        person = self.persons.get(row)
        if person is None or (row in self.common and person not in self.members):
            return self.default
        return person if person in self.members else None

    @property
    def default(self) -> str | None:
        """The default member: Ada has made the workspace."""
        return ADA if ADA in self.members else next(iter(self.members), None)

    def note(self, row: str, person: str | None = None) -> None:
        """Remember whose a new row is, or whose an old one is from now on."""
        self.persons[row] = person
        self.note_targets()

    def note_targets(self, *, anew: bool = False) -> None:
        """Remember where every row is to go now. `anew`: and forget where it was to go before the step that begins."""
        if anew:
            self.lately.clear()
        for row in self.persons:
            place = self.target(row)
            if place is not None:
                self.aims.setdefault(row, set()).add(place)
                self.lately.setdefault(row, set()).add(place)

    def rows_of(self, user: str) -> set[str]:
        """Return the rows that are a member's, also by default."""
        return {row for row in self.persons if self.owner(row) == user}
