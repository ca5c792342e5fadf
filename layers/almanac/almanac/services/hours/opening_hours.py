"""Opening hours by category: those of a workspace, and those of a member where they have their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.hours.opening import DEFAULT_CATEGORIES, DEFAULT_WEEK, NEVER, Days, ListedHours, week_of
from almanac.domain.wall_clock import Week
from almanac.errors import BadInput
from almanac.services.hours.ports import HoursStore
from almanac.services.items.requirements import ChangedMeanwhile
from almanac.services.operations.people import require_member
from almanac.services.operations.ports import PeopleStore, WorkspaceStore

_LONGEST_CATEGORY = 255


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The use case of `almanac hours …`. Categories are taken in lower case."""

    workspaces: WorkspaceStore
    people: PeopleStore
    store: HoursStore

    def all(self, ws_id: UUID) -> Sequence[ListedHours]:
        """Return the hours of everybody, those of a default category without a row too, and those of members.

        Raises UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        return _with_defaults(self.store.stored(ws_id))

    def of(self, ws_id: UUID, user: str | None) -> Sequence[ListedHours]:
        """Return what counts for a member, or (None) for the workspace, by category.

        Raises BadInput for somebody who is no member, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        if user is not None:
            require_member(self.people, ws_id, user, "user_id")
        return _counting(self.store.stored(ws_id), user)

    def set(
        self,
        ws_id: UUID,
        category: str,
        user: str | None,
        days: Days,
        *,
        keep: bool = False,
        seen: ListedHours | None = None,
    ) -> ListedHours:
        """Open a category on these days and on no other, or (`keep`) on the others as until now; return the hours.

        `seen`: what counted when somebody looked. Raises BadInput of a weekday, the category or the user,
        ChangedMeanwhile, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)
        category = category.lower()
        _require_name(category)
        if user is not None:
            require_member(self.people, ws_id, user, "user_id")

        def wanted(stored: Sequence[ListedHours]) -> Week:
            _require_seen(stored, user, seen)
            return week_of(days, _until_now(stored, category, user) if keep else NEVER)

        self.store.put(ws_id, category, user, wanted)
        return self.one(ws_id, category, user)

    def reset(
        self, ws_id: UUID, category: str, user: str | None, seen: ListedHours | None = None
    ) -> Sequence[ListedHours]:
        """Forget what is stored of a category: the default counts again, or for a member what the workspace has.

        Return what counts now. `seen`: what counted when somebody looked. Raises BadInput for somebody who is no
        member and has none, or for a category that is none, ChangedMeanwhile, UnknownWorkspace.
        """
        self.workspaces.require_workspace(ws_id)

        def agreed(stored: Sequence[ListedHours]) -> None:
            _require_seen(stored, user, seen)

        if not self.store.remove(ws_id, category.lower(), user, agreed):
            if user is not None:
                require_member(self.people, ws_id, user, "user_id")
            self.one(ws_id, category, user)
        return _counting(self.store.stored(ws_id), user)

    def one(self, ws_id: UUID, category: str, user: str | None) -> ListedHours:
        """Return the hours of one category that count. Raises BadInput for a category that is none."""
        found = _counting(self.store.stored(ws_id), user)
        for each in found:
            if each.category == category.lower():
                return each
        raise BadInput("category", f"is none that is stored; there are {', '.join(each.category for each in found)}")


def _with_defaults(stored: Sequence[ListedHours]) -> Sequence[ListedHours]:
    known = {each.category for each in stored if each.user_id is None}
    usual = [
        ListedHours(category, None, DEFAULT_WEEK, default=True)
        for category in DEFAULT_CATEGORIES
        if category not in known
    ]
    return sorted([*stored, *usual], key=lambda each: (_rank(each.category), each.user_id or ""))


def _rank(category: str) -> tuple[int, str]:
    """The categories that everybody has come first."""
    known = DEFAULT_CATEGORIES.index(category) if category in DEFAULT_CATEGORIES else len(DEFAULT_CATEGORIES)
    return known, category


def _counting(stored: Sequence[ListedHours], user: str | None) -> Sequence[ListedHours]:
    found: dict[str, ListedHours] = {}
    for each in _with_defaults(stored):
        if each.user_id is None or each.user_id == user:
            found[each.category] = each  # their own come after those of everybody
    return list(found.values())


def _require_seen(stored: Sequence[ListedHours], user: str | None, seen: ListedHours | None) -> None:
    """Raise ChangedMeanwhile where other hours count than somebody has seen."""
    if seen is not None and seen not in _counting(stored, user):
        raise ChangedMeanwhile


def _until_now(stored: Sequence[ListedHours], category: str, user: str | None) -> Week:
    """Return the week that counts now, whoever's it is; of a new category one that is never open."""
    for each in _counting(stored, user):
        if each.category == category:
            if each.week is None:
                raise BadInput("category", f"cannot be read as it is stored ({each.fault}): give the whole week")
            return each.week
    return NEVER


def _require_name(category: str) -> None:
    """Raise BadInput for a name that cannot be stored beside the others: hours of members are kept as work@ada."""
    if not category.strip() or not category.isprintable() or len(category) > _LONGEST_CATEGORY or "@" in category:
        raise BadInput("category", f"must have 1 to {_LONGEST_CATEGORY} printable characters and no @")
