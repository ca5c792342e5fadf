"""What setting up tasks, habits and meetings needs from the outside."""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from almanac.domain.items.meetings import ListedMeeting, NewMeeting


class MeetingStore(Protocol):
    """Meetings. Raises DatabaseUnavailable and StorageFailed."""

    def add(self, ws_id: UUID, meeting: NewMeeting) -> UUID:
        """Add a meeting with its people, and return its id."""
        ...

    def change(self, ws_id: UUID, meeting_id: UUID, changed: Callable[[ListedMeeting], NewMeeting]) -> bool:
        """Make an open meeting what `changed` says of it as it is, which nobody else changes meanwhile.

        What `changed` raises leaves everything as it is. False when there is no such open meeting. Who comes to its
        block is changed with it, unless that is done or over.
        """
        ...

    def remove(self, ws_id: UUID, meeting_id: UUID) -> bool:
        """Delete a meeting with its people and what waits for it; False when there was none."""
        ...

    def all(self, ws_id: UUID) -> Sequence[ListedMeeting]:
        """Return the open meetings, those without a place first."""
        ...
