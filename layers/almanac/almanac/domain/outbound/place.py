"""A calendar that is written to: what may be written there now, and what has to wait for somebody or for a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from almanac.domain.outbound.link import Kind

HoldReason = Literal[
    "reconnect_required",
    "permission_missing",
    "role",
    "calendar_lost",
    "quota",
    "rate_limit",
    "budget",
    "mass_change",
    "dry_run_first",
    "other_installation",
]
"""Why a calendar is held: nothing is written there."""
WRITING_ROLES = ("owner", "writer")
WHOLE_ACCOUNT: tuple[HoldReason, ...] = ("reconnect_required", "quota", "rate_limit", "budget")
"""Holds that are an account's, of whatever calendar it was that met them."""
LOOK_AGAIN: dict[HoldReason, timedelta] = {
    "permission_missing": timedelta(hours=6),
    "role": timedelta(hours=1),
    "calendar_lost": timedelta(hours=6),
    "quota": timedelta(hours=1),
}
"""After how long the cause of a hold is looked at again, where nobody has to say that it is gone."""


@dataclass(frozen=True, slots=True)
class MassChange:
    """More deletions in one run than this need consent: `count`, or `share` of what is there if that is more."""

    count: int = 20
    share: float = 0.5

    def asks(self, deletions: int, live: int) -> bool:
        """Return whether so many deletions of so many events that are there have to be consented to."""
        return deletions > max(self.count, live * self.share)


@dataclass(frozen=True, slots=True)
class Place:
    """One calendar of one account, with what is stored about writing to it.

    `live` counts our events there, `gone` those that listings say were deleted there, `deletes` those ahead that are
    to be deleted by us, `moving` those that are yet to be made at another target, `gone_after_all` those that were
    made there and are said to be gone here. `granted` is None when nobody knows what the account's owner has consented
    to. `slowed` is how often in a row the account was asked to slow down.
    """

    connection_id: UUID
    calendar_id: str
    role: str
    time_zone: str
    is_target: bool
    reviewed: bool
    edits_on: bool
    granted: bool | None
    held: HoldReason | None
    held_until: datetime | None
    consent_until: datetime | None
    live: int
    gone: int
    deletes: int
    due: int
    slowed: int = 0
    moving: int = 0
    gone_after_all: int = 0

    @property
    def kinds(self) -> Sequence[Kind]:
        """What may be written: blocks and events after the dry run, or what is left of a former target; edits."""
        ours: tuple[Kind, ...] = () if self.is_target and not self.reviewed else ("block", "event")
        return (*ours, "edit") if self.edits_on else ours

    def still_held(self, now: datetime) -> bool:
        """Return whether a stored hold has to be waited for; one without a time ends with its cause."""
        return self.held is not None and self.held_until is not None and self.held_until > now


def reason_to_hold(place: Place, now: datetime, mass: MassChange) -> HoldReason | None:
    """Return why nothing may be written at a place, as far as that is known without asking anybody."""
    if place.granted is False:
        return "permission_missing"
    consented = place.consent_until is not None and place.consent_until > now
    if not consented and (mass.asks(place.gone, place.live) or mass.asks(place.deletes, place.live)):
        return "mass_change"
    return None if place.kinds else "dry_run_first"


def keeps_what_moved(place: Place, mass: MassChange) -> bool:
    """Return whether so much is gone at a former target that nothing follows for what another one has of it.

    Consent is to what is deleted for good; whoever wanted all of it elsewhere wants it there.
    """
    return mass.asks(place.gone + place.gone_after_all, place.live)
