"""Members of a workspace as operators list, add and change them."""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Digest:
    """Whether a member gets a digest, at what local time ("07:00"), and the address that was given for it, if any.

    `weekly`: whether the workspace's weekly reports are mailed to them too.
    """

    on: bool
    at: str
    email: str | None
    weekly: bool = False


@dataclass(frozen=True, slots=True)
class DigestChange:
    """What is to be changed of a member's digest; None leaves it, an empty address takes it away."""

    on: bool | None = None
    at: time | None = None
    email: str | None = None
    weekly: bool | None = None


@dataclass(frozen=True, slots=True)
class ListedMember:
    """Somebody whose time is planned, with their own IANA zone or None for the workspace's.

    `accounts` counts connected ones, `tasks` the open tasks that are assigned to them. `default`: what says nothing of
    a person is theirs.
    """

    user_id: str
    name: str
    time_zone: str | None
    accounts: int
    tasks: int
    default: bool
    digest: Digest = Digest(on=False, at="07:00", email=None)
