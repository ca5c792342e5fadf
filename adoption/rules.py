"""What becomes of the rows of the system that Almanac replaces: the rules that SQL is the wrong place for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

ADOPTED = ("google",)
"""Providers of the old system whose accounts are adopted; their names are the same here."""
ELSEWHERE = "other_workspace"
"""Why an account is left out that was adopted in the workspace that it belonged to then."""


@dataclass(frozen=True, slots=True)
class LegacyWorkspace:
    """A workspace of the old system. `zone` is whatever stands there: an IANA name, `auto`, nothing."""

    id: UUID
    name: str | None
    zone: str | None
    creator_id: str | None


@dataclass(frozen=True, slots=True)
class LegacyAccount:
    """A connected account of the old system; its refresh token is plain text."""

    id: UUID
    user_id: str
    provider: str
    email: str | None
    refresh_token: str | None = field(repr=False)
    is_active: bool


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as Almanac has it; the token is ciphertext."""

    id: UUID
    email: str
    refresh_token: str
    status: str


@dataclass(frozen=True, slots=True)
class AdoptionCounts:
    """What became of the rows of one kind: every old row is in exactly one of the three."""

    adopted: int = 0
    already_there: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def old_rows(self) -> int:
        """How many the old system has."""
        return self.adopted + self.already_there + sum(self.left_out.values())

    def __add__(self, other: "AdoptionCounts") -> "AdoptionCounts":
        """Both counts together."""
        left_out = dict(Counter(self.left_out) + Counter(other.left_out))
        return AdoptionCounts(self.adopted + other.adopted, self.already_there + other.already_there, left_out)


def known_zone(stored: str | None, zones: Mapping[str, str]) -> str | None:
    """The IANA name of a stored zone, None where there is none to be had; `zones` is name by lower-case name."""
    return zones.get((stored or "").strip().lower())


def chosen_accounts(
    accounts: Iterable[LegacyAccount],
) -> tuple[Sequence[LegacyAccount], Mapping[UUID, UUID], Mapping[str, int]]:
    """(accounts to adopt, the adopted one by the id of every usable one, number of those left out by reason).

    The best comes first: of several rows of one person's one account (the old system allowed them in two spellings,
    and any number without an address) the first is adopted and stands for the others.
    """
    chosen: dict[tuple[str, str], LegacyAccount] = {}
    stands_for: dict[UUID, UUID] = {}
    left_out: Counter[str] = Counter()
    for account in accounts:
        reason = _unusable(account)
        if reason is not None:
            left_out[reason] += 1
            continue
        first = chosen.setdefault((account.user_id, address(account)), account)
        stands_for[account.id] = first.id
        left_out["duplicate"] += first is not account
    return list(chosen.values()), stands_for, +left_out


def address(account: LegacyAccount) -> str:
    """The account's address as Almanac writes it."""
    return (account.email or "").strip().lower()


def _unusable(account: LegacyAccount) -> str | None:
    if account.provider not in ADOPTED:
        return account.provider
    if "@" not in address(account).strip("@"):
        return "no_address"
    return None if (account.refresh_token or "").strip() else "no_refresh_token"
