"""One line from what asked for a change to who was told of it, from any id on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.errors import BadInput
from almanac.services.history.ports import Traced, TraceStore


@dataclass(frozen=True, slots=True)
class Trace:
    """The use case of `almanac trace` and of `/v1/trace`."""

    store: TraceStore

    def __call__(self, name: str, ws_ids: Collection[UUID] | None = None) -> Sequence[Traced]:
        """Return the lines that an id is on: a job's, a run's, a delivery's, an event's, or `<workspace>/<version>`.

        Only `ws_ids` are looked at, None: all. Raises BadInput when nothing is known by it.
        """
        runs = self.store.runs_of(name, ws_ids)
        found = [line for run in runs if (line := self.store.line(*run)) is not None]
        place = None if found else self.store.version_of(name, ws_ids)
        if place is not None:
            run_id = self.store.run_of_version(*place)
            line = self.store.line_of_version(*place) if run_id is None else self.store.line(place[0], run_id)
            found = [] if line is None else [line]
        if not found:
            raise BadInput("id", "no job, run, webhook delivery, event or version is known by it")
        return found
