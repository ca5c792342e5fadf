"""Routes of the queues: how full they are, what died, sent back or deleted."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from almanac.domain.operations.job_names import JobName
from almanac.errors import BadInput
from almanac.presentation.dead_letters import document
from almanac.services.queues.configured_queues import configured_jobs
from almanac.web.api.bodies import DiscardBody, RedriveBody
from almanac.web.api.ledger_routes import Limit, visible
from almanac.web.api.routes import Route
from almanac.web.api.workspace_answers import DeadLetter, DeadLetterList, Discarded, Queue, QueueList, Redriven
from almanac.web.call import current
from almanac.web.problem import Problem


def list_queues() -> QueueList:
    """Tell how full the queues are."""
    depths = current().use.queue_depths()
    return QueueList(items=[Queue(queue=name, **asdict(depth)) for name, depth in depths.items()])


def list_dead_letters(
    ws_id: Annotated[UUID | None, Query()] = None,
    job: Annotated[JobName | None, Query()] = None,
    limit: Limit = 50,
) -> DeadLetterList:
    """List dead letters with their causes; they stay where they are."""
    mine = visible(ws_id)
    found = current().use.dead_letters.listed(job, limit if mine is None else 1000)
    said: Any = document(found, bodies=False)
    groups = None if mine is None else {str(each) for each in mine}
    letters = [row for row in said["letters"] if groups is None or str(row["ws_id"]) in groups]
    items = [DeadLetter(**{**row, "ws_id": str(row["ws_id"])}) for row in letters[:limit]]
    return DeadLetterList(items=items, dead=said["dead"] if mine is None else {})


def redrive(body: Annotated[RedriveBody | None, Body()] = None) -> Redriven:
    """Send dead letters back into their queue: those of a workspace, of a job, or those that are named."""
    call, wanted = current(), body or RedriveBody()
    mine = visible(wanted.ws_id)

    def do(request_id: str) -> Mapping[str, Any]:
        gone: list[str] = []
        for job in (wanted.job,) if wanted.job else configured_jobs(call.use.dead_letters.kinds):
            gone += call.use.dead_letters.redrive_chosen(job, wanted.limit - len(gone), mine, wanted.message_ids)
        call.audit("redrive", wanted.ws_id, request_id, job=wanted.job, redriven=len(gone))
        return {"redriven": len(gone), "message_ids": gone}

    return Redriven(**call.once("redrive", wanted.ws_id, wanted.model_dump(mode="json"), do))


def discard(body: Annotated[DiscardBody, Body()]) -> Discarded:
    """Delete one dead letter, for one that cannot be helped."""
    call, mine = current(), visible(None)
    if mine is not None:
        found = call.use.dead_letters.listed(body.job, 1000).letters
        groups = {str(each) for each in mine}
        if not any(e.letter.message_id == body.message_id and e.letter.group in groups for e in found):
            raise Problem(404, "not_found")
    try:
        call.use.dead_letters.discard(body.job, body.message_id)
    except BadInput:
        raise Problem(404, "not_found", "no dead letter of that id can be seen") from None
    call.audit("discard", None, body.message_id, job=body.job)
    return Discarded(discarded=body.message_id)


ROUTES = (
    Route("GET", "/v1/queues", "operate", list_queues, errors=("queue_unavailable",)),
    Route("GET", "/v1/dead-letters", "operate", list_dead_letters, errors=("unknown_workspace", "queue_unavailable")),
    Route(
        "POST",
        "/v1/dead-letters/redrive",
        "operate",
        redrive,
        errors=("unknown_workspace", "queue_unavailable"),
        once=True,
    ),
    Route("POST", "/v1/dead-letters/discard", "operate", discard, errors=("not_found", "queue_unavailable")),
)
