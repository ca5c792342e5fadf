"""What a run wrote out, and what waits."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class OutboundReport:
    """Counts of one run. `held` names the reason by calendar; `more` tells that time ran out before the work did.

    `replan`: a person has moved or deleted something that plans are made of.
    """

    created: int = 0
    changed: int = 0
    deleted: int = 0
    read: int = 0
    unanswered: int = 0
    conflicts: int = 0
    refused: int = 0
    held: dict[str, str] = field(default_factory=dict)
    more: bool = False
    replan: bool = False

    @property
    def writes(self) -> int:
        """Writes that were answered."""
        return self.created + self.changed + self.deleted

    def as_dict(self) -> dict[str, object]:
        """What is worth keeping of it, JSON-ready: no count of 0."""
        counts = ("created", "changed", "deleted", "read", "unanswered", "conflicts", "refused")
        kept: dict[str, object] = {name: getattr(self, name) for name in counts if getattr(self, name)}
        if self.held:
            kept["held"] = self.held
        return kept
