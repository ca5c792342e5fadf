"""Plans for people who wait for one: the dearest thing that HTTP does, so that few are made at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from almanac.errors import TransientError
from almanac.services.plan.ports import PreviewTurnStore

LONGEST_TURN = 30.0
"""Seconds after which nobody waits for an answer any more: as long as the gateway does."""


class PreviewsBusy(TransientError):
    """As many plans as may be are being made for others."""

    code = "previews_busy"


@dataclass(frozen=True, slots=True)
class PreviewTurns:
    """Lets a few at a time plan. `usual_seconds` is how long a plan is improved."""

    store: PreviewTurnStore
    usual_seconds: float

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold a turn. Raises PreviewsBusy, with the seconds until the oldest should be done."""
        holder = uuid4()
        taken_for = self.store.take(holder, LONGEST_TURN)
        if taken_for is not None:
            raise PreviewsBusy("as many plans as may be are being made", max(1.0, self.usual_seconds - taken_for))
        try:
            yield
        finally:
            self.store.give_back(holder)
