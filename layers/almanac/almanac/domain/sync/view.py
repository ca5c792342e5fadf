"""Through whom a calendar's rows were read: an etag tells versions of an event apart, not what who may see of it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class View:
    """A connection and its access role. None: not known of the role, several of the connection."""

    connection_id: UUID | None
    access_role: str | None

    def shows_as(self, connection_id: UUID, access_role: str) -> bool:
        """Return whether rows of this view are as this connection shows them in this role."""
        return self.connection_id == connection_id and self.access_role in (None, access_role)
