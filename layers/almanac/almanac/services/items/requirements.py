"""What tasks, habits and meetings must keep to alike: people who are members, hours that they have, dates in order."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from almanac.domain.items.wishes import Bounded
from almanac.domain.workspace_plan.team.hours_faults import unknown_hours
from almanac.errors import BadInput, PermanentError
from almanac.services.operations.people import known
from almanac.services.operations.ports import PeopleStore


class ChangedMeanwhile(PermanentError):
    """It is not any more as whoever changes it has seen it."""

    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__("somebody has changed it meanwhile")


def require_as_seen(seen: object | None, was: object) -> None:
    """Raise ChangedMeanwhile unless it is as it was `seen`; None for whoever has not looked."""
    if seen not in (None, was):
        raise ChangedMeanwhile


def require_members(field: str, users: Iterable[str], members: Collection[str]) -> None:
    """Raise BadInput of the field that names somebody who is no member."""
    if not set(members).issuperset(users):
        raise BadInput(field, f"names somebody who is no member; {known(members)}")


def require_dates(wanted: Bounded) -> None:
    """Raise BadInput for a deadline before, or at, the earliest start."""
    if wanted.earliest and wanted.deadline and wanted.earliest >= wanted.deadline:
        raise BadInput("deadline", "must lie after the earliest start; give a later one as well, or none")


def require_hours(category: str, each: Sequence[Collection[str]], whose: str) -> None:
    """Raise BadInput for a category that is in none of these hours, or not in all; `whose` ends what is said of it.

    Of nobody's hours nothing can be said.
    """
    unknown = unknown_hours(category, each) if each else None
    if unknown is not None:
        names = ", ".join(unknown.quotes)
        raise BadInput("hours", f"is no category of hours of {whose}; known are {names}")


def hours_of(people: PeopleStore, ws_id: UUID, users: Collection[str]) -> Sequence[Collection[str]]:
    """Return the categories of hours of each of the members; of nobody those of the default member.

    In a workspace without members they are the workspace's. Somebody who is removed at this moment has none.
    """
    hours = people.hours(ws_id)
    if not hours:
        return [people.common_hours(ws_id)]
    if not users:
        users = [member.user_id for member in people.members(ws_id) if member.default]
    return [hours[user] for user in users if user in hours]
