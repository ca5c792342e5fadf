"""Why a plan that is only shown would move what it moves: the causes that its run would have."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from almanac.domain.history.causes import Cause, Happened, causes_of
from almanac.domain.history.plan_basis import basis_of
from almanac.domain.history.proposed import changed_inputs, proposed
from almanac.services.history.compare import Compare
from almanac.services.plan.proposal import Proposal


@dataclass(frozen=True, slots=True)
class PreviewCauses:
    """What a preview asks for; history is read a moment after the rows that its plan was made from."""

    compare: Compare

    def __call__(self, ws_id: UUID, shown: Proposal) -> Mapping[UUID, Sequence[Cause]]:
        """Return the causes of each block that would be moved or taken away, by event. Raises UnknownWorkspace."""
        existing = shown.request.existing
        blocks, owners = proposed(shown.changes, (*existing.movable, *existing.unwanted))
        there = [block for block in blocks if block.before is not None]
        if not there:
            return {}
        facts = json.loads(json.dumps(basis_of(shown.workspace)))  # as the last plan's are kept
        events, kept = self.compare.since_the_last_plan(ws_id)
        inputs = {} if kept is None else changed_inputs(kept, facts)
        happened = Happened(events=events, inputs=inputs, blocks=blocks, owners=owners, facts=facts)
        found = {block.event_id: causes_of(block, happened) for block in there}
        return {event_id: causes for event_id, causes in found.items() if causes}
