"""What setting hours and preferences needs from the outside."""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from almanac.domain.hours.opening import ListedHours
from almanac.domain.hours.preferences import ListedPreferences, PreferenceChange
from almanac.domain.wall_clock import Week


class HoursStore(Protocol):
    """Opening hours. Raises DatabaseUnavailable and StorageFailed."""

    def stored(self, ws_id: UUID) -> Sequence[ListedHours]:
        """Return what is stored, by category in lower case; those of everybody before those of members."""
        ...

    def put(
        self, ws_id: UUID, category: str, user: str | None, wanted: Callable[[Sequence[ListedHours]], Week]
    ) -> None:
        """Store what `wanted` makes of all that is stored, which nobody else changes meanwhile. What it raises leaves
        everything as it is; hours that are stored so already are not written."""
        ...

    def remove(
        self, ws_id: UUID, category: str, user: str | None, agreed: Callable[[Sequence[ListedHours]], object]
    ) -> bool:
        """Forget the hours of a category; False when there were none. `agreed` is shown all that is stored, which
        nobody else changes meanwhile: what it raises leaves everything as it is."""
        ...


class PreferenceStore(Protocol):
    """Preferences. Raises DatabaseUnavailable, StorageFailed, UnknownWorkspace."""

    def preferences(self, ws_id: UUID, user: str | None) -> ListedPreferences:
        """Return what counts for the workspace or for a member; of who is no member as of one without own ones."""
        ...

    def change(self, ws_id: UUID, user: str | None, wanted: Callable[[ListedPreferences], PreferenceChange]) -> None:
        """Store the change that `wanted` makes of what counts until now, which nobody else changes meanwhile, and
        nothing where it changes nothing; every other setting stays. Raises BadInput, and what `wanted` raises."""
        ...
