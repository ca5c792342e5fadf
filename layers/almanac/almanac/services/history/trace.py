"""One line from what asked for a change to who was told of it, from any id on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from almanac.errors import BadInput
from almanac.services.history.ports import Traced, TraceStore


@dataclass(frozen=True, slots=True)
class Trace:
    """The use case of `almanac trace` and of `/v1/trace`."""

    store: TraceStore

    def __call__(self, name: str) -> Sequence[Traced]:
        """Return the lines that an id is on: a job's, a run's, a delivery's, an event's, or `<workspace>/<version>`.

        Raises BadInput when nothing is known by it.
        """
        runs = self.store.runs_of(name)
        found = [line for run_id in runs if (line := self.store.line(run_id)) is not None]
        place = None if found else self.store.version_of(name)
        if place is not None:
            run_id = self.store.run_of_version(*place)
            line = self.store.line_of_version(*place) if run_id is None else self.store.line(run_id)
            found = [] if line is None else [line]
        if not found:
            raise BadInput("id", "no job, run, webhook delivery, event or version is known by it")
        return found
