"""Deliveries as people look at them: how the last ones ended, where an endpoint is behind, its last test."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """A range of versions and its last attempt; `head` is the beginning of the endpoint's answer, a stranger's text."""

    id: UUID
    ws_id: UUID
    from_version: int
    to_version: int
    status: str
    replayed: bool
    attempts: int
    next_attempt_at: datetime
    at: datetime | None
    status_code: int | None
    ms: int | None
    error_type: str | None
    head: str | None


@dataclass(frozen=True, slots=True)
class BehindLane:
    """A workspace of which an endpoint has not heard everything: up to `version` of `head`; `since` the next change."""

    ws_id: UUID
    workspace: str
    version: int
    head: int
    since: datetime | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedTest:
    """The last test of an endpoint; `at` is null while nobody has carried it out."""

    asked_at: datetime
    at: datetime | None
    status_code: int | None
    ms: int | None
    error_type: str | None
    head: str | None
