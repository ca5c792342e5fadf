"""Routes of blocks of plans: which are to stay where they are."""

from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AwareDatetime

from almanac.presentation.items.blocks import block_document
from almanac.web.api.bodies import Body as Fields
from almanac.web.api.bodies import Model
from almanac.web.api.ledger_routes import Workspace
from almanac.web.api.routes import Route
from almanac.web.call import current

BlockId = Annotated[UUID, Path(description="Id of the block's event.")]


class BlockBody(Fields):
    """Whether a block stays where it is, whatever is planned."""

    locked: bool


class Block(Model):
    """A block of a task, a habit or a meeting, and whose time it takes; `locked`: no plan moves it."""

    event_id: UUID
    kind: Literal["task", "habit", "meeting"]
    title: str
    start: AwareDatetime
    end: AwareDatetime
    user_ids: list[str]
    locked: bool


def change_block(ws: Workspace, event_id: BlockId, body: Annotated[BlockBody, Body()]) -> Block:
    """Keep a block of a plan where it is, or let plans move it again."""
    call = current()
    found = call.use.blocks.lock(ws, event_id, locked=body.locked)
    call.audit("block_lock", ws, event_id, locked=body.locked)
    return Block.model_validate(block_document(found))


ROUTES = (Route("PATCH", "/v1/workspaces/<ws>/blocks/<event_id>", "operate", change_block, errors=("unknown_block",)),)
