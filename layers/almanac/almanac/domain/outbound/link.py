"""A link: one thing that exists, or shall exist, at a provider because of us, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from uuid import UUID

from almanac.domain.calendar.written import Fields

Kind = Literal["block", "event", "edit"]
"""A plan's block, an event made here, a provider's event that was changed here."""
Operation = Literal["insert", "patch", "delete"]
Doubt = Literal["changed", "deleted", "missing", "unsure"]
"""Why a link must be read: a listing has another version, a tombstone, or lacks it; or it was held for a while."""
LinkState = Literal["wanted", "agreed", "dirty", "sent", "gone", "conflict", "detached", "failed"]


@dataclass(frozen=True, slots=True)
class Link:
    """One row of `calendar_event_links`.

    `base` and `ours` are one version, the last that both sides agreed on, as the provider and as we have it; what the
    provider makes of a text is so no change of anybody's. `bodies` are whole ones that were sent since, by revision.
    """

    id: UUID
    event_id: UUID
    kind: Kind
    calendar_id: str
    remote_id: str
    generation: int
    state: LinkState
    desired: Fields | None
    revision: int
    base: Fields | None = None
    ours: Fields | None = None
    base_etag: str | None = None
    base_revision: int = 0
    theirs: frozenset[str] = frozenset()
    sent: Operation | None = None
    sent_revision: int | None = None
    bodies: Mapping[str, Fields] = field(default_factory=dict)
    doubt: Doubt | None = None
    attempts: int = 0
    refusals: int = 0
    insists: bool = False
    """A person has chosen what is wanted here, against what stands there."""
    missed: bool = False
    """The last look did not find it; a second one has to say so before it counts as deleted."""
    item: str | None = None
    """What a block is a piece of, as its mark says: `task:<id>`, `habit:<id>:<date>`."""
    successor: Fields | None = None
    """What is wanted of it at another target, where another link has taken its place: this event goes from here."""
    succeeded: bool = False
    """Its successor is there. Until then it is here that people see the event, change and delete it."""
    succeeded_at: datetime | None = None
    """When that was made, by the provider's clock, if that is known."""
    gone_since: datetime | None = None
    """When a listing told its end, if the doubt is of that."""
    given_up: bool = False
    """Edits were switched off since: what has no answer is looked at, and nothing more is written."""

    @property
    def deletion_may_land(self) -> bool:
        """Whether a deletion of the agreed version is without an answer, though the event is wanted again.

        `ours` is empty then, so that a write of every field makes another version; no tombstone is a person's until it
        is answered.
        """
        return self.base is not None and not self.ours

    def has_landed(self, there: Fields) -> bool:
        """Return whether the provider has what a change without an answer was to make of it."""
        body = self.bodies.get(str(self.sent_revision)) if self.sent == "patch" else None
        return body is not None and all(alike(name, value, there.get(name)) for name, value in body.items())

    @property
    def changed_here(self) -> dict[str, Any]:
        """The fields that we want otherwise than was agreed."""
        if self.desired is None or self.ours is None:
            return {}
        agreed = self.ours
        return {name: value for name, value in self.desired.items() if not same(name, value, agreed.get(name))}


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a field are the same: of times the instants, whatever zone they are told in."""
    if name == "when" and isinstance(one, Mapping) and isinstance(other, Mapping):
        return {key: one[key] for key in one if key != "zone"} == {key: other[key] for key in other if key != "zone"}
    return bool(one == other)


def alike(name: str, one: Any, other: Any) -> bool:
    """Whether they are the same but for what providers do to texts: spaces at the ends, line ends."""
    if isinstance(one, str) and isinstance(other, str):
        return _evened(one) == _evened(other)
    return same(name, one, other)


def _evened(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def ends_at(fields: Fields | None) -> datetime | None:
    """Return when an event with these fields is over: of an all-day one in the last place on earth (UTC-12)."""
    when = (fields or {}).get("when")
    if not when:
        return None
    if "after" in when:
        return datetime.combine(date.fromisoformat(when["after"]), time(12), UTC)
    return datetime.fromisoformat(when["end"])


def is_empty(fields: Fields) -> bool:
    """Whether an event with these times ends as it begins, which no provider takes; all-day ones end a day later."""
    when = fields.get("when") or {}
    return "start" in when and bool(when["start"] >= when["end"])


def is_past(fields: Fields | None, now: datetime) -> bool:
    """Whether an event with these fields is over."""
    end = ends_at(fields)
    return end is not None and end <= now
