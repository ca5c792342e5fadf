"""What is written of what looks for its time: added once, and changed as the caller has read it.

Null takes a bound away.
"""

from collections.abc import Callable, Collection, Mapping, Set
from typing import Annotated, TypeVar
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Header

from almanac.web.api.bodies import Body, Model
from almanac.web.call import current
from almanac.web.etag import etag_of, matches
from almanac.web.problem import Problem

IfMatch = Annotated[str | None, Header(description="ETag of what was read.")]
Found = TypeVar("Found")
Bound = TypeVar("Bound", bound=str)


def add_once(kind: str, ws_id: UUID, body: Body, add: Callable[[UUID], UUID]) -> UUID:
    """Add a task, habit or meeting, or return the id of the one that the same Idempotency-Key has added.

    `add` gets the id that belongs to the key: what was added before its answer was lost is not added again.
    """
    call = current()

    def do(request_id: str) -> Mapping[str, str]:
        added = add(UUID(request_id))
        call.audit(f"{kind}_add", ws_id, added)
        return {f"{kind}_id": str(added)}

    return UUID(call.once(f"{kind}_add", ws_id, body.model_dump(mode="json"), do)[f"{kind}_id"])


def as_read(if_match: str | None, look: Callable[[], Found], shown: Callable[[Found], Model]) -> Found | None:
    """Return what the caller has read; None for whoever does not say what that was.

    Raises Problem 412 where the caller has read something else, and what `look` raises.
    """
    if if_match is None:
        return None
    seen = look()
    if not matches(if_match, etag_of(shown(seen).model_dump_json())):
        raise Problem(412, "precondition_failed")
    return seen


def taken_away(body: Body, bounds: Collection[Bound]) -> Set[Bound]:
    """Return those of the bounds that a change takes away: it gives them as null."""
    return frozenset(each for each in bounds if each in body.model_fields_set and getattr(body, each) is None)
