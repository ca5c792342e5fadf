"""Tells the relay that a workspace has changed, so that nobody waits for its next minute. Never more than a favour."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from almanac.errors import AlmanacError, safe_error_fields
from almanac.services.events_out.ports import NewsStore, NudgeQueue

logger = logging.getLogger(__name__)


class _Job(Protocol):
    @property
    def ws_id(self) -> UUID: ...


_AnyJob = TypeVar("_AnyJob", bound=_Job)
_AnyReport = TypeVar("_AnyReport")


@dataclass(frozen=True, slots=True)
class Nudge:
    """The use case of whoever has just written; without a queue it does nothing.

    `queue` gives it when there is news: who only looks needs none, nor the region that it is in.
    """

    news: NewsStore
    queue: Callable[[], NudgeQueue] | None

    def __call__(self, ws_id: UUID) -> None:
        """Wake the relay if the workspace has news. What fails is left to its next minute."""
        if self.queue is None:
            return
        try:
            if self.news.take_news(ws_id):
                self.queue().send(ws_id)
        except AlmanacError as error:
            logger.warning("the relay was not woken", extra={"ws_id": str(ws_id), **safe_error_fields(error)})


def nudging(run: Callable[..., _AnyReport], nudge: Callable[[UUID], None]) -> Callable[..., _AnyReport]:
    """Return `run`, whose first argument is its job, with a nudge at its end; a run that raises has told nobody."""

    def run_and_nudge(job: _AnyJob, *rest: object) -> _AnyReport:
        report = run(job, *rest)
        nudge(job.ws_id)
        return report

    return run_and_nudge
