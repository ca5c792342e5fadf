"""Which accounts a round sees to, what it does for them, and that none costs another its turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from almanac.domain.operations.maintenance import NAMED, UNUSED_FOR, UpkeepReport
from almanac.errors import AlmanacError, DatabaseUnavailable, ReconnectRequired, StorageFailed
from almanac.providers.google.errors import rejected, unavailable
from almanac.services.accounts.ports import Account
from almanac.services.accounts.refresh import OUTAGE, TokenUpkeep
from almanac.services.sync.provider import FreshToken

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNUSED_SINCE = NOW - UNUSED_FOR
LONG_AGO = UNUSED_SINCE - timedelta(days=1)
HOUR = timedelta(hours=1)
DEAD = ReconnectRequired("the account's grant is gone")


def account(
    number: int, *, used: datetime | None = NOW, key: str = "new", status: str = "active", provider: str = "google"
) -> Account:
    return Account(
        ws_id=UUID(int=number),
        id=UUID(int=1000 + number),
        provider=provider,
        email=f"person{number}@example.test",
        access_token=None if used is None else f"{key}:access {number}",
        refresh_token=f"{key}:refresh {number}",
        expires_at=used,
        status=status,
        version=1,
    )


class Cipher:
    """TokenCipher with the keys `new` and `old`; `lost` is one that nobody has any more."""

    def encrypt(self, plain: str) -> str:
        return f"new:{plain}"

    def decrypt(self, ciphertext: str) -> str:
        key, _, plain = ciphertext.partition(":")
        if key == "lost":
            raise StorageFailed("no key decrypts a stored token")
        return plain

    def is_current(self, ciphertext: str) -> bool:
        return ciphertext.startswith("new:")


@dataclass
class Directory:
    """AccountDirectory and AccountTokens over a list; pages of two."""

    rows: dict[UUID, Account]
    connected_at: datetime = NOW
    kept: UUID | None = None
    reasons: list[str] = field(default_factory=list)

    def accounts(self, after: UUID | None, limit: int) -> Sequence[tuple[datetime, Account]]:
        found = sorted((row for row in self.rows.values() if after is None or row.id > after), key=lambda row: row.id)
        return [(self.connected_at, row) for row in found[: min(limit, 2)]]

    def reencrypt(self, account: Account, access: str | None, refresh: str) -> bool:
        if self.rows[account.id].version != account.version:
            return False
        self.rows[account.id] = replace(account, access_token=access, refresh_token=refresh)
        return True

    def progress(self) -> UUID | None:
        return self.kept

    def remember(self, after: UUID | None) -> None:
        self.kept = after

    def store_tokens(
        self, account: Account, access: str, expires_at: datetime, refresh: str, scopes: Sequence[str] = ()
    ) -> Account:
        row = self.rows[account.id]
        if row.version == account.version:
            newer = replace(row, access_token=access, refresh_token=refresh, expires_at=expires_at)
            self.rows[account.id] = replace(newer, version=row.version + 1)
        return self.rows[account.id]

    def require_reconnect(self, account: Account, reason: str) -> Account:
        row = self.rows[account.id]
        if row.version == account.version:
            self.reasons.append(reason)
            self.rows[account.id] = replace(row, status="reconnect_required")
        return self.rows[account.id]


@dataclass
class Endpoint:
    """TokenEndpoint; `trouble` is raised for these refresh tokens, in `during` others do something meanwhile."""

    trouble: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    rotates: bool = False

    def refresh(self, refresh_token: str) -> FreshToken:
        self.asked.append(refresh_token)
        if refresh_token in self.trouble:
            raise self.trouble[refresh_token]
        return FreshToken("access fresh", NOW + HOUR, "refresh fresh" if self.rotates else None)


class Round:
    """A round over the accounts given."""

    def __init__(self, *accounts: Account, connected_at: datetime = NOW) -> None:
        self.directory = Directory({each.id: each for each in accounts}, connected_at)
        self.endpoint = Endpoint()
        self.others: dict[str, Endpoint] = {}
        self.report = UpkeepReport()

    def __call__(self, *, accounts: int = 1000, dry_run: bool = False) -> bool:
        """Run it, with time for that many accounts."""
        self.report = UpkeepReport(dry_run)
        left = [None] * accounts
        upkeep = TokenUpkeep(self.directory, self.directory, {"google": self.endpoint, **self.others}, Cipher())
        return upkeep(UNUSED_SINCE, self.report, lambda: not left or left.pop() is not None)

    def row(self, number: int) -> Account:
        return self.directory.rows[UUID(int=1000 + number)]

    @property
    def done(self) -> tuple[int, int, int]:
        """Refreshed, encrypted anew, failing."""
        counts = self.report.counts
        return counts["tokens_refreshed"], counts["tokens_reencrypted"], counts["tokens_failing"]


@pytest.mark.parametrize(
    ("kept", "connected_at", "done"),
    [
        pytest.param(account(1), NOW, (0, 0, 0), id="in use: a sync refreshes it"),
        pytest.param(account(1, used=UNUSED_SINCE), NOW, (0, 0, 0), id="unused for not quite long enough"),
        pytest.param(account(1, used=LONG_AGO), NOW, (1, 0, 0), id="unused for long"),
        pytest.param(account(1, used=None), NOW, (0, 0, 0), id="never used, but new"),
        pytest.param(account(1, used=None), LONG_AGO, (1, 0, 0), id="connected long ago and never used"),
        pytest.param(account(1, used=LONG_AGO, key="old"), NOW, (1, 0, 0), id="a refresh encrypts anew by itself"),
        pytest.param(account(1, key="old"), NOW, (0, 1, 0), id="under an older key"),
        pytest.param(account(1, used=None, key="old"), NOW, (0, 1, 0), id="the same without an access token"),
        pytest.param(account(1, key="lost"), NOW, (0, 0, 1), id="under a key that is gone"),
        pytest.param(account(1, used=LONG_AGO, key="lost"), NOW, (0, 0, 1), id="unused, under a key that is gone"),
        pytest.param(account(1, used=LONG_AGO, status="reconnect_required"), NOW, (0, 0, 0), id="dead: not asked for"),
        pytest.param(account(1, used=LONG_AGO, status="disconnected"), NOW, (0, 0, 0), id="disconnected: nor that"),
        pytest.param(account(1, key="old", status="reconnect_required"), NOW, (0, 1, 0), id="dead, under an older key"),
        pytest.param(account(1, key="old", status="disconnected"), NOW, (0, 1, 0), id="disconnected, an older key"),
    ],
)
def test_what_an_account_needs(kept: Account, connected_at: datetime, done: tuple[int, int, int]) -> None:
    a_round = Round(kept, connected_at=connected_at)

    assert a_round()
    assert a_round.done == done
    assert len(a_round.endpoint.asked) == done[0]
    assert a_round() is True
    assert a_round.done == (0, 0, done[2]), "what was done once is not due again"


def test_a_dry_run_counts_the_same_and_changes_nothing() -> None:
    a_round = Round(account(1, used=LONG_AGO), account(2, key="old"), account(3, key="lost"), account(4))
    before = dict(a_round.directory.rows)

    assert a_round(dry_run=True)
    assert a_round.done == (1, 1, 1)
    assert (a_round.directory.rows, a_round.endpoint.asked) == (before, [])


def test_a_rotated_refresh_token_is_stored_and_else_the_old_one_kept() -> None:
    a_round = Round(account(1, used=LONG_AGO))
    a_round()
    assert a_round.row(1).refresh_token == "new:refresh 1"

    a_round = Round(account(1, used=LONG_AGO))
    a_round.endpoint.rotates = True
    a_round()
    assert a_round.row(1).refresh_token == "new:refresh fresh"


def test_encrypting_anew_leaves_tokens_and_version_so_that_a_refresh_under_way_can_be_stored() -> None:
    a_round = Round(account(1, key="old"))
    a_round()

    assert a_round.row(1) == account(1)


def test_one_failing_account_stops_no_other_and_is_named_by_id_and_error_alone() -> None:
    a_round = Round(*(account(n, used=LONG_AGO) for n in range(1, 6)))
    a_round.endpoint.trouble = {
        "refresh 2": DEAD,
        "refresh 3": unavailable("the token endpoint is unavailable (HTTP 503)"),
        "refresh 4": RuntimeError("refresh 4 of person4@example.test"),
    }

    assert a_round()
    assert a_round.done == (2, 0, 3)
    assert [each["error_type"] for each in a_round.report.failing_accounts] == [
        "reconnect_required",
        "google_unavailable",
        "internal",
    ]
    assert a_round.report.failing_accounts[0] == {
        "ws_id": str(UUID(int=2)),
        "account_id": str(UUID(int=1002)),
        "error_type": "reconnect_required",
    }
    assert [a_round.row(n).status for n in (2, 3, 4)] == ["reconnect_required", "active", "active"]


def test_a_lost_key_fails_everybody_without_flooding_the_log(caplog: pytest.LogCaptureFixture) -> None:
    a_round = Round(*(account(n, key="lost") for n in range(1, NAMED + 50)))

    assert a_round()
    assert a_round.done == (0, 0, NAMED + 49)
    assert len(caplog.records) == NAMED
    assert "example.test" not in caplog.text


def test_a_grant_that_its_owner_has_just_renewed_is_not_dead() -> None:
    a_round = Round(account(1, used=LONG_AGO))
    newer = replace(account(1), version=2)

    def reconnected_meanwhile(refresh_token: str) -> FreshToken:
        a_round.directory.rows[newer.id] = newer
        raise DEAD

    a_round.endpoint.refresh = reconnected_meanwhile  # type: ignore[method-assign] # a double of this test's own
    a_round()

    assert (a_round.done, a_round.directory.reasons, a_round.row(1)) == ((0, 0, 0), [], newer)


@pytest.mark.parametrize("error", [unavailable("HTTP 503"), rejected("our client is not accepted")])
def test_an_endpoint_that_refuses_everybody_is_asked_a_few_times_only(error: AlmanacError) -> None:
    a_round = Round(*(account(n, used=LONG_AGO) for n in range(1, 20)), account(20, key="old"))
    a_round.endpoint.trouble = {f"refresh {n}": error for n in range(1, 20)}

    assert a_round() is False, "refreshes are left"
    assert len(a_round.endpoint.asked) == OUTAGE
    assert a_round.done == (0, 1, OUTAGE)
    assert all(row.status == "active" for row in a_round.directory.rows.values())


def test_one_providers_outage_leaves_the_refreshes_of_another() -> None:
    down = [account(n, used=LONG_AGO) for n in range(1, 9)]
    fine = [account(n, used=LONG_AGO, provider="other") for n in range(9, 12)]
    a_round = Round(*down, *fine)
    a_round.endpoint.trouble = {f"refresh {n}": unavailable("HTTP 503") for n in range(1, 9)}
    a_round.others = {"other": Endpoint()}

    assert a_round() is False, "refreshes are left"
    assert a_round.done == (3, 0, OUTAGE)


def test_an_account_that_no_token_endpoint_serves_is_only_encrypted_anew() -> None:
    a_round = Round(
        account(1, used=LONG_AGO, provider="by address"), account(2, used=LONG_AGO, key="old", provider="by address")
    )

    assert a_round()
    assert (a_round.done, a_round.endpoint.asked) == ((0, 1, 0), [])


def test_dead_grants_in_a_row_are_no_outage() -> None:
    a_round = Round(*(account(n, used=LONG_AGO) for n in range(1, 20)))
    a_round.endpoint.trouble = {f"refresh {n}": DEAD for n in range(1, 19)}

    assert a_round()
    assert a_round.done == (1, 0, 18)


def test_a_round_that_runs_out_of_time_goes_on_there_the_next_time_and_then_begins_anew() -> None:
    a_round = Round(*(account(n, used=LONG_AGO) for n in range(1, 8)))

    assert a_round(accounts=3) is False
    assert a_round.endpoint.asked == ["refresh 1", "refresh 2", "refresh 3"]
    assert a_round() is True
    assert a_round.endpoint.asked[3:] == [f"refresh {n}" for n in range(4, 8)]
    assert a_round.directory.kept is None


def test_a_round_without_time_for_anybody_forgets_nothing() -> None:
    a_round = Round(account(1), account(2))
    a_round.directory.kept = UUID(int=1001)

    assert a_round(accounts=0) is False
    assert a_round.directory.kept == UUID(int=1001)


def test_a_database_that_is_gone_ends_the_round() -> None:
    a_round = Round(account(1, used=LONG_AGO), account(2, used=LONG_AGO))
    a_round.endpoint.trouble = {"refresh 1": DatabaseUnavailable("gone")}

    with pytest.raises(DatabaseUnavailable):
        a_round()
    assert a_round.endpoint.asked == ["refresh 1"]
