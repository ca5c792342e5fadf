"""Who reads history."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.services.history.browse import BrowseHistory
    from almanac.services.history.read import History


class HistoryWiring(Base):
    """Reads history."""

    @cached_property
    def history(self) -> "History":
        """The use case of `almanac history` and `almanac redact`: changes, and calendars as they were."""
        from almanac.adapters.postgres.history.store import PostgresHistory
        from almanac.services.history.read import History

        return History(PostgresHistory(self.database))

    @cached_property
    def browse_history(self) -> "BrowseHistory":
        """Changes as people look at them."""
        from almanac.adapters.postgres.history.browse import PostgresBrowsing
        from almanac.services.history.browse import BrowseHistory

        return BrowseHistory(PostgresBrowsing(self.database))
