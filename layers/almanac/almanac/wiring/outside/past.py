"""What those see who look back: history, comparisons, a run taken back, the line of a change; and who look ahead."""

from functools import cached_property
from typing import TYPE_CHECKING

from almanac.settings import BehindSettings, load
from almanac.wiring.base import utc_now
from almanac.wiring.history.nudges import NudgeWiring
from almanac.wiring.history.reading import HistoryWiring
from almanac.wiring.push import PushWiring

if TYPE_CHECKING:
    from almanac.adapters.postgres.run_summary import PostgresRunSummary
    from almanac.services.history.compare import Compare
    from almanac.services.history.trace import Trace
    from almanac.services.history.undo import UndoRun
    from almanac.services.operations.foresee import Foresee


class PastWiring(PushWiring, NudgeWiring, HistoryWiring):
    """Use cases of history, whichever way they are asked for."""

    @cached_property
    def compare(self) -> "Compare":
        """The use case of `almanac history --diff` and `--run`."""
        from almanac.adapters.postgres.history.undo import PostgresUndo
        from almanac.services.history.compare import Compare

        return Compare(self.history.store, PostgresUndo(self.database))

    @cached_property
    def undo_run(self) -> "UndoRun":
        """The use case of `almanac undo`."""
        from almanac.adapters.postgres.history.undo import PostgresUndo
        from almanac.services.history.undo import UndoRun

        store = PostgresUndo(self.database)
        return UndoRun(store, store, utc_now, self.nudge)

    @cached_property
    def trace(self) -> "Trace":
        """The use case of `almanac trace`."""
        from almanac.adapters.postgres.history.trace import PostgresTrace
        from almanac.services.history.trace import Trace

        return Trace(PostgresTrace(self.database))

    @cached_property
    def foresee(self) -> "Foresee":
        """The use case of the forecast in `almanac why`."""
        from almanac.adapters.postgres.accounts import PostgresWorkspaces
        from almanac.services.operations.foresee import Foresee

        behind_after = load(BehindSettings, self._environment).sync_behind_after
        runs = self._counted_runs
        return Foresee(PostgresWorkspaces(self.database), runs, runs, behind_after, utc_now)

    @cached_property
    def _counted_runs(self) -> "PostgresRunSummary":
        """How runs went, and who is behind by what this deployment's sync rule allows."""
        from almanac.adapters.postgres.run_summary import PostgresRunSummary

        behind_after = load(BehindSettings, self._environment).sync_behind_after
        return PostgresRunSummary(self.database, self.push_home, behind_after)
