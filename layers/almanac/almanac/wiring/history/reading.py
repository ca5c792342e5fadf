"""Who reads history."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.wiring.base import Base

if TYPE_CHECKING:
    from almanac.services.history.read import History


class HistoryWiring(Base):
    """Reads history."""

    @cached_property
    def history(self) -> "History":
        """The use case of `almanac history` and `almanac redact`: changes, and calendars as they were."""
        from almanac.adapters.postgres.history.store import PostgresHistory
        from almanac.services.history.read import History

        return History(PostgresHistory(self.database))
