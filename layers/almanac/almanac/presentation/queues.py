"""The queues, as JSON and as a table."""

from collections.abc import Mapping
from dataclasses import asdict

from almanac.domain.operations.job_names import JobName
from almanac.domain.operations.queue_depth import QueueDepth
from almanac.presentation.tables import duration_text, table


def document(depths: Mapping[JobName, QueueDepth]) -> Mapping[str, object]:
    """Return the JSON document of the queues."""
    return {"queues": [{"queue": name, **asdict(depth)} for name, depth in depths.items()]}


def text(depths: Mapping[JobName, QueueDepth]) -> str:
    """Return the queues as a table."""
    head = ("QUEUE", "WAITING", "IN FLIGHT", "OLDEST", "DEAD LETTERS")
    rows = (
        (name, depth.waiting, depth.in_flight, duration_text(depth.oldest_age_seconds), depth.dead)
        for name, depth in depths.items()
    )
    return table(head, rows)
